import { closeSync, constants, fstatSync, openSync, writeFileSync } from "node:fs";
import { saidOf } from "../../host/system-error.js";

/**
 * Adds Markdown to the summary of a step of GitHub Actions, a file that the runner has made. Answers what
 * went wrong, `null` when nothing did: a summary that cannot be written does not change what was found.
 */
export function addToSummary(path: string, markdown: string): string | null {
  try {
    const flags = constants.O_WRONLY | constants.O_APPEND | constants.O_NOFOLLOW | constants.O_NONBLOCK;
    const descriptor = openSync(path, flags);
    try {
      if (!fstatSync(descriptor).isFile()) return `${path}: is not a regular file`;
      writeFileSync(descriptor, markdown);
      return null;
    } finally {
      closeSync(descriptor);
    }
  } catch (error) {
    return `${path}: ${saidOf(error, "could not be written")}`;
  }
}

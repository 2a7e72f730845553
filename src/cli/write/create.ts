import { closeSync, constants, openSync, unlinkSync, writeFileSync } from "node:fs";
import { codeOf, saidOf } from "../../host/system-error.js";
import { UsageError } from "../usage.js";

/**
 * Writes a file that is not there yet. What is there, even a link that leads nowhere, stays as it is.
 * `shown`: what messages call it. Throws UsageError.
 */
export function createFile(path: string, shown: string, text: string): void {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  let descriptor: number;
  try {
    descriptor = openSync(path, flags, 0o644);
  } catch (error) {
    if (codeOf(error) === "EEXIST") throw alreadyThere(shown);
    throw new UsageError(`${shown}: ${saidOf(error, "could not be written")}`);
  }
  try {
    writeFileSync(descriptor, text);
  } catch (error) {
    // Half a file would be refused by the next run.
    unlinkSync(path);
    throw new UsageError(`${shown}: ${saidOf(error, "could not be written")}`);
  } finally {
    closeSync(descriptor);
  }
}

/** What is said of a file that is left alone. */
export function alreadyThere(shown: string): UsageError {
  return new UsageError(`${shown}: is there already, and stays as it is`);
}

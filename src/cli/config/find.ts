import { lstatSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { pathBytes } from "../../host/door.js";
import { directoryOf, isWithin, joinPath } from "../../host/path.js";

/** Where a file that nobody named is looked for. */

export const CONFIG_NAME = "fpmlint.json";

/**
 * The nearest directory upward from a path that has an `fpmlint.json`, whatever that is; `null`: none has.
 * The search ends at the top of the git work tree around the path; outside of one at the path itself, or
 * at the working directory where the path is below it.
 */
export function directoryFound(path: string, workingDirectory: string): string | null {
  const typed = resolve(workingDirectory, path);
  const start = isDirectory(typed) ? typed : directoryOf(typed);
  const last = workTree(start) ?? (isWithin(workingDirectory, start) ? workingDirectory : start);
  for (let at = start; ; at = directoryOf(at)) {
    if (isThere(joinPath(at, CONFIG_NAME))) return at;
    if (at === last || at === "/") return null;
  }
}

/** The top of the git work tree around a directory; `null`: it is in none. */
function workTree(directory: string): string | null {
  for (let at = directory; ; at = directoryOf(at)) {
    if (isThere(joinPath(at, ".git"))) return at;
    if (at === "/") return null;
  }
}

function isDirectory(path: string): boolean {
  try {
    return statSync(pathBytes(path), { throwIfNoEntry: false })?.isDirectory() === true;
  } catch {
    return false;
  }
}

/** What may not be looked at is there: whoever opens it hears why. */
function isThere(path: string): boolean {
  try {
    return lstatSync(pathBytes(path), { throwIfNoEntry: false }) !== undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EACCES";
  }
}

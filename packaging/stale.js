// Whether something was made before what it is made of was changed.

import { readdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const top = dirname(dirname(fileURLToPath(import.meta.url)));

/** `results`: files that were made; `folders` and `files`: what they are made of. Paths count from the top. */
export function isStale(results, folders, files) {
  const made = Math.min(...results.map((path) => timeOf(join(top, path))));
  const sources = folders.flatMap((folder) =>
    readdirSync(join(top, folder), { recursive: true, withFileTypes: true })
      // Directories too: their time tells of a file that was removed.
      .map((entry) => join(entry.parentPath, entry.name)),
  );
  return [...sources, ...files.map((path) => join(top, path))].some((path) => timeOf(path) > made);
}

/** In milliseconds; 0: there is no such file. */
function timeOf(path) {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

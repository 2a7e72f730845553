import { BINARY, type HostFilesystem, listedReason, unreadReason } from "./filesystem.js";
import { glob } from "./glob.js";
import { namesDaemon } from "./names.js";
import { directoryOf, nameOf } from "./path.js";
import type { UnreadPath } from "./spec.js";
import { UNIT_DIRECTORIES } from "./system-directories.js";
import { TOO_MANY_LINKS } from "./system-error.js";

/**
 * Files that neither daemon reads, and that may still say how they run: units, sysctl, the names of
 * hosts. What of them cannot be read is listed. A copied `etc` has links into the rest of its host, and
 * a masked unit is a link to /dev/null: these hide nothing.
 */
export function hiddenAt(fs: HostFilesystem, path: string): UnreadPath | null {
  const entry = fs.entry(path);
  const reason = unreadReason(entry);
  if (reason === null) return null;
  const said = { file: fs.display(entry.path), reason };
  switch (entry.kind) {
    case "missing":
    case "directory":
      return null;
    case "special":
      return entry.path === "/dev/null" ? null : { ...said, expected: true };
    case "outside":
      if (entry.target === "/dev/null" || UNIT_DIRECTORIES.includes(directoryOf(entry.target))) return null;
      return { ...said, expected: ![path, entry.target].some((one) => namesDaemon(nameOf(one))) };
    default:
      return { ...said, expected: reason === BINARY || reason === TOO_MANY_LINKS };
  }
}

/** The same for all that the patterns match, and for the directories that they look into. */
export function hiddenIn(fs: HostFilesystem, patterns: readonly string[]): readonly UnreadPath[] {
  const found: (UnreadPath | null)[] = [];
  for (const pattern of patterns) {
    const paths = glob(fs, pattern, (entry) =>
      found.push(
        entry.kind === "missing"
          ? { file: fs.display(entry.path), reason: listedReason(entry) }
          : hiddenAt(fs, entry.path),
      ),
    );
    found.push(...paths.map((path) => hiddenAt(fs, path)));
  }
  return found.flatMap((one) => one ?? []);
}

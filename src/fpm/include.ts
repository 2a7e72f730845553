/** Which files an `include` line opens, as FPM's `glob(3)` call finds them. */
import { globDeployed } from "../host/deployed.js";
import { type Entry, type FileEntry, type HostFilesystem, listedReason } from "../host/filesystem.js";
import { isGlob, type Steps } from "../host/glob.js";
import { directoryOf } from "../host/path.js";
import type { FpmInclude, UnreadInclude } from "./types.js";

export interface Included {
  /** In the order in which FPM reads them. */
  readonly files: readonly FileEntry[];
  readonly result: FpmInclude["result"];
  /** What could not be read, apart from what `result` names. */
  readonly unread: readonly UnreadInclude[];
}

/** `fromTemplate`: the include is in a file that is named like a template. */
export function findIncluded(
  fs: HostFilesystem,
  pattern: string,
  prefix: string,
  fromTemplate = false,
  steps?: Steps,
): Included {
  const path = pattern.startsWith("/") ? pattern : `${prefix}/${pattern}`;
  if (isGlob(path)) {
    const directory = fs.entry(globDirectory(path));
    if (directory.kind === "missing")
      return { files: [], result: { kind: "missing", link: null }, unread: [] };
    if (directory.kind === "unreadable" || directory.kind === "outside")
      return { files: [], result: { kind: "unread", ...unreadOf(fs, directory) }, unread: [] };
  }
  const hidden: Entry[] = [];
  const paths = globDeployed(fs, path, fromTemplate, (entry) => hidden.push(entry), steps);
  const files: FileEntry[] = [];
  let link: string | null = null;
  for (const one of paths) {
    const entry = (fs.deployed ?? fs).entry(one);
    // FPM skips directories, and links to directories.
    if (entry.kind === "directory") continue;
    if (entry.kind === "file") files.push(entry);
    // The name of a dangling link matches, and then FPM cannot open it.
    else if (entry.kind === "missing") link ??= fs.display(one);
    else hidden.push(entry);
  }
  const unread = hidden.map((entry) => unreadOf(fs, entry));
  if (link !== null) return { files, result: { kind: "missing", link }, unread };
  const [first, ...others] = unread;
  if (first !== undefined) return { files, result: { kind: "unread", ...first }, unread: others };
  const result: Included["result"] =
    paths.length === 0 ? { kind: "no-match" } : { kind: "files", count: files.length };
  return { files, result, unread: [] };
}

/**
 * A glob fails outright if the directory before its first wildcard does not exist; a literal path just
 * matches nothing.
 */
function globDirectory(path: string): string {
  const literal = directoryOf(path.slice(0, path.search(/[*?[]/) + 1).replace(/[*?[]$/, "x"));
  return literal.replace(/\\(.)/g, "$1");
}

function unreadOf(fs: HostFilesystem, entry: Entry): UnreadInclude {
  const said = { path: fs.display(entry.path), reason: listedReason(entry) };
  return entry.kind === "unreadable" && entry.made === true ? { ...said, made: true } : said;
}

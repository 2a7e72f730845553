/** Which files an `include` line opens, as FPM's `glob(3)` call finds them. */
import { globDeployed } from "../host/deployed.js";
import { type Entry, type FileEntry, type HostFilesystem, unreadReason } from "../host/filesystem.js";
import { isGlob, type Steps, TOO_MANY_STEPS } from "../host/glob.js";
import { directoryOf } from "../host/path.js";
import type { FpmInclude } from "./types.js";

export interface Found {
  /** In the order in which FPM reads them. */
  readonly files: readonly FileEntry[];
  readonly result: FpmInclude["result"];
}

/** `fromTemplate`: the include stands in a file that is named as a template. */
export function findIncluded(
  fs: HostFilesystem,
  pattern: string,
  prefix: string,
  fromTemplate = false,
  steps?: Steps,
): Found {
  const path = pattern.startsWith("/") ? pattern : `${prefix}/${pattern}`;
  const blocked = isGlob(path) ? blockedDirectory(fs, path) : null;
  if (blocked !== null) return { files: [], result: blocked };
  let tooMuch: Entry | null = null;
  const given = (entry: Entry): void => {
    if (entry.kind === "unreadable" && entry.reason === TOO_MANY_STEPS) tooMuch = entry;
  };
  const paths = globDeployed(fs, path, fromTemplate, given, steps);
  if (tooMuch !== null) return { files: [], result: unread(fs, tooMuch) };
  if (paths.length === 0) return { files: [], result: { kind: "no-match" } };
  const files: FileEntry[] = [];
  let result: FpmInclude["result"] | null = null;
  for (const one of paths) {
    const entry = (fs.deployed ?? fs).entry(one);
    // FPM skips directories, also those behind a link.
    if (entry.kind === "directory") continue;
    if (entry.kind === "file") files.push(entry);
    // The name of a dangling link matches, and then FPM cannot open it.
    else if (entry.kind === "missing") result = { kind: "missing" };
    else if (result?.kind !== "missing") result = unread(fs, entry);
  }
  return { files, result: result ?? { kind: "files", count: files.length } };
}

/** A glob fails outright when the directory before its first wildcard is not there; a literal path only matches nothing. */
function blockedDirectory(fs: HostFilesystem, path: string): FpmInclude["result"] | null {
  const literal = directoryOf(path.slice(0, path.search(/[*?[]/) + 1).replace(/[*?[]$/, "x"));
  const entry = fs.entry(literal.replace(/\\(.)/g, "$1"));
  if (entry.kind === "missing") return { kind: "missing" };
  if (entry.kind === "unreadable" || entry.kind === "outside") {
    return unread(fs, entry);
  }
  return null;
}

function unread(fs: HostFilesystem, entry: Entry): FpmInclude["result"] {
  return { kind: "unread", path: fs.display(entry.path), reason: unreadReason(entry) ?? "" };
}

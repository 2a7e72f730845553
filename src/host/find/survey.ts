import { isCompose } from "../../containers/compose.js";
import { grouped } from "../../source/collect.js";
import { deployedName } from "../../source/template-names.js";
import { isDump } from "../dump.js";
import { BINARY, type Child, type Entry, type HostFilesystem, headOf, listedReason } from "../filesystem.js";
import {
  mayBeConfiguration,
  mayBeDump,
  mayBeInstaller,
  mayBeOddlyNamed,
  mayHoldConfiguration,
  namesDaemon,
  sampledName,
} from "../names.js";
import { directoryOf, sortByBytes } from "../path.js";
import type { UnreadPath } from "../spec.js";
import { TOO_MANY_LINKS } from "../system-error.js";
import { isShell, writesConfiguration } from "./scripts.js";
import { type Kind, sniff } from "./sniff.js";

/** Looking through a directory for files of the daemons. */

/** Directories that hold no configuration of a host. */
const SKIPPED = new Set([".git", ".hg", ".svn", "node_modules", "vendor"]);

/** Directories at the top of a system whose files are none. Elsewhere `dev` is the short word for development. */
const OF_SYSTEM = new Set(["proc", "sys", "dev"]);

const NONE: ReadonlySet<string> = new Set();

function isTopOfSystem(children: readonly Child[]): boolean {
  const has = (wanted: string): boolean => children.some(({ name }) => name === wanted);
  return has("etc") && (has("usr") || has("proc"));
}

/** Takes note of what could not be looked into. */
export type Note = (entry: Entry) => void;

/** What reports say of something that could not be looked into. */
export function unreadPath(fs: HostFilesystem, entry: Entry): UnreadPath {
  const said = { file: fs.display(entry.path), reason: listedReason(entry) };
  const made = entry.kind === "unreadable" && entry.made === true;
  return made || isOfOthers(entry) ? { ...said, expected: true } : said;
}

/** A link out of the tree from files of another program, as every `/etc` in a repository has them: `fonts/conf.d`. */
function isOfOthers(entry: Entry): boolean {
  if (entry.kind !== "outside") return false;
  const directory = directoryOf(entry.path);
  return (
    directory !== "/" &&
    !namesDaemon(entry.path) &&
    !namesDaemon(entry.target) &&
    /^\/(?:usr|etc|lib|run|var)\//.test(entry.target)
  );
}

/** What is at a path, told by name and text. A file that may be configuration and cannot be read is noted. */
export function kindOf(fs: HostFilesystem, path: string, note: Note): Kind {
  const dump = mayBeDump(path);
  if (!dump && !mayBeConfiguration(path)) return "other";
  const entry = fs.entry(path);
  const answer = entry.kind === "file" ? entry.read() : null;
  if (answer === null || "unreadable" in answer) {
    // A program or an archive, unless it lies where the daemons look.
    if (answer?.unreadable !== BINARY || (!dump && namesDaemon(path))) note(entry);
    return "other";
  }
  if (isDump(answer.text)) return "nginx-main";
  return dump ? "other" : sniff(answer.text, deployedName(path));
}

/**
 * The same for a file whose name is unusual for configuration: only its beginning is looked at, and what cannot
 * be read is nothing. `script`: a shell script that writes such files. `within`: the name of the searched directory.
 */
export function oddKindOf(fs: HostFilesystem, path: string, within: string): Kind | "script" {
  const script = mayBeInstaller(path);
  if (!script && !mayBeOddlyNamed(path, within)) return "other";
  const entry = fs.entry(path);
  const head = entry.kind === "file" ? headOf(entry) : "";
  if (script || isShell(head)) return writesConfiguration(head, path) ? "script" : "other";
  // A program.
  if (head.startsWith("#!")) return "other";
  return isDump(head) ? "other" : sniff(head, sampledName(path) ?? path);
}

/** Every file below a directory, links not followed into directories, in bytewise order. */
export function files(fs: HostFilesystem, directory: string, note: Note): readonly string[] {
  const found: string[] = [];
  const start = fs.entry(directory);
  if (start.kind === "unreadable") note(start);
  // The system would follow a link there as this machine does, and not as the host.
  const pending = start.kind === "directory" && start.path === directory ? [directory] : [];
  while (pending.length > 0) {
    const at = pending.pop() ?? "/";
    const top = at === "/" ? "" : at;
    const children = childrenOf(fs, at, note);
    const skipped = isTopOfSystem(children) ? OF_SYSTEM : NONE;
    for (const { name, kind } of children) {
      const path = `${top}/${name}`;
      const looked = kind === "other" ? fs.entry(path) : null;
      const what = looked?.kind ?? kind;
      if (what === "file") found.push(path);
      else if (SKIPPED.has(name) || skipped.has(name)) continue;
      else if (what === "directory") {
        // A link to a directory is not followed.
        if (looked === null || looked.path === path) pending.push(path);
      } else if (looked !== null && hides(looked, path)) note(looked);
    }
  }
  return sortByBytes(found);
}

/** What is in a directory that a path without links leads to, in no order. One that cannot be listed is noted. */
function childrenOf(fs: HostFilesystem, directory: string, note: Note): readonly Child[] {
  const listed = fs.children?.(directory) ?? null;
  if (listed !== null) return listed;
  const entry = fs.entry(directory);
  if (entry.kind === "directory") return entry.names.map((name) => ({ name, kind: "other" }));
  if (hides(entry, directory)) note(entry);
  return [];
}

/** Whether configuration may be hidden by what cannot be looked at. Sockets and links that lead elsewhere are everyday things. */
function hides(child: Entry, path: string): boolean {
  switch (child.kind) {
    case "unreadable":
      // Links that lead back to themselves lead nobody to anything.
      return child.reason !== TOO_MANY_LINKS;
    case "outside":
      return mayBeConfiguration(path) || mayHoldConfiguration(path) || isCompose(path);
    case "special":
      return mayBeConfiguration(path);
    case "missing":
      // It was there when the names were read.
      return !child.dangling && mayBeConfiguration(path);
    default:
      return false;
  }
}

/** The paths in groups of one directory each. */
export function byDirectory(paths: readonly string[]): readonly (readonly string[])[] {
  return [...grouped(paths.map((path) => [directoryOf(path), path] as const)).values()];
}

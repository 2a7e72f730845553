import { grouped } from "../source/collect.js";
import { deployedName } from "../source/template-names.js";
import { isDump } from "./dump.js";
import type { Entry, HostFilesystem } from "./filesystem.js";
import { byBytes, directoryOf, nameOf } from "./path.js";
import { type Kind, sniff } from "./sniff.js";

/** Looking through a directory for files of the daemons. */

/** Directories that hold no configuration of a host, or that are not files at all. */
const SKIPPED = new Set([".git", ".hg", ".svn", "node_modules", "vendor", "proc", "sys", "dev"]);

/** Takes note of what could not be looked into. */
export type Note = (entry: Entry) => void;

/** What stands at a path, told by name and text. */
export function kindOf(fs: HostFilesystem, path: string): Kind {
  const dumped = /nginx[^/]*\.(?:txt|out|dump)$/i.test(path);
  if (!dumped && !mayBe(path)) return "other";
  const entry = fs.entry(path);
  const answer = entry.kind === "file" ? entry.read() : null;
  if (answer === null || "unreadable" in answer) return "other";
  if (isDump(answer.text)) return "nginx-main";
  return dumped ? "other" : sniff(answer.text, nameOf(deployedName(path)));
}

function mayBe(path: string): boolean {
  const deployed = deployedName(path);
  if (/\.(?:conf|vhost|nginx)$|\/sites-(?:available|enabled)\/[^/]+$/.test(deployed)) return true;
  // `vhost.j2`, `upstream.mustache`; not `index.html.j2`.
  return deployed !== path && !/\.[a-z]{1,8}$/i.test(nameOf(deployed));
}

/** Every file below a directory, links not followed into directories, in bytewise order. */
export function files(fs: HostFilesystem, directory: string, note: Note): readonly string[] {
  const found: string[] = [];
  const pending = [directory];
  while (pending.length > 0) {
    const at = pending.pop() ?? "/";
    const entry = fs.entry(at);
    if (entry.kind === "unreadable") note(entry);
    if (entry.kind !== "directory" || entry.path !== at) continue;
    for (const name of entry.names) {
      const path = at === "/" ? `/${name}` : `${at}/${name}`;
      const child = fs.entry(path);
      const enters = child.kind === "directory" || child.kind === "unreadable";
      if (enters && !SKIPPED.has(name)) pending.push(path);
      else if (child.kind === "file") found.push(path);
    }
  }
  return found.sort(byBytes);
}

/** The paths in groups of one directory each. */
export function byDirectory(paths: readonly string[]): readonly (readonly string[])[] {
  return [...grouped(paths.map((path) => [directoryOf(path), path] as const)).values()];
}

import type { FileEntry, HostFilesystem } from "../host/filesystem.js";
import { isGlob } from "../host/glob.js";
import { directoryOf } from "../host/path.js";
import { readMarks } from "../source/template.js";

/** What lies in a directory from which an `include` with a wildcard reads other files. */

export interface PartlyRead<I> {
  /** The first `include` that reads files of the directory by a wildcard. */
  readonly include: I;
  readonly directory: string;
  /** The files there that nothing reads, whatever they are. Hidden ones do not count. */
  readonly unread: readonly UnreadFile[];
}

export interface UnreadFile {
  readonly name: string;
  /** Real or not, the path by which the directory has it: `/etc/nginx/sites-enabled/shop`. */
  readonly path: string;
  readonly entry: FileEntry;
}

/** The directories that wildcards look into. `includes`: each with the path that it names; `read`: real paths. */
export function partlyRead<I>(
  fs: HostFilesystem,
  includes: Iterable<readonly [include: I, path: string]>,
  read: ReadonlySet<string>,
): readonly PartlyRead<I>[] {
  const first = new Map<string, I>();
  for (const [include, path] of includes) {
    const directory = directoryOf(path);
    if (isGlob(path) && !isGlob(directory) && !first.has(directory)) first.set(directory, include);
  }
  return [...first].map(([directory, include]) => ({
    include,
    directory,
    unread: unreadIn(fs, directory, read),
  }));
}

/** How an include begins whose end a template or the environment fills in; `null`: it is written out. */
export function openAt(pattern: string): string | null {
  const at = pattern.indexOf("$");
  const [mark] = readMarks(pattern);
  const first = Math.min(at === -1 ? pattern.length : at, mark?.start ?? pattern.length);
  return first === pattern.length ? null : pattern.slice(0, first);
}

function unreadIn(fs: HostFilesystem, directory: string, read: ReadonlySet<string>): readonly UnreadFile[] {
  const there = fs.entry(directory);
  if (there.kind !== "directory") return [];
  return there.names.flatMap((name) => {
    const path = `${directory}/${name}`;
    const entry = name.startsWith(".") ? null : fs.entry(path);
    return entry?.kind === "file" && !read.has(entry.path) ? [{ name, path, entry }] : [];
  });
}

/** The last words of the names of copies, of samples, and of what somebody has switched off: `shop.bak`. */
const COPIES: ReadonlySet<string> = new Set(
  (
    "bak bck bk back backup old orig original save saved copy prev new dis disable disabled inactive off no not " +
    "dist example examples sample samples template tmpl tpl j2 tmp temp swp swo rej txt md inc in rpmnew rpmsave rpmorig pacnew pacsave"
  ).split(" "),
);

/** Whether the name is that of a copy, or of what is not meant to be read. */
export function isCopy(name: string): boolean {
  const end = name.slice(Math.max(...[".", "_", "-"].map((mark) => name.lastIndexOf(mark))) + 1);
  const behindEnding = [".conf.", ".vhost."].some((ending) => name.includes(ending));
  return behindEnding || name.endsWith("~") || name.startsWith("#") || COPIES.has(end.toLowerCase());
}

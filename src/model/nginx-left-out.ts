import { fileOf } from "../host/filesystem.js";
import { isGlob } from "../host/glob.js";
import { directoryOf, joinPath, nameOf } from "../host/path.js";
import type { NginxInclude } from "../nginx/types.js";
import { type Place, place } from "../source/file.js";
import type { Host, NginxHost } from "./host.js";

/** Files with sites that lie in a directory from which nginx reads others. */

export interface LeftOut {
  /** The first `include` that reads other files of the directory. */
  readonly include: NginxInclude;
  /** Real or not, the path by which the directory has it: `/etc/nginx/sites-enabled/shop`. */
  readonly path: string;
  /** Its first `server`. */
  readonly server: Place;
}

/** A directory, and what of it no `include` reads. */
export interface Half {
  readonly directory: string;
  readonly files: readonly [LeftOut, ...LeftOut[]];
  /** The names of all files there that nginx does not read, whatever they are. */
  readonly unread: readonly string[];
}

/**
 * The directories of which nginx reads a part by a wildcard, and not a file with a `server`. Files that are named
 * as copies and as switched off do not count.
 */
export function leftOutFiles({ nginx, fs }: Host): readonly Half[] {
  const main = nginx?.hasMain === true ? nginx.texts[0] : undefined;
  if (nginx === null || main === undefined) return [];
  const read = pathsOf(nginx);
  const seen = new Set<string>();
  return nginx.includes.flatMap((include): readonly Half[] => {
    const { pattern } = include;
    const path = joinPath(directoryOf(main.file.path), pattern);
    const directory = directoryOf(path);
    if (!isGlob(nameOf(path)) || isGlob(directory) || pattern.includes("$") || seen.has(directory)) return [];
    seen.add(directory);
    const there = fs.entry(directory);
    if (there.kind !== "directory") return [];
    const unread = there.names.filter((name) => {
      const entry = fs.entry(`${directory}/${name}`);
      return !name.startsWith(".") && entry.kind === "file" && !read.has(entry.path);
    });
    const [first, ...others] = unread.flatMap((name) => {
      const server = isCopy(name) ? null : serverIn(fs, `${directory}/${name}`);
      return server === null ? [] : [{ include, path: `${directory}/${name}`, server }];
    });
    return first === undefined ? [] : [{ directory, files: [first, ...others], unread }];
  });
}

function pathsOf({ texts }: NginxHost): ReadonlySet<string> {
  return new Set(texts.map(({ file }) => file.path));
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

/** Its first `server`, as far as a look tells; `null`: it has none, or cannot be read. */
function serverIn(fs: Host["fs"], path: string): Place | null {
  const entry = fs.entry(path);
  const answer = entry.kind === "file" ? entry.read() : null;
  if (entry.kind !== "file" || answer === null || "unreadable" in answer) return null;
  const head = answer.text.slice(0, LOOKED_AT);
  const found = head.includes("\0") ? null : SERVER.exec(head);
  if (found === null) return null;
  const start = found.index + (found[1] ?? "").length;
  return place(fileOf(fs, entry, answer.text), start, start + "server".length);
}

/** Enough of a file to see that it has a site. */
const LOOKED_AT = 256 * 1024;

const SERVER = /^([ \t]*)server[ \t\r\n]*\{/m;

import { type FileEntry, fileOf, type HostFilesystem } from "../host/filesystem.js";
import { directoryOf, joinPath } from "../host/path.js";
import type { NginxInclude } from "../nginx/types.js";
import { type Place, place } from "../source/file.js";
import type { Host } from "./host.js";
import { isCopy, openAt, partlyRead } from "./left-out.js";

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
  const base = directoryOf(main.file.path);
  const includes = nginx.includes
    .filter(({ pattern }) => !pattern.includes("$"))
    .map((include) => [include, joinPath(base, include.pattern)] as const);
  const open = nginx.includes.flatMap(({ pattern }) => {
    const begin = openAt(pattern);
    return begin === null ? [] : [begin === "" || begin.startsWith("/") ? begin : joinPath(base, begin)];
  });
  const read = new Set(nginx.texts.map(({ file }) => file.path));
  return partlyRead(fs, includes, read).flatMap(({ include, directory, unread }): readonly Half[] => {
    const [first, ...others] = unread.flatMap(({ name, path, entry }) => {
      // What a template fills in may name it.
      const named = isCopy(name) || open.some((begin) => path.startsWith(begin));
      const server = named ? null : serverIn(fs, entry);
      return server === null ? [] : [{ include, path, server }];
    });
    if (first === undefined) return [];
    return [{ directory, files: [first, ...others], unread: unread.map(({ name }) => name) }];
  });
}

/** Its first `server`, as far as a look tells; `null`: it has none, or cannot be read. */
function serverIn(fs: HostFilesystem, entry: FileEntry): Place | null {
  const answer = entry.read();
  if ("unreadable" in answer) return null;
  const head = answer.text.slice(0, LOOKED_AT);
  const found = head.includes("\0") ? null : SERVER.exec(head);
  if (found === null) return null;
  const start = found.index + (found[1] ?? "").length;
  return place(fileOf(fs, entry, answer.text), start, start + "server".length);
}

/** Enough of a file to see that it has a site. */
const LOOKED_AT = 256 * 1024;

const SERVER = /^([ \t]*)server[ \t\r\n]*\{/m;

import { parseFpm } from "../fpm/syntax/parse.js";
import type { FpmInclude, FpmMaster } from "../fpm/types.js";
import { fileOf } from "../host/filesystem.js";
import { type Place, place, type SourceFile } from "../source/file.js";
import { once, perKey } from "../source/memo.js";
import { type Address, fpmAddress } from "./address/address.js";
import { includedPath } from "./fpm-includes.js";
import type { Host } from "./host.js";
import { isCopy, openAt, partlyRead } from "./left-out.js";

/** Files with pools that lie in a directory from which PHP-FPM reads others. */

export interface LeftOutPool {
  readonly include: FpmInclude;
  /** The path by which the directory has the file: `/etc/php/8.2/fpm/pool.d/shop`. */
  readonly path: string;
  readonly name: string;
  readonly section: Place;
  /** What it would listen on. */
  readonly address: Address;
}

/**
 * The pools that no `include` of any master of the host reads, although one with a wildcard reads other files of
 * their directory. Files that are named as copies and as switched off do not count, nor do pools whose name one has
 * that is read: that is the same pool, moved.
 */
export function leftOutPools(host: Host, master: FpmMaster): readonly LeftOutPool[] {
  return once(listsOf(host), master, () => leftOutBeside(host, master));
}

const listsOf = perKey((_host: Host) => new Map<FpmMaster, readonly LeftOutPool[]>());

const readIn = perKey(
  ({ masters }: Host): ReadonlySet<string> =>
    new Set(masters.flatMap(({ files }) => files.map(({ path }) => path))),
);

function leftOutBeside(host: Host, master: FpmMaster): readonly LeftOutPool[] {
  if (master.main === null) return [];
  const open = master.includes.flatMap(({ pattern }) => openAt(pattern) ?? []);
  const names = new Set(master.pools.map(({ name }) => name.toLowerCase()));
  const includes = master.includes
    .filter(({ result }) => result.kind === "files")
    .map((include) => [include, includedPath(master, include)] as const);
  return partlyRead(host.fs, includes, readIn(host)).flatMap(({ include, unread }) =>
    unread.flatMap(({ name, path, entry }): readonly LeftOutPool[] => {
      const answer = isCopy(name) || open.some((begin) => path.startsWith(begin)) ? null : entry.read();
      if (answer === null || "unreadable" in answer || answer.text.includes("\0")) return [];
      const found = poolIn(fileOf(host.fs, entry, answer.text));
      return found === null || names.has(found.name.toLowerCase()) ? [] : [{ include, path, ...found }];
    }),
  );
}

/** Those of every master. */
export const leftOutOf = perKey((host: Host): readonly LeftOutPool[] =>
  host.masters.flatMap((master) => leftOutPools(host, master)),
);

/** The first pool of a file that says what it listens on; `null`: there is none, or PHP-FPM refuses the file. */
function poolIn(file: SourceFile): Pick<LeftOutPool, "name" | "section" | "address"> | null {
  const lines = parseFpm(file);
  if (lines.some(({ kind }) => kind === "fault" || kind === "gap")) return null;
  let section: { readonly name: string; readonly section: Place } | null = null;
  for (const line of lines) {
    if (line.kind === "section")
      section = { name: line.name, section: place(file, line.range.start, line.range.end) };
    if (line.kind !== "setting" || line.key !== "listen" || line.index !== null || section === null) continue;
    const address = line.value === null ? null : fpmAddress(line.value.replaceAll("$pool", section.name));
    return address === null ? null : { ...section, address };
  }
  return null;
}

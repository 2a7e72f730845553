import { grouped } from "../../source/collect.js";
import type { HostFilesystem } from "../filesystem.js";
import { directoryOf, withParents } from "../path.js";
import type { HostSpec } from "../spec.js";
import type { Kind } from "./sniff.js";
import { byDirectory, kindOf, type Note } from "./survey.js";

/** Hosts of a tree without an `etc`: one for each nginx main file, with the PHP-FPM files nearest to it. */
export function looseHosts(
  fs: HostFilesystem,
  root: string,
  paths: readonly string[],
  note: Note,
): readonly HostSpec[] {
  const kinds = new Map(paths.map((path) => [path, kindOf(fs, path, note)] as const));
  const of = (wanted: Kind) => paths.filter((path) => kinds.get(path) === wanted);
  const mains = of("nginx-main");
  const fragments = of("nginx-fragment");
  const fpm = of("fpm-main");
  // Also the pools that a main file may include: its reader knows which ones it brought.
  const pools = of("fpm-pool");
  if (mains.length === 0) {
    const isEmpty = fragments.length + fpm.length + pools.length === 0;
    return isEmpty ? [] : [{ name: ".", root, nginx: null, fragments, fpm, pools: byDirectory(pools) }];
  }
  const near = [fragments, fpm, pools].map((list) => byNearest(mains, list));
  return mains.map((main) => {
    const [itsFragments = [], itsFpm = [], itsPools = []] = near.map((lists) => lists.get(main) ?? []);
    return {
      name: mains.length === 1 ? "." : directoryOf(main).slice(1) || ".",
      root,
      nginx: main,
      fragments: itsFragments,
      fpm: itsFpm,
      pools: byDirectory(itsPools),
    };
  });
}

/** The files by the main files whose directory shares most of their path. */
function byNearest(
  mains: readonly string[],
  paths: readonly string[],
): ReadonlyMap<string, readonly string[]> {
  const below = grouped(
    mains.flatMap((main) => directoriesOf(main).map((directory) => [directory, main] as const)),
  );
  const near = new Map(mains.map((main) => [main, [] as string[]]));
  for (const path of paths) {
    const nearest = directoriesOf(path).find((directory) => below.has(directory)) ?? "/";
    for (const main of below.get(nearest) ?? []) near.get(main)?.push(path);
  }
  return near;
}

/** Every directory that a path lies in, the innermost first and `/` last. */
function directoriesOf(path: string): readonly string[] {
  return [...withParents(path).slice(1), "/"];
}

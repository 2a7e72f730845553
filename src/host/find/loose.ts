import { grouped } from "../../source/collect.js";
import type { HostFilesystem } from "../filesystem.js";
import { directoryOf, nameOf, withParents } from "../path.js";
import type { AsideFile, HostSpec } from "../spec.js";
import { asideAmong, otherMain } from "./aside.js";
import type { Kind } from "./sniff.js";
import { byDirectory, kindOf, type Note } from "./survey.js";

/**
 * Hosts of a tree without an `etc`: one for each nginx main file, with the PHP-FPM files nearest to it. `looked`: the
 * paths whose names `mayMatter`; `shared`: other hosts of the tree may include pieces from here.
 */
export function looseHosts(
  fs: HostFilesystem,
  root: string,
  looked: readonly string[],
  shared: boolean,
  note: Note,
): readonly HostSpec[] {
  const kinds = new Map(looked.map((path) => [path, kindOf(fs, path, note)] as const));
  const of = (wanted: Kind) => looked.filter((path) => kinds.get(path) === wanted);
  const aside = asideAmong(fs, looked, kinds, { shared, within: nameOf(root) });
  const plainMains = of("nginx-main");
  // A sample counts where there is nothing else.
  const [sample, ...samples] = plainMains.length > 0 ? [] : aside.mains;
  const mains = sample === undefined ? plainMains : [sample];
  const odd: readonly AsideFile[] = [
    ...aside.files,
    ...(sample === undefined ? aside.mains : samples).map(otherMain),
    ...(sample === undefined ? [] : [{ path: sample, half: "nginx", reason: null } as const]),
  ];
  const unread = aside.scripts;
  const fragments = of("nginx-fragment");
  const fpm = of("fpm-main");
  // Also the pools that a main file may include: its reader knows which ones it brought.
  const pools = of("fpm-pool");
  if (mains.length === 0) {
    const isEmpty = fragments.length + fpm.length + pools.length + odd.length + unread.length === 0;
    const all = {
      name: ".",
      root,
      nginx: null,
      fragments,
      fpm,
      pools: byDirectory(pools),
      aside: odd,
      unread,
    };
    return isEmpty ? [] : [all];
  }
  const near = [fragments, fpm, pools].map((list) => byNearest(mains, list));
  const nearOdd = byNearest(mains, [...new Set(odd.map(({ path }) => path))]);
  return mains.map((main, index) => {
    const its = new Set(nearOdd.get(main) ?? []);
    const [itsFragments = [], itsFpm = [], itsPools = []] = near.map((lists) => lists.get(main) ?? []);
    return {
      name: mains.length === 1 ? "." : directoryOf(main).slice(1) || ".",
      root,
      nginx: main,
      fragments: itsFragments,
      fpm: itsFpm,
      pools: byDirectory(itsPools),
      aside: odd.filter(({ path }) => its.has(path)),
      unread: index === 0 ? unread : [],
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

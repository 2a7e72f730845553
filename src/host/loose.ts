import type { HostFilesystem } from "./filesystem.js";
import { directoryOf } from "./path.js";
import type { Kind } from "./sniff.js";
import type { HostSpec } from "./spec.js";
import { byDirectory, kindOf } from "./survey.js";

/** Hosts of a tree without an `etc`: one for each nginx main file, with the PHP-FPM files nearest to it. */
export function looseHosts(fs: HostFilesystem, root: string, paths: readonly string[]): readonly HostSpec[] {
  const kinds = new Map(paths.map((path) => [path, kindOf(fs, path)] as const));
  const of = (...wanted: readonly Kind[]) =>
    paths.filter((path) => wanted.includes(kinds.get(path) ?? "other"));
  const mains = of("nginx-main");
  const fpmFiles = of("fpm-main", "fpm-pool");
  const seeds =
    mains.length > 0 ? mains : fpmFiles.length > 0 || of("nginx-fragment").length > 0 ? [null] : [];
  return seeds.map((main) => {
    const near = (path: string) => main === null || nearestSeeds(mains, path).includes(main);
    const fpm = of("fpm-main").filter(near);
    // Also the pools that a main file may include: whoever reads it knows which ones it brought.
    const pools = of("fpm-pool").filter(near);
    return {
      name: main === null || mains.length === 1 ? "." : directoryOf(main).slice(1) || ".",
      root,
      nginx: main,
      fragments: of("nginx-fragment").filter(near),
      fpm,
      pools: byDirectory(pools),
    };
  });
}

/** The main files whose directory shares most of the path. */
function nearestSeeds(mains: readonly string[], path: string): readonly string[] {
  const shared = mains.map((main) => commonDepth(directoryOf(main), path));
  const most = Math.max(...shared);
  return mains.filter((_, index) => shared[index] === most);
}

function commonDepth(directory: string, path: string): number {
  const a = directory.split("/");
  const b = path.split("/");
  let depth = 0;
  while (depth < a.length && a[depth] === b[depth]) depth += 1;
  return depth;
}

import { deployedName } from "../source/template-names.js";
import type { Entry, HostFilesystem } from "./filesystem.js";
import { isWithin, nameOf } from "./path.js";

/**
 * Shared files of a repository. `include /etc/nginx/snippets/php.conf` of one host may be deployed
 * from `common/nginx/snippets/php.conf`: what the host's own root does not hold is looked for by the
 * longest path that ends alike.
 */
export interface Repository {
  readonly fs: HostFilesystem;
  /** Every file and directory, as paths below the repository's root. */
  readonly paths: readonly string[];
  /** Roots of the hosts in it: what one host has of its own is no other host's. */
  readonly roots: readonly string[];
}

/** Keeps the paths of the repository apart from those of a host. */
const OUTSIDE = "/\u0000repository";

/** Fewer common names than this are chance: every repository has several `php.conf`. */
const LEAST_COMMON = 2;

/** Places of the daemons' own files. Accounts and sockets are never looked for elsewhere. */
const DEPLOYED = /^\/(?:etc|opt|usr\/local)\/(?:.*\/)?(?:nginx|openresty|php[^/]*)\//;

/** A host's filesystem that falls back on the repository around it. `root`: the host's root below the repository's. */
export function withRepository(own: HostFilesystem, repository: Repository, root: string): HostFilesystem {
  const candidates = indexed(repository, root);
  const prefix = root === "/" ? "" : OUTSIDE;
  return {
    entry(path) {
      const entry = own.entry(path);
      if (entry.kind !== "missing" || entry.dangling || !DEPLOYED.test(`${path}/`)) return entry;
      const found = longest(candidates.get(nameOf(path)) ?? [], path);
      return found === null ? entry : renamed(repository.fs.entry(found), prefix);
    },
    display: (path) =>
      path.startsWith(OUTSIDE) ? repository.fs.display(path.slice(OUTSIDE.length)) : own.display(path),
  };
}

function indexed({ paths, roots }: Repository, root: string): ReadonlyMap<string, readonly string[]> {
  const top = root === "/" ? "" : root;
  // Nor does a file of this host stand for another path of it.
  const others = [
    ...roots.filter((other) => other !== root && other !== "/"),
    `${top}/etc`,
    `${top}/usr/local`,
  ];
  const index = new Map<string, string[]>();
  for (const path of paths) {
    if (others.some((other) => isWithin(other, path))) continue;
    const name = deployedName(nameOf(path));
    const known = index.get(name);
    if (known === undefined) index.set(name, [path]);
    else known.push(path);
  }
  return index;
}

/** The candidate with the longest common end; `null` when there is none, or two that are as good. */
function longest(candidates: readonly string[], wanted: string): string | null {
  let best: string | null = null;
  let most = LEAST_COMMON - 1;
  for (const candidate of candidates) {
    const common = commonEnd(deployedName(candidate), wanted);
    if (common === most) best = null;
    if (common <= most) continue;
    most = common;
    best = candidate;
  }
  return best;
}

function commonEnd(a: string, b: string): number {
  const left = a.split("/").reverse();
  const right = b.split("/").reverse();
  let count = 0;
  while (count < left.length && left[count] !== "" && left[count] === right[count]) count += 1;
  return count;
}

function renamed(entry: Entry, prefix: string): Entry {
  return { ...entry, path: prefix + entry.path };
}

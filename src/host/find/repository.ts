import { grouped } from "../../source/collect.js";
import { lazily } from "../../source/memo.js";
import { deployedName } from "../../source/template-names.js";
import type { Entry, HostFilesystem } from "../filesystem.js";
import { directoryOf, isWithin, nameOf, withParents } from "../path.js";

/**
 * Shared files of a repository. `include /etc/nginx/snippets/php.conf` of one host may be deployed
 * from `common/nginx/snippets/php.conf`: what the host's own root does not hold is looked for by the
 * longest path that ends alike.
 */
export interface Repository {
  readonly fs: HostFilesystem;
  /** What the host with this root, below the repository's, may be given, by how it ends. */
  readonly lookup: (root: string) => readonly ByEnd[];
}

/** Files and directories by every end of two names or more; `null`: several end so. */
type ByEnd = ReadonlyMap<string, string | null>;

/** Keeps the paths of the repository apart from those of a host. */
const OUTSIDE = "/\u0000repository";

/** As many as the system follows. */
const MOST_LINKS = 40;

/** Places of the daemons' own files. Accounts and sockets are never looked for elsewhere. */
const DEPLOYED = /^\/(?:etc|opt|usr\/local)\/(?:.*\/)?(?:nginx|openresty|php[^/]*)\//;

/**
 * The repository with the hosts in it. `paths`: asked for where they are needed, every file and directory, below the repository's
 * root; `roots`: those of the hosts, for what one host has of its own is no other host's.
 */
export function repositoryOf(
  fs: HostFilesystem,
  paths: () => readonly string[],
  roots: readonly string[],
): Repository {
  // Few trees have an include that leads out of them.
  const every = lazily(() => byOwner(paths(), new Set(roots)));
  // The hosts have all that no host has in common, so that it is looked through once for all of them.
  const shared = lazily(() => byEnd(every().get("/") ?? []));
  const own = (root: string): ByEnd =>
    byEnd((every().get(root) ?? []).filter((path) => !isOfDaemons(root, path)));
  return {
    fs,
    lookup: (root) => (root === "/" ? [own(root)] : [shared(), own(root)]),
  };
}

/** The paths that lie in one host alone, by its root, and by `/` those that lie in none below it. */
function byOwner(
  paths: readonly string[],
  roots: ReadonlySet<string>,
): ReadonlyMap<string, readonly string[]> {
  return grouped(
    paths.flatMap((path) => {
      const [owner = "/", ...others] = withParents(path).filter((at) => roots.has(at));
      return others.length > 0 ? [] : [[owner, path] as const];
    }),
  );
}

/** A file of the host itself does not stand for another path of it. */
function isOfDaemons(root: string, path: string): boolean {
  const top = root === "/" ? "" : root;
  return isWithin(`${top}/etc`, path) || isWithin(`${top}/usr/local`, path);
}

function byEnd(paths: readonly string[]): ByEnd {
  const index = new Map<string, string | null>();
  for (const path of paths) {
    const name = deployedName(path);
    // One name in common is chance: every repository has several `php.conf`.
    for (let slash = name.lastIndexOf("/"); slash > 0; ) {
      slash = name.lastIndexOf("/", slash - 1);
      const end = name.slice(slash + 1);
      index.set(end, index.has(end) ? null : path);
    }
  }
  return index;
}

/**
 * A host's filesystem that falls back on the repository around it. `root`: the host's root below the repository's.
 * A link out of the tree to `/etc/nginx/sites-available/shop` is followed so, too: the tree may be that `/etc`.
 */
export function withRepository(own: HostFilesystem, repository: Repository, root: string): HostFilesystem {
  const indexes = lazily(() => repository.lookup(root));
  const prefix = root === "/" ? "" : OUTSIDE;
  const elsewhere = (path: string): Entry | null => {
    if (!DEPLOYED.test(`${path}/`)) return null;
    const found = longest(indexes(), path);
    if (found !== null) return repository.fs.entry(found);
    // A link out of the tree is in its directory, and is no file of the repository.
    const directory = longest(indexes(), directoryOf(path));
    const entry = directory === null ? null : repository.fs.entry(`${directory}/${nameOf(path)}`);
    return entry?.kind === "outside" ? entry : null;
  };
  /** `links`: how many were followed. */
  const followed = (entry: Entry, links: number): Entry => {
    if (entry.kind !== "outside" || links === MOST_LINKS) return entry;
    const target = elsewhere(entry.target);
    return target === null ? entry : followed(renamed(target, prefix), links + 1);
  };
  return {
    entry(path) {
      const entry = own.entry(path);
      if (entry.kind !== "missing" || entry.dangling) return followed(entry, 0);
      const found = elsewhere(path);
      return found === null ? entry : followed(renamed(found, prefix), 0);
    },
    display: (path) =>
      path.startsWith(OUTSIDE) ? repository.fs.display(path.slice(OUTSIDE.length)) : own.display(path),
  };
}

/** What has the longest end in common with the path; `null` when nothing has one, or several are as good. */
function longest(indexes: readonly ByEnd[], wanted: string): string | null {
  for (let slash = 0; slash !== -1; slash = wanted.indexOf("/", slash + 1)) {
    const end = wanted.slice(slash + 1);
    const [found, ...others] = indexes.flatMap((index) => index.get(end) ?? (index.has(end) ? [null] : []));
    if (found !== undefined) return others.length > 0 ? null : found;
  }
  return null;
}

function renamed(entry: Entry, prefix: string): Entry {
  return { ...entry, path: prefix + entry.path };
}

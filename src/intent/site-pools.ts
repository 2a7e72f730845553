import { phpBindings } from "../evidence/pairs.js";
import { directoryOf } from "../host/path.js";
import { isLocal, showAddress } from "../model/address/address.js";
import type { Host } from "../model/host.js";
import { type PoolListen, poolListens } from "../model/listen/pool-listens.js";
import { childrenNamed } from "../nginx/tree/nodes.js";
import type { Node } from "../nginx/types.js";
import { grouped, unique } from "../source/collect.js";
import { perKey } from "../source/memo.js";
import {
  accountOf,
  directoriesOfPool,
  directoryOfSite,
  isSharedAccount,
  isTelling,
  type Site,
  serverNames,
  tellingWords,
  termsOfPool,
  termsOfSite,
} from "./site.js";

/** Which pools belong to a site, looked up by words, for a host may have thousands of both. */

interface Index {
  readonly terms: ReadonlyMap<string, readonly { readonly listen: PoolListen; readonly weight: number }[]>;
  readonly directories: ReadonlyMap<string, readonly PoolListen[]>;
  readonly sockets: ReadonlyMap<string, readonly PoolListen[]>;
  /** The pools that already take requests of a site. */
  readonly using: ReadonlyMap<Node | string, ReadonlySet<PoolListen>>;
  /**
   * The only pool for sites that no location uses; `null`: there is none, or several, or it is another
   * site's.
   */
  readonly spare: PoolListen | null;
  /** The sites that pass requests to each address that nobody listens on. */
  readonly dead: ReadonlyMap<string, readonly Site[]>;
}

const indexOf = perKey((host: Host): Index => {
  const { listens } = poolListens(host);
  const terms = grouped(
    listens.flatMap((listen) =>
      termsOfPool(listen).map(({ text, weight }) => [text, { listen, weight }] as const),
    ),
  );
  return {
    terms,
    directories: grouped(
      listens.flatMap((listen) => directoriesOfPool(listen.pool).map((path) => [path, listen] as const)),
    ),
    sockets: grouped(
      listens.flatMap((listen) =>
        listen.address?.kind === "unix" ? [[wordsKey(listen.address.path), listen] as const] : [],
      ),
    ),
    using: usingOf(host),
    spare: spareOf(host, terms),
    dead: deadOf(host),
  };
});

/** Pools whose socket has the same telling words in its path. */
export function poolsAlike(host: Host, path: string): readonly PoolListen[] {
  return indexOf(host).sockets.get(wordsKey(path)) ?? [];
}

/** Pools whose name or account is the telling part of a socket's path. */
export function poolsNamed(host: Host, path: string): readonly PoolListen[] {
  const text = tellingWords(path)
    .join("")
    .replace(/[^a-z0-9]+/g, "");
  const found = indexOf(host).terms.get(text) ?? [];
  return unique(found.filter(({ weight }) => weight === 3).map(({ listen }) => listen));
}

/** The pools that other locations of the same site pass requests to. */
export function poolsOfSite(host: Host, site: Site): readonly PoolListen[] {
  const { using } = indexOf(host);
  return unique(keysOf(site).flatMap((key) => [...(using.get(key) ?? [])]));
}

/**
 * The pools that are named most like the site, by its names, its file and the path of its scripts. A word
 * that several sites may share does not count for a pool that locations already use.
 */
export function poolsCalledLike(host: Host, site: Site): readonly PoolListen[] {
  const index = indexOf(host);
  const { used } = host;
  const found = termsOfSite(site).flatMap((term) =>
    (index.terms.get(term.text) ?? []).map(({ listen, weight }) => ({
      listen,
      weight: Math.min(term.weight, weight),
    })),
  );
  const fit = found.filter(({ listen, weight }) => weight > 1 || !used.has(listen.pool));
  const most = Math.max(0, ...fit.map(({ weight }) => weight));
  return unique(fit.filter(({ weight }) => weight === most).map(({ listen }) => listen));
}

/**
 * Pools whose chroot, chdir, prefix or open_basedir the site's scripts are in, the innermost directory only.
 */
export function poolsWorkingIn(host: Host, site: Site): readonly PoolListen[] {
  const { directories } = indexOf(host);
  if (directories.size === 0) return [];
  for (let path = directoryOfSite(site); path !== null && path !== "/"; path = directoryOf(path)) {
    const found = directories.get(path);
    if (found !== undefined) return unique(found);
  }
  return [];
}

/** The only pool that no location uses; `null`: there is none, or something else on the host may want it. */
export function sparePool(host: Host, address: string, sites: readonly Site[]): PoolListen | null {
  const { spare, dead } = indexOf(host);
  if (spare === null) return null;
  const own = new Set(sites.map(({ server }) => server));
  // Many sites may share an account that belongs to none of them.
  const common = isSharedAccount(accountOf(spare.pool));
  if (!common && own.size > 1) return null;
  for (const [other, missing] of dead) {
    if (common && other === address) continue;
    if (missing.some(({ server }) => !own.has(server))) return null;
  }
  return spare;
}

function usingOf(host: Host): Index["using"] {
  const using = new Map<Node | string, Set<PoolListen>>();
  const listening = new Map(poolListens(host).listens.map((listen) => [listen.pool, listen]));
  for (const binding of phpBindings(host)) {
    const pools = binding.targets
      .flatMap((target) => (target.down ? [] : target.pools))
      .flatMap((pool) => listening.get(pool) ?? []);
    if (pools.length === 0) continue;
    for (const key of keysOf(binding)) {
      const known = using.get(key) ?? new Set();
      for (const pool of pools) known.add(pool);
      using.set(key, known);
    }
  }
  return using;
}

/** What a site is looked up by. Two directories of scripts under one server name may be two applications. */
function keysOf(site: Site): readonly (Node | string)[] {
  const path = directoryOfSite(site);
  const names = serverNames(site.server).map((name) => `${name} ${path ?? ""}`);
  if (path !== null && isTelling(path)) return [...names, path];
  return names.length > 0 || site.server === null ? names : [site.server];
}

/** Names of pools that are not for web sites: for the status page, for jobs. */
export const NOT_FOR_SITES =
  /(?:^|[-_.])(?:status|ping|health|monitor(?:ing)?|metrics|stats?|cron|cli|jobs?|queue|worker|batch)(?:[-_.]|$)/i;

function spareOf(host: Host, terms: Index["terms"]): PoolListen | null {
  const { used } = host;
  const { listens } = poolListens(host);
  const taken = new Set(host.otherPasses.flatMap(({ targets }) => targets.flatMap(({ pools }) => pools)));
  const spare = listens.filter(
    ({ pool }) => !used.has(pool) && !taken.has(pool) && !NOT_FOR_SITES.test(pool.name),
  );
  const [only] = spare;
  if (only === undefined || spare.length > 1 || host.nginx === null) return null;
  const servers = childrenNamed(host.nginx.root, "http").flatMap((http) => childrenNamed(http, "server"));
  const claimed = servers.some((server) =>
    termsOfSite({ location: server, server }).some(({ text }) =>
      (terms.get(text) ?? []).some(({ listen }) => listen === only),
    ),
  );
  return claimed ? null : only;
}

function deadOf(host: Host): Index["dead"] {
  return grouped(
    phpBindings(host).flatMap((binding) =>
      binding.targets
        .filter(({ address, pools, down }) => !down && pools.length === 0 && isLocal(address))
        .map(({ address }) => [showAddress(address), binding] as const),
    ),
  );
}

/** Every location that passes requests to this address, on which nobody listens. */
export function sitesMissing(host: Host, address: string): readonly Site[] {
  return indexOf(host).dead.get(address) ?? [];
}

function wordsKey(path: string): string {
  return tellingWords(path).join(" ");
}

import type { Pool } from "../fpm/types.js";
import { nameOf } from "../host/path.js";
import { type Address, showAddress } from "../model/address/address.js";
import type { Host } from "../model/host.js";
import { serverLabel } from "../model/labels.js";
import { likelyPools, type PoolListen, poolListens } from "../model/listen/pool-listens.js";
import { unique } from "../source/collect.js";
import { once, perKey } from "../source/memo.js";
import { nearest } from "../source/spelling.js";
import { type Closeness, compare } from "./address-slip.js";
import { accountOf, isSharedAccount, type Site, tellingWords } from "./site.js";
import {
  poolsAlike,
  poolsCalledLike,
  poolsNamed,
  poolsOfSite,
  poolsWorkingIn,
  sitesMissing,
  sparePool,
} from "./site-pools.js";

/** Which pool an address that leads to nobody was meant for: what tells it, and where nothing does. */

export interface Meant {
  /** `null`: nothing decides between several, and a guess could run a site in the pool of another. */
  readonly chosen: PoolListen | null;
  /** By its address; the site uses it elsewhere; the site's scripts are in its directory; it is called like the site; nobody uses it; there is no other. */
  readonly why: "slip" | "site" | "directory" | "name" | "spare" | "only" | null;
  /** Where none is chosen: those that it can be. */
  readonly candidates: readonly PoolListen[];
  /** What speaks against it, as a sentence for the help; `null`: nothing. */
  readonly doubt: string | null;
}

/** `wanted`: `null` where the address says nothing about the pool. */
export function meantPool(host: Host, wanted: Address | null, sites: readonly Site[]): Meant {
  const { listens } = poolListens(host);
  const [only] = listens;
  if (only !== undefined && listens.length === 1)
    return only.address === null ? undecided([]) : found(only, "only", othersIn(host, only, sites));
  const slips = wanted === null ? [] : wordSlips(host, wanted);
  const each = sites.map((site) => meantFor(host, wanted, site, slips));
  const [first] = each;
  // A snippet of many sites can name one pool alone.
  if (first?.chosen != null && each.every(({ chosen }) => chosen === first.chosen))
    return { ...first, doubt: each.find(({ doubt }) => doubt !== null)?.doubt ?? null };
  const spoken = unique(each.flatMap(({ chosen, candidates }) => (chosen === null ? candidates : [chosen])));
  if (spoken.length > 0) return undecided(spoken);
  const spare = wanted === null ? null : sparePool(host, showAddress(wanted), sites);
  return spare === null || spare.address === null ? undecided(listens) : found(spare, "spare", null);
}

/** By the address, as a person writes it. */
const meantByAddress = perKey((_host: Host) => new Map<string, Pool | null>());

/** The pool that all the locations mean which pass to an address that nobody listens on; `null`: they mean several. */
export function meantByAll(host: Host, wanted: Address): Pool | null {
  const shown = showAddress(wanted);
  return once(
    meantByAddress(host),
    shown,
    () => meantPool(host, wanted, sitesMissing(host, shown)).chosen?.pool ?? null,
  );
}

function found(chosen: PoolListen, why: Meant["why"], doubt: string | null): Meant {
  return { chosen, why, candidates: [], doubt };
}

function undecided(candidates: readonly PoolListen[]): Meant {
  return { chosen: null, why: null, candidates, doubt: null };
}

function meantFor(host: Host, wanted: Address | null, site: Site, words: readonly PoolListen[]): Meant {
  const [used, called] = [poolsOfSite(host, site), poolsCalledLike(host, site)];
  const slips = words.length > 0 || wanted?.kind !== "unix" ? words : letterSlips(host, wanted.path, used);
  const worked = poolsWorkingIn(host, site);
  const others = [...used, ...worked, ...called];
  for (const [why, pools, rest] of [
    ["slip", slips, [used, worked, called]],
    ["site", used, [worked, called]],
    ["directory", worked, [called]],
    ["name", called, []],
  ] as const) {
    const fit = narrowed(pools, rest);
    const [chosen] = fit;
    if (chosen === undefined) continue;
    const rival = rest.map((list) => rivalOf(chosen, list)).find((one) => one !== null) ?? null;
    const strange = why === "slip" && fit.length === 1 && isAnothers(chosen);
    if (strange && rival === null && takesOthers(host, chosen, others)) continue;
    if (fit.length > 1 || chosen.address === null || (strange && rival !== null))
      return undecided(unique([...others, ...fit]));
    if (rival === null) return found(chosen, why, null);
    const speaks = used.includes(rival) ? "use" : worked.includes(rival) ? "directory" : "name";
    return found(chosen, why, rivalry(chosen, rival, speaks, site));
  }
  return undecided([]);
}

/** Among several, what else is known about the site decides. */
function narrowed(
  pools: readonly PoolListen[],
  lists: readonly (readonly PoolListen[])[],
): readonly PoolListen[] {
  return lists.reduce((left, list) => {
    const both = left.filter((one) => list.includes(one));
    return both.length === 0 ? left : both;
  }, pools);
}

/** The one pool of another account that something else speaks for. */
function rivalOf(chosen: PoolListen, [one, ...more]: readonly PoolListen[]): PoolListen | null {
  if (one === undefined || more.length > 0 || one === chosen) return null;
  const [ours, theirs] = [chosen, one].map(({ pool }) => accountOf(pool));
  return ours === null || theirs === null || ours === theirs ? null : one;
}

/** `/run/php/php8.2-fpm.sock` says nothing about whose it is: only the pool of all may be taken for it. */
function isAnothers({ pool, address }: PoolListen): boolean {
  const telling = address?.kind === "unix" && tellingWords(address.path).length > 0;
  return !telling && !isSharedAccount(accountOf(pool));
}

/** Whether locations use a pool of which nothing says that it is the site's. */
function takesOthers(host: Host, chosen: PoolListen, own: readonly PoolListen[]): boolean {
  return poolListens(host).used.has(chosen.pool) && !own.includes(chosen);
}

function rivalry(
  chosen: PoolListen,
  rival: PoolListen,
  speaks: "use" | "directory" | "name",
  site: Site,
): string {
  const name = nameOfSite(site);
  const because = {
    use: `which ${name} uses elsewhere`,
    directory: `which works in the directory of ${name}`,
    name: `which is called like ${name}`,
  }[speaks];
  const [ours, theirs] = [chosen.pool, rival.pool];
  return `pool [${ours.name}] runs as ${accountOf(ours)}; pool [${theirs.name}], ${because}, runs as ${accountOf(theirs)}`;
}

function nameOfSite({ server }: Site): string {
  return server === null ? "the site" : serverLabel(server);
}

/** Where there is no other pool, the site would share the account of those that use it. */
function othersIn(host: Host, { pool }: PoolListen, sites: readonly Site[]): string | null {
  const account = accountOf(pool);
  if (account === null || isSharedAccount(account) || !poolListens(host).used.has(pool)) return null;
  const stranger = sites.find((site) =>
    [poolsOfSite, poolsWorkingIn, poolsCalledLike]
      .flatMap((of) => of(host, site))
      .every((one) => one.pool !== pool),
  );
  if (stranger === undefined) return null;
  return `pool [${pool.name}] runs as ${account} for another site: give ${nameOfSite(stranger)} a pool of its own unless it may share that account`;
}

/** The pools whose address is the written one but for a slip; the likeliest kind of slip alone. */
function wordSlips(host: Host, wanted: Address): readonly PoolListen[] {
  const near = likelyPools(host, wanted).map((listen) => ({ listen, like: compare(host, listen, wanted) }));
  const at = (closeness: Closeness) =>
    near.flatMap(({ listen, like }) => (like?.closeness === closeness ? [listen] : []));
  const exact = [at("same"), at("slip")].find((pools) => pools.length > 0);
  if (exact !== undefined || wanted.kind === "tcp") return exact ?? [];
  const { path } = wanted;
  const alike = poolsAlike(host, path);
  if (alike.length > 0) return alike;
  // `shop.sock` is the socket of a shop in whatever directory.
  const named = tellingWords(nameOf(path)).length === 0 ? [] : [nameOf(path)];
  const moved = named.flatMap((name) =>
    near.flatMap(({ listen }) =>
      listen.address?.kind === "unix" && nameOf(listen.address.path) === name ? [listen] : [],
    ),
  );
  return moved.length > 0 ? moved : named.flatMap((name) => poolsNamed(host, name));
}

/** One wrong letter; other digits tell sites apart, and the pool of another site has its name for a reason. */
function letterSlips(host: Host, path: string, used: readonly PoolListen[]): readonly PoolListen[] {
  const name = nameOf(path);
  if (tellingWords(name).join("").length < 3) return [];
  const digits = (text: string): string => text.replace(/\d/g, "0");
  return likelyPools(host, { kind: "unix", path }).filter((listen) => {
    if (listen.address?.kind !== "unix") return false;
    const other = nameOf(listen.address.path);
    if (digits(other) === digits(name) || (poolListens(host).used.has(listen.pool) && !used.includes(listen)))
      return false;
    return nearest(name, [other], 1) !== null;
  });
}

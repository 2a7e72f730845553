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
import {
  accountOf,
  isCalledBySocket,
  isNamedLike,
  isSharedAccount,
  type Site,
  tellingWords,
} from "./site.js";
import {
  poolsAlike,
  poolsCalledLike,
  poolsNamed,
  poolsOfSite,
  poolsWorkingIn,
  sitesMissing,
  sparePool,
} from "./site-pools.js";

/** Which pool a location means by an address that nobody listens on. */

/** The intended pool and the reason for choosing it, or the pools that it may be. */
export interface Meant {
  /** `null`: nothing decides between several, and a guess could run a site in another site's pool. */
  readonly chosen: PoolListen | null;
  /**
   * - `slip`: its address is the written one but for a slip.
   * - `site`: the site uses it elsewhere.
   * - `directory`: the site's scripts are in its directory.
   * - `name`: it is named like the site.
   * - `spare`: it is the only one that no location uses.
   * - `only`: it is the only pool.
   */
  readonly why: "slip" | "site" | "directory" | "name" | "spare" | "only" | null;
  /** Where none is chosen: those that it may be. */
  readonly candidates: readonly PoolListen[];
  /** What speaks against the choice, in words for the help; `null`: nothing. */
  readonly doubt: string | null;
}

/**
 * The pool that all these sites mean by an address that nobody listens on. `wanted`: that address, `null`
 * where it says nothing about the pool.
 */
export function meantPool(host: Host, wanted: Address | null, sites: readonly Site[]): Meant {
  const { listens } = poolListens(host);
  const [only] = listens;
  if (only !== undefined && listens.length === 1)
    return only.address === null ? undecided([]) : found(only, "only", othersIn(host, only, sites));
  const slips = wanted === null ? [] : wordSlips(host, wanted);
  const each = sites.map((site) => meantFor(host, wanted, site, slips));
  const [first] = each;
  // A snippet that many sites share can only name one pool.
  if (first?.chosen != null && each.every(({ chosen }) => chosen === first.chosen))
    return { ...first, doubt: each.find(({ doubt }) => doubt !== null)?.doubt ?? null };
  const spoken = unique(each.flatMap(({ chosen, candidates }) => (chosen === null ? candidates : [chosen])));
  if (spoken.length > 0) return undecided(spoken);
  const spare = wanted === null ? null : sparePool(host, showAddress(wanted), sites);
  return spare === null || spare.address === null ? undecided(listens) : found(spare, "spare", null);
}

/** By the address, as a person writes it. */
const meantByAddress = perKey((_host: Host) => new Map<string, Pool | null>());

/** The pool meant by every location that passes requests to this dead address; `null`: they do not agree. */
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
  const [used, worked] = [poolsOfSite(host, site), poolsWorkingIn(host, site)];
  const near = words.length > 0 || wanted?.kind !== "unix" ? words : letterSlips(host, wanted.path, used);
  const alike = poolsCalledLike(host, site);
  const owners = alike.filter((listen) => isNamedLike(site, listen.pool));
  const kept = (listens: readonly PoolListen[]) =>
    listens.filter(
      (one) => used.includes(one) || worked.includes(one) || !owners.some((own) => losesTo(site, one, own)),
    );
  const [slips, called] = [kept(near), kept(alike)];
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
    // A site goes to no other account's pool where one is called like it.
    if (called.includes(rival) && !isSharedAccount(accountOf(chosen.pool))) return undecided([chosen, rival]);
    const speaks = used.includes(rival) ? "use" : worked.includes(rival) ? "directory" : "name";
    return found(chosen, why, rivalry(chosen, rival, speaks, site));
  }
  return undecided([]);
}

/**
 * Whether a pool yields to one that is named like the site: only the name of its socket ties it to the site,
 * and it runs as somebody else, whose account the site would get.
 */
function losesTo(site: Site, { pool, address }: PoolListen, { pool: own }: PoolListen): boolean {
  const [account, owner] = [accountOf(pool), accountOf(own)];
  if (account === null || owner === null || account === owner || isSharedAccount(account)) return false;
  return !isNamedLike(site, pool) && isCalledBySocket(site, address);
}

/** Where several pools fit, those that the next lists also name. */
function narrowed(
  pools: readonly PoolListen[],
  lists: readonly (readonly PoolListen[])[],
): readonly PoolListen[] {
  return lists.reduce((left, list) => {
    const both = left.filter((one) => list.includes(one));
    return both.length === 0 ? left : both;
  }, pools);
}

/** A single other pool, of another account, that something else speaks for; `null`: there is none. */
function rivalOf(chosen: PoolListen, [one, ...more]: readonly PoolListen[]): PoolListen | null {
  if (one === undefined || more.length > 0 || one === chosen) return null;
  const [ours, theirs] = [chosen, one].map(({ pool }) => accountOf(pool));
  return ours === null || theirs === null || ours === theirs ? null : one;
}

/**
 * Whether the pool has an account of its own and a socket that does not say whose it is:
 * `/run/php/php8.2-fpm.sock`.
 */
function isAnothers({ pool, address }: PoolListen): boolean {
  const telling = address?.kind === "unix" && tellingWords(address.path).length > 0;
  return !telling && !isSharedAccount(accountOf(pool));
}

/** Whether other locations use this pool although nothing ties it to the site. */
function takesOthers(host: Host, chosen: PoolListen, own: readonly PoolListen[]): boolean {
  return host.used.has(chosen.pool) && !own.includes(chosen);
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
    name: `which is named like ${name}`,
  }[speaks];
  const [ours, theirs] = [chosen.pool, rival.pool];
  return `pool [${ours.name}] runs as ${accountOf(ours)}; pool [${theirs.name}], ${because}, runs as ${accountOf(theirs)}`;
}

function nameOfSite({ server }: Site): string {
  return server === null ? "the site" : serverLabel(server);
}

/**
 * What speaks against the only pool: the site would share the account of the sites that use it; `null`:
 * nothing.
 */
function othersIn(host: Host, { pool }: PoolListen, sites: readonly Site[]): string | null {
  const account = accountOf(pool);
  if (account === null || isSharedAccount(account) || !host.used.has(pool)) return null;
  const stranger = sites.find((site) =>
    [poolsOfSite, poolsWorkingIn, poolsCalledLike]
      .flatMap((of) => of(host, site))
      .every((one) => one.pool !== pool),
  );
  if (stranger === undefined) return null;
  return `pool [${pool.name}] runs as ${account} for another site: give ${nameOfSite(stranger)} a pool of its own unless it may share that account`;
}

/** The pools whose address is the written one but for a slip, of the likeliest kind of slip. */
function wordSlips(host: Host, wanted: Address): readonly PoolListen[] {
  const near = likelyPools(host, wanted).map((listen) => ({ listen, like: compare(host, listen, wanted) }));
  const at = (closeness: Closeness) =>
    near.flatMap(({ listen, like }) => (like?.closeness === closeness ? [listen] : []));
  const exact = [at("same"), at("slip")].find((pools) => pools.length > 0);
  if (exact !== undefined || wanted.kind === "tcp") return exact ?? [];
  const { path } = wanted;
  const alike = poolsAlike(host, path);
  if (alike.length > 0) return alike;
  // `shop.sock` is the shop's socket in any directory.
  const named = tellingWords(nameOf(path)).length === 0 ? [] : [nameOf(path)];
  const moved = named.flatMap((name) =>
    near.flatMap(({ listen }) =>
      listen.address?.kind === "unix" && nameOf(listen.address.path) === name ? [listen] : [],
    ),
  );
  return moved.length > 0 ? moved : named.flatMap((name) => poolsNamed(host, name));
}

/**
 * The pools whose socket differs in one letter. Digits tell sites apart, and a pool that another site uses
 * has its name for a reason.
 */
function letterSlips(host: Host, path: string, used: readonly PoolListen[]): readonly PoolListen[] {
  const name = nameOf(path);
  if (tellingWords(name).join("").length < 3) return [];
  const digits = (text: string): string => text.replace(/\d/g, "0");
  return likelyPools(host, { kind: "unix", path }).filter((listen) => {
    if (listen.address?.kind !== "unix") return false;
    const other = nameOf(listen.address.path);
    if (digits(other) === digits(name) || (host.used.has(listen.pool) && !used.includes(listen)))
      return false;
    return nearest(name, [other], 1) !== null;
  });
}

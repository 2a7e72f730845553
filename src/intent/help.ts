import type { RelatedReport } from "../engine/rule.js";
import type { Address } from "../model/address/address.js";
import type { Host } from "../model/host.js";
import type { PoolListen } from "../model/listen/pool-listens.js";
import { once, perKey } from "../source/memo.js";
import { compare, type Nearest } from "./address-slip.js";
import type { Meant } from "./meant-pool.js";
import { accountOf } from "./site.js";
import { NOT_FOR_SITES } from "./site-pools.js";

/** Words about the intended pool, or about those that may be it. */

/** The most pools that are named; the rest are counted. */
const MOST = 5;

/** By the candidates: of very many sites, each may mean any of as many pools. */
const named = perKey((_host: Host) => new WeakMap<readonly PoolListen[], readonly PoolListen[]>());

/** The pools that are worth naming: those that get no requests yet come first. */
function worthNaming(host: Host, candidates: readonly PoolListen[]): readonly PoolListen[] {
  return once(named(host), candidates, () => findWorthNaming(host, candidates));
}

function findWorthNaming(host: Host, candidates: readonly PoolListen[]): readonly PoolListen[] {
  const { used } = host;
  const sites = candidates.filter(({ pool }) => !NOT_FOR_SITES.test(pool.name));
  const all = sites.length === 0 ? candidates : sites;
  const [free = [], busy = []] = [true, false].map((is) => all.filter(({ pool }) => used.has(pool) !== is));
  return [...free, ...busy].slice(0, MOST);
}

/** `pass requests to the intended pool: [blog] unix:/run/php/blog.sock (user blog), …` */
export function whichPool(host: Host, candidates: readonly PoolListen[], wanted: Address): string {
  const first = worthNaming(host, candidates);
  const more = candidates.length - first.length;
  const shown = first.map((listen) => {
    const account = accountOf(listen.pool);
    const address = addressOf(compare(host, listen, wanted), listen);
    return `[${listen.pool.name}] ${address}${account === null ? "" : ` (user ${account})`}`;
  });
  return `pass requests to the intended pool: ${shown.join(", ")}${more > 0 ? `, and ${more} more` : ""}`;
}

function addressOf(near: Nearest | null, { text }: PoolListen): string {
  return near?.nginxAddress ?? near?.shown ?? text;
}

const WHICH = {
  site: ", which the site uses elsewhere,",
  directory: ", which works in the site's directory,",
  name: ", which is named like the site,",
  spare: ", which no location uses,",
} as const;

/** Words that fit after "no pool listens on X": the intended pool, or that the files do not tell it. */
export function leadTo(near: Nearest | null, { why, candidates }: Meant): string {
  if (near === null)
    return candidates.length > 1
      ? `, and nothing tells which of the ${candidates.length} pools is meant`
      : "";
  const which = why === null || why === "slip" || why === "only" ? "" : WHICH[why];
  return `; ${listening(near, which)}, ${near.difference}`;
}

/** The `listen` of the intended pool, or of those that may be it. */
export function nearby(
  host: Host,
  near: Nearest | null,
  { candidates }: Meant,
  wanted: Address,
): readonly RelatedReport[] {
  const several = worthNaming(host, candidates).flatMap((one) => compare(host, one, wanted) ?? []);
  const pools = near === null ? several : [near];
  return pools.map((one) => ({ place: one.place, message: listening(one) }));
}

function listening({ pool, shown }: Nearest, which = ""): string {
  return `pool [${pool.name}]${which} listens on ${shown}`;
}

import { showSize } from "../capacity/size.js";
import { ASSUMED_WORKER, budgetOf, totalOf } from "../capacity/sum.js";
import type { Draft } from "../engine/define.js";
import type { RelatedReport } from "../engine/rule.js";
import { globalSetting, setting } from "../fpm/pools.js";
import { readInteger } from "../fpm/settings/values.js";
import type { FpmMaster, Pool } from "../fpm/types.js";
import type { Host } from "../model/host.js";
import { poolListens } from "../model/listen/pool-listens.js";
import type { HostMemory } from "../model/machine/memory.js";
import { maxChildren } from "../model/pool-size.js";
import { groupBy, grouped, unique } from "../source/collect.js";
import { placeOf } from "../source/effective.js";
import type { Place } from "../source/file.js";
import { perKey } from "../source/memo.js";

/** The memory that all pools of a host need against the memory it has, in bytes and in words. */

/**
 * The parts of a host that have memory of their own: containers with a limit each. The host itself where all of it is
 * one machine, or where nothing limits a container.
 */
export const memoryParts = perKey((host: Host): readonly Host[] => {
  if (host.memory !== null || host.ownMemory.size === 0) return [host];
  const containers = grouped(
    host.masters.map((master) => [host.machines.get(master)?.facts ?? host.container, master] as const),
  );
  return [...containers].map(([facts, masters]) => ({
    ...host,
    name: facts === null ? host.name : `${host.name} (${facts.label})`,
    masters,
    pools: masters.flatMap(({ pools }) => pools),
    memory: masters[0] === undefined ? null : (host.ownMemory.get(masters[0]) ?? null),
  }));
});

/** A pool with what it counts in the sum. */
export interface PoolNeed {
  readonly pool: Pool;
  /** How many of its workers count: `pm.max_children`, or what `process.max` leaves of it. */
  readonly count: number;
  /** `pm.max_children`. */
  readonly most: number;
  /** The size of one worker. */
  readonly bytes: number;
}

/** The pools of a host that may run together. */
export interface PoolSum {
  readonly pools: readonly PoolNeed[];
  /** Every `process.max` that allows fewer workers than the pools of its master. */
  readonly caps: readonly Cap[];
}

interface Cap {
  readonly limit: number;
  readonly most: number;
  readonly place: Place | null;
}

/** Every pool of the masters that may run together, at its largest; `null`: a number is unknown. */
export function poolSum(host: Host, bytesOf: (pool: Pool) => number | null): PoolSum | null {
  const found: PoolSum[] = [];
  for (const masters of alternatives(host)) {
    const sums = masters.map((master) => masterSum(master, bytesOf));
    if (sums.includes(null)) return null;
    const largest = sums.flatMap((sum) => sum ?? []).toSorted((a, b) => totalOf(b.pools) - totalOf(a.pools));
    found.push(...largest.slice(0, 1));
  }
  const pools = found.flatMap((sum) => sum.pools);
  return pools.length === 0 ? null : { pools, caps: found.flatMap(({ caps }) => caps) };
}

/** The masters in groups that share an address, so that only one of each group can run at a time. */
function alternatives(host: Host): readonly (readonly FpmMaster[])[] {
  const groups = new Map(host.masters.map((master) => [master, master]));
  const first = new Map<string, FpmMaster>();
  const machines = unique([...host.machines.values(), undefined]);
  for (const { pool, address } of poolListens(host).listens) {
    // Each container has addresses of its own.
    const key = `${machines.indexOf(host.machines.get(pool.master))} ${JSON.stringify(address)}`;
    const before = first.get(key) ?? pool.master;
    first.set(key, before);
    const [from, to] = [groups.get(pool.master), groups.get(before)];
    if (address === null || from === to || to === undefined) continue;
    for (const [master, group] of groups) if (group === from) groups.set(master, to);
  }
  return groupBy(groups, ([, group]) => String(host.masters.indexOf(group))).map((group) =>
    group.map(([master]) => master),
  );
}

function masterSum(master: FpmMaster, bytesOf: (pool: Pool) => number | null): PoolSum | null {
  const pools: PoolNeed[] = [];
  for (const pool of master.pools) {
    const [most, bytes] = [maxChildren(pool), bytesOf(pool)];
    if (most === null || bytes === null) return null;
    pools.push({ pool, most, bytes, count: most });
  }
  return master.partial ? null : capped(master, pools);
}

/** `process.max` is for all pools of a master together; in the worst case the largest workers run. */
function capped(master: FpmMaster, pools: readonly PoolNeed[]): PoolSum | null {
  const value = globalSetting(master, "process.max");
  if (value.kind === "unknown") return null;
  const reading = value.kind === "set" ? readInteger(value.value ?? "") : null;
  const limit = reading?.ok === true && reading.value > 0 ? reading.value : Infinity;
  const most = pools.reduce((sum, one) => sum + one.most, 0);
  if (most <= limit) return { pools, caps: [] };
  const counts = new Map<PoolNeed, number>();
  let left = limit;
  for (const one of pools.toSorted((a, b) => b.bytes - a.bytes)) {
    counts.set(one, Math.min(left, one.most));
    left -= Math.min(left, one.most);
  }
  const cap = { limit, most, place: placeOf(value) };
  return { pools: pools.map((one) => ({ ...one, count: counts.get(one) ?? 0 })), caps: [cap] };
}

/**
 * Whether a sum over several masters really occurs: it does when one of them alone is above the limit,
 * or when those are that nginx uses. Whether the others run, only the host knows.
 */
export function certainAbove(host: Host, { pools }: PoolSum, limit: number): Pick<Draft, "settle"> {
  const masters = groupBy(pools, ({ pool }) => String(host.masters.indexOf(pool.master)));
  const used = new Set(
    host.bindings.flatMap(({ targets }) => targets.flatMap((target) => target.pools.map(masterOf))),
  );
  const reached = pools.filter(({ pool }) => used.has(pool.master));
  if ([...masters, reached].some((some) => totalOf(some) > limit)) return {};
  const names = masters.map(([{ pool }]) => pool.master.main?.display ?? pool.section.span.file.display);
  return {
    settle: `Whether the masters of ${names.join(" and ")} run at the same time is not in these files.`,
  };
}

function masterOf({ master }: Pool): FpmMaster {
  return master;
}

/** The bytes of a worker: the measured size, else the assumed one. */
export function workerSize({ workerSize: given }: Host): number {
  return given ?? ASSUMED_WORKER;
}

/** The bytes of the memory that are for PHP-FPM: all, unless a reserve or a headroom was stated. */
export function roomOf({ bytes, reserve, headroom }: HostMemory): number {
  return budgetOf({ memory: bytes, reserve: reserve ?? 0, headroom: headroom ?? 0, shared: 0 });
}

/** Whose memory it is, and how much: `the host`, `8 GiB (--ram)`, or `service php`, `1 GiB (mem_limit)`. */
export function memoryInWords({ bytes, source, owner = "the host" }: HostMemory): {
  readonly owner: string;
  readonly size: string;
} {
  const of = ` of ${owner}`;
  const where = source.endsWith(of) ? source.slice(0, -of.length) : source;
  return { owner, size: `${showSize(bytes)} (${where})` };
}

/** `the host has 8 GiB (--ram)`, and where not all of it is for PHP-FPM, the sum of what is left. */
export function roomInWords(memory: HostMemory): string {
  const { bytes } = memory;
  const [reserve, headroom] = [memory.reserve ?? 0, memory.headroom ?? 0];
  const { owner, size } = memoryInWords(memory);
  const has = `${owner} has ${size}`;
  if (reserve === 0 && headroom === 0) return has;
  const less = reserve === 0 ? showSize(bytes) : `${showSize(bytes)} − ${showSize(reserve)}`;
  const times = headroom === 0 ? "" : ` × ${Number((1 - headroom).toFixed(4))}`;
  const left = times === "" || reserve === 0 ? `${less}${times}` : `(${less})${times}`;
  return `${has}, of which ${left} = ${showSize(roomOf(memory))} are for PHP-FPM`;
}

/** `5 × 63 MiB + 20 × 63 MiB = 1575 MiB`; where there are many pools, those with workers of one size together. */
export function sumInWords({ pools, caps }: PoolSum): string {
  const counted = pools.filter(({ count }) => count > 0);
  const sizes = groupBy(counted, ({ bytes }) => String(bytes)).map((group) => ({
    bytes: group[0].bytes,
    count: group.reduce((sum, { count }) => sum + count, 0),
  }));
  const all = counted.length > MOST_TERMS ? sizes : counted;
  const terms = all.slice(0, MOST_TERMS).map(({ count, bytes }) => `${count} × ${showSize(bytes)}`);
  const rest = all.slice(MOST_TERMS);
  const more = rest.length > 0 ? ` + ${showSize(totalOf(rest))} of the others` : "";
  const limits = caps.map(({ limit, most }) => `, where process.max allows ${limit} of ${most} workers`);
  return `${terms.join(" + ")}${more} = ${showSize(totalOf(pools))}${limits.join("")}`;
}

const MOST_TERMS = 6;

/** The part of each pool in the sum, at its `pm.max_children`. */
export function partsOf({ pools }: PoolSum): readonly RelatedReport[] {
  return pools.flatMap(({ pool, count, bytes, most }) => {
    const place = placeOf(setting(pool, "pm.max_children"));
    const share = `${count < most ? "at most " : ""}${most} × ${showSize(bytes)} = ${showSize(most * bytes)}`;
    return place === null ? [] : [{ place, message: `pool [${pool.name}]: ${share}` }];
  });
}

/** The lines that bound the sum: `process.max`, and the memory if a file of the host sets it. */
export function boundsOf({ caps }: PoolSum, memory: HostMemory): readonly RelatedReport[] {
  const limits = caps.map(({ limit, place }) => ({
    place,
    message: `at most ${limit} workers together`,
  }));
  const all = [...limits, { place: memory.place, message: showSize(memory.bytes) }];
  return all.flatMap(({ place, message }) => (place === null ? [] : [{ place, message }]));
}

/** The counts that packages ship in `www.conf`: Debian's and Alpine's, and Red Hat's. */
const STOCK = new Set([5, 50]);

/** Whether nobody has chosen the sizes yet: all pools are as the distribution ships them. */
export function isStock({ pools }: PoolSum): boolean {
  return pools.every(
    ({ pool, most }) =>
      STOCK.has(most) && pool.name === "www" && pool.section.span.file.path.endsWith("/www.conf"),
  );
}

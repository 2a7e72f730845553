/** How full pools were, as PHP-FPM's log says it. */
import type { Match } from "../causes/signature.js";
import { detached } from "../logs/detached.js";
import { HOUR } from "../logs/time.js";
import type { Host } from "../model/host.js";
import { maxChildren } from "../model/pool-size.js";
import { unique } from "../source/collect.js";

/** A pool whose log told of its workers. */
export interface PoolFill {
  readonly pool: string;
  /** `pm.max_children`: as the log named it last, else as the only pool of this name has it; `null`: not known. */
  readonly most: number | null;
  /** How often it reached that number, and when first and last; `null`: never, or the lines have no time. */
  readonly full: number;
  readonly first: number | null;
  readonly last: number | null;
  /** The hours in which the log told of it, in order; lines without a time are in none. */
  readonly hours: readonly FilledHour[];
}

export interface FilledHour {
  /** The start of the hour, as `logs/time.ts` counts. */
  readonly at: number;
  /** The most workers that the log named; `null`: it named none. */
  readonly workers: number | null;
  readonly full: number;
}

interface Told {
  /** The number that the log named, and when it named it last. */
  limit: number | null;
  limitAt: number;
  full: number;
  first: number | null;
  last: number | null;
  readonly hours: Map<number, { workers: number | null; full: number }>;
}

/** Pools, and hours of all of them together, that are remembered: a log of many months may have more. */
const MOST_POOLS = 5000;
const MOST_HOURS = 50_000;
/** Characters of a name. */
const LONGEST = 200;

/** Counts line by line, however many there are. */
export class Fills {
  private readonly byPool = new Map<string, Told>();
  private hours = 0;
  /** How often `process.max` was reached, which all pools share. */
  private ofMaster = 0;

  /** `time`: as `logs/time.ts` counts; `null`: the line has none. */
  add({ signature, parts }: Match, time: number | null): void {
    if (signature.id === "process-max") this.ofMaster += 1;
    const isFull = signature.id === "max-children";
    if (!isFull && signature.id !== "seems-busy") return;
    const told = this.toldOf(parts.get("pool") ?? "");
    if (told === null) return;
    const limit = numberOf(parts.get("limit"));
    if (limit !== null && (time ?? 0) >= told.limitAt) {
      told.limit = limit;
      told.limitAt = time ?? 0;
    }
    if (isFull) told.full += 1;
    if (time === null) return;
    if (isFull) {
      told.first = Math.min(told.first ?? time, time);
      told.last = Math.max(told.last ?? time, time);
    }
    this.addHour(told, time, limit ?? numberOf(parts.get("total")), isFull);
  }

  /** How often pools reached their own number. `pools`: empty means every pool. */
  ownFull(pools: readonly string[]): number {
    const all = pools.length === 0 ? [...this.byPool.keys()] : pools;
    return all.reduce((sum, pool) => sum + (this.byPool.get(pool)?.full ?? 0), 0);
  }

  /** How often they could start no more workers: the master may have no more as well. */
  full(pools: readonly string[]): number {
    return this.ownFull(pools) + this.ofMaster;
  }

  private toldOf(pool: string): Told | null {
    if (pool === "") return null;
    const known = this.byPool.get(pool);
    if (known !== undefined) return known;
    if (this.byPool.size >= MOST_POOLS) return null;
    const told = { limit: null, limitAt: 0, full: 0, first: null, last: null, hours: new Map() };
    this.byPool.set(detached(pool, LONGEST), told);
    return told;
  }

  private addHour({ hours }: Told, time: number, workers: number | null, isFull: boolean): void {
    const at = Math.floor(time / HOUR) * HOUR;
    let hour = hours.get(at);
    if (hour === undefined) {
      if (this.hours >= MOST_HOURS) return;
      this.hours += 1;
      hour = { workers: null, full: 0 };
      hours.set(at, hour);
    }
    if (workers !== null) hour.workers = Math.max(hour.workers ?? 0, workers);
    if (isFull) hour.full += 1;
  }

  /** In the order of their names. */
  of(hosts: readonly Host[]): readonly PoolFill[] {
    return [...this.byPool]
      .map(([pool, { limit, full, first, last, hours }]) => ({
        pool,
        most: limit ?? writtenFor(pool, hosts),
        full,
        first,
        last,
        hours: [...hours].sort(([a], [b]) => a - b).map(([at, hour]) => ({ at, ...hour })),
      }))
      .sort((a, b) => (a.pool < b.pool ? -1 : 1));
  }
}

function numberOf(text: string | undefined): number | null {
  return text === undefined || !/^\d{1,9}$/.test(text) ? null : Number(text);
}

/** `null`: no pool has the name, or several that differ, or the value is not known. */
function writtenFor(name: string, hosts: readonly Host[]): number | null {
  const own = hosts.flatMap(({ pools }) => pools).filter((pool) => pool.name === name);
  const [only = null, ...others] = unique(own.map(maxChildren));
  return others.length === 0 ? only : null;
}

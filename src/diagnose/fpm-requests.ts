/** What PHP-FPM's access logs say of how long requests ran, by pool. */

import type { AccessLine } from "../logs/access.js";
import { detached } from "../logs/detached.js";
import { MINUTE } from "../logs/time.js";
import { MOST_MINUTES, TimeCounts } from "./counts.js";

/** A request that ran for a second or longer. */
export interface LongRun {
  /** As `logs/time.ts` counts; `null`: the format does not say. */
  readonly start: number | null;
  /** How long it ran. */
  readonly seconds: number;
  /** Empty: the format does not say. */
  readonly path: string;
}

interface OfPool {
  /** Requests whose time was logged. */
  timed: number;
  long: LongRun[];
  /** Each that ran for so long or longer is among the long ones, in seconds. */
  all: number;
  readonly starts: TimeCounts;
}

/** A request that runs for so many seconds is a long one. */
const LONG = 1;
/** Long requests of a pool that are kept, the longest ones, and of all of them. */
const MOST = 5000;
const MOST_OF_ALL = 50_000;
const MOST_POOLS = 2000;
/** Pools whose requests are counted by the minute for days; those of later ones by the hour sooner. */
const MOST_FULL = 100;

export class FpmRequests {
  private readonly byPool = new Map<string, OfPool>();
  private kept = 0;

  /** `pool`: empty: unknown. */
  add({ time, path, values }: AccessLine, pool: string): void {
    let own = this.byPool.get(pool);
    if (own === undefined) {
      if (this.byPool.size >= MOST_POOLS) return;
      const minutes = this.byPool.size < MOST_FULL ? MOST_MINUTES : MOST_MINUTES / 20;
      own = { timed: 0, long: [], all: LONG, starts: new TimeCounts(minutes) };
      this.byPool.set(detached(pool, 200), own);
    }
    const seconds = secondsOf(values);
    if (time !== null) own.starts.add(time);
    if (seconds === null) return;
    own.timed += 1;
    if (seconds < own.all) return;
    this.kept += 1;
    own.long.push({ start: time, seconds, path: detached(path, 300) });
    if (own.long.length > MOST || this.kept > MOST_OF_ALL) this.forget(own);
  }

  /** Of the long requests of a pool the shorter ones. */
  private forget(own: OfPool): void {
    const sorted = own.long.sort((a, b) => b.seconds - a.seconds);
    const before = sorted.length;
    const shortest = sorted[Math.floor(before / 2)]?.seconds ?? LONG;
    own.long = sorted.filter(({ seconds }) => seconds > shortest);
    // What is as long as those that were forgotten is not all there.
    own.all = own.long.at(-1)?.seconds ?? shortest + 1;
    this.kept -= before - own.long.length;
  }

  /** Whether requests of these pools were logged between two times, to the minute; not where it is known by the hour alone. */
  anyBetween(pools: readonly string[], from: number, to: number): boolean {
    return this.of(pools).some(({ starts }) =>
      starts.entries().some(([time]) => {
        const isOfMinute = starts.step === MINUTE && time + MINUTE > from && time <= to;
        return isOfMinute || (time >= from && time + starts.step <= to);
      }),
    );
  }

  /** Whether each request of these pools is kept that ran for so many seconds. */
  hasAll(pools: readonly string[], seconds: number): boolean {
    return this.of(pools).every(({ all }) => seconds >= all);
  }

  /** Whether how long each ran is in the logs of these pools. */
  isTimed(pools: readonly string[]): boolean {
    return this.of(pools).some(({ timed }) => timed > 0);
  }

  /** Those of some pools that ran for so long and had begun between two times, the longest first. */
  longer(pools: readonly string[], seconds: number, from: number, to: number): readonly LongRun[] {
    return this.of(pools)
      .flatMap(({ long }) => long)
      .filter((one) => one.seconds >= seconds && one.start !== null && one.start >= from && one.start <= to)
      .sort((a, b) => b.seconds - a.seconds);
  }

  private of(pools: readonly string[]): readonly OfPool[] {
    return pools.flatMap((pool) => this.byPool.get(pool) ?? []);
  }
}

function secondsOf(values: ReadonlyMap<string, string>): number | null {
  const units = [
    ["fpm_seconds", 1],
    ["fpm_milliseconds", 1000],
    ["fpm_microseconds", 1_000_000],
  ] as const;
  for (const [name, divisor] of units) {
    const value = values.get(name);
    const seconds = value === undefined || value === "" ? Number.NaN : Number(value) / divisor;
    if (Number.isFinite(seconds)) return seconds;
  }
  return null;
}

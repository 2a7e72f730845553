/** What PHP-FPM's access logs say of how long requests ran, by pool. */

import type { AccessLine } from "../logs/access.js";
import { detached } from "../logs/detached.js";
import { MINUTE } from "../logs/time.js";
import { TimeCounts } from "./counts.js";

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
  readonly long: LongRun[];
  readonly starts: TimeCounts;
}

/** Long requests of a pool that are kept. */
const MOST = 5000;
const MOST_POOLS = 2000;

export class FpmRequests {
  private readonly byPool = new Map<string, OfPool>();

  /** `pool`: empty: unknown. */
  add({ time, path, values }: AccessLine, pool: string): void {
    let own = this.byPool.get(pool);
    if (own === undefined) {
      if (this.byPool.size >= MOST_POOLS) return;
      own = { timed: 0, long: [], starts: new TimeCounts() };
      this.byPool.set(detached(pool, 200), own);
    }
    const seconds = secondsOf(values);
    if (time !== null) own.starts.add(time);
    if (seconds === null) return;
    own.timed += 1;
    if (seconds >= 1 && own.long.length < MOST)
      own.long.push({ start: time, seconds, path: detached(path, 300) });
  }

  /** Whether requests of these pools were logged between two times, to the minute. */
  anyBetween(pools: readonly string[], from: number, to: number): boolean {
    return this.of(pools).some(({ starts }) =>
      starts.entries().some(([time]) => time + MINUTE > from && time <= to),
    );
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

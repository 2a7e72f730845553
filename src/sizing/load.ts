import type { Pool } from "../fpm/types.js";
import type { HostFilesystem } from "../host/filesystem.js";
import { statFields, textOf } from "../host/text.js";
import type { PoolStatus } from "../live/status-page.js";
import { type RunningMaster, workersByPool } from "../model/machine/processes.js";

/** What the workers of a running pool are doing, from two looks at them. */

/** One look at the workers of a pool. */
export interface Look {
  /** Seconds, on a clock that only goes forward. */
  readonly at: number;
  /** Seconds that each worker has computed so far, by process id. */
  readonly computed: ReadonlyMap<string, number>;
  /** `null`: the pool has no status page, or did not answer. */
  readonly status: PoolStatus | null;
  /** Whether a worker of the pool itself answers for its status page, and so counts among both. */
  readonly counted: boolean;
}

/** Between two looks. `null` of a number: it could not be told. */
export interface PoolLoad {
  readonly seconds: number;
  /** Processors that the workers kept busy. */
  readonly cores: number;
  /** Requests per second. */
  readonly rate: number | null;
  /** Seconds that a request took on average. */
  readonly mean: number | null;
  /** The part of a request that was computing, above 0 to 1. */
  readonly share: number | null;
}

/** The kernel counts computing in hundredths of a second, on every machine that Linux runs on today. */
const TICK = 0.01;

/** Seconds of computing by worker, of the running workers of each pool. */
export function computedBy(
  fs: HostFilesystem,
  running: readonly RunningMaster[],
): ReadonlyMap<Pool, ReadonlyMap<string, number>> {
  return new Map(
    [...workersByPool(running)].flatMap(([pool, workers]) => {
      const seconds = workers.flatMap(({ pid }) => {
        const computed = computedIn(textOf(fs, `/proc/${pid}/stat`));
        return computed === null ? [] : [[pid, computed] as const];
      });
      return seconds.length === 0 ? [] : [[pool, new Map(seconds)] as const];
    }),
  );
}

/** `utime` and `stime`. */
function computedIn(stat: string): number | null {
  const fields = statFields(stat);
  const ticks = Number(fields[11] ?? Number.NaN) + Number(fields[12] ?? Number.NaN);
  return Number.isFinite(ticks) ? ticks * TICK : null;
}

/** Fewer requests or durations than these say nothing about the others. */
const FEW_REQUESTS = 20;
const FEW_WORKERS = 5;
/** Of computing: the clock has hundredths of a second. */
const LEAST_COMPUTED = 0.1;

/** `null`: the looks are at the same time. */
export function loadBetween(first: Look, second: Look): PoolLoad | null {
  const seconds = second.at - first.at;
  if (!(seconds > 0)) return null;
  const computed = [...second.computed].reduce(
    // A worker that is new began with nothing.
    (sum, [pid, now]) => sum + Math.max(0, now - (first.computed.get(pid) ?? 0)),
    0,
  );
  const none = { seconds, cores: computed / seconds, rate: null, mean: null, share: null };
  const [before, after] = [first.status, second.status];
  if (before === null || after === null) return none;
  const own = second.counted ? 1 : 0;
  const requests = after.accepted - before.accepted - own;
  if (requests < FEW_REQUESTS) return none;
  const rate = requests / seconds;
  const busy = Math.max(0, (before.active + after.active) / 2 - own);
  const mean = meanOf(busy, rate, after.durations);
  if (mean === null) return { ...none, rate };
  const working = mean * requests;
  const share = computed < LEAST_COMPUTED ? null : Math.min(1, computed / working);
  return { ...none, rate, mean, share };
}

/**
 * By Little's law, busy workers / rate, where enough of them are busy at the looks: a count of one or two
 * is chance. Otherwise idle workers tell how long their last request took.
 */
function meanOf(busy: number, rate: number, durations: readonly number[]): number | null {
  if (busy >= FEW_WORKERS) return busy / rate;
  if (durations.length < FEW_WORKERS) return null;
  const mean = durations.reduce((sum, one) => sum + one, 0) / durations.length;
  return mean > 0 ? mean : null;
}

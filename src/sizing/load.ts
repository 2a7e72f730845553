import { setting } from "../fpm/pools.js";
import type { FpmMaster, Pool } from "../fpm/types.js";
import type { HostFilesystem } from "../host/filesystem.js";
import { textOf } from "../host/text.js";
import type { Address } from "../model/address/address.js";
import type { Host } from "../model/host.js";
import { readListen } from "../model/listen/pool-listens.js";
import { runningMasters } from "../model/machine/processes.js";
import { known } from "../source/effective.js";

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

/** What a status page says. */
export interface PoolStatus {
  /** Requests since the pool started. */
  readonly accepted: number;
  /** Workers that answer a request. */
  readonly active: number;
  /** Seconds that the last request of each idle worker took, without those for the status page. */
  readonly durations: readonly number[];
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
  masters: readonly FpmMaster[],
): ReadonlyMap<Pool, ReadonlyMap<string, number>> {
  const found = new Map<Pool, Map<string, number>>();
  for (const { master, workers } of runningMasters(fs, masters))
    for (const { pid, pool: name } of workers) {
      const pool = master.pools.find((one) => one.name === name);
      const seconds = computedIn(textOf(fs, `/proc/${pid}/stat`));
      if (pool === undefined || seconds === null) continue;
      const own = found.get(pool) ?? new Map<string, number>();
      found.set(pool, own.set(pid, seconds));
    }
  return found;
}

/** Where a pool's status page is asked for. */
export interface StatusPage {
  readonly path: string;
  readonly address: Address;
  /** Whether a worker of the pool itself answers. */
  readonly counted: boolean;
}

/** `null`: it has none, or where is not known. */
export function statusPage(host: Host, pool: Pool): StatusPage | null {
  const path = known(setting(pool, "pm.status_path"));
  const [own] = readListen(host, pool, "pm.status_listen");
  const address = (own ?? readListen(host, pool, "listen")[0])?.address ?? null;
  return typeof path === "string" && path.startsWith("/") && address !== null
    ? { path, address, counted: own === undefined }
    : null;
}

/** `utime` and `stime`, counted from behind the name, which may hold anything. */
function computedIn(stat: string): number | null {
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const ticks = Number(fields[11] ?? Number.NaN) + Number(fields[12] ?? Number.NaN);
  return Number.isFinite(ticks) ? ticks * TICK : null;
}

/** What the page says in JSON with all workers; `null`: it is no status page. `path`: its own, as requests to it show. */
export function readStatus(text: string, path: string): PoolStatus | null {
  const page = parsed(text);
  const [accepted, active] = [page.get("accepted conn"), page.get("active processes")];
  const processes = page.get("processes");
  if (!isCount(accepted) || !isCount(active) || !Array.isArray(processes)) return null;
  const durations = processes.flatMap((one: unknown) => {
    const row = recordOf(one);
    const [duration, requests, uri] = ["request duration", "requests", "request uri"].map((key) =>
      row.get(key),
    );
    const own = typeof uri !== "string" || uri === path || uri.startsWith(`${path}?`);
    return row.get("state") === "Idle" && isCount(duration) && isCount(requests) && requests > 0 && !own
      ? [duration / 1e6]
      : [];
  });
  return { accepted, active, durations };
}

function parsed(text: string): ReadonlyMap<string, unknown> {
  try {
    return recordOf(JSON.parse(text));
  } catch {
    return new Map();
  }
}

function recordOf(value: unknown): ReadonlyMap<string, unknown> {
  return new Map(typeof value === "object" && value !== null ? Object.entries(value) : []);
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value) && value >= 0;
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

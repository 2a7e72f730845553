import { type Seen, workersAtWork, workersIn } from "../capacity/at-work.js";
import { MOST_WORKERS, type PoolSettings } from "../capacity/recommend.js";
import type { Sample, Samples } from "../capacity/samples.js";
import { ASSUMED_WORKER } from "../capacity/sum.js";
import { pairs } from "../evidence/pairs.js";
import { MANAGER_SETTINGS } from "../fpm/edit/jobs.js";
import { integer, seconds, setting } from "../fpm/pools.js";
import type { FpmMaster, Pool } from "../fpm/types.js";
import type { Host } from "../model/host.js";
import type { PoolMeasure } from "../model/machine/measured.js";
import { sharedMemory } from "../model/machine/shared-memory.js";
import { maxChildren } from "../model/pool-size.js";
import { effectiveTime } from "../nginx/tree/effective.js";
import { known } from "../source/effective.js";
import { HIGH, percentile } from "../source/percentile.js";
import { wordMap } from "../source/word-map.js";
import type { LiveHost } from "./live-host.js";
import type { CapacityOptions, Named } from "./options.js";
import type { PoolFacts, WorkerGuess, WorkerSize, WorkerSource } from "./result.js";
import { FRESH } from "./small-workers.js";

/** What is known about each pool: what one of its workers needs, its share of the workers, what it has now. */

const MIB = 1024 * 1024;

/** The resident size of a fresh worker, with what it shares, is 9 to 12 MiB. */
const FRESH_RSS = 16 * MIB;
/** Pages of the master that a worker has and has not written to: mostly 3 MiB. RssAnon counts them in each, USS does not. */
const OF_MASTER = 4 * MIB;
/** With fewer samples a percentile is just the largest of a handful. */
const HANDFUL = 5;
/** A smaller process does not run PHP: the unit was forgotten, or `ps` was asked for something else. */
export const LEAST_WORKER = MIB;

/** Sizes are rounded up to this, so that the sums can be checked on paper: half a MiB. */
const STEP = 512 * 1024;

/** The name of the one pool of a path that has none. */
const NO_POOL = "default";

/** The names by which options refer to the pools: with PHP's version or the file where several have the same name. */
export function poolNames({ pools }: Host): ReadonlyMap<Pool, string> {
  const counts = new Map<string, number>();
  for (const { name } of pools) counts.set(name, (counts.get(name) ?? 0) + 1);
  const versions = new Set(pools.map(({ name, master }) => `${master.phpVersion}/${name}`));
  return new Map(
    pools.map((pool) => {
      if (counts.get(pool.name) === 1) return [pool, pool.name];
      const version = versions.size === pools.length ? pool.master.phpVersion : null;
      return [pool, `${version ?? fileOf(pool.master, pool)}/${pool.name}`];
    }),
  );
}

function fileOf({ main }: FpmMaster, { section }: Pool): string {
  return main?.display ?? section.span.file.display;
}

/** A pool and its share of the workers, in proportion to the others'. */
export interface SizedPool {
  readonly facts: PoolFacts;
  readonly weight: number;
}

/** What the running machine tells of its workers. */
type Live = Pick<LiveHost, "measured" | "seen">;

/** All pools of a host; one pool `default` for a path that has none. */
export function sizedPools(host: Host, options: CapacityOptions, live: Live): readonly SizedPool[] {
  if (host.pools.length === 0) {
    const worker = workerOf(host, null, NO_POOL, options, live);
    const facts = { name: NO_POOL, pool: null, worker, current: {}, unknown: [], readTimeout: null } as const;
    return [{ facts: { ...facts, weightSource: "equal" }, weight: 1 }];
  }
  const names = poolNames(host);
  const timeouts = readTimeouts(host);
  const weigh = weights(host.pools, names, options);
  return host.pools.map((pool) => {
    const name = names.get(pool) ?? pool.name;
    const { weight, source } = weigh(pool);
    const facts: PoolFacts = {
      name,
      pool,
      worker: workerOf(host, pool, name, options, live),
      weightSource: source,
      current: currentOf(pool),
      unknown: unknownOf(pool),
      readTimeout: timeouts.get(pool) ?? null,
    };
    return { facts, weight };
  });
}

/** The number for a pool: by its full name, by its own name, or the one for all; `null`: not given. */
export function numberFor<T>(given: Named<T>, name: string, pool: Pool | null): T | null {
  return given.byPool.get(name) ?? given.byPool.get(pool?.name ?? name) ?? given.all;
}

/** The first that is known; else the first guess. */
function workerOf(
  host: Host,
  pool: Pool | null,
  name: string,
  { workerSize, samples, shared }: CapacityOptions,
  { measured, seen }: Live,
): WorkerSize {
  const given = numberFor(workerSize, name, pool);
  if (given !== null) return stated(given, "--worker-size");
  const sampled = samples === null ? null : sampledSize(samples, host, pool, name, shared);
  if (sampled?.guess === null) return sampled;
  if (host.workerSize !== null) return stated(host.workerSize, "fpmlint.json");
  const running = pool === null ? undefined : measured?.pools.get(pool);
  const found = running === undefined ? null : measuredSize(running, enoughAtWork(pool, seen(pool)));
  return found?.guess === null ? found : (sampled ?? found ?? assumed("nothing"));
}

const NONE = {
  ...{ samples: null, rss: null, now: null, typical: null },
  ...{ borrowed: false, named: false, guess: null },
} as const;

function stated(bytes: number, source: WorkerSource): WorkerSize {
  return { ...NONE, bytes, source };
}

/** `least`: what a worker has at least, in bytes. */
function assumed(guess: WorkerGuess, known: Partial<WorkerSize> = {}, least = 0): WorkerSize {
  return { ...NONE, ...known, bytes: Math.max(ASSUMED_WORKER, least), source: "assumed", guess };
}

/**
 * The most that the workers have had so far: now, between two requests, most of it may be given back.
 * Workers that have had no more than fresh ones say nothing unless they are in the middle of requests
 * (`busy`: enough of them are), and 63M are assumed. `null`: not known.
 */
function measuredSize(
  { bytes: now, peak, typical, rss, samples, sameProgram }: PoolMeasure,
  busy: boolean,
): WorkerSize | null {
  if (now === null) return null;
  const bytes = Math.ceil((peak ?? now) / STEP) * STEP;
  const rest = { rss, now, typical, named: true };
  if (bytes < FRESH && !busy) return assumed("fresh", rest);
  const source = sameProgram ? "measured (RssAnon)" : "measured (RssAnon, executable not readable)";
  return { ...NONE, ...rest, bytes, source, samples };
}

/** Whether so many workers were in the middle of requests that their size is that of the others, too. */
function enoughAtWork(pool: Pool | null, seen: readonly Seen[]): boolean {
  const there = pool === null ? null : maxChildren(pool);
  return workersAtWork(seen) >= Math.max(1, Math.min(HANDFUL, there ?? HANDFUL));
}

/**
 * The size is known only where the samples themselves show that the workers were at work, and enough of
 * them: PHP gives back most of what a request took, and how much it keeps, no size tells.
 */
function sampledSize(
  samples: Samples,
  host: Host,
  pool: Pool | null,
  name: string,
  shared: number | null,
): WorkerSize | null {
  const key = pool?.name ?? name;
  const own = samples.pools.get(key);
  const named = own !== undefined;
  // Which of several pools of the same name they are from, they do not tell.
  if (samples.pools.size > 0 && (!named || host.pools.filter(({ name: one }) => one === key).length > 1))
    return assumed("unnamed");
  const all: readonly Sample[] =
    own ?? samples.bytes.map((bytes) => ({ bytes, own: null, pid: null, doing: null, look: 0 }));
  const busy = all.filter(({ doing }) => doing === "waits" || doing === "runs");
  const awake = all.filter(({ doing }) => doing !== "rest");
  const counted = busy.length > 0 ? busy : awake.length > 0 ? awake : all;
  const sizes = counted.map((one) => one.bytes);
  const rss = percentile(sizes, HIGH);
  if (rss === null) return null;
  const found = (shared !== null || tellsShared(pool, counted) ? ownSize(counted) : null) ?? {
    ...{ bytes: rss - (shared ?? 0), source: "--samples" },
  };
  const size: WorkerSize = { ...NONE, ...found, samples: workersIn(counted), rss, named };
  if (size.bytes < LEAST_WORKER || enoughAtWork(pool, busy)) return size;
  const fresh = found.source !== "--samples" ? size.bytes < FRESH : named ? rss < FRESH_RSS : areFresh(sizes);
  if (awake.length === 0 || fresh) return assumed("resting", { rss, named }, size.bytes);
  return { ...size, guess: busy.length === 0 ? "untold" : "few" };
}

/** Without what is shared with other workers; `null`: of one of the samples it is not known. RSS includes it. */
function ownSize(samples: readonly Sample[]): Pick<WorkerSize, "bytes" | "source"> | null {
  const known = samples.flatMap(({ own, bytes }) =>
    own === null ? [] : [{ ...own, bytes: Math.min(own.bytes + OF_MASTER, bytes) }],
  );
  const bytes = percentile(
    known.map((one) => one.bytes),
    HIGH,
  );
  if (bytes === null || known.length < samples.length) return null;
  return {
    bytes,
    source: known.some(({ column }) => column === "PSS") ? "--samples (PSS)" : "--samples (USS)",
  };
}

/** Beyond what php.ini shares, a worker and its master have 10 MiB in common: files, and what neither has written to. */
const COMMON = 16 * MIB;

/** Whether php.ini is there and shares as much as the samples show. Else nobody would count what is shared. */
function tellsShared(pool: Pool | null, samples: readonly Sample[]): boolean {
  if (pool === null || pool.master.ini.files.length === 0) return false;
  const most = Math.max(...samples.map(({ bytes, own }) => bytes - (own?.bytes ?? 0)));
  return most <= (sharedMemory(pool.master)?.bytes ?? Number.NEGATIVE_INFINITY) + COMMON;
}

/** Samples without a name may hold the master, too: one that is larger than a fresh worker proves nothing. */
function areFresh(sizes: readonly number[]): boolean {
  const [first = 0, second = first] = sizes.toSorted((a, b) => b - a);
  return second < FRESH_RSS;
}

type Weigh = (pool: Pool) => { readonly weight: number; readonly source: PoolFacts["weightSource"] };

/** One scale for all pools: what is stated, else the present sizes, else equal shares. */
function weights(
  pools: readonly Pool[],
  names: ReadonlyMap<Pool, string>,
  { weights: given }: CapacityOptions,
): Weigh {
  if (given.size > 0)
    return (pool) => {
      const weight = given.get(names.get(pool) ?? "") ?? given.get(pool.name);
      return { weight: weight ?? 1, source: weight === undefined ? "equal" : "--weight" };
    };
  const sizes = new Map(pools.map((pool) => [pool, maxChildren(pool)]));
  if ([...sizes.values()].includes(null)) return () => ({ weight: 1, source: "equal" });
  return (pool) => ({ weight: sizes.get(pool) ?? 1, source: "pm.max_children" });
}

/** All of them but `pm` are numbers. */
const COUNTS = MANAGER_SETTINGS.filter((key) => key !== "pm");

function currentOf(pool: Pool): PoolFacts["current"] {
  const pm = known(setting(pool, "pm"));
  const counts = COUNTS.flatMap((key) => {
    const value = key === "pm.process_idle_timeout" ? seconds(pool, key) : integer(pool, key);
    return value.kind !== "set" || value.value === null ? [] : [[key, value.value] as const];
  });
  return { ...(typeof pm === "string" ? { pm: pm.toLowerCase() } : {}), ...Object.fromEntries(counts) };
}

/** What is written of the pool's processes, if PHP-FPM accepts it; `null`: it refuses it, or a value is not known. */
export function acceptedSettings({ current, unknown }: PoolFacts): PoolSettings | null {
  const { pm } = current;
  const number = (key: string): number | null => {
    const value = current[key];
    return typeof value === "number" ? value : null;
  };
  const max = number("pm.max_children");
  if (unknown.length > 0 || max === null || max < 1 || max > MOST_WORKERS || typeof pm !== "string")
    return null;
  const read = READ_BY.get(pm);
  if (read === undefined || (pm === "dynamic" && !isOrdered(number, max))) return null;
  const positive = ["pm.max_spawn_rate", "pm.process_idle_timeout"].filter((key) => read.includes(key));
  if (positive.some((key) => (number(key) ?? 1) < 1) || (number("pm.max_requests") ?? 0) < 0) return null;
  const keys = ["pm", "pm.max_children", ...read, "pm.max_requests"];
  return Object.fromEntries(
    keys.flatMap((key) => {
      const value = current[key];
      return value === undefined ? [] : [[key, value] as const];
    }),
  );
}

/** The keys that only one `pm` reads. */
const READ_BY: ReadonlyMap<string, readonly string[]> = wordMap({
  static: [],
  dynamic: ["pm.start_servers", "pm.min_spare_servers", "pm.max_spare_servers", "pm.max_spawn_rate"],
  ondemand: ["pm.process_idle_timeout"],
});

/** The order in which `dynamic` wants its numbers. */
function isOrdered(number: (key: string) => number | null, max: number): boolean {
  const [least, most] = [number("pm.min_spare_servers") ?? 0, number("pm.max_spare_servers") ?? 0];
  const start = number("pm.start_servers");
  const started = start === null || (start >= least && start <= most);
  return least >= 1 && least <= most && most <= max && started;
}

function unknownOf(pool: Pool): readonly string[] {
  return MANAGER_SETTINGS.filter((key) => {
    const value = key === "pm" || key === "pm.process_idle_timeout" ? setting(pool, key) : integer(pool, key);
    return value.kind === "unknown";
  });
}

/** The longest that nginx waits for a pool, in seconds. */
function readTimeouts(host: Host): ReadonlyMap<Pool, number> {
  const found = new Map<Pool, number>();
  for (const { binding, pool } of pairs(host)) {
    const value = known(effectiveTime(binding.block, "fastcgi_read_timeout"));
    if (value !== undefined) found.set(pool, Math.max(found.get(pool) ?? 0, value / 1000));
  }
  return found;
}

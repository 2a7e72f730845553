import type { Samples } from "../capacity/samples.js";
import { ASSUMED_WORKER } from "../capacity/sum.js";
import { pairs } from "../evidence/pairs.js";
import { MANAGER_SETTINGS } from "../fpm/edit/jobs.js";
import { integer, seconds, setting } from "../fpm/pools.js";
import type { FpmMaster, Pool } from "../fpm/types.js";
import type { Host } from "../model/host.js";
import type { Measured, PoolMeasure } from "../model/machine/measured.js";
import { maxChildren } from "../model/pool-size.js";
import { effectiveTime } from "../nginx/tree/effective.js";
import { known } from "../source/effective.js";
import { HIGH, percentile } from "../source/percentile.js";
import type { CapacityOptions, Named } from "./options.js";
import type { PoolFacts, WorkerSize } from "./result.js";

/** What is known about each pool: what one of its workers needs, its share of the workers, what it has now. */

/** A worker that has hardly served a request yet has about 4 MiB of its own: its size says nothing. */
const FRESH = 8 * 1024 * 1024;

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

/** All pools of a host; one pool `default` for a path that has none. `measured`: `null` where nothing runs. */
export function sizedPools(
  host: Host,
  options: CapacityOptions,
  measured: Measured | null,
): readonly SizedPool[] {
  if (host.pools.length === 0) {
    const worker = workerOf(host, null, NO_POOL, options, measured);
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
      worker: workerOf(host, pool, name, options, measured),
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

function workerOf(
  host: Host,
  pool: Pool | null,
  name: string,
  { workerSize, samples, shared }: CapacityOptions,
  measured: Measured | null,
): WorkerSize {
  const none = { samples: null, rss: null, now: null, typical: null, borrowed: false, named: false };
  const given = numberFor(workerSize, name, pool);
  if (given !== null) return { bytes: given, source: "--worker-size", ...none };
  const sampled = samples === null ? null : sampledSize(samples, pool?.name ?? name, shared ?? 0);
  if (sampled !== null) return sampled;
  if (host.workerSize !== null) return { bytes: host.workerSize, source: "fpmlint.json", ...none };
  const found = pool === null ? undefined : measured?.pools.get(pool);
  return (
    (found === undefined ? null : measuredSize(found)) ?? {
      bytes: ASSUMED_WORKER,
      source: "assumed",
      ...none,
    }
  );
}

/**
 * The most that the workers have had so far: now, between two requests, most of it may be given back.
 * Workers that have had no more than fresh ones say nothing, and 63M are assumed. `null`: not known.
 */
function measuredSize({
  bytes: now,
  peak,
  typical,
  rss,
  samples,
  sameProgram,
}: PoolMeasure): WorkerSize | null {
  if (now === null) return null;
  const bytes = Math.ceil((peak ?? now) / STEP) * STEP;
  const rest = { rss, now, typical, borrowed: false, named: true };
  if (bytes < FRESH) return { bytes: ASSUMED_WORKER, source: "assumed", samples: null, ...rest };
  const source = sameProgram ? "measured (RssAnon)" : "measured (RssAnon, executable not readable)";
  return { bytes, source, samples, ...rest };
}

/** The resident size includes what is shared, which is subtracted where somebody stated it. */
function sampledSize(samples: Samples, name: string, shared: number): WorkerSize | null {
  const own = samples.pools.get(name);
  const sizes = own ?? samples.bytes;
  const rss = percentile(sizes, HIGH);
  const borrowed = own === undefined && samples.pools.size > 0;
  const rest = { samples: sizes.length, rss, now: null, typical: null, borrowed, named: own !== undefined };
  return rss === null ? null : { bytes: rss - shared, source: "--samples", ...rest };
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

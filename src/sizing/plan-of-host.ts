import { type Cpu, type Plan, type PlanInput, type PoolInput, planFor } from "../capacity/plan.js";
import { type Demand, squaredVariation } from "../capacity/queue.js";
import { MIB, showSize } from "../capacity/size.js";
import { budgetOf, DEFAULT_HEADROOM, DEFAULT_RESERVE, type Memory, totalOf } from "../capacity/sum.js";
import { sumsInWords } from "../capacity/words.js";
import { incompleteOf } from "../engine/incomplete.js";
import { memoryLimits } from "../evidence/memory-limit.js";
import { integer, seconds } from "../fpm/pools.js";
import { fpmDefault } from "../fpm/settings/facts.js";
import { readSeconds } from "../fpm/settings/values.js";
import type { FpmMaster, Pool } from "../fpm/types.js";
import type { Host } from "../model/host.js";
import { somaxconn } from "../model/listen/somaxconn.js";
import type { HostMemory } from "../model/machine/memory.js";
import { sharedMemory } from "../model/machine/shared-memory.js";
import { maxChildren, processManager } from "../model/pool-size.js";
import { zip } from "../source/collect.js";
import { known } from "../source/effective.js";
import { limitsOf } from "./bounds.js";
import { backlogOf, nginxOf, processMaxOf, rampOf } from "./limits.js";
import type { LiveHost } from "./live-host.js";
import type { PoolLoad } from "./load.js";
import type { CapacityOptions } from "./options.js";
import { acceptedSettings, LEAST_WORKER, numberFor, type SizedPool, sizedPools } from "./pools.js";
import { impossibleSpread, Refusal, refuseSizes, tooSmall } from "./refusal.js";
import {
  type CapacityAnswer,
  type HostCapacity,
  isOwn,
  type PoolCapacity,
  type PoolFacts,
  type Sources,
} from "./result.js";
import { sentencesOf } from "./warnings.js";

/** The sizes of all pools of a host. Never throws: wrong input is `refused`, with the sentence to print. */
export function capacityOf(host: Host, options: CapacityOptions, live: LiveHost): CapacityAnswer {
  try {
    return { kind: "capacity", result: computed(host, options, live) };
  } catch (error) {
    if (error instanceof Refusal) return { kind: "refused", message: error.message, memory: error.memory };
    throw error;
  }
}

function computed(host: Host, options: CapacityOptions, live: LiveHost): HostCapacity {
  const { memory } = host;
  if (memory === null && host.ownMemory.size > 0)
    throw new Refusal(
      "each container of the host has a limit of its own: fpmlint capacity computes them one by one",
    );
  if (memory === null)
    throw new Refusal(
      'the files do not say how much memory the host has: add --ram, as in --ram 4G, or "memory" in fpmlint.json',
    );
  const read = sizedPools(host, options, live);
  const cores = options.cores === null ? live.cores : { count: options.cores, source: "--cores" };
  const reserve = reserveOf(options.reserve, memory, live);
  const headroom = options.headroom ?? memory.headroom ?? DEFAULT_HEADROOM;
  const all = { memory: memory.bytes, reserve: reserve.bytes, headroom };
  const { sized, shared } = chargedOnce(host, options, read, all) ?? {
    sized: read,
    shared: sharedOf(host, options, read),
  };
  const input: PlanInput = {
    ...all,
    shared: shared.bytes,
    pools: inputsOf(host, options, sized, live),
    present: sized.every(({ facts }) => facts.weightSource === "pm.max_children"),
    cpu: cpuOf(options.cpuShare, cores?.count ?? null),
    cores: cores?.count ?? null,
  };
  const sources: Sources = {
    memory: memory.source,
    reserve: reserve.source,
    headroom:
      options.headroom !== null ? "--headroom" : memory.headroom !== null ? "fpmlint.json" : "the default",
    shared: shared.source,
  };
  refuseSizes(input, sized, sources);
  const answer = planFor(input);
  if (answer.kind === "too-small") throw tooSmall(input, answer.missing);
  const pools = poolsOf(host, sized, input, answer.plan, live);
  const nginx = nginxOf(host, cores?.count ?? null);
  const incomplete = incompleteOf(host).filter(({ fatal }) => fatal);
  const result = { host: host.name, input, plan: answer.plan, sources, pools, nginx, cores, incomplete };
  const full = { ...result, live: live.live, processMax: processMaxOf(host, pools) };
  return { ...full, ...sentencesOf(host, full, shared.unknown, live) };
}

function reserveOf(
  option: number | null,
  { reserve: stated, alone }: HostMemory,
  { others }: LiveHost,
): { readonly bytes: number; readonly source: string } {
  if (option !== null) return { bytes: option, source: "--reserve" };
  if (stated !== null) return { bytes: stated, source: "fpmlint.json" };
  if (alone === true) return { bytes: 0, source: "nothing else runs in its container" };
  return others !== null && others.bytes > DEFAULT_RESERVE
    ? { ...others, bytes: Math.ceil(others.bytes / MIB) * MIB }
    : { bytes: DEFAULT_RESERVE, source: "the default" };
}

interface SharedSum {
  readonly bytes: number;
  readonly source: string;
  /** Files of masters for which this is unknown. */
  readonly unknown: readonly string[];
}

/** A resident size includes a part of what is shared; only what belongs to a worker alone does not. */
function sharedOf(host: Host, { shared }: CapacityOptions, sized: readonly SizedPool[]): SharedSum {
  if (shared !== null) return { bytes: shared, source: "--shared", unknown: [] };
  const masters = mastersOf(host, sized, ({ worker }) => isOwn(worker.source));
  if (masters.length === 0) return { bytes: 0, source: "part of each worker's size", unknown: [] };
  return sharedBy(masters);
}

function mastersOf(
  host: Host,
  sized: readonly SizedPool[],
  counts: (facts: PoolFacts) => boolean,
): readonly FpmMaster[] {
  const some = sized.filter(({ facts }) => counts(facts));
  return host.masters.filter((master) => some.some(({ facts }) => facts.pool?.master === master));
}

/** Pages of files in a busy worker, as `ps` counts them: at least as much. */
const FILE_PAGES = 4 * MIB;

/**
 * A sample holds the shared memory that its worker has touched, and pages of files. In a small budget that
 * leaves less room for the rest of what is shared than it takes when it fills, so that more workers would
 * be recommended than by measuring the running host. Then it is charged whole, once, as there, and the
 * workers without their pages of files. `null`: by the samples alone there are no more workers.
 */
function chargedOnce(
  host: Host,
  { shared: stated }: CapacityOptions,
  sized: readonly SizedPool[],
  memory: Omit<Memory, "shared">,
): { readonly sized: readonly SizedPool[]; readonly shared: SharedSum } | null {
  const sampled = ({ worker }: PoolFacts): boolean => worker.source === "--samples";
  if (stated !== null || !sized.some(({ facts }) => sampled(facts))) return null;
  const masters = mastersOf(host, sized, (facts) => sampled(facts) || isOwn(facts.worker.source));
  const shared = masters.length === 0 ? null : sharedBy(masters);
  if (shared === null || shared.bytes === 0) return null;
  const budget = budgetOf({ ...memory, shared: 0 });
  const less = (facts: PoolFacts): number =>
    sampled(facts) ? Math.min(FILE_PAGES, facts.worker.bytes - LEAST_WORKER) : 0;
  const all = sized.reduce((sum, { facts, weight }) => sum + weight * facts.worker.bytes, 0);
  const files = sized.reduce((sum, { facts, weight }) => sum + weight * less(facts), 0);
  if (budget * files >= shared.bytes * all) return null;
  const without = sized.map((one) => ({
    ...one,
    facts: { ...one.facts, worker: { ...one.facts.worker, bytes: one.facts.worker.bytes - less(one.facts) } },
  }));
  const least = totalOf(without.map(({ facts }) => ({ count: 1, bytes: facts.worker.bytes })));
  // One worker each is there whatever is shared.
  const bytes = Math.max(0, Math.min(shared.bytes, budget - least));
  return { sized: without, shared: { ...shared, bytes } };
}

function sharedBy(masters: readonly FpmMaster[]): SharedSum {
  const sums = masters.map((master) => ({ master, sum: sharedMemory(master) }));
  const parts = sums.flatMap(({ sum }) => sum?.parts ?? []);
  const names = [...new Set(parts.map(({ name, bytes }) => `${name} ${showSize(bytes)}`))];
  return {
    bytes: sums.reduce((total, { sum }) => total + (sum?.bytes ?? 0), 0),
    source: names.length === 0 ? "php.ini shares nothing" : names.join(", "),
    unknown: sums.flatMap(({ master, sum }) => (sum === null ? [master.main?.display ?? "php.ini"] : [])),
  };
}

function inputsOf(
  host: Host,
  options: CapacityOptions,
  sized: readonly SizedPool[],
  live: LiveHost,
): readonly PoolInput[] {
  const limitOf = memoryLimits(host);
  return sized.map(({ facts, weight }) => {
    const { pool, worker, current } = facts;
    const workers = pool === null ? 0 : (live.measured?.pools.get(pool)?.samples ?? 0);
    const load = pool === null ? null : (live.loads.get(pool) ?? null);
    const max = pool === null ? null : maxChildren(pool);
    const manager = pool === null ? null : processManager(pool);
    const requests = current["pm.max_requests"];
    return {
      bytes: worker.bytes,
      weight,
      manager,
      maxRequests: typeof requests === "number" ? requests : null,
      spawnRate: pool === null ? null : refusedSpawnRate(pool),
      idleTimeout: pool === null ? null : refusedIdleTimeout(pool),
      measured: worker.samples !== null && worker.guess === null,
      guess: worker.guess !== null,
      now: max,
      written: acceptedSettings(facts),
      share: options.cpuShare ?? load?.share ?? null,
      // All of them run, or have to run whether anybody asks or not.
      busy: manager === "static" || (max !== null && workers >= max),
      memoryLimit: pool === null ? null : (limitOf(pool)?.bytes ?? null),
      demand: demandOf(options, facts, sized.length, load),
    };
  });
}

/** PHP-FPM's default where the pool has a rate that only `dynamic` refuses; `null`: it has none such. */
function refusedSpawnRate(pool: Pool): number | null {
  const rate = known(integer(pool, "pm.max_spawn_rate"));
  if (rate === undefined || rate === null || rate > 0) return null;
  return Number(fpmDefault("pm.max_spawn_rate", "pool", pool.master.phpVersion) ?? 1);
}

/** PHP-FPM's default, in seconds, where the pool has a time that only `ondemand` refuses; `null`: it has none such. */
function refusedIdleTimeout(pool: Pool): number | null {
  const time = known(seconds(pool, "pm.process_idle_timeout"));
  if (time === undefined || time === null || time > 0) return null;
  const standard = readSeconds(fpmDefault("pm.process_idle_timeout", "pool", pool.master.phpVersion) ?? "");
  return standard.ok ? standard.value : 1;
}

function demandOf(
  { rate, mean, p95 }: CapacityOptions,
  { name, pool }: PoolFacts,
  pools: number,
  load: PoolLoad | null,
): Demand | null {
  if (rate.all !== null && pools > 1)
    throw new Refusal(
      `--rate does not say which of the ${pools} pools it is for: give it a name, as in --rate ${name}=${rate.all}/s`,
    );
  const found = numberFor(rate, name, pool);
  if (found === null)
    return load === null || load.rate === null || load.mean === null
      ? null
      : { rate: load.rate, mean: load.mean, p95: null };
  const time = numberFor(mean, name, pool) ?? load?.mean ?? null;
  if (time === null)
    throw new Refusal(
      `--rate of pool ${name} needs --mean, the average duration of its requests, as in --mean 250ms`,
    );
  const spread = numberFor(p95, name, pool);
  if (squaredVariation(time, spread) === null && spread !== null) throw impossibleSpread(name, time, spread);
  return { rate: found, mean: time, p95: spread };
}

function cpuOf(share: number | null, cores: number | null): Cpu | null {
  if (share === null) return null;
  if (cores === null) throw new Refusal("--cpu-share needs --cores, as in --cores 4 --cpu-share 30%");
  return { cores, share };
}

function poolsOf(
  host: Host,
  sized: readonly SizedPool[],
  input: PlanInput,
  plan: Plan,
  live: LiveHost,
): readonly PoolCapacity[] {
  const most = live.somaxconn ?? somaxconn(host)?.value ?? null;
  const planned = zip(plan.pools, sumsInWords(input, plan));
  return zip(zip(sized, input.pools), planned).map(([[{ facts }, given], [found, because]]) => ({
    ...facts,
    input: given,
    plan: found,
    because: because.recommended,
    load: facts.pool === null ? null : (live.loads.get(facts.pool) ?? null),
    limits: limitsOf(input, plan, given, found, because.fits),
    backlog: backlogOf(facts, found, most),
    ramp: rampOf(facts, found),
  }));
}

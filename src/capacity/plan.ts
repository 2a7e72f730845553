import { zip } from "../source/collect.js";
import { type Demand, meanFor, offeredLoad, type Waiting, waitingAt, workersFor } from "./queue.js";
import { type Manager, MOST_WORKERS, managersFor, type PoolSettings, settingsFor } from "./recommend.js";
import { budgetOf, type Memory, memoryFor, type Sharing, sharesOf, totalOf } from "./sum.js";

/**
 * From memory, workers and demand to the sizes of all pools of a host. Only arithmetic; sizes are in
 * bytes, times in seconds.
 */

/** One pool of a host, as far as its size depends on it. */
export interface PoolInput {
  /** Of one worker. */
  readonly bytes: number;
  /** How much of the workers the pool gets, in proportion to the others'; above 0. */
  readonly weight: number;
  /** The pool's `pm` now; `null`: not known. */
  readonly manager: Manager | null;
  /** Its `pm.max_requests` now; `null`: not written. */
  readonly maxRequests: number | null;
  /** The `pm.max_spawn_rate` to write, because `dynamic` refuses the one that the pool has; `null`: none. */
  readonly spawnRate: number | null;
  /** The same for `pm.process_idle_timeout`, in seconds, where `ondemand` refuses the pool's own. */
  readonly idleTimeout: number | null;
  /** Whether the size of a worker was measured, rather than assumed. */
  readonly measured: boolean;
  /** Whether the size of a worker is a guess, so that the pool gets no more workers than it has now. */
  readonly guess: boolean;
  /** The workers that it may have now; `null`: not known. */
  readonly now: number | null;
  /** What is written of its processes now, which PHP-FPM accepts; `null`: not known, or refused. */
  readonly written: PoolSettings | null;
  /** The part of a request that is computing, stated or measured, above 0 to 1; `null`: not known. */
  readonly share: number | null;
  /** Whether all workers run all the time. */
  readonly busy: boolean;
  /** The highest `memory_limit`; `Infinity` for -1, `null`: not known. */
  readonly memoryLimit: number | null;
  /** `null`: nobody said how many requests come. */
  readonly demand: Demand | null;
}

/** The processors, and how much of a request needs them. */
export interface Cpu {
  /** May be a fraction, as the quota of a container is. */
  readonly cores: number;
  /** The part of a request that is spent on the CPU, above 0 to 1. */
  readonly share: number;
}

export interface PlanInput extends Memory {
  readonly pools: readonly PoolInput[];
  /** Whether the weights of all pools are the workers that they have now: whole numbers from 1 on. */
  readonly present: boolean;
  /** `null`: nobody said how much of a request is spent computing. */
  readonly cpu: Cpu | null;
  /** Processors; `null`: not known. */
  readonly cores: number | null;
}

/** What is recommended for one pool. */
export interface PoolPlan {
  /** `pm.max_children`. */
  readonly max: number;
  /** The workers that memory alone would allow, if nothing else held back any pool. */
  readonly byMemory: number;
  /** Whether its part of the memory is below one worker, which it gets anyway. */
  readonly single: boolean;
  /** The same for `byMemory`. */
  readonly singleByMemory: boolean;
  /** Whether something else than its part of the memory says how many workers it gets. */
  readonly bounded: boolean;
  readonly settings: PoolSettings;
  readonly manager: Manager;
  /** `null`: its `memory_limit` is not known. */
  readonly worstCase: WorstCase | null;
  readonly demand: DemandAnswer | null;
}

/** All workers of a pool at their `memory_limit` at the same time. */
export interface WorstCase {
  readonly bytes: number;
  /** How many workers of this pool fit when every worker of the host is at its limit; 0: not even one each. */
  readonly workers: number;
}

/** What the workers of the plan mean for the requests that come. */
export interface DemandAnswer extends Demand {
  /** Busy workers on average. */
  readonly load: number;
  /** The fewest workers with which at most one request in twenty waits. */
  readonly needed: number;
  /** How requests wait with the workers of the plan. */
  readonly waiting: Waiting;
  /** Seconds that a request may take on average for the workers of the plan to be enough; `null`: they are enough. */
  readonly enoughMean: number | null;
}

/** What is recommended for a host. Sizes in bytes. */
export interface Plan {
  /** For all workers together. */
  readonly budget: number;
  /** What the recommended workers take of the budget. */
  readonly used: number;
  /** What they leave of it. */
  readonly spare: number;
  /** In the order of the input. */
  readonly pools: readonly PoolPlan[];
  readonly shares: Sharing;
  /** The same for `byMemory`. */
  readonly sharesByMemory: Sharing;
  /** The number of workers that keeps the processors busy; no pool gets more. `null`: not known. */
  readonly byCpu: number | null;
  /** All workers at their limit, and whether they fit into the memory without the reserve; `null`: a limit is not known. */
  readonly worstCase: { readonly bytes: number; readonly fits: boolean } | null;
  /** The memory to add for all pools to meet their demand; 0: they do. */
  readonly missingForDemand: number;
  /**
   * The requests that come need more processors than there are, so that no number of workers is enough.
   * `work`: processors kept busy by them. `null`: there are enough, or it is not known.
   */
  readonly overload: { readonly work: number; readonly cores: number } | null;
}

export type PlanAnswer =
  | { readonly kind: "plan"; readonly plan: Plan }
  /** Not even one worker each fits: `missing` is the memory to add. */
  | { readonly kind: "too-small"; readonly missing: number };

/** The plan for a host. */
export function planFor(input: PlanInput): PlanAnswer {
  const { cpu, pools: given, present } = input;
  const budget = budgetOf(input);
  const byMemory = sharesOf(budget, given, present);
  if (byMemory === null) return { kind: "too-small", missing: missingFor(input, 1) };
  const byCpu = cpu === null ? null : workersOf(cpu);
  const most = mostOf(budget, given, byCpu);
  const free = given.every((pool) => most(pool) === Number.POSITIVE_INFINITY);
  const shares = free ? byMemory : (sharesOf(budget, given, present, most) ?? byMemory);
  const pools = zip(byMemory.pools, shares.pools).map(([memory, one]): SizedPool => {
    const { pool, count, single, bounded } = one;
    const max = Math.min(count, MOST_WORKERS);
    const demand = pool.demand === null ? null : answerTo(pool.demand, max);
    return { pool, byMemory: memory.count, singleByMemory: memory.single, single, bounded, max, demand };
  });
  const used = totalOf(pools.map(({ pool, max }) => ({ count: max, bytes: pool.bytes })));
  const room = input.memory - input.reserve;
  const plans = plansOf(pools, room);
  return {
    kind: "plan",
    plan: {
      budget,
      used,
      spare: budget - used,
      pools: plans,
      shares: sharing(shares),
      sharesByMemory: sharing(byMemory),
      byCpu,
      worstCase: worstOf(plans, room),
      missingForDemand: missingMemory(input, pools),
      overload: overloadOf(input),
    },
  };
}

function sharing({ left, perWeight, kept }: Sharing): Sharing {
  return { left, perWeight, kept };
}

/**
 * How many workers a pool may have at most, whatever the memory. The processors bound each pool for
 * itself: all of them rarely compute at the same time, and with one worker for a site a single slow
 * request would stop it. Where the size of a worker is a guess, a pool gets no more than it has now.
 */
function mostOf(
  budget: number,
  pools: readonly PoolInput[],
  byCpu: number | null,
): (pool: PoolInput) => number {
  // The largest number for PHP-FPM counts only where it can be met.
  const met = pools.some(({ bytes }) => budget / bytes >= MOST_WORKERS);
  const free = byCpu === null && !met ? Number.POSITIVE_INFINITY : Math.min(byCpu ?? Infinity, MOST_WORKERS);
  return ({ guess, now }) => (guess && now !== null ? Math.min(now, free) : free);
}

/** Whether the requests keep more processors busy than there are. */
function overloadOf({ pools, cores }: PlanInput): Plan["overload"] {
  const work = pools.reduce(
    (sum, { demand, share }) => sum + (demand === null || share === null ? 0 : offeredLoad(demand) * share),
    0,
  );
  return cores !== null && work >= cores ? { work: Math.min(work, Number.MAX_VALUE), cores } : null;
}

/** A pool and the number of its workers. */
interface SizedPool
  extends Pick<PoolPlan, "byMemory" | "singleByMemory" | "single" | "bounded" | "max" | "demand"> {
  readonly pool: PoolInput;
}

/** `room`: bytes of memory that nothing else is to use. */
function plansOf(pools: readonly SizedPool[], room: number): readonly PoolPlan[] {
  const fitting = fittingWorst(pools, room);
  const managers = managersFor(
    pools.map(({ pool, demand }) => ({ ...pool, busy: pool.busy || isBusy(demand) })),
  );
  return zip(pools, managers).map(([one, manager]): PoolPlan => {
    const { pool, byMemory, singleByMemory, single, bounded, max, demand } = one;
    const { memoryLimit, maxRequests, spawnRate, idleTimeout } = pool;
    // Nothing is known that would speak for other numbers.
    const stays = pool.guess && pool.written !== null && pool.now === max;
    const settings = settingsFor(manager, max, maxRequests, spawnRate, idleTimeout);
    return {
      max,
      byMemory,
      singleByMemory,
      single,
      bounded,
      settings: stays ? (pool.written ?? settings) : settings,
      manager: stays ? (pool.manager ?? manager) : manager,
      worstCase: isBounded(memoryLimit) ? { bytes: memoryLimit * max, workers: fitting.get(one) ?? 0 } : null,
      demand,
    };
  });
}

/** How many workers keep the processors busy, at least one. Ignores the noise of floating-point division: 0.6 / 0.2 must count as 3. */
export function workersOf({ cores, share }: Cpu): number {
  return Math.min(Math.max(1, Math.floor((cores / share) * (1 + 1e-12))), Number.MAX_VALUE);
}

/** A pool with half of its workers busy on average does not sleep. */
function isBusy(demand: DemandAnswer | null): boolean {
  return demand !== null && demand.waiting.utilisation >= 0.5;
}

function isBounded(limit: number | null): limit is number {
  return limit !== null && Number.isFinite(limit);
}

/**
 * The workers of each pool, in proportion to the plan, that there is room for when each of them is at
 * its `memory_limit`. Empty where a pool has none that is known, or where not even one each fits.
 */
function fittingWorst(pools: readonly SizedPool[], room: number): ReadonlyMap<SizedPool, number> {
  const limited = pools.flatMap((one) => {
    const { memoryLimit } = one.pool;
    return isBounded(memoryLimit) ? [{ one, bytes: memoryLimit, weight: one.max }] : [];
  });
  const shares = limited.length < pools.length ? null : sharesOf(room, limited, false);
  return new Map((shares?.pools ?? []).map(({ pool: { one }, count }) => [one, Math.min(count, one.max)]));
}

function worstOf(plans: readonly PoolPlan[], room: number): Plan["worstCase"] {
  const all = plans.flatMap(({ worstCase }) => worstCase ?? []);
  if (all.length < plans.length) return null;
  const bytes = all.reduce((sum, one) => sum + one.bytes, 0);
  return { bytes, fits: bytes <= room };
}

function answerTo(demand: Demand, workers: number): DemandAnswer {
  const needed = workersFor(demand);
  return {
    ...demand,
    load: offeredLoad(demand),
    needed,
    waiting: waitingAt(workers, demand),
    enoughMean: needed <= workers ? null : meanFor(workers, demand),
  };
}

/** The bytes of memory to add so that each pool has the workers of the plan, or those that its demand needs if these are more. */
function missingMemory(input: PlanInput, pools: readonly SizedPool[]): number {
  const wanted = pools.map(({ pool, max, demand }) => ({
    count: Math.max(max, demand?.needed ?? 0),
    bytes: pool.bytes,
  }));
  const bytes = totalOf(wanted);
  return Math.max(0, memoryFor(input, bytes) - input.memory);
}

function missingFor(input: PlanInput, workers: number): number {
  const bytes = totalOf(input.pools.map((pool) => ({ count: workers, bytes: pool.bytes })));
  return Math.max(1, memoryFor(input, bytes) - input.memory);
}

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
}

/** What is recommended for one pool. */
export interface PoolPlan {
  /** `pm.max_children`. */
  readonly max: number;
  /** The workers that memory alone would allow. */
  readonly byMemory: number;
  /** Whether its part of the memory is below one worker, which it gets anyway. */
  readonly single: boolean;
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
  /** The number of workers that keeps the processors busy; no pool gets more. `null`: not known. */
  readonly byCpu: number | null;
  /** All workers at their limit, and whether they fit into the memory without the reserve; `null`: a limit is not known. */
  readonly worstCase: { readonly bytes: number; readonly fits: boolean } | null;
  /** The memory to add for all pools to meet their demand; 0: they do. */
  readonly missingForDemand: number;
}

export type PlanAnswer =
  | { readonly kind: "plan"; readonly plan: Plan }
  /** Not even one worker each fits: `missing` is the memory to add. */
  | { readonly kind: "too-small"; readonly missing: number };

/** The plan for a host. */
export function planFor(input: PlanInput): PlanAnswer {
  const { cpu } = input;
  const budget = budgetOf(input);
  const shares = sharesOf(budget, input.pools, input.present);
  if (shares === null) return { kind: "too-small", missing: missingFor(input, 1) };
  const byCpu = cpu === null ? null : workersOf(cpu);
  const pools = shares.pools.map(({ pool, count, single }): SizedPool => {
    // The processors bound each pool for itself: all of them rarely compute at the same time, and with
    // one worker for a site a single slow request would stop it.
    const max = Math.min(count, byCpu ?? count, MOST_WORKERS);
    const demand = pool.demand === null ? null : answerTo(pool.demand, max);
    return { pool, byMemory: count, single, max, demand };
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
      shares: { left: shares.left, perWeight: shares.perWeight, kept: shares.kept },
      byCpu,
      worstCase: worstOf(plans, room),
      missingForDemand: missingMemory(input, pools),
    },
  };
}

/** A pool and the number of its workers. */
interface SizedPool extends Pick<PoolPlan, "byMemory" | "single" | "max" | "demand"> {
  readonly pool: PoolInput;
}

/** `room`: bytes of memory that nothing else is to use. */
function plansOf(pools: readonly SizedPool[], room: number): readonly PoolPlan[] {
  const fitting = fittingWorst(pools, room);
  const managers = managersFor(
    pools.map(({ pool, demand }) => ({ ...pool, busy: pool.busy || isBusy(demand) })),
  );
  return zip(pools, managers).map(([one, manager]): PoolPlan => {
    const { pool, byMemory, single, max, demand } = one;
    const { memoryLimit, maxRequests, spawnRate, idleTimeout } = pool;
    return {
      max,
      byMemory,
      single,
      settings: settingsFor(manager, max, maxRequests, spawnRate, idleTimeout),
      manager,
      worstCase: isBounded(memoryLimit) ? { bytes: memoryLimit * max, workers: fitting.get(one) ?? 0 } : null,
      demand,
    };
  });
}

/** At least one. Ignores the noise of floating-point division: 0.6 / 0.2 must count as 3. */
function workersOf({ cores, share }: Cpu): number {
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

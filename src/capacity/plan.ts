import { type Demand, meanFor, offeredLoad, type Waiting, waitingAt, workersFor } from "./queue.js";
import { type Manager, MOST_WORKERS, managersFor, type PoolSettings, settingsFor } from "./recommend.js";
import { budgetOf, type Memory, memoryFor, type Shares, shareOut, sharesOf, totalOf } from "./sum.js";

/**
 * From memory, workers and demand to the sizes of all pools of a host. Arithmetic only; sizes in
 * bytes, times in seconds.
 */

export interface PoolInput {
  /** Of one worker. */
  readonly bytes: number;
  /** How much of the workers the pool gets, in proportion to the others'; above 0. */
  readonly weight: number;
  /** What the pool has now; `null`: not known. */
  readonly manager: Manager | null;
  readonly maxRequests: number | null;
  /** The `pm.max_spawn_rate` to write, because `dynamic` refuses the one that the pool has; `null`: none. */
  readonly spawnRate: number | null;
  /** The same for `pm.process_idle_timeout`, in seconds, of which `ondemand` refuses some. */
  readonly idleTimeout: number | null;
  readonly measured: boolean;
  readonly busy: boolean;
  /** The highest `memory_limit`; `Infinity` for -1, `null`: not known. */
  readonly memoryLimit: number | null;
  /** `null`: nobody said what is asked of it. */
  readonly demand: Demand | null;
}

export interface Cpu {
  /** May be a fraction: the quota of a container. */
  readonly cores: number;
  /** The part of a request that is spent on the CPU, above 0 to 1. */
  readonly share: number;
}

export interface PlanInput extends Memory {
  readonly pools: readonly PoolInput[];
  /** Whether the weights of all pools are the workers that they have now: whole numbers from 1 on. */
  readonly present: boolean;
  /** `null`: nobody said how much of a request is computing. */
  readonly cpu: Cpu | null;
}

export interface PoolPlan {
  readonly max: number;
  /** What memory alone would allow. */
  readonly byMemory: number;
  readonly settings: PoolSettings;
  readonly manager: Manager;
  /** `null`: its `memory_limit` is not known. */
  readonly worstCase: WorstCase | null;
  readonly demand: DemandAnswer | null;
}

/** All workers at their `memory_limit` at the same time. */
export interface WorstCase {
  readonly bytes: number;
  /** How many workers of this pool fit when every worker of the host is that large; 0: not even one each. */
  readonly workers: number;
}

export interface DemandAnswer extends Demand {
  /** Busy workers on average. */
  readonly load: number;
  /** The fewest workers with which at most one request in twenty waits. */
  readonly needed: number;
  /** With the workers of the plan. */
  readonly waiting: Waiting;
  /** Seconds that a request may take for the workers of the plan to be enough; `null`: they are. */
  readonly enoughMean: number | null;
}

export interface Plan {
  readonly budget: number;
  /** Of the budget. */
  readonly used: number;
  readonly spare: number;
  readonly pools: readonly PoolPlan[];
  readonly shares: Shares;
  /** The workers that keep the processors busy; no pool gets more. `null`: not known. */
  readonly byCpu: number | null;
  /** All workers at their limit, in the memory without the reserve; `null`: a limit is not known. */
  readonly worstCase: { readonly bytes: number; readonly fits: boolean } | null;
  /** More memory for all pools to have what is asked of them; 0: they have. */
  readonly missingForDemand: number;
}

export type PlanAnswer =
  | { readonly kind: "plan"; readonly plan: Plan }
  /** Not even one worker each: `missing` is the memory that would have to be added. */
  | { readonly kind: "too-small"; readonly missing: number };

export function planFor(input: PlanInput): PlanAnswer {
  const { pools, cpu } = input;
  const budget = budgetOf(input);
  const shares = sharesOf(budget, pools, input.present);
  if (shares === null) return { kind: "too-small", missing: missingFor(input, 1) };
  const byCpu = cpu === null ? null : workersOf(cpu);
  // Each pool for itself: that all of them compute at the same time is rare, and one worker for a site
  // would let a single slow request stop it.
  const counts = shares.counts.map((count) => Math.min(count, byCpu ?? count, MOST_WORKERS));
  const worst = worstCases(input, counts);
  const demands = pools.map(({ demand }, index) =>
    demand === null ? null : answerTo(demand, counts[index] ?? 1),
  );
  const managers = managersFor(
    pools.map((pool, index) => ({ ...pool, busy: pool.busy || isBusy(demands[index] ?? null) })),
  );
  const used = totalOf(pools.map(({ bytes }, index) => ({ count: counts[index] ?? 1, bytes })));
  const plans = pools.map(({ maxRequests, spawnRate, idleTimeout }, index): PoolPlan => {
    const [max, manager] = [counts[index] ?? 1, managers[index] ?? "dynamic"];
    return {
      max,
      byMemory: shares.counts[index] ?? 1,
      settings: settingsFor(manager, max, maxRequests, spawnRate, idleTimeout),
      manager,
      worstCase: worst[index] ?? null,
      demand: demands[index] ?? null,
    };
  });
  const missingForDemand = missingMemory(input, counts, demands);
  const worstCase = worstOf(plans, input.memory - input.reserve);
  return {
    kind: "plan",
    plan: { budget, used, spare: budget - used, pools: plans, shares, byCpu, worstCase, missingForDemand },
  };
}

/** At least one. What a division leaves in the last digits is none: 0.6 / 0.2 are 3. */
function workersOf({ cores, share }: Cpu): number {
  return Math.min(Math.max(1, Math.floor((cores / share) * (1 + 1e-12))), Number.MAX_VALUE);
}

/** From half of its workers busy on average a pool does not sleep. */
function isBusy(demand: DemandAnswer | null): boolean {
  return demand !== null && demand.waiting.utilisation >= 0.5;
}

function worstCases(
  { memory, reserve, pools }: PlanInput,
  counts: readonly number[],
): readonly (WorstCase | null)[] {
  const limits = pools.map(({ memoryLimit }) => memoryLimit);
  const fitting = fittingWorst(memory - reserve, limits, counts);
  return limits.map((limit, index) =>
    limit === null || !Number.isFinite(limit)
      ? null
      : { bytes: limit * (counts[index] ?? 1), workers: fitting[index] ?? 0 },
  );
}

/** In proportion to the plan, as many as there is room for. */
function fittingWorst(
  room: number,
  limits: readonly (number | null)[],
  counts: readonly number[],
): readonly number[] {
  const sizes = limits.flatMap((limit) => (limit === null || !Number.isFinite(limit) ? [] : [limit]));
  if (sizes.length < limits.length) return [];
  const shares = sizes.map((bytes, index) => ({ bytes, weight: counts[index] ?? 1 }));
  return (shareOut(room, shares) ?? []).map((count, index) => Math.min(count, counts[index] ?? 1));
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

/** The memory to add so that each pool has the workers of the plan, or those that are asked of it where these are more. */
function missingMemory(
  input: PlanInput,
  counts: readonly number[],
  demands: readonly (DemandAnswer | null)[],
): number {
  const wanted = counts.map((count, index) => Math.max(count, demands[index]?.needed ?? 0));
  const bytes = totalOf(input.pools.map((pool, index) => ({ count: wanted[index] ?? 1, bytes: pool.bytes })));
  return Math.max(0, memoryFor(input, bytes) - input.memory);
}

function missingFor(input: PlanInput, workers: number): number {
  const bytes = totalOf(input.pools.map((pool) => ({ count: workers, bytes: pool.bytes })));
  return Math.max(1, memoryFor(input, bytes) - input.memory);
}

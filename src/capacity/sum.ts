import { MIB } from "./size.js";
/**
 * The sum of memory and workers. Arithmetic only: all sizes are bytes, all counts whole numbers.
 *
 *     available = memory − reserve
 *     budget    = available × (1 − headroom) − shared
 *     workers   = Σ over pools  max_children × worker  ≤ budget
 */

/** The assumed size of a worker where nobody measured one, in bytes. */
export const ASSUMED_WORKER = 63 * MIB;

/** The bytes that `fpmlint capacity` keeps for everything except PHP-FPM where nobody says. */
export const DEFAULT_RESERVE = 500 * MIB;
/** The part of the rest that it keeps free where nobody says. */
export const DEFAULT_HEADROOM = 0.2;

/** The memory of a host and what is not for workers. Sizes in bytes. */
export interface Memory {
  /** All that the host has. */
  readonly memory: number;
  /** For everything except PHP-FPM. */
  readonly reserve: number;
  /** The part of what is available that stays free, from 0 to below 1. */
  readonly headroom: number;
  /** Taken once for each master, not for each worker: the cache of scripts and the like. */
  readonly shared: number;
}

/** Shares are counted in whole parts, this many in all: 1 − 0.9 is not quite 0.1 to a computer. */
export const PARTS = 10n ** 15n;

/** How many of `PARTS` the headroom leaves. */
export function partsLeft(headroom: number): bigint {
  return Number.isFinite(headroom) ? BigInt(Math.round((1 - headroom) * Number(PARTS))) : 0n;
}

/** The bytes that all workers together may use; 0 when nothing is left. */
export function budgetOf({ memory, reserve, headroom, shared }: Memory): number {
  const available = memory - reserve;
  if (!Number.isFinite(available)) return 0;
  const part = Number((BigInt(Math.floor(available)) * partsLeft(headroom)) / PARTS);
  const left = Math.floor(part - shared);
  return Number.isFinite(left) ? Math.max(0, left) : 0;
}

/** The least memory whose budget holds that many bytes of workers; the largest number there is where none does. */
export function memoryFor({ reserve, headroom, shared }: Omit<Memory, "memory">, bytes: number): number {
  const [wanted, parts] = [Math.ceil(bytes + shared), partsLeft(headroom)];
  if (!Number.isFinite(wanted) || parts <= 0n) return Number.MAX_VALUE;
  const available = Number((BigInt(wanted) * PARTS + parts - 1n) / parts);
  return Math.min(available + reserve, Number.MAX_VALUE);
}

/** Workers of one size. */
export interface Workers {
  readonly count: number;
  /** Of one of them. */
  readonly bytes: number;
}

/** The bytes that all workers need together. */
export function totalOf(pools: readonly Workers[]): number {
  return pools.reduce((sum, { count, bytes }) => sum + count * bytes, 0);
}

/** What the part of a pool depends on. */
export interface Share {
  /** How much of the workers the pool gets, in proportion to the others' weights; above 0. */
  readonly weight: number;
  /** Of one worker. */
  readonly bytes: number;
}

/** What one pool gets of a budget. */
export interface PoolShare<P extends Share> {
  readonly pool: P;
  /** Workers, at least one. */
  readonly count: number;
  /** Whether its part is below one worker, which it gets anyway. */
  readonly single: boolean;
}

/** How a budget is shared out, so that it can be said in words. Sizes in bytes. */
export interface Sharing {
  /** What the pools share by weight: the budget without the one worker of each pool whose part is smaller. */
  readonly left: number;
  /** What one unit of weight costs in all pools that share by weight: Σ weight × bytes. */
  readonly perWeight: number;
  /** Whether the counts stay as they are now, where sharing by weight would have moved a few workers. */
  readonly kept: boolean;
}

export interface Shares<P extends Share> extends Sharing {
  /** In the order in which they were given. */
  readonly pools: readonly PoolShare<P>[];
}

/**
 * How many workers each pool gets of a budget: as many for each unit of weight as fit together, rounded
 * down for each pool, and at least one. `null`: there is not even room for one worker each.
 *
 * The number for a unit is the largest with which the rounded pools fit. So what rounding leaves over is
 * not lost, and more memory never takes a worker away.
 *
 * `present`: the weights are the workers that the pools have now. They stay if they fit and the rest has
 * no room for one more in each pool, so that what was recommended once is recommended again.
 */
export function sharesOf<P extends Share>(
  budget: number,
  pools: readonly P[],
  present: boolean,
): Shares<P> | null {
  const costAt = (unit: number): number =>
    pools.reduce((sum, pool) => sum + countAt(pool, unit) * pool.bytes, 0);
  const least = costAt(0);
  if (least > budget) return null;
  const now = perWeightOf(pools);
  const unit = largestUnit(costAt, budget, (budget + least) / now);
  if (present && now <= budget && budget < now + least) {
    const kept = pools.some((pool) => pool.weight !== countAt(pool, unit));
    const staying = pools.map((pool) => ({ pool, count: pool.weight, single: false }));
    return { pools: staying, left: budget, perWeight: now, kept };
  }
  const shared = pools.map((pool) => ({
    pool,
    count: countAt(pool, unit),
    single: pool.weight * unit < 1,
  }));
  const small = shared.filter(({ single }) => single).map(({ pool }) => pool);
  const open = shared.filter(({ single }) => !single).map(({ pool }) => pool);
  const left = budget - totalOf(small.map(({ bytes }) => ({ count: 1, bytes })));
  return { pools: shared, left, perWeight: perWeightOf(open), kept: false };
}

/** The workers of a pool at so many for each unit of weight. */
function countAt({ weight }: Share, unit: number): number {
  return Math.max(1, Math.floor(weight * unit));
}

/** The largest number up to `most` that costs no more than the budget. */
function largestUnit(costAt: (unit: number) => number, budget: number, most: number): number {
  let [fits, tooMuch] = [0, most];
  // Until there is no number between them: the result must not depend on where the search began.
  for (let unit = tooMuch / 2; unit > fits && unit < tooMuch; unit = fits + (tooMuch - fits) / 2) {
    if (costAt(unit) <= budget) fits = unit;
    else tooMuch = unit;
  }
  return fits;
}

/** The counts alone, shared by weight; `null` as for `sharesOf`. */
export function shareOut(budget: number, pools: readonly Share[]): readonly number[] | null {
  return sharesOf(budget, pools, false)?.pools.map(({ count }) => count) ?? null;
}

/** Of one unit of weight. */
function perWeightOf(pools: readonly Share[]): number {
  return pools.reduce((sum, { weight, bytes }) => sum + weight * bytes, 0);
}

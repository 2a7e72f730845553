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
  /** Whether it has as many as it may have at most, so that it does not share by weight. */
  readonly bounded: boolean;
}

/** How a budget is shared out, so that it can be said in words. Sizes in bytes. */
export interface Sharing {
  /** What the pools share by weight: the budget without the pools that do not. */
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
 * How many workers each pool gets of a budget. `null`: there is not even room for one worker each.
 *
 * This is a divisor method: as many workers for each unit of weight as fit together, rounded down for
 * each pool. The number for a unit is the largest with which the rounded pools fit, so what rounding
 * leaves over is not lost. Where several pools are due one more at the same number and not all of them
 * fit, the larger weights are served first, until one does not fit. Nobody is passed over: that is why
 * more memory never takes a worker away.
 *
 * `mostOf`: how many a pool may have at most, from 1 on; `Infinity`: any number. What it does not get, the
 * others share at once.
 *
 * `present`: the weights are the workers that the pools have now. They stay if they fit and the rest has
 * no room for one more of the largest worker, so that what was recommended once is recommended again.
 */
export function sharesOf<P extends Share>(
  budget: number,
  pools: readonly P[],
  present: boolean,
  mostOf: (pool: P) => number = () => Number.POSITIVE_INFINITY,
): Shares<P> | null {
  const all = pools.map((pool) => ({ pool, most: mostOf(pool) }));
  if (costOf(all, () => 1) > budget) return null;
  const shared = byWeight(budget, all);
  const kept =
    present && staysAsNow(budget, all) && shared.pools.some(({ pool, count }) => count !== pool.weight);
  if (!kept) return shared;
  const staying = all.map(({ pool, most }) => ({
    pool,
    count: pool.weight,
    single: false,
    bounded: pool.weight === most,
  }));
  return { pools: staying, left: budget, perWeight: perWeightOf(pools), kept };
}

/** The same where the least that each pool may have fits, and whatever the pools have now. */
function byWeight<P extends Share>(budget: number, all: readonly Bounded<P>[]): Shares<P> {
  const costAt = (unit: number): number => costOf(all, (one) => countAt(one, unit));
  const most = unitBeyond(budget + costAt(0), all);
  const [unit, next] = costAt(most) <= budget ? [most, most] : largestUnit(costAt, budget, most);
  const more = remainder(budget - costAt(unit), all, unit, next);
  const shared = all.map((one): PoolShare<P> => {
    const capped = Math.floor(one.pool.weight * next) > one.most;
    const small = !capped && one.pool.weight * unit < 1;
    const count = countAt(one, unit) + (more.get(one) ?? 0);
    return { pool: one.pool, count, single: small && count === 1, bounded: capped };
  });
  const free = (one: PoolShare<P>): boolean => !one.single && !one.bounded;
  const closed = shared.filter((one) => !free(one)).map(({ pool, count }) => ({ count, bytes: pool.bytes }));
  const open = shared.filter(free).map(({ pool }) => pool);
  return { pools: shared, left: budget - totalOf(closed), perWeight: perWeightOf(open), kept: false };
}

interface Bounded<P extends Share> {
  readonly pool: P;
  readonly most: number;
}

function costOf<P extends Share>(pools: readonly Bounded<P>[], count: (one: Bounded<P>) => number): number {
  return pools.reduce((sum, one) => sum + count(one) * one.pool.bytes, 0);
}

/** The workers of a pool at so many for each unit of weight. */
function countAt<P extends Share>({ pool, most }: Bounded<P>, unit: number): number {
  return Math.min(most, Math.max(1, Math.floor(pool.weight * unit)));
}

/** Whether the weights, as numbers of workers, may stay, fit, and leave no room for a worker of any pool that may grow. */
function staysAsNow<P extends Share>(budget: number, pools: readonly Bounded<P>[]): boolean {
  const now = perWeightOf(pools.map(({ pool }) => pool));
  const within = pools.every(({ pool, most }) => pool.weight <= most);
  return within && now <= budget && budget < now + largestStep(pools);
}

/** Of a pool that may grow; `Infinity`: none may. */
function largestStep<P extends Share>(pools: readonly Bounded<P>[]): number {
  const growing = pools.flatMap(({ pool, most }) => (pool.weight < most ? [pool.bytes] : []));
  return growing.length === 0
    ? Number.POSITIVE_INFINITY
    : growing.reduce((most, bytes) => Math.max(most, bytes));
}

/** A number for each unit of weight that costs more than that, or with which each pool has the most that it may have. */
function unitBeyond<P extends Share>(bytes: number, pools: readonly Bounded<P>[]): number {
  const open = pools.filter(({ most }) => most === Number.POSITIVE_INFINITY);
  return open.length > 0
    ? bytes / perWeightOf(open.map(({ pool }) => pool))
    : pools.reduce((unit, { pool, most }) => Math.max(unit, (most + 2) / pool.weight), 0);
}

/** The largest number up to `most` that costs no more than the budget, and the next one, which does. */
function largestUnit(
  costAt: (unit: number) => number,
  budget: number,
  most: number,
): readonly [fits: number, tooMuch: number] {
  let [fits, tooMuch] = [0, most];
  // Until there is no number between them: the result must not depend on where the search began.
  for (let unit = tooMuch / 2; unit > fits && unit < tooMuch; unit = fits + (tooMuch - fits) / 2) {
    if (costAt(unit) <= budget) fits = unit;
    else tooMuch = unit;
  }
  return [fits, tooMuch];
}

/** What is left after `unit`, for the pools that are due more at `next`, until one does not fit. */
function remainder<P extends Share>(
  bytes: number,
  pools: readonly Bounded<P>[],
  unit: number,
  next: number,
): ReadonlyMap<Bounded<P>, number> {
  const more = new Map<Bounded<P>, number>();
  let left = bytes;
  // Equal weights: in the order in which they were given, because this sort is stable.
  for (const one of pools.toSorted((a, b) => b.pool.weight - a.pool.weight)) {
    const due = countAt(one, next) - countAt(one, unit);
    const count = Math.min(due, Math.floor(left / one.pool.bytes));
    more.set(one, count);
    left -= count * one.pool.bytes;
    if (count < due) break;
  }
  return more;
}

/** The counts alone, shared by weight; `null` as for `sharesOf`. */
export function shareOut(budget: number, pools: readonly Share[]): readonly number[] | null {
  return sharesOf(budget, pools, false)?.pools.map(({ count }) => count) ?? null;
}

/** Of one unit of weight. */
function perWeightOf(pools: readonly Share[]): number {
  return pools.reduce((sum, { weight, bytes }) => sum + weight * bytes, 0);
}

/**
 * The sum of memory and workers. Arithmetic only: all sizes are bytes, all counts whole numbers.
 *
 *     available = memory − reserve
 *     budget    = available × (1 − headroom) − shared
 *     workers   = Σ over pools  max_children × worker  ≤ budget
 */

const MIB = 1024 * 1024;

/** What a worker is taken to need where nobody measured one. */
export const ASSUMED_WORKER = 63 * MIB;

/** What `fpmlint capacity` leaves to everything that is not PHP-FPM, and as a margin, where nobody says. */
export const DEFAULT_RESERVE = 500 * MIB;
export const DEFAULT_HEADROOM = 0.2;

export interface Memory {
  readonly memory: number;
  /** For everything that is not PHP-FPM. */
  readonly reserve: number;
  /** The part of what is available that stays free, from 0 to below 1. */
  readonly headroom: number;
  /** Taken once for each master, not for each worker: the cache of scripts and its like. */
  readonly shared: number;
}

/** What the workers may take together; 0 when there is nothing left. */
export function budgetOf({ memory, reserve, headroom, shared }: Memory): number {
  const left = (memory - reserve) * (1 - headroom) - shared;
  return Number.isFinite(left) ? Math.max(0, Math.floor(left)) : 0;
}

/** Workers of one size. */
export interface Workers {
  readonly count: number;
  /** Of one of them. */
  readonly bytes: number;
}

/** What all workers need together. */
export function totalOf(pools: readonly Workers[]): number {
  return pools.reduce((sum, { count, bytes }) => sum + count * bytes, 0);
}

export interface Share {
  /** How much of the workers the pool gets, in proportion to the others' weights; above 0. */
  readonly weight: number;
  /** Of one worker. */
  readonly bytes: number;
}

/** How a budget is shared out, so that it can be said in words. */
export interface Shares {
  /** Workers of each pool, at least one. */
  readonly counts: readonly number[];
  /** What the pools share by weight: the budget without the one worker each of those whose part is smaller. */
  readonly left: number;
  /** What one unit of weight costs in all pools that share by weight: Σ weight × bytes. */
  readonly perWeight: number;
  /** The pools, by their index, whose part is below one worker. */
  readonly single: readonly number[];
}

/** Halvings after which a double does not change any more. */
const HALVINGS = 100;

/**
 * How many workers each pool gets of a budget: so many for each unit of weight as fit together, rounded
 * down for each pool, and at least one. `null`: there is not even room for one worker each.
 *
 * The number for a unit is the largest with which the rounded pools fit, so that what rounding leaves
 * over is not lost, more memory never takes a worker away, and sharing out by the result gives the
 * result again.
 */
export function sharesOf(budget: number, pools: readonly Share[]): Shares | null {
  const countsAt = (unit: number): readonly number[] =>
    pools.map(({ weight }) => Math.max(1, Math.floor(weight * unit)));
  const costAt = (unit: number): number =>
    countsAt(unit).reduce((sum, count, index) => sum + count * (pools[index]?.bytes ?? 0), 0);
  if (pools.length > 0 && costAt(0) > budget) return null;
  let [fits, tooMuch] = [0, (budget + costAt(0)) / costOf(pools)];
  for (let halving = 0; halving < HALVINGS && pools.length > 0; halving += 1) {
    const unit = (fits + tooMuch) / 2;
    if (costAt(unit) <= budget) fits = unit;
    else tooMuch = unit;
  }
  const single = pools.flatMap(({ weight }, index) => (weight * fits < 1 ? [index] : []));
  const small = pools.filter((_, index) => single.includes(index));
  const open = pools.filter((_, index) => !single.includes(index));
  const left = budget - small.reduce((sum, { bytes }) => sum + bytes, 0);
  return { counts: countsAt(fits), left, perWeight: costOf(open), single };
}

/** The counts alone. */
export function shareOut(budget: number, pools: readonly Share[]): readonly number[] | null {
  return sharesOf(budget, pools)?.counts ?? null;
}

/** Of one unit of weight. */
function costOf(pools: readonly Share[]): number {
  return pools.reduce((sum, { weight, bytes }) => sum + weight * bytes, 0);
}

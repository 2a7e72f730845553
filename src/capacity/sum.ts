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

/**
 * How many workers each pool gets of a budget, by weight and rounded down, each at least one.
 * `null`: there is not even room for one worker each.
 */
export function shareOut(budget: number, pools: readonly Share[]): readonly number[] | null {
  const least = totalOf(pools.map(({ bytes }) => ({ count: 1, bytes })));
  if (pools.length === 0 || least > budget) return pools.length === 0 ? [] : null;
  const perWeight = pools.reduce((sum, { weight, bytes }) => sum + weight * bytes, 0);
  const counts = pools.map(({ weight }) => Math.max(1, Math.floor((budget / perWeight) * weight)));
  // A pool that was given its one worker takes it from the largest.
  const cost = (): number => totalOf(pools.map(({ bytes }, index) => ({ count: counts[index] ?? 1, bytes })));
  while (cost() > budget) {
    const largest = counts.indexOf(Math.max(...counts));
    counts[largest] = Math.max(1, (counts[largest] ?? 1) - 1);
  }
  return counts;
}

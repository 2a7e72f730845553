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

/**
 * How many workers each pool gets of a budget, by weight and rounded down, each at least one.
 * `null`: there is not even room for one worker each.
 */
export function shareOut(budget: number, pools: readonly Share[]): readonly number[] | null {
  const least = totalOf(pools.map(({ bytes }) => ({ count: 1, bytes })));
  if (pools.length === 0 || least > budget) return pools.length === 0 ? [] : null;
  // Everybody has one; the rest is shared by weight, and a pool that wanted less than one gets no more.
  let left = budget;
  let open = pools.map((_, index) => index);
  const counts = pools.map(() => 1);
  for (let settled = true; settled; ) {
    const perWeight = open.reduce((sum, index) => sum + costOf(pools[index]), 0);
    const small = open.filter((index) => left * (pools[index]?.weight ?? 0) < perWeight);
    settled = small.length > 0 && small.length < open.length;
    if (settled) {
      left -= small.reduce((sum, index) => sum + (pools[index]?.bytes ?? 0), 0);
      open = open.filter((index) => !small.includes(index));
    } else {
      // Multiplied first: whole numbers divided once come out exactly, and what just fits is not lost.
      for (const index of open)
        counts[index] = Math.max(1, Math.floor((left * (pools[index]?.weight ?? 0)) / perWeight));
    }
  }
  return counts;
}

/** Of one unit of weight. */
function costOf(share: Share | undefined): number {
  return share === undefined ? 0 : share.weight * share.bytes;
}

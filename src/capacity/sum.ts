import { MIB } from "./size.js";
/**
 * The sum of memory and workers. Arithmetic only: all sizes are bytes, all counts whole numbers.
 *
 *     available = memory − reserve
 *     budget    = available × (1 − headroom) − shared
 *     workers   = Σ over pools  max_children × worker  ≤ budget
 */

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

/** A decimal fraction that somebody wrote is `partsLeft` of so many parts: 1 − 0.9 is not quite 0.1 to a computer. */
export const PARTS = 10n ** 15n;

/** How many of `PARTS` the headroom leaves. */
export function partsLeft(headroom: number): bigint {
  return Number.isFinite(headroom) ? BigInt(Math.round((1 - headroom) * Number(PARTS))) : 0n;
}

/** What the workers may take together; 0 when there is nothing left. */
export function budgetOf({ memory, reserve, headroom, shared }: Memory): number {
  const available = memory - reserve;
  if (!Number.isFinite(available)) return 0;
  const part = Number((BigInt(Math.floor(available)) * partsLeft(headroom)) / PARTS);
  const left = Math.floor(part - shared);
  return Number.isFinite(left) ? Math.max(0, left) : 0;
}

/** The least memory whose budget holds so many bytes of workers; the largest number there is where none does. */
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
  /** Whether the counts are those of now, where sharing by weight would have moved a few workers. */
  readonly kept: boolean;
}

/**
 * How many workers each pool gets of a budget: so many for each unit of weight as fit together, rounded
 * down for each pool, and at least one. `null`: there is not even room for one worker each.
 *
 * The number for a unit is the largest with which the rounded pools fit, so that what rounding leaves
 * over is not lost, and more memory never takes a worker away.
 *
 * `present`: the weights are the workers that the pools have now. They stay where they fit and the rest
 * has no room for one more in each pool. So what was recommended once is recommended again.
 */
export function sharesOf(budget: number, pools: readonly Share[], present: boolean): Shares | null {
  const costAt = (unit: number): number => costOf(countsAt(pools, unit), pools);
  const least = costAt(0);
  if (least > budget) return null;
  const unit = largestUnit(costAt, budget, (budget + least) / perWeightOf(pools));
  const counts = countsAt(pools, unit);
  const now = pools.map(({ weight }) => weight);
  if (present && costOf(now, pools) <= budget && budget < costOf(now, pools) + least) {
    const kept = now.some((count, index) => count !== counts[index]);
    return { counts: now, left: budget, perWeight: perWeightOf(pools), single: [], kept };
  }
  const single = pools.flatMap(({ weight }, index) => (weight * unit < 1 ? [index] : []));
  const small = pools.filter((_, index) => single.includes(index));
  const open = pools.filter((_, index) => !single.includes(index));
  const left = budget - costOf([], small);
  return { counts, left, perWeight: perWeightOf(open), single, kept: false };
}

function countsAt(pools: readonly Share[], unit: number): readonly number[] {
  return pools.map(({ weight }) => Math.max(1, Math.floor(weight * unit)));
}

function costOf(counts: readonly number[], pools: readonly Share[]): number {
  return pools.reduce((sum, { bytes }, index) => sum + (counts[index] ?? 1) * bytes, 0);
}

/** The largest number up to `most` that costs no more than the budget. */
function largestUnit(costAt: (unit: number) => number, budget: number, most: number): number {
  let [fits, tooMuch] = [0, most];
  // Until no number is between them: where the search began must not show in the result.
  for (let unit = tooMuch / 2; unit > fits && unit < tooMuch; unit = fits + (tooMuch - fits) / 2) {
    if (costAt(unit) <= budget) fits = unit;
    else tooMuch = unit;
  }
  return fits;
}

/** The counts alone, by weight. */
export function shareOut(budget: number, pools: readonly Share[]): readonly number[] | null {
  return sharesOf(budget, pools, false)?.counts ?? null;
}

/** Of one unit of weight. */
function perWeightOf(pools: readonly Share[]): number {
  return pools.reduce((sum, { weight, bytes }) => sum + weight * bytes, 0);
}

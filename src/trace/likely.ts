import type { Assumption, Outcome } from "../model/request/resolve/types.js";
import { nameOf } from "./names.js";

/** Which of several ways a reader means: the one on which files are what their names say. */

/**
 * How far from what one expects: 0 as expected, 1 less likely (`/cart` is a file or a directory), 2 hardly
 * ever (`index.php` is a directory).
 */
export type Surprise = 0 | 1 | 2;

export function surpriseOf(assumption: Assumption): Surprise {
  if (assumption.kind !== "path" || assumption.is.length !== 1) return 0;
  const [is] = assumption.is;
  const named = nameOf(assumption.path).extension !== "";
  if (is === "directory") return named ? 2 : 1;
  return is === "file" && !named ? 1 : 0;
}

/** Of several assumptions the greatest surprise. */
export function surpriseOfAll(rests: readonly Assumption[]): Surprise {
  return rests.reduce<Surprise>((most, one) => {
    const own = surpriseOf(one);
    return own > most ? own : most;
  }, 0);
}

/** How odd several assumptions are together. */
export function surpriseSum(rests: readonly Assumption[]): number {
  return rests.reduce((sum, one) => sum + surpriseOf(one), 0);
}

/** Sorts ways so that the likeliest is first, and of equals one that ends in PHP. Keeps the order otherwise. */
export function likeliestFirst<
  T extends { readonly outcome: Outcome; readonly rests: readonly Assumption[] },
>(ways: readonly T[]): readonly T[] {
  const rank = (way: T): readonly number[] => [
    surpriseSum(way.rests),
    ENDS[way.outcome.kind],
    way.rests.length,
  ];
  const ranked = ways.map((way) => ({ way, rank: rank(way) }));
  ranked.sort((a, b) => {
    const at = a.rank.findIndex((value, index) => value !== b.rank[index]);
    return at === -1 ? 0 : (a.rank[at] ?? 0) - (b.rank[at] ?? 0);
  });
  return ranked.map(({ way }) => way);
}

const ENDS = { php: 0, proxy: 0, file: 1, status: 2, unknown: 3 } as const;

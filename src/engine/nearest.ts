/**
 * The candidate that a mistyped word most likely meant, or `null` when none is close. A rule named
 * without its category (`terminate-below-read`) is close too. Of equals the first wins. `most`: how
 * many letters may be wrong.
 */
export function nearest(word: string, candidates: readonly string[], most = thirdOf(word)): string | null {
  const typed = word.toLowerCase();
  let limit = most + 1;
  let best: string | null = null;
  for (const candidate of candidates) {
    const distance = Math.min(
      ...[candidate, candidate.slice(candidate.lastIndexOf("/") + 1)].map((name) =>
        editDistance(typed, name.toLowerCase()),
      ),
    );
    if (distance < limit) {
      limit = distance;
      best = candidate;
    }
  }
  return best;
}

/** More wrong letters, and short words match anything. */
function thirdOf(word: string): number {
  return Math.max(1, Math.floor(word.length / 3));
}

/** Letters to insert, drop, replace or swap with their neighbour. */
function editDistance(a: string, b: string): number {
  let before: readonly number[] = [];
  let previous: readonly number[] = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      row[j] = Math.min(
        at(previous, j) + 1,
        at(row, j - 1) + 1,
        at(previous, j - 1) + (same ? 0 : 1),
        swapped ? at(before, j - 2) + 1 : Number.POSITIVE_INFINITY,
      );
    }
    before = previous;
    previous = row;
  }
  return at(previous, b.length);
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Number.POSITIVE_INFINITY;
}

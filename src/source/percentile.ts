/** What is taken for a worker, 19 of 20, rather than the mean: the workers at rest say nothing of the busy ones. */
export const HIGH = 0.95;

/**
 * The nearest-rank percentile: the smallest of the values that is at least as large as `share` of them
 * (0.95: 19 of 20). Always one of the values; `null` for none.
 */
export function percentile(values: readonly number[], share: number): number | null {
  // 0.07 × 100 is a little more than 7 in a computer's fractions, and has to stay 7.
  const rank = Math.ceil(values.length * share - 1e-9);
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(Math.max(rank, 1), sorted.length) - 1] ?? null;
}

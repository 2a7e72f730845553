/** Fixed, so that every run compares the same cases; another one with FPMLINT_SEED. */
export const seed = Number(process.env.FPMLINT_SEED ?? 20_261_121);

/** How many cases to compare: `usual`, or as many times more as FPMLINT_CASES is more than 1000. */
export function size(usual: number): number {
  const wanted = Number(process.env.FPMLINT_CASES ?? 1000);
  return Math.max(1, Math.round((usual * wanted) / 1000));
}

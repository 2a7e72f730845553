/** More digits take long to read, and are beyond every number that either daemon knows. */
const MOST = 1000;

/** The number that these digits write, behind a prefix such as `0o` and a sign; of very many digits, one that is as large as any. */
export function integerOf(digits: string): bigint {
  if (digits.length <= MOST) return BigInt(digits);
  return digits.startsWith("-") ? -(10n ** 100n) : 10n ** 100n;
}

/** More digits take long to read, and are beyond every number that either daemon knows. */
const MOST = 1000;

/** The number that these digits write, behind a prefix such as `0o` and a sign; of very many digits, one that is as large as any. */
export function integerOf(digits: string): bigint {
  if (digits.length <= MOST) return BigInt(digits);
  return digits.startsWith("-") ? -(10n ** 100n) : 10n ** 100n;
}

/** A whole number that is not negative, as people read it: `1,200`. To load the tables of languages for that takes 20 ms. */
export function withCommas(count: number): string {
  const digits = String(count);
  const first = digits.length % 3 || 3;
  let text = digits.slice(0, first);
  for (let at = first; at < digits.length; at += 3) text += `,${digits.slice(at, at + 3)}`;
  return text;
}

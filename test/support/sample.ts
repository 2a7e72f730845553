/** Fixed, so that every run draws the same cases; another one with FPMLINT_SEED. */
export const seed = Number(process.env.FPMLINT_SEED ?? 20_261_121);

/** Which part of a list `npm test` tries; CI draws another one for each commit. */
const drawn = Number(process.env.FPMLINT_SAMPLE ?? seed);

/** Whether everything is tried of which `npm test` tries a sample: FPMLINT_SLOW=1. */
export const slow = process.env.FPMLINT_SLOW === "1";

/** How many cases to compare: `usual`, or as many times more as FPMLINT_CASES is more than 1000. */
export function size(usual: number): number {
  const wanted = Number(process.env.FPMLINT_CASES ?? 1000);
  return Math.max(1, Math.round((usual * wanted) / 1000));
}

/**
 * How many values a property or a sample tries: `usual` in CI, a tenth of it elsewhere, and never fewer than `least`.
 * FPMLINT_RUNS=1000 is the usual number.
 */
export function runs(usual: number, least = 1): number {
  return Math.max(least, Math.round((usual * Number(process.env.FPMLINT_RUNS ?? 100)) / 1000));
}

/**
 * `count` of them, drawn by FPMLINT_SAMPLE or the seed, in their order; all with FPMLINT_SLOW=1. `salt`: two samples
 * of one list differ when theirs do.
 */
export function sample<T>(all: readonly T[], count: number, salt = ""): readonly T[] {
  if (slow || count >= all.length) return all;
  const places = all.map((_, at) => ({ at, drawn: hash(`${drawn} ${salt} ${at}`) }));
  places.sort((a, b) => a.drawn - b.drawn || a.at - b.at);
  const chosen = new Set(places.slice(0, count).map(({ at }) => at));
  return all.filter((_, at) => chosen.has(at));
}

/** FNV-1a, and its bits mixed, so that texts that differ in their end alone are far apart. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (const character of text) value = Math.imul(value ^ character.charCodeAt(0), 0x01000193);
  value = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  value = Math.imul(value ^ (value >>> 13), 0xc2b2ae35);
  return (value ^ (value >>> 16)) >>> 0;
}

/** Says in the output how much of a list was tried, and what would draw the same again. */
export function saySample(what: string, tried: number, all: number): void {
  const rest = tried < all ? "; FPMLINT_SLOW=1 tries all" : "";
  process.stdout.write(`${what}: ${tried} of ${all}, FPMLINT_SAMPLE=${drawn}${rest}\n`);
}

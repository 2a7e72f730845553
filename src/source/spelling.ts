import { grouped } from "./collect.js";
import { perKey } from "./memo.js";

/**
 * The candidate that a mistyped word most likely meant, or `null` when none is close. A rule named
 * without its category (`terminate-below-read`) is close too. Of equals the first wins. `most`: how
 * many letters may be wrong; never more than ten.
 *
 * What was found is remembered for as long as the list of candidates is: ask with the same list again.
 */
export function nearest(word: string, candidates: readonly string[], most = thirdOf(word)): string | null {
  const known = answers(candidates);
  const asked = `${most} ${word}`;
  const before = known.get(asked);
  if (before !== undefined) return before;
  const found = search(lettersOf(word.toLowerCase()), prepared(candidates), Math.min(most, MOST));
  if (word.length <= REMEMBERED && known.size < MOST_REMEMBERED) known.set(asked, found);
  return found;
}

/** The value that a mistyped or shortened one most likely meant, as `warn` means `warning`; `null`: none. */
export function meant(word: string, values: readonly string[]): string | null {
  const begun = values.filter((value) => word !== "" && value.startsWith(word.toLowerCase()));
  return begun.length === 1 ? (begun[0] ?? null) : nearest(word, values);
}

/** Somebody who gets more letters wrong means another word, however long this one is. */
const MOST = 10;

/** Longer words are rarely asked for twice, and would fill the memory. So would a million different ones. */
const REMEMBERED = 64;
const MOST_REMEMBERED = 10_000;

const answers = perKey((_candidates: readonly string[]) => new Map<string, string | null>());

interface Letters {
  readonly text: string;
  /** One bit for each kind of letter in it. */
  readonly kinds: number;
}

interface Candidate {
  readonly candidate: string;
  /** Its number in the list. */
  readonly index: number;
  readonly name: Letters;
}

/** By the length of the name, because only those of nearly the same length can be close. */
const prepared = perKey((candidates: readonly string[]): ReadonlyMap<number, readonly Candidate[]> => {
  const all = candidates.flatMap((candidate, index) => {
    const name = candidate.toLowerCase();
    const last = name.lastIndexOf("/") + 1;
    const names = last === 0 ? [name] : [name, name.slice(last)];
    return names.map((text): Candidate => ({ candidate, index, name: lettersOf(text) }));
  });
  return grouped(all.map((one) => [one.name.text.length, one]));
});

function lettersOf(text: string): Letters {
  let kinds = 0;
  for (let at = 0; at < text.length; at += 1) kinds |= 1 << (text.charCodeAt(at) & 31);
  return { text, kinds };
}

function search(
  word: Letters,
  candidates: ReadonlyMap<number, readonly Candidate[]>,
  most: number,
): string | null {
  let limit = most;
  let best: Candidate | null = null;
  const { length } = word.text;
  for (let size = Math.max(0, length - most); size <= length + most; size += 1) {
    for (const one of candidates.get(size) ?? []) {
      // One that comes later in the list has to be closer.
      const allowed = best !== null && one.index >= best.index ? limit - 1 : limit;
      if (allowed < 0 || !mayBeWithin(word, one.name, allowed)) continue;
      const distance = distanceWithin(word.text, one.name.text, allowed);
      if (distance === null) continue;
      limit = distance;
      best = one;
    }
  }
  return best?.candidate ?? null;
}

/** More wrong letters, and short words match anything. */
function thirdOf(word: string): number {
  return Math.max(1, Math.floor(word.length / 3));
}

/** A look at the lengths and the kinds of letters, which rules out nearly all words. */
function mayBeWithin(a: Letters, b: Letters, most: number): boolean {
  if (Math.abs(a.text.length - b.text.length) > most) return false;
  return bits(a.kinds & ~b.kinds) <= most && bits(b.kinds & ~a.kinds) <= most;
}

function bits(set: number): number {
  let count = 0;
  for (let left = set; left !== 0; left &= left - 1) count += 1;
  return count;
}

/**
 * Letters to insert, drop, replace or swap with their neighbour; `null` when they are more than `most`.
 * Only the cells of the table that are at most `most` off its diagonal are filled in: cell `j` of row
 * `i` is at `j - i + most`.
 */
function distanceWithin(a: string, b: string, most: number): number | null {
  const over = most + 1;
  let before: Row = [];
  let previous: Row = Array.from({ length: 2 * most + 1 }, (_, at) => (at < most ? over : at - most));
  for (let i = 1; i <= a.length; i += 1) {
    const row: number[] = [];
    let least = over;
    for (let at = 0; at <= 2 * most; at += 1) {
      const j = at + i - most;
      const outside = j < 0 || j > b.length;
      const cell = outside
        ? over
        : j === 0
          ? i
          : Math.min(over, cellOf(a, b, i, j, at, before, previous, row));
      row.push(cell);
      if (cell < least) least = cell;
    }
    if (least > most) return null;
    before = previous;
    previous = row;
  }
  const distance = previous[b.length - a.length + most] ?? over;
  return distance > most ? null : distance;
}

type Row = readonly number[];

function cellOf(
  a: string,
  b: string,
  i: number,
  j: number,
  at: number,
  before: Row,
  previous: Row,
  row: Row,
): number {
  const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
  return Math.min(
    (previous[at + 1] ?? Infinity) + 1,
    (row[at - 1] ?? Infinity) + 1,
    (previous[at] ?? Infinity) + (a[i - 1] === b[j - 1] ? 0 : 1),
    swapped ? (before[at] ?? Infinity) + 1 : Infinity,
  );
}

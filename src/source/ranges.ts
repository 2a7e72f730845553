import { firstPlace } from "./halving.js";

/** Parts of a text that are in order and apart from each other. */

/** Characters `[start, end)` of a text. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/** Those that share a character with `[start, end)`. */
export function overlapping<R extends Range>(ranges: readonly R[], { start, end }: Range): readonly R[] {
  const from = firstAfter(ranges, start);
  let to = from;
  while ((ranges[to]?.start ?? end) < end) to += 1;
  return from === to ? [] : ranges.slice(from, to);
}

export function overlaps(ranges: readonly Range[], { start, end }: Range): boolean {
  return (ranges[firstAfter(ranges, start)]?.start ?? end) < end;
}

/** The one that an offset is in. */
export function at<R extends Range>(ranges: readonly R[], offset: number): R | null {
  const one = following(ranges, offset);
  return one !== null && one.start <= offset ? one : null;
}

/** The first one that ends after an offset. */
export function following<R extends Range>(ranges: readonly R[], offset: number): R | null {
  return ranges[firstAfter(ranges, offset)] ?? null;
}

/** The index of the first one that ends after an offset; the number of them if none does. */
function firstAfter(ranges: readonly Range[], offset: number): number {
  return firstPlace(ranges.length, (index) => (ranges[index]?.end ?? Infinity) > offset);
}

/** In order and apart: those that overlap become one. */
export function united(ranges: readonly Range[]): readonly Range[] {
  const found: { start: number; end: number }[] = [];
  for (const { start, end } of ranges.toSorted((a, b) => a.start - b.start)) {
    const last = found.at(-1);
    if (last !== undefined && start < last.end) last.end = Math.max(last.end, end);
    else found.push({ start, end });
  }
  return found;
}

/** The text with something else in the place of each of them. */
export function replaceRanges<R extends Range>(
  text: string,
  ranges: readonly R[],
  instead: (range: R) => string,
): string {
  const parts: string[] = [];
  let done = 0;
  for (const range of ranges) {
    parts.push(text.slice(done, range.start), instead(range));
    done = range.end;
  }
  return parts.join("") + text.slice(done);
}

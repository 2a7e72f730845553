import type { Range } from "../../source/ranges.js";
import type { TemplateMark } from "../../source/template.js";

/** Looking ahead in a template, for the one that walks through it (template-walk.ts). */
export interface Lookup {
  /** The mark that begins there. */
  at(offset: number): TemplateMark | undefined;
  /** Whether nothing but marks follows in the line: then any directives may come in its place. */
  standsAlone(mark: TemplateMark): boolean;
  /** Whether a part of the text is a part of one directive: no end of one in it, no half of a quote. */
  isWithinDirective(part: Range): boolean;
}

export function lookup(text: string, marks: readonly TemplateMark[]): Lookup {
  const starts = new Map(marks.map(({ start }, index) => [start, index]));
  const at = (offset: number): TemplateMark | undefined => {
    const index = starts.get(offset);
    return index === undefined ? undefined : marks[index];
  };
  let alone: readonly boolean[] | null = null;
  return {
    at,
    standsAlone: (mark) => {
      alone ??= marksAlone(text, marks);
      return alone[starts.get(mark.start) ?? -1] === true;
    },
    isWithinDirective: (part) => isWithinDirective(text, part, at),
  };
}

/** From the last mark to the first: what follows a mark in its line is nothing, or another one of which that is true. */
function marksAlone(text: string, marks: readonly TemplateMark[]): readonly boolean[] {
  const alone = new Array<boolean>(marks.length).fill(false);
  const blanks = /[ \t\r]*/y;
  for (let index = marks.length - 1; index >= 0; index -= 1) {
    const next = marks[index + 1];
    blanks.lastIndex = marks[index]?.end ?? 0;
    blanks.test(text);
    const end = blanks.lastIndex;
    alone[index] =
      next !== undefined && next.start <= end
        ? next.section !== null || alone[index + 1] === true
        : end >= text.length || /[\n#}]/.test(text.charAt(end));
  }
  return alone;
}

function isWithinDirective(
  text: string,
  { start, end }: Range,
  markAt: (offset: number) => TemplateMark | undefined,
): boolean {
  let quote: string | null = null;
  for (let at = start; at < end; ) {
    const mark = markAt(at);
    const character = text.charAt(at);
    if (mark !== undefined) {
      at = mark.end;
      continue;
    }
    if (quote === null && /["']/.test(character)) quote = character;
    else if (character === quote) quote = null;
    else if (quote === null && /[;{}]/.test(character)) return false;
    at += character === "\\" && markAt(at + 1) === undefined ? 2 : 1;
  }
  return quote === null;
}

/** As long as the text: letters for placeholders, blanks for what is not read. */
export function filled(text: string, letters: readonly Range[], blanks: readonly Range[]): string {
  const characters = text.split("");
  for (const { start, end } of letters) characters.fill("x", start, end);
  for (const { start, end } of blanks) {
    for (let at = start; at < end; at += 1) if (characters[at] !== "\n") characters[at] = " ";
  }
  return characters.join("");
}

/** Adds one that ends after all the others; those that overlap it become a part of it. */
export function joinTo(ranges: Range[], { start, end }: Range): void {
  let from = start;
  let to = end;
  for (let last = ranges.at(-1); last !== undefined && last.end > from; last = ranges.at(-1)) {
    from = Math.min(from, last.start);
    to = Math.max(to, last.end);
    ranges.pop();
  }
  ranges.push({ start: from, end: to });
}

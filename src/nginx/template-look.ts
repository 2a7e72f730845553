import type { Mark, Range } from "../source/template.js";

/** Looking ahead in a template, for the one that walks through it (template-walk.ts). */
export interface Lookup {
  /** The mark that begins there. */
  at(offset: number): Mark | undefined;
  /** Whether nothing but marks follows in the line: then any directives may come in its place. */
  standsAlone(mark: Mark): boolean;
  /** Whether a part of the text is a part of one directive: no end of one in it, no half of a quote. */
  isWithinDirective(part: Range): boolean;
}

export function lookup(text: string, marks: readonly Mark[]): Lookup {
  const starts = new Map(marks.map(({ start }, index) => [start, index]));
  const at = (offset: number): Mark | undefined => {
    const index = starts.get(offset);
    return index === undefined ? undefined : marks[index];
  };
  return {
    at,
    standsAlone(mark) {
      let end = mark.end;
      for (let index = (starts.get(mark.start) ?? 0) + 1; index < marks.length; index += 1) {
        const next = marks[index] ?? mark;
        if (!/^[ \t\r]*$/.test(text.slice(end, next.start))) break;
        if (next.section !== null) return true;
        end = next.end;
      }
      const rest = text.indexOf("\n", end);
      return /^[ \t\r]*(?:[#}]|$)/.test(text.slice(end, rest === -1 ? text.length : rest));
    },
    isWithinDirective: (part) => isWithinDirective(text, part, at),
  };
}

function isWithinDirective(
  text: string,
  { start, end }: Range,
  markAt: (offset: number) => Mark | undefined,
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

/** The ranges and one more, of which those that overlap it become a part. */
export function joinedWith(ranges: readonly Range[], { start, end }: Range): readonly Range[] {
  const apart = ranges.filter((one) => one.end <= start || end <= one.start);
  const joined = ranges.filter((one) => !apart.includes(one));
  const from = Math.min(start, ...joined.map((one) => one.start));
  return [...apart, { start: from, end: Math.max(end, ...joined.map((one) => one.end)) }];
}

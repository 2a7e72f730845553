/** Template language in files that are read line by line, as PHP-FPM's and `php.ini` are. */
import { overlapping, overlaps, type Range, replaceRanges, united } from "./ranges.js";
import { readMarks, type TemplateMark } from "./template.js";

export interface TemplateLines {
  /**
   * A line made of template language only, or inside of it. `gap`: it may put any number of settings
   * in its place. `null`: anything else.
   */
  whole(line: Range): "quiet" | "gap" | null;
  /** Inside a condition or a loop, where a setting may be there or not. */
  conditional(line: Range): boolean;
  /**
   * `{% if x %}key = value{% endif %}` with tabs in the place of the tags: as long as before, and
   * blanks that may also stand before a section header.
   */
  bare(line: Range): string;
}

export function readTemplateLines(text: string): TemplateLines {
  const marks = readMarks(text);
  if (marks.length === 0) return without(text);
  const sections = united(
    [...new Set(marks.flatMap(({ section }) => section ?? []))].filter(({ body }) => body !== "always"),
  );
  const of = (line: Range): readonly TemplateMark[] => overlapping(marks, line);
  return {
    whole(line) {
      const found = of(line);
      if (found.length === 0 || blanked(text, line, found).trim() !== "") return null;
      const gap = found.some(({ kind, start }) => start >= line.start && /^(?:value|gap|whole)$/.test(kind));
      return gap ? "gap" : "quiet";
    },
    conditional: (line) => overlaps(sections, line),
    bare(line) {
      const control = of(line).filter(({ kind }) => !/^(?:value|gap)$/.test(kind));
      const tags = control.length === 0 ? "" : blanked(text, line, control);
      const from = tags.length - tags.trimStart().length;
      const to = tags.trimEnd().length;
      const written = text.slice(line.start, line.end);
      const edge = ({ start, end }: TemplateMark): boolean =>
        end <= line.start + from || start >= line.start + to;
      return blanked(
        written,
        { start: 0, end: written.length },
        control.filter(edge).map(shiftBy(line.start)),
      );
    },
  };
}

/** Of a text without any template language. */
function without(text: string): TemplateLines {
  return {
    whole: () => null,
    conditional: () => false,
    bare: ({ start, end }) => text.slice(start, end),
  };
}

function shiftBy(by: number): (range: Range) => Range {
  return ({ start, end }) => ({ start: start - by, end: end - by });
}

/** A line with tabs in the place of these ranges. */
function blanked(text: string, line: Range, ranges: readonly Range[]): string {
  const written = text.slice(line.start, line.end);
  const inside = ranges.map(({ start, end }) => ({
    start: Math.max(0, start - line.start),
    end: Math.min(written.length, end - line.start),
  }));
  return replaceRanges(written, inside, ({ start, end }) => "\t".repeat(end - start));
}

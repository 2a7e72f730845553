/** Template language in files that are read line by line, as PHP-FPM's and `php.ini` are. */
import { type Mark, overlaps, type Range, readMarks } from "./template.js";

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

const NONE: readonly Mark[] = [];

export function readTemplateLines(text: string): TemplateLines {
  const marks = readMarks(text);
  const sections = [...new Set(marks.flatMap(({ section }) => section ?? []))].filter(
    ({ body }) => body !== "always",
  );
  const of = (line: Range): readonly Mark[] =>
    marks.length === 0 ? NONE : marks.filter((mark) => mark.start < line.end && line.start < mark.end);
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
      const edge = ({ start, end }: Mark): boolean => end <= line.start + from || start >= line.start + to;
      return blanked(
        written,
        { start: 0, end: written.length },
        control.filter(edge).map(shiftBy(line.start)),
      );
    },
  };
}

function shiftBy(by: number): (range: Range) => Range {
  return ({ start, end }) => ({ start: start - by, end: end - by });
}

/** A line with tabs in the place of these ranges. */
function blanked(text: string, line: Range, ranges: readonly Range[]): string {
  let written = text.slice(line.start, line.end);
  for (const range of ranges) {
    const start = Math.max(0, range.start - line.start);
    const end = Math.min(written.length, range.end - line.start);
    written = written.slice(0, start) + "\t".repeat(Math.max(0, end - start)) + written.slice(end);
  }
  return written;
}

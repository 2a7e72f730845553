import { withoutEnd } from "../../source/ends.js";
import { escapeText, markOffsets } from "../terminal/escape.js";
import { characterWidth, displayWidth } from "../terminal/width.js";

const TAB = 4;

/** One character of a source line as it is drawn. `from` and `to` are UTF-16 offsets in the line. */
interface Cell {
  readonly from: number;
  readonly to: number;
  readonly shown: string;
  /** Columns `[left, right)` in the line when nothing is cut. */
  readonly left: number;
  readonly right: number;
}

/** A range of UTF-16 offsets in a line; `end` is greater than `start`. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/** A source line, or as much of it as fits, and where its characters went. */
export interface Excerpt {
  readonly text: string;
  /** First column of a range and its number of columns, at least one. */
  locate(range: Range): { readonly column: number; readonly columns: number };
}

/** A source line ready to be drawn, cut where a range needs it. */
export interface Strip {
  /** Columns of the whole line. */
  readonly width: number;
  /** Columns from the first to the last character of a range. */
  columns(range: Range): number;
  /** The line cut to `room` columns so that `focus` is in sight. */
  cut(focus: Range, room: number, ellipsis: string): Excerpt;
}

/** The `#` that would complete a command of a CI service. */
const BROKEN = { shown: "\\x23", columns: 4 } as const;

function shownCell(character: string, left: number): { shown: string; columns: number } {
  if (character === "\t") {
    const columns = TAB - (left % TAB);
    return { shown: " ".repeat(columns), columns };
  }
  if (character >= " " && character < "\x7f") return { shown: character, columns: 1 };
  const shown = escapeText(character);
  return { shown, columns: shown === character ? characterWidth(character) : shown.length };
}

/** The cells of `[start, end)` of a line; columns count from `start`. */
function cellsOf(line: string, start: number, end: number): Cell[] {
  const cells: Cell[] = [];
  const part = line.slice(start, end);
  const marks = markOffsets(part);
  let from = start;
  let left = 0;
  for (const character of part) {
    const { shown, columns } = marks.has(from - start) ? BROKEN : shownCell(character, left);
    cells.push({ from, to: from + character.length, shown, left, right: left + columns });
    from += character.length;
    left += columns;
  }
  // A range may be after the last character (an empty file, a missing `;`): it needs a column.
  cells.push({ from, to: from + 1, shown: " ", left, right: left + 1 });
  return cells;
}

/** Columns `[left, right)` of a range; a range that touches half a character takes all of it. */
function extent(cells: readonly Cell[], range: Range): { left: number; right: number } {
  const touched = cells.filter((cell) => cell.to > range.start && cell.from < range.end);
  const left = touched[0]?.left ?? 0;
  return { left, right: Math.max(touched.at(-1)?.right ?? 0, left + 1) };
}

/** First and last column to show of a line that does not fit. */
function visible(
  total: number,
  focus: { left: number; right: number },
  room: number,
  mark: number,
): [number, number] {
  if (focus.right <= room - mark) return [0, room - mark];
  if (total - focus.left <= room - mark) return [total - (room - mark), total];
  const inner = room - 2 * mark;
  const spare = Math.max(0, inner - (focus.right - focus.left));
  const left = focus.left - Math.floor(spare / 2);
  return [left, left + inner];
}

/** What is cut out of a line. */
interface Cut {
  readonly cells: readonly Cell[];
  /** First and last column to show. */
  readonly window: readonly [number, number];
  /** The line goes on before the first cell. */
  readonly before: boolean;
  /** The line goes on after the last cell. */
  readonly after: boolean;
}

function excerpt(cut: Cut, ellipsis: string): Excerpt {
  const { cells, window } = cut;
  const inside = cells.filter((cell) => cell.left >= window[0] && cell.right <= window[1]);
  const origin = inside[0]?.left ?? 0;
  const end = inside.at(-1)?.right ?? origin;
  const before = cut.before || origin > 0 ? ellipsis : "";
  // The last cell is after the text: leaving it out cuts nothing.
  const after = cut.after || end < (cells.at(-1)?.left ?? 0) ? ellipsis : "";
  const text = before + inside.map((cell) => cell.shown).join("") + after;
  return {
    text: after === "" ? withoutEnd(text, " ") : text,
    locate(range) {
      const { left, right } = extent(cells, range);
      const from = Math.min(Math.max(left, origin), end);
      const to = Math.min(right, end);
      return { column: from - origin + before.length, columns: Math.max(1, to - from) };
    },
  };
}

/** Lines with fewer characters are measured as a whole. */
const LONG = 1000;

/** Prepares a line (without its line end) for drawing in `room` columns. */
export function strip(line: string, room: number): Strip {
  const most = Math.max(LONG, 4 * room);
  return line.length <= most ? shortStrip(line) : longStrip(line, most);
}

function shortStrip(line: string): Strip {
  const cells = cellsOf(line, 0, line.length);
  const width = cells.at(-1)?.left ?? 0;
  return {
    width,
    columns(range) {
      const { left, right } = extent(cells, range);
      return right - left;
    },
    cut(focus, room, ellipsis) {
      const marked = extent(cells, focus);
      const total = Math.max(width, marked.right);
      const window: [number, number] =
        total <= room ? [0, total] : visible(total, marked, room, displayWidth(ellipsis));
      return excerpt({ cells, window, before: false, after: false }, ellipsis);
    },
  };
}

/**
 * A line of which only the part around a mark is measured: it may be a whole minified file, and every
 * finding draws it. `most` characters on either side are more than fit.
 */
function longStrip(line: string, most: number): Strip {
  return {
    width: Infinity,
    columns(range) {
      if (range.end - range.start > most) return Infinity;
      const { left, right } = extent(cellsOf(line, wholeCharacter(line, range.start), range.end), range);
      return right - left;
    },
    cut(focus, room, ellipsis) {
      const start = wholeCharacter(line, Math.max(0, focus.start - most));
      const end = wholeCharacter(line, Math.min(line.length, focus.start + most));
      const cells = cellsOf(line, start, end);
      const marked = extent(cells, focus);
      const total = end < line.length ? Infinity : Math.max(cells.at(-1)?.left ?? 0, marked.right);
      const window = visible(total, marked, room, displayWidth(ellipsis));
      return excerpt({ cells, window, before: start > 0, after: end < line.length }, ellipsis);
    },
  };
}

/** The offset, or the one before it when it is in the middle of a character. */
function wholeCharacter(line: string, offset: number): number {
  return (line.codePointAt(offset - 1) ?? 0) > 0xffff ? offset - 1 : offset;
}

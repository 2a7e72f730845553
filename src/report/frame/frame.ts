import type { Severity } from "../../engine/rule.js";
import type { Place, SourceFile, Span } from "../../source/file.js";
import { lineText, position, samePlace } from "../../source/file.js";
import type { Paint } from "../terminal/color.js";
import { escapeText } from "../terminal/escape.js";
import { displayWidth, wrap } from "../terminal/width.js";
import type { Excerpt, Range, Strip } from "./excerpt.js";
import { strip } from "./excerpt.js";
import type { Frame, Label } from "./frames.js";
import type { Glyphs } from "./glyphs.js";
import { opener } from "./opener.js";

/** How the frames of one finding are drawn. */
export interface Canvas {
  readonly glyphs: Glyphs;
  readonly paint: Paint;
  readonly severity: Severity;
  /** Columns of the whole line; `Infinity` never cuts. */
  readonly width: number;
  /** Columns of the line numbers, the same in all frames of a finding so that the bars meet. */
  readonly digits: number;
  readonly linked: boolean;
}

/** The pieces of one line that are marked alike: the same characters, with all that is said of them. */
interface MarkedRange {
  readonly range: Range;
  readonly primary: boolean;
  readonly messages: readonly string[];
}

/** A message next to its mark needs at least this many columns; with less it goes below. */
const NARROW = 28;

export function fileLine(span: Span): string {
  return `${escapeText(span.file.display)}:${position(span.file, span.start).line}`;
}

/** `file:line:column` of the start of a span. */
export function fileLineColumn(span: Span): string {
  return `${fileLine(span)}:${position(span.file, span.start).column}`;
}

function chain(via: readonly Span[], glyphs: Glyphs): string {
  return via.length === 0 ? "" : `via ${via.map(fileLine).join(` ${glyphs.arrow} `)}`;
}

/** Spaces up to the bar. */
export function margin(canvas: Canvas): string {
  return " ".repeat(canvas.digits + 2);
}

function row(canvas: Canvas, number: string, content: string): string {
  const gutter = ` ${number.padStart(canvas.digits)} ${canvas.glyphs.bar}`;
  return canvas.paint("gutter", gutter) + (content === "" ? "" : ` ${content}`);
}

export function bar(canvas: Canvas): string {
  return row(canvas, "", "");
}

function room(canvas: Canvas): number {
  return canvas.width - canvas.digits - 4;
}

/** The marked part of the first line of a span; at least one character, possibly the one after the end. */
function rangeOf(place: Place): Range {
  const { file, start, end } = place.span;
  const { line, column } = position(file, start);
  const length = lineText(file, line).length;
  const from = Math.min(column - 1, length);
  return { start: from, end: Math.max(from + 1, Math.min(from + end - start, length)) };
}

function messageOf(label: Label, frame: Frame, canvas: Canvas): string {
  const number = label.role === "link" && canvas.linked ? `${canvas.glyphs.link} ` : "";
  const { via } = label.place;
  const asHeader =
    via.length === frame.at.via.length &&
    via.every((span, index) => {
      const other = frame.at.via[index];
      return other !== undefined && samePlace({ span, via: [] }, { span: other, via: [] });
    });
  const way = asHeader ? "" : chain(via, canvas.glyphs);
  return number + escapeText(label.message) + (way === "" ? "" : ` (${way})`);
}

/** Marks by line, each line's marks by column. */
function marksOf(frame: Frame, canvas: Canvas): Map<number, MarkedRange[]> {
  const lines = new Map<number, MarkedRange[]>();
  for (const label of frame.labels) {
    const range = rangeOf(label.place);
    const { line } = position(frame.file, label.place.span.start);
    const marks = lines.get(line) ?? [];
    const same = marks.findIndex((mark) => mark.range.start === range.start && mark.range.end === range.end);
    const before = marks[same];
    const messages = label.message === "" ? [] : [messageOf(label, frame, canvas)];
    const mark: MarkedRange = {
      range,
      primary: label.role === "primary" || before?.primary === true,
      messages: [...(before?.messages ?? []), ...messages],
    };
    if (same === -1) marks.push(mark);
    else marks[same] = mark;
    lines.set(line, marks);
  }
  for (const marks of lines.values()) {
    marks.sort((a, b) => a.range.start - b.range.start || a.range.end - b.range.end);
  }
  return lines;
}

function span(marks: readonly MarkedRange[]): Range {
  return {
    start: Math.min(...marks.map((mark) => mark.range.start)),
    end: Math.max(...marks.map((mark) => mark.range.end)),
  };
}

/** Marks that can be shown in one excerpt; the others get the line drawn again. */
function groupMarks(canvas: Canvas, line: Strip, marks: readonly MarkedRange[]): MarkedRange[][] {
  // One column more than the line: a mark may be after its end.
  const columns =
    line.width < room(canvas) ? Infinity : room(canvas) - 2 * displayWidth(canvas.glyphs.ellipsis);
  const groups: MarkedRange[][] = [];
  for (const mark of marks) {
    const group = groups.at(-1);
    if (group !== undefined && line.columns(span([...group, mark])) <= columns) group.push(mark);
    else groups.push([mark]);
  }
  return groups;
}

function markRows(canvas: Canvas, excerpt: Excerpt, mark: MarkedRange): string[] {
  const { column, columns } = excerpt.locate(mark.range);
  const paint = (text: string): string => (mark.primary ? canvas.paint(canvas.severity, text) : text);
  const line = (mark.primary ? canvas.glyphs.primary : canvas.glyphs.secondary).repeat(columns);
  const message = mark.messages;
  const beside = room(canvas) - (column + columns + 1);
  const widest = Math.max(0, ...message.map(displayWidth));
  const fits = beside >= Math.min(NARROW, widest);
  // Below the mark when there is no room next to it, moved left as far as the text needs.
  const indent = fits ? column + columns + 1 : Math.max(0, Math.min(column, room(canvas) - widest));
  const text = message.flatMap((one) => wrap(one, room(canvas) - indent));
  const first = fits && text[0] !== undefined ? `${line} ${text[0]}` : line;
  const rest = fits ? text.slice(1) : text;
  return [
    row(canvas, "", " ".repeat(column) + paint(first)),
    ...rest.map((one) => row(canvas, "", " ".repeat(indent) + paint(one))),
  ];
}

function lineRows(canvas: Canvas, file: SourceFile, number: number, marks: readonly MarkedRange[]): string[] {
  const line = strip(lineText(file, number), room(canvas));
  const { ellipsis } = canvas.glyphs;
  if (marks.length === 0) {
    return [row(canvas, String(number), line.cut({ start: 0, end: 1 }, room(canvas), ellipsis).text)];
  }
  return groupMarks(canvas, line, marks).flatMap((group) => {
    const excerpt = line.cut(span(group), room(canvas), ellipsis);
    return [
      row(canvas, String(number), excerpt.text),
      ...group.flatMap((mark) => markRows(canvas, excerpt, mark)),
    ];
  });
}

/** The lines that a frame shows: the marked ones, what opens the block around them, and single lines between. */
export function shownLines(frame: Frame): number[] {
  const lines = new Set<number>();
  for (const label of frame.labels) {
    const { line } = position(frame.file, label.place.span.start);
    const above = opener(frame.file, line);
    lines.add(line);
    if (above !== null) lines.add(above);
  }
  // Skipping one line would cost a row for the gap all the same.
  for (const line of [...lines]) if (lines.has(line + 2)) lines.add(line + 1);
  return [...lines].sort((a, b) => a - b);
}

/** One file of the evidence as rows. */
export function drawFrame(canvas: Canvas, frame: Frame, first: boolean): string[] {
  const { glyphs, paint } = canvas;
  const start = margin(canvas) + (first ? glyphs.first : glyphs.next);
  const way = chain(frame.at.via, glyphs);
  const rows = [
    `${paint("gutter", start)} ${fileLineColumn(frame.at.span)}${way === "" ? "" : `  ${paint("gutter", way)}`}`,
  ];
  const marks = marksOf(frame, canvas);
  let before: number | null = null;
  for (const line of shownLines(frame)) {
    if (before !== null && line > before + 1) rows.push(paint("gutter", margin(canvas) + glyphs.gap));
    rows.push(...lineRows(canvas, frame.file, line, marks.get(line) ?? []));
    before = line;
  }
  return rows;
}

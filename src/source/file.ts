/**
 * Text and places. Nothing here knows nginx or PHP-FPM.
 *
 * Offsets are UTF-16 code units into `SourceFile.text`; lines and columns are 1-based, columns in
 * UTF-16 code units. Lines end at LF only, as both daemons count them.
 */
import { firstPlace } from "./halving.js";

/** One file as it was read: its place in the host, the name to print, and its text. */
export interface SourceFile {
  /** Real path inside the host, behind every symlink: `/etc/nginx/sites-available/shop`. */
  readonly path: string;
  /** What reports print: relative to the working directory, absolute outside it. */
  readonly display: string;
  readonly text: string;
  /** Offset of the first character of each line; `lineStarts[0]` is 0. */
  readonly lineStarts: readonly number[];
  /** The text of the file that this is, or is a part of with the same offsets; `null`: nobody can write to it. */
  readonly whole: string | null;
}

/** A half-open range `[start, end)` of one file. */
export interface Span {
  readonly file: SourceFile;
  readonly start: number;
  readonly end: number;
}

/** A span together with the `include` lines that led to it, outermost first. */
export interface Place {
  readonly span: Span;
  readonly via: readonly Span[];
}

export interface Position {
  readonly line: number;
  readonly column: number;
}

export function sourceFile(
  path: string,
  display: string,
  text: string,
  whole: string | null = text,
): SourceFile {
  return new ReadFile(path, display, text, whole);
}

/** Of thousands of files few are asked for their lines. */
class ReadFile implements SourceFile {
  readonly path: string;
  readonly display: string;
  readonly text: string;
  readonly whole: string | null;
  private starts: readonly number[] | null = null;

  constructor(path: string, display: string, text: string, whole: string | null) {
    this.path = path;
    this.display = display;
    this.text = text;
    this.whole = whole;
  }

  get lineStarts(): readonly number[] {
    this.starts ??= startsOf(this.text);
    return this.starts;
  }
}

function startsOf(text: string): readonly number[] {
  const starts = [0];
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return starts;
}

/** Line and column of an offset; an offset past the end gives the end of the file. */
export function position(file: SourceFile, offset: number): Position {
  const starts = file.lineStarts;
  const line = Math.max(
    1,
    firstPlace(starts.length, (at) => (starts[at] ?? 0) > offset),
  );
  const end = Math.min(offset, file.text.length);
  return { line, column: end - (starts[line - 1] ?? 0) + 1 };
}

/** Where a span begins and ends; the end is one past its last character. */
export interface Range {
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
}

export function rangeOf({ file, start, end }: Span): Range {
  const from = position(file, start);
  const to = position(file, Math.max(start, end));
  return { line: from.line, column: from.column, endLine: to.line, endColumn: to.column };
}

/** The text of one line (1-based) without its line end; empty for a line the file does not have. */
export function lineText(file: SourceFile, line: number): string {
  const start = file.lineStarts[line - 1];
  if (start === undefined) return "";
  const next = file.lineStarts[line];
  const text = file.text.slice(start, next === undefined ? file.text.length : next - 1);
  return text.endsWith("\r") ? text.slice(0, -1) : text;
}

export function place(file: SourceFile, start: number, end: number, via: readonly Span[] = []): Place {
  return { span: { file, start, end }, via };
}

/** The same text for two places that begin at the same character of the same file. */
export function placeKey({ span: { file, start } }: Place): string {
  return `${file.path}:${start}`;
}

/** Two places are the same when they are the same characters of the same file, whatever led there. */
export function samePlace(a: Place, b: Place): boolean {
  return a.span.file.path === b.span.file.path && a.span.start === b.span.start && a.span.end === b.span.end;
}

/**
 * The items without those whose place an earlier one has: a line that several blocks include is one place.
 */
export function oncePerPlace<T>(items: readonly T[], placeOf: (item: T) => Place): readonly T[] {
  const seen = new Set<string>();
  return items.filter((item) => {
    const { file, start, end } = placeOf(item).span;
    const key = `${start} ${end} ${file.path}`;
    return !seen.has(key) && seen.add(key);
  });
}

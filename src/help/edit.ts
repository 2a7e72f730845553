import type { Edit, HandEdit, HelpDraft, Piece, TextEdit } from "../engine/help.js";
import type { Host, NginxHost } from "../model/host.js";
import { headPlace } from "../nginx/tree/nodes.js";
import type { Directive, NginxText, Node } from "../nginx/types.js";
import { groupBy } from "../source/collect.js";
import type { Effective } from "../source/effective.js";
import { lineText, type Place, position, type SourceFile } from "../source/file.js";
import { perKey } from "../source/memo.js";
import { at } from "../source/ranges.js";

/** Replaces the directive or the line that a place is in. */
export function replace(host: Host, place: Place, ...lines: readonly string[]): TextEdit {
  return replacePiece(statement(host, place), ...lines);
}

/** Removes the directive or the line that a place is in. */
export function remove(host: Host, place: Place): TextEdit {
  return textEdit("remove", null, statement(host, place), []);
}

/** Replaces a part of a line. */
export function replacePiece(piece: Piece, ...lines: readonly string[]): TextEdit {
  return textEdit("replace", null, piece, lines);
}

/**
 * Replaces one word of a directive. Where the directive is on one line all of it is written, because
 * that reads better than a word alone.
 */
export function replaceWord(host: Host, { span, via }: Place, text: string): TextEdit {
  const { file, start, end } = statement(host, { span, via });
  const [before, after] = [file.text.slice(start, span.start), file.text.slice(span.end, end)];
  return `${before}${after}`.includes("\n")
    ? replacePiece({ file, start: span.start, end: span.end }, text)
    : replacePiece({ file, start, end }, `${before}${text}${after}`);
}

/** Puts lines below one line of a file. */
export function addBelowLine(file: SourceFile, line: number, ...lines: readonly string[]): TextEdit {
  return addTo(linePiece(file, line), lines);
}

/** Replaces a whole line, or several; removes them when no lines are given. */
export function replaceLines(
  file: SourceFile,
  from: number,
  to: number,
  ...lines: readonly string[]
): TextEdit {
  const first = linePiece(file, from);
  const verb = lines.length === 0 ? "remove" : "replace";
  // Where only the spaces before it are wrong, the line has to be named by its number.
  const whole = from < to || file.text.slice(first.start, first.end) === lines[0];
  if (!whole) return textEdit(verb, null, first, lines);
  const start = file.lineStarts[from - 1] ?? 0;
  return {
    kind: "text",
    verb,
    where: null,
    piece: { file, start, end: linePiece(file, to).end },
    whole,
    lines,
  };
}

/** Puts lines into the block or the section whose head a place is in, before what is there. */
export function addInto(host: Host, place: Place, ...lines: readonly string[]): TextEdit {
  return addAfter(host, place, ...lines);
}

/** Puts lines after the directive or the line that a place is in. */
export function addAfter(host: Host, place: Place, ...lines: readonly string[]): TextEdit {
  return addTo(statement(host, place), lines);
}

/** Puts lines before the directive or the line that a place is in. */
export function addBefore(host: Host, place: Place, ...lines: readonly string[]): TextEdit {
  const piece = statement(host, place);
  return textEdit("add", isFirst(piece) ? "above" : "before", piece, lines);
}

function addTo(piece: Piece, lines: readonly string[]): TextEdit {
  const { line, column } = position(piece.file, piece.end);
  const rest = lineText(piece.file, line).slice(column - 1);
  return textEdit("add", /^\s*(?:[#;].*)?$/.test(rest) ? "below" : "after", piece, lines);
}

/**
 * Text with more characters than this is named by its line number, where nothing is before it on the line.
 */
const LONGEST = 80;

function textEdit(
  verb: TextEdit["verb"],
  where: TextEdit["where"],
  piece: Piece,
  lines: readonly string[],
): TextEdit {
  const text = piece.file.text.slice(piece.start, piece.end);
  const whole = text.includes("\n") || (text.length > LONGEST && isFirst(piece));
  return { kind: "text", verb, where, piece, whole, lines };
}

/** Whether only spaces are before it on its line. */
function isFirst({ file, start }: Piece): boolean {
  const { line, column } = position(file, start);
  return (
    lineText(file, line)
      .slice(0, column - 1)
      .trim() === ""
  );
}

/** Replaces the line that sets a value, or adds one where it would go. `null`: there is no such place. */
export function write(host: Host, value: Effective<unknown>, line: string): TextEdit | null {
  if (value.kind === "set") return replace(host, value.place, line);
  return value.kind === "unknown" || value.where === null ? null : addInto(host, value.where, line);
}

/** Writes a directive on one level, next to the others there. */
export function writeOn(host: Host, level: Node, name: string, line: string): TextEdit {
  const own = level.children.findLast((child) => child.name === name);
  return own === undefined ? addInto(host, headPlace(level), line) : replace(host, headPlace(own), line);
}

/** An edit whose place only a person knows. */
export function inPlace(where: string, ...lines: readonly string[]): HandEdit {
  return { kind: "hand", where, lines };
}

/**
 * A help from the ways to fix one fault, each of edits that belong together. A way that is `null` or
 * has an edit that is `null` is dropped. Whether a way is safe follows from the case of the report;
 * see `engine/run.ts`.
 */
export function helpOf(
  ways: readonly (readonly (Edit | null)[] | null)[],
  ...notes: readonly (string | null)[]
): HelpDraft {
  const known = ways.flatMap((way) => {
    const edits = way?.flatMap((edit) => (edit === null ? [] : [edit])) ?? [];
    return way === null || edits.length < way.length || edits.length === 0 ? [] : [{ edits: merged(edits) }];
  });
  return { ways: known, notes: notes.flatMap((note) => (note === null ? [] : [note])) };
}

/** A help that only a person can follow: one sentence, or several. */
export function inWords(...notes: readonly string[]): HelpDraft {
  return { ways: [], notes };
}

/** The edits of one place become one, without lines that are in it already. There may be one for each of very many pools. */
function merged(edits: readonly Edit[]): readonly Edit[] {
  const places = groupBy(edits, editKey);
  return places.map(([first, ...others]) => {
    if (others.length === 0) return first;
    const known = new Set(first.lines);
    const more = others.flatMap(({ lines }) => {
      const fresh = lines.filter((line) => !known.has(line));
      for (const line of fresh) known.add(line);
      return fresh;
    });
    return { ...first, lines: [...first.lines, ...more] };
  });
}

/** A key for the place of an edit: two edits of one place have the same. */
export function editKey(edit: Edit): string {
  if (edit.kind === "hand") return `in ${edit.where}`;
  const { file, start, end } = edit.piece;
  return `${edit.verb} ${edit.where} ${file.path}:${start}-${end}`;
}

/**
 * The directive that a place is in, of a block its head with the brace; in files of other programs, the line.
 */
export function statement(host: Host, { span }: Place): Piece {
  const { file, start } = span;
  const text = host.nginx === null ? undefined : textsByPath(host.nginx).get(file.path);
  const found = text === undefined ? null : directiveAt(file.text, text.directives, start);
  if (found !== null) return { file, start: found.start, end: found.end };
  return linePiece(file, position(file, start).line);
}

const textsByPath = perKey(
  ({ texts }: NginxHost): ReadonlyMap<string, NginxText> =>
    new Map(texts.map((one) => [one.file.path, one] as const)),
);

function linePiece(file: SourceFile, line: number): Piece {
  const text = lineText(file, line);
  const start = (file.lineStarts[line - 1] ?? 0) + text.length - text.trimStart().length;
  return { file, start, end: start + text.trim().length };
}

function directiveAt(
  text: string,
  directives: readonly Directive[],
  offset: number,
): { readonly start: number; readonly end: number } | null {
  const one = at(directives, offset);
  if (one === null) return null;
  const inner = one.block === null ? null : directiveAt(text, one.block, offset);
  if (inner !== null || one.block === null) return inner ?? one;
  const last = one.args[one.args.length - 1] ?? one.name;
  return { start: one.start, end: text.indexOf("{", last.end) + 1 };
}

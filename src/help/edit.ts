import type { Host } from "../model/host.js";
import { headPlace } from "../nginx/tree/nodes.js";
import type { Directive, Node } from "../nginx/types.js";
import type { Effective } from "../source/effective.js";
import { lineText, type Place, position, type SourceFile } from "../source/file.js";

/**
 * The one form of every help: a line that says where, then lines to paste, indented by two blanks.
 *
 *     replace "fastcgi_read_timeout 300s;" in etc/nginx/nginx.conf:9 with:
 *       fastcgi_read_timeout 30s; # if 30s is the real limit
 *     or add below "[www]" in etc/php/8.2/fpm/pool.d/www.conf:1:
 *       request_terminate_timeout = 300s
 *
 * `below` and `above` are lines of their own, `behind` and `before` stand on the same line, and
 * what is replaced or removed is what is quoted, else the whole line. `and` goes on with the same way
 * to mend the fault, `or` begins another one. Lines below `in …:` have a
 * place that only a person knows. Lines without indentation and without `:` at the end are notes.
 */

export interface Edit {
  readonly verb: "replace" | "add" | "remove" | "in";
  readonly target: string;
  readonly lines: readonly string[];
}

/** Exchanges the directive or the line that a place is in. */
export function replace(host: Host, place: Place, ...lines: readonly string[]): Edit {
  return { verb: "replace", target: shown(statement(host, place)), lines };
}

export function remove(host: Host, place: Place): Edit {
  return { verb: "remove", target: shown(statement(host, place)), lines: [] };
}

/** Exchanges a part of a line. */
export function replacePiece(piece: Piece, ...lines: readonly string[]): Edit {
  return { verb: "replace", target: shown(piece), lines };
}

/** Puts lines below one line of a file. */
export function addBelowLine(file: SourceFile, line: number, ...lines: readonly string[]): Edit {
  return { verb: "add", target: after(linePiece(file, line)), lines };
}

/** Exchanges a whole line, or several; removes them without others. */
export function replaceLines(file: SourceFile, from: number, to: number, ...lines: readonly string[]): Edit {
  const piece = linePiece(file, from);
  // Where only the blanks before it are wrong, the line has to be quoted by its number.
  const whole = from < to || file.text.slice(piece.start, piece.end) === lines[0];
  const target = whole ? linesOf(file, from, to) : shown(piece);
  return { verb: lines.length === 0 ? "remove" : "replace", target, lines };
}

/** Puts lines into the block or the section whose head a place is in, before what is there. */
export function addInto(host: Host, place: Place, ...lines: readonly string[]): Edit {
  return addAfter(host, place, ...lines);
}

/** Puts lines behind the directive or the line that a place is in. */
export function addAfter(host: Host, place: Place, ...lines: readonly string[]): Edit {
  return { verb: "add", target: after(statement(host, place)), lines };
}

export function addBefore(host: Host, place: Place, ...lines: readonly string[]): Edit {
  const span = statement(host, place);
  const { line, column } = position(span.file, span.start);
  const first =
    lineText(span.file, line)
      .slice(0, column - 1)
      .trim() === "";
  return { verb: "add", target: `${first ? "above" : "before"} ${shown(span)}`, lines };
}

/** Writes a value: in the place of the line that sets it, or where it would go. `null`: there is no such place. */
export function write(host: Host, value: Effective<unknown>, line: string): Edit | null {
  if (value.kind === "set") return replace(host, value.place, line);
  return value.kind === "unknown" || value.where === null ? null : addInto(host, value.where, line);
}

/** Writes a directive on one level, beside the others there. */
export function writeOn(host: Host, level: Node, name: string, line: string): Edit {
  const own = level.children.findLast((child) => child.name === name);
  return own === undefined ? addInto(host, headPlace(level), line) : replace(host, headPlace(own), line);
}

/** Lines whose place only a person knows. */
export function inPlace(where: string, ...lines: readonly string[]): Edit {
  return { verb: "in", target: where, lines };
}

/** A help from the ways to mend one fault, each of edits that belong together; what is `null` is left out. */
export function helpText(
  ways: readonly (readonly (Edit | null)[] | null)[],
  ...notes: readonly (string | null)[]
): string {
  const known = ways.flatMap((way) => {
    const edits = way?.flatMap((edit) => (edit === null ? [] : [edit])) ?? [];
    return way === null || edits.length < way.length || edits.length === 0 ? [] : [merged(edits)];
  });
  return [
    ...known.flatMap((edits, way) =>
      edits.flatMap((edit, index) => written(edit, index > 0 ? "and " : way > 0 ? "or " : "")),
    ),
    ...notes.flatMap((note) => (note === null ? [] : [note])),
  ].join("\n");
}

/** What goes to one place, and what is the same at several places, is written once. */
function merged(edits: readonly Edit[]): readonly Edit[] {
  const places: Edit[] = [];
  for (const edit of edits) {
    const index = places.findIndex(({ verb, target }) => verb === edit.verb && target === edit.target);
    const known = places[index];
    const more = edit.lines.filter((line) => known?.lines.includes(line) === false);
    if (known === undefined) places.push(edit);
    else places[index] = { ...known, lines: [...known.lines, ...more] };
  }
  const found: Edit[] = [];
  for (const edit of places) {
    const same = (one: Edit) => one.verb === edit.verb && one.lines.join("\n") === edit.lines.join("\n");
    const index = edit.verb === "remove" ? -1 : found.findIndex(same);
    const known = found[index];
    if (known === undefined) found.push(edit);
    else found[index] = { ...known, target: `${known.target}${AND}${edit.target}` };
  }
  return found;
}

const AND = " and ";

function written({ verb, target: raw, lines }: Edit, joint: string): readonly string[] {
  // A name of a file may hold a line end, and a help is split at them.
  const target = raw.replace(/[\r\n]/g, (end) => (end === "\n" ? "\\x0a" : "\\x0d"));
  if (verb === "remove") return [`${joint}remove ${target}`];
  const head = verb === "replace" ? `replace ${target} with:` : `${verb} ${target}:`;
  return [joint + head, ...lines.map((line) => `  ${line}`)];
}

/** A part of a file. */
export interface Piece {
  readonly file: SourceFile;
  readonly start: number;
  readonly end: number;
}

function after(piece: Piece): string {
  const { file, end } = piece;
  const { line, column } = position(file, end);
  const rest = lineText(file, line).slice(column - 1);
  return `${/^\s*(?:[#;].*)?$/.test(rest) ? "below" : "behind"} ${shown(piece)}`;
}

/** More than this is told by its line alone, where it has the line for itself. */
const LONGEST = 80;

function shown({ file, start, end }: Piece): string {
  const text = file.text.slice(start, end);
  const [from, to] = [position(file, start), position(file, Math.max(start, end - 1))];
  const alone =
    lineText(file, from.line)
      .slice(0, from.column - 1)
      .trim() === "";
  if (text.includes("\n") || (text.length > LONGEST && alone)) return linesOf(file, from.line, to.line);
  return `"${text}" in ${linesOf(file, from.line, from.line)}`;
}

function linesOf(file: SourceFile, first: number, last: number): string {
  return `${file.display}:${first}${last > first ? `-${last}` : ""}`;
}

/** The directive that holds a place, of a block its head with the brace; a line in the other files. */
export function statement(host: Host, { span }: Place): Piece {
  const { file, start } = span;
  const text = host.nginx?.texts.find((one) => one.file.path === file.path);
  const found = text === undefined ? null : directiveAt(file.text, text.directives, start);
  if (found !== null) return { file, start: found.start, end: found.end };
  return linePiece(file, position(file, start).line);
}

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
  for (const one of directives) {
    if (offset < one.start || offset >= one.end) continue;
    const inner = one.block === null ? null : directiveAt(text, one.block, offset);
    if (inner !== null || one.block === null) return inner ?? one;
    const last = one.args[one.args.length - 1] ?? one.name;
    return { start: one.start, end: text.indexOf("{", last.end) + 1 };
  }
  return null;
}

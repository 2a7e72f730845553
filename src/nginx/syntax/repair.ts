import { lineText, position, type SourceFile, sourceFile } from "../../source/file.js";
import type { NginxFault } from "../types.js";
import { parseNginx } from "./parse.js";

/** A change of one line: another text, `null` to remove it, or a line below it. */
export interface Repair {
  readonly line: number;
  readonly change: { readonly text: string | null } | { readonly below: string };
}

/** What a person most likely meant; `null`: no guess makes a file that nginx reads to its end. */
export function repairFile(fault: NginxFault): Repair | null {
  return candidates(fault).find((one) => parseNginx(applied(fault.span.file, one)).fault === null) ?? null;
}

function applied(file: SourceFile, { line, change }: Repair): SourceFile {
  const lines = file.text.split("\n");
  if ("below" in change) lines.splice(line, 0, change.below);
  else lines.splice(line - 1, 1, ...(change.text === null ? [] : [change.text]));
  return sourceFile(file.path, file.display, lines.join("\n"));
}

/** Nobody corrects a longer line by hand, and searching it may take long. */
const LONGEST_LINE = 4096;

function candidates({ span, log, other }: NginxFault): readonly Repair[] {
  const { file } = span;
  const at = position(file, span.start).line;
  const also = other === null ? null : position(file, other.span.start).line;
  const text = (line: number, change: (line: string) => string): Repair => ({
    line,
    change: { text: change(lineText(file, line)) },
  });
  const found: Repair[] = [];
  for (const line of also === null ? [at, Math.max(1, at - 1)] : [also, at]) {
    if (lineText(file, line).length > LONGEST_LINE) continue;
    found.push(text(line, quotedPattern), text(line, braceApart), text(line, wholeInQuotes));
    for (const quote of ['"', "'"]) found.push(text(line, (one) => closedQuote(one, quote)));
    found.push(text(line, (one) => one.replace(/;\s*;/, ";")));
    if (/^\s*(?:\}|\{\s*\})\s*$/.test(lineText(file, line))) found.push({ line, change: { text: null } });
  }
  if (other?.message === 'no ";" after this') {
    const { line, column } = position(file, other.span.end);
    if (lineText(file, line).length <= LONGEST_LINE)
      found.push(text(line, (one) => `${one.slice(0, column - 1)};${one.slice(column - 1)}`));
  }
  if (log.startsWith("unexpected end of file")) found.push(...missingBrace(file, also ?? at));
  return found;
}

/** Puts `^/[0-9]{4}/` in quotes: without them the brace ends the word. */
function quotedPattern(line: string): string {
  for (const { 0: run, index } of line.matchAll(/[^\s"';]+/g)) {
    const last = [...run.matchAll(/\{\d+(?:,\d*)?\}/g)].at(-1);
    if (last === undefined) continue;
    const brace = run.indexOf("{", last.index + last[0].length);
    const word = brace === -1 ? run : run.slice(0, brace);
    const open = word.split("(").length < word.split(")").length && word.endsWith(")");
    const quoted = open ? `"${word.slice(0, -1)}")` : `"${word}"`;
    return line.slice(0, index) + quoted + line.slice(index + word.length);
  }
  return line;
}

/** `\.php${` opens no block, because `${` begins a variable. */
function braceApart(line: string): string {
  return line.replace(/\$\{\s*$/, "$ {");
}

/** Makes `"/var/www"/html` one string. */
function wholeInQuotes(line: string): string {
  return line.replace(/(["'])([^"']*)\1([^\s;{}"']+)/, "$1$2$3$1");
}

function closedQuote(line: string, quote: string): string {
  return line.split(quote).length === 2 ? line.replace(/\s*;\s*$/, `${quote};`) : line;
}

/** A `}` below the last line that is indented further than the block's own, or at the end. */
function missingBrace(file: SourceFile, head: number): readonly Repair[] {
  const indent = (line: string): number => line.length - line.trimStart().length;
  const lines = file.text.split("\n").map((line) => line.replace(/\r$/, ""));
  const own = indent(lines[head - 1] ?? "");
  const next = lines.findIndex((line, index) => index >= head && line.trim() !== "" && indent(line) <= own);
  const last = lines.findLastIndex((line) => line.trim() !== "") + 1;
  const brace = `${" ".repeat(own)}}`;
  return [...(next === -1 ? [] : [next]), last].map((line) => ({ line, change: { below: brace } }));
}

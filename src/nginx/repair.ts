import { lineText, position, type SourceFile, sourceFile } from "../source/file.js";
import { parseNginx } from "./parse.js";
import type { NginxFault } from "./types.js";

/** A change of one line: another text, `null` to remove it, or a line put below it. */
export interface Repair {
  readonly line: number;
  readonly change: { readonly text: string | null } | { readonly below: string };
}

/** What a person most likely meant; `null` when no guess makes a file that nginx reads to its end. */
export function repairFile(fault: NginxFault): Repair | null {
  return candidates(fault).find((one) => parseNginx(applied(fault.span.file, one)).fault === null) ?? null;
}

function applied(file: SourceFile, { line, change }: Repair): SourceFile {
  const lines = file.text.split("\n");
  if ("below" in change) lines.splice(line, 0, change.below);
  else lines.splice(line - 1, 1, ...(change.text === null ? [] : [change.text]));
  return sourceFile(file.path, file.display, lines.join("\n"));
}

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
    found.push(text(line, quotedPattern), text(line, braceApart), text(line, wholeInQuotes));
    for (const quote of ['"', "'"]) found.push(text(line, (one) => closedQuote(one, quote)));
    found.push(text(line, (one) => one.replace(/;\s*;/, ";")));
    if (/^\s*(?:\}|\{\s*\})\s*$/.test(lineText(file, line))) found.push({ line, change: { text: null } });
  }
  if (other?.message === 'no ";" after this') {
    const { line, column } = position(file, other.span.end);
    found.push(text(line, (one) => `${one.slice(0, column - 1)};${one.slice(column - 1)}`));
  }
  if (log.startsWith("unexpected end of file")) found.push(...missingBrace(file, also ?? at));
  return found;
}

/** `^/[0-9]{4}/` in quotes: outside of them the brace ends the word. */
function quotedPattern(line: string): string {
  return line.replace(/[^\s"';]*\{\d+(?:,\d*)?\}[^\s"';{]*/, (word) => {
    const open = word.split("(").length < word.split(")").length && word.endsWith(")");
    return open ? `"${word.slice(0, -1)}")` : `"${word}"`;
  });
}

/** `\.php${` opens no block, because `${` begins a variable. */
function braceApart(line: string): string {
  return line.replace(/\$\{\s*$/, "$ {");
}

/** `"/var/www"/html` as one string. */
function wholeInQuotes(line: string): string {
  return line.replace(/(["'])([^"']*)\1([^\s;{}"']+)/, "$1$2$3$1");
}

function closedQuote(line: string, quote: string): string {
  return line.split(quote).length === 2 ? line.replace(/\s*;\s*$/, `${quote};`) : line;
}

/** Below the last line that is indented further than the block's own, or at the end. */
function missingBrace(file: SourceFile, head: number): readonly Repair[] {
  const indent = (line: string): number => line.length - line.trimStart().length;
  const lines = file.text.split("\n").map((line) => line.replace(/\r$/, ""));
  const own = indent(lines[head - 1] ?? "");
  const next = lines.findIndex((line, index) => index >= head && line.trim() !== "" && indent(line) <= own);
  const last = lines.findLastIndex((line) => line.trim() !== "") + 1;
  const brace = `${" ".repeat(own)}}`;
  return [...(next === -1 ? [] : [next]), last].map((line) => ({ line, change: { below: brace } }));
}

import { type LintResult, placesOf } from "../../../src/engine/finding.js";
import { compareFindings } from "../../../src/engine/run.js";
import { grouped } from "../../../src/source/collect.js";
import { lineText, type SourceFile } from "../../../src/source/file.js";

/** What must hold of every output, whatever went in. Each answers the first thing that is wrong, or `null`. */

/** Whether a line that a workflow runner takes for a command counts as a failure. */
export const WORKFLOW_COMMANDS_ARE_ESCAPED: boolean = true;

const UNSAFE = /(?!\n)[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u;
// biome-ignore lint/suspicious/noControlCharactersInRegex: what colours are written with
const COLOURS = /\x1b\[[\d;]*m/g;

/** Characters that drive a terminal or hide, and lines that drive a runner. */
export function unsafe(name: string, output: string): string | null {
  const found = UNSAFE.exec(output);
  if (found !== null) {
    const code = output.codePointAt(found.index)?.toString(16);
    return `unsafe-character: U+${code} in ${name}: ${around(output, found.index)}`;
  }
  return WORKFLOW_COMMANDS_ARE_ESCAPED ? workflowCommand(name, output) : null;
}

function workflowCommand(name: string, output: string): string | null {
  for (const line of output.split("\n")) {
    const trimmed = line.trim();
    if (trimmed.startsWith("::") || /##(?:\[|vso\[)/.test(line))
      return `workflow-command: in ${name}: ${JSON.stringify(trimmed.slice(0, 120))}`;
  }
  return null;
}

export function withoutColours(output: string): string {
  return output.replace(COLOURS, "");
}

/** `null` when both are the same text. */
export function different(what: string, first: string, second: string): string | null {
  if (first === second) return null;
  let at = 0;
  while (first[at] === second[at]) at += 1;
  return `${what}: ${around(first, at)} and ${around(second, at)}`;
}

/** What is written near a place. */
export function around(text: string, at: number): string {
  return JSON.stringify(text.slice(Math.max(0, at - 40), at + 40));
}

/** Places in their files, order, fingerprints. */
export function resultFault({ findings }: LintResult): string | null {
  const seen = new Set<string>();
  for (const [index, finding] of findings.entries()) {
    const places = placesOf(finding);
    const spans = places.flatMap(({ span, via }) => [span, ...via]);
    const outside = spans.find(({ file, start, end }) => start < 0 || end < start || end > file.text.length);
    if (outside !== undefined)
      return `place: ${finding.rule} at ${outside.start} to ${outside.end} of ${outside.file.text.length}`;
    if (seen.has(finding.fingerprint)) return `fingerprint: ${finding.rule} ${finding.fingerprint} twice`;
    seen.add(finding.fingerprint);
    const before = findings[index - 1];
    if (before !== undefined && compareFindings(before, finding) > 0)
      return `order: ${before.rule} before ${finding.rule}`;
  }
  return null;
}

interface JsonPlace {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
}

interface JsonFinding extends JsonPlace {
  readonly rule: string;
  readonly severity: string;
  readonly related: readonly JsonPlace[];
}

interface JsonDocument {
  readonly findings: readonly JsonFinding[];
  readonly summary: { readonly incomplete: readonly { readonly fatal: boolean; readonly reason: string }[] };
}

/** What `--format json` printed: it parses, its lines and columns are in the files, the status agrees with it. */
export function jsonFault(output: string, status: number, result: LintResult): string | null {
  const document = JSON.parse(output) as JsonDocument;
  const files = filesOf(result);
  for (const finding of document.findings)
    for (const place of [finding, ...finding.related]) {
      const ok =
        (files.get(place.file) ?? []).some(
          (file) => isIn(file, place.line, place.column) && isIn(file, place.endLine, place.endColumn),
        ) &&
        (place.endLine > place.line || (place.endLine === place.line && place.endColumn >= place.column));
      if (!ok)
        return `place: ${finding.rule} at ${JSON.stringify([place.line, place.column, place.endLine, place.endColumn])}`;
    }
  return statusFault(document, status);
}

function statusFault({ findings, summary }: JsonDocument, status: number): string | null {
  const failed = summary.incomplete.find(({ reason }) => FAILURE.test(reason));
  if (failed !== undefined) return `failure: ${failed.reason}`;
  const graver = findings.some(({ severity }) => severity !== "info");
  const right = summary.incomplete.some(({ fatal }) => fatal) ? 3 : graver ? 1 : 0;
  return status === right ? null : `status: ${status} instead of ${right}`;
}

/** How a crash that was caught is told, in `incomplete` and on standard error. */
export const FAILURE = /internal error|this is a bug in fpmlint/;

/** Texts by name: a manifest and the files that it holds have one name. */
function filesOf({ findings }: LintResult): ReadonlyMap<string, readonly SourceFile[]> {
  const places = findings.flatMap(placesOf);
  return grouped(places.map(({ span: { file } }) => [file.display, file] as const));
}

function isIn(file: SourceFile, line: number, column: number): boolean {
  if (line < 1 || column < 1 || line > file.lineStarts.length) return false;
  // The line end itself has a column.
  return column <= lineText(file, line).length + 2;
}

/** What `--write` may change: lines of pm and process.max, no other and no other file. */
export function writeFault(
  before: ReadonlyMap<string, string>,
  after: ReadonlyMap<string, string>,
): string | null {
  const names = new Set([...before.keys(), ...after.keys()]);
  for (const name of names) {
    const [old, now] = [before.get(name), after.get(name)];
    if (old === undefined || now === undefined)
      return `write: ${name} ${old === undefined ? "came" : "went"}`;
    if (old !== now && others(old) !== others(now))
      return different(`write: another line of ${name} changed`, others(old), others(now));
  }
  return null;
}

function others(text: string): string {
  const kept = text.split(/\r?\n/).filter((line) => !/^\s*(?:pm(?:\.\w+)?|process\.max)\s*=/i.test(line));
  return kept.join("\n").replace(/\n+$/, "");
}

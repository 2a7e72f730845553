import type { Each } from "../engine/failure.js";
import type { Finding, Incomplete, LintResult } from "../engine/finding.js";
import { incompleteAt } from "../engine/incomplete.js";
import type { Severity } from "../engine/rule.js";
import { compareSeverity, gravestFirst } from "../engine/severity.js";
import { groupBy } from "../source/collect.js";
import { withCommas } from "../source/digits.js";
import { count, coverage, ledTo, unreadLines } from "./coverage.js";
import type { Canvas } from "./frame/frame.js";
import { bar, drawFrame, fileLine, fileLineColumn, margin, shownLines } from "./frame/frame.js";
import type { Evidence, Label } from "./frame/frames.js";
import { evidence } from "./frame/frames.js";
import { ASCII, UNICODE } from "./frame/glyphs.js";
import { helpLines } from "./help.js";
import { type Rendered, renderEach } from "./rendered.js";
import type { Paint, Role } from "./terminal/color.js";
import { painter } from "./terminal/color.js";
import { escapeLine, escapeText, withoutCommands } from "./terminal/escape.js";
import { hanging, wrap } from "./terminal/width.js";

export interface TextOptions {
  readonly color: boolean;
  /** Box characters for the drawing; what the configuration holds is not transliterated. */
  readonly unicode: boolean;
  /** Columns of the terminal; `Infinity` never cuts a line. Fewer than 40 count as 40. */
  readonly width: number;
  /** Whether sentences are broken to that width as well. Default: each is one line, for who looks for one. */
  readonly wrapped?: boolean;
  /** Infos with their frames. Default: a line each, and of many only the first. */
  readonly infos?: boolean;
  /** Findings below it are left out. Default: none is. */
  readonly minSeverity?: Severity;
}

const MIN_WIDTH = 40;
/** Lines of a help; a way that changes forty files is for a program. */
const MOST_HELP = 20;

/** A help of at most twenty lines. */
export function shortHelp(lines: readonly string[]): readonly string[] {
  if (lines.length <= MOST_HELP) return lines;
  const left = lines.length - MOST_HELP + 1;
  return [...lines.slice(0, MOST_HELP - 1), `and ${withCommas(left)} more lines, which --format json has`];
}

function canvasFor(finding: Finding, shown: Evidence, options: TextOptions): Canvas {
  const lines = shown.frames.flatMap(shownLines);
  return {
    glyphs: options.unicode ? UNICODE : ASCII,
    paint: painter(options.color),
    severity: finding.severity,
    // A width that is not a number (a stream that does not know it) must not make a line empty.
    width: Math.max(options.width || MIN_WIDTH, MIN_WIDTH),
    digits: Math.max(...lines.map((line) => String(line).length), 1),
    linked: shown.linked,
  };
}

/** Columns of a sentence; `Infinity`: it stays whole. */
function sentenceWidth({ width, wrapped }: TextOptions): number {
  return wrapped === true ? Math.max(width || MIN_WIDTH, MIN_WIDTH) : Infinity;
}

/** Further lines of a headline, of an info and of what is said at the end. */
const INDENT = 4;

interface Note {
  readonly canvas: Canvas;
  /** Columns that its lines are broken to; `Infinity`: they are to be copied as they are. */
  readonly columns: number;
}

/** `= name: line`, further lines indented below; nothing where there is no text. What is indented itself is to be pasted. */
function note({ canvas, columns }: Note, name: string, lines: readonly string[], role: Role): string[] {
  if (lines.every((line) => line.trim() === "")) return [];
  const indent = `${margin(canvas)}    `;
  const room = columns - indent.length;
  const [first = "", ...rest] = lines
    .map(escapeLine)
    .flatMap((line, at) =>
      line.startsWith(" ") || room === Infinity
        ? [line]
        : wrap(line, at === 0 ? room - name.length : room, room),
    );
  const start = `${margin(canvas)}${canvas.paint("gutter", "=")} ${canvas.paint(role, `${name}:`)}`;
  return [`${start} ${first}`, ...rest.map((line) => (line === "" ? "" : indent + line))];
}

function headline({ severity, rule, message }: Finding, paint: Paint, columns: number): string {
  const tag = `${severity}[${escapeText(rule)}]`;
  const [first = "", ...rest] = hanging(`${tag}: ${escapeText(message)}`, columns, INDENT);
  const start = paint(severity, tag) + paint("headline", first.slice(tag.length));
  return [start, ...rest.map((line) => paint("headline", line))].join("\n");
}

function alsoRows(canvas: Canvas, folded: readonly Label[]): string[] {
  const more = folded.length;
  return more === 0 ? [] : [`${margin(canvas)}${canvas.paint("gutter", "=")} and ${withCommas(more)} more`];
}

function frameRows(canvas: Canvas, shown: Evidence): string[] {
  const frames = shown.frames.flatMap((frame, index) => [
    ...drawFrame(canvas, frame, index === 0),
    bar(canvas),
  ]);
  return [...frames, ...alsoRows(canvas, shown.folded)];
}

/** The frames of a finding alone, as harmless lines without colour. */
export function framesText(finding: Finding, width: number): string {
  const shown = evidence(finding);
  const rows = frameRows(canvasFor(finding, shown, { color: false, unicode: true, width }), shown);
  return rows.map((row) => row.trimEnd()).join("\n");
}

/** `alike`: findings of the same kind that have no frame of their own. */
function findingText(finding: Finding, options: TextOptions, alike: readonly Finding[] = []): string {
  const shown = evidence(finding);
  const canvas = canvasFor(finding, shown, options);
  const { paint } = canvas;
  const columns = sentenceWidth(options);
  const prose = { canvas, columns };
  const copied = { canvas, columns: Infinity };
  const rows = [headline(finding, paint, columns)];
  rows.push(
    ...frameRows(canvas, shown),
    ...note(prose, "effect", [finding.effect], "headline"),
    ...note(prose, "help", shortHelp(helpLines(finding.help)), "help"),
    ...note(prose, "settle", [finding.settle ?? ""], "headline"),
    ...note(copied, "log", [finding.symptom?.log ?? ""], "headline"),
    ...note(prose, "also", [places(alike)], "headline"),
    ...note(copied, "more", [`fpmlint explain ${finding.rule}`], "headline"),
  );
  return `${rows.join("\n")}\n`;
}

/** Findings of one rule, case and severity that have a frame each; of more the first alone has one. */
const MOST_ALIKE = 3;

/** Infos that have a line each where their frames were not asked for. */
const MOST_INFOS = 4;

/** Of one rule, one case and one severity, in order of their first. */
function kinds(findings: readonly Finding[]): readonly (readonly [Finding, ...Finding[]])[] {
  return groupBy(findings, ({ rule, case: one, severity }) => `${severity}\0${rule}\0${one}`);
}

/** The first of a kind that can be drawn, with where the others are. */
function drawKind(same: readonly Finding[], options: TextOptions): Each<string> {
  const failures: Incomplete[] = [];
  for (const [at, first] of same.entries()) {
    const drawn = renderEach([first], (finding) => findingText(finding, options, same.slice(at + 1)));
    failures.push(...drawn.failures);
    if (drawn.done.length > 0) return { done: drawn.done, failures };
  }
  return { done: [], failures };
}

/** `a:1, b:2, c:3 and 37 more`. */
function places(findings: readonly Finding[]): string {
  const named = findings.slice(0, MOST_ALIKE).map(({ at }) => fileLine(at.span));
  const more = findings.length - named.length;
  return named.join(", ") + (more > 0 ? ` and ${withCommas(more)} more` : "");
}

function infoLine([first, ...others]: readonly [Finding, ...Finding[]]): string {
  const also = others.length === 0 ? "" : ` (also ${places(others)})`;
  return `info: ${fileLine(first.at.span)}: ${escapeText(first.message)} [${escapeText(first.rule)}]${also}`;
}

/** One line each: those of a rule that are more than three are one line, and of many kinds the first are shown. */
function infoLines(
  infos: readonly Finding[],
  paint: Paint,
  broken: (line: string) => readonly string[],
): string[] {
  const rows = kinds(infos).flatMap((same) =>
    same.length > MOST_ALIKE
      ? [{ row: infoLine(same), count: same.length }]
      : same.map((one) => ({ row: infoLine([one]), count: 1 })),
  );
  const shown = rows.length > MOST_INFOS ? rows.slice(0, MOST_INFOS - 1) : rows;
  const left = rows.slice(shown.length).reduce((sum, { count: number }) => sum + number, 0);
  const more = left === 0 ? [] : [`and ${count(left, "more info", "more infos")}: --infos shows them`];
  const lines = shown.flatMap(({ row }) => {
    const [start = "", ...rest] = broken(row);
    return [paint("info", "info") + start.slice("info".length), ...rest];
  });
  return [...lines, ...more];
}

/** What to type next, where no frame says it. */
function nextStep(findings: readonly Finding[]): string[] {
  const [first] = findings;
  return first === undefined ? [] : [`fpmlint explain ${escapeText(first.rule)} says why and what to write`];
}

/** The findings, gravest first: code frames, infos as a line each, then what was not checked, then what was. */
export function text(result: LintResult, options: TextOptions): string {
  return drawText(result, options).text;
}

/** The same, with the findings that could not be drawn. */
export function drawText(result: LintResult, options: TextOptions): Rendered {
  const paint = painter(options.color);
  const wanted = atLeast(result.findings, options.minSeverity ?? "info");
  const isFramed = ({ severity }: Finding): boolean => options.infos === true || severity !== "info";
  const framed = wanted.filter(isFramed);
  const single = kinds(framed).flatMap((same) =>
    same.length > MOST_ALIKE ? [same] : same.map((one) => [one] as const),
  );
  const drawn = single.map((same) => drawKind(same, options));
  const done = drawn.flatMap((one) => one.done);
  const failures = drawn.flatMap((one) => one.failures);
  const infos = wanted.filter((one) => !isFramed(one));
  const summary = { ...result.summary, incomplete: [...result.summary.incomplete, ...failures] };
  const columns = sentenceWidth(options);
  const broken = (line: string): readonly string[] => hanging(line, columns, INDENT);
  const end: string[] = infoLines(infos, paint, broken);
  if (summary.incomplete.length > 0) {
    end.push(paint("headline", "not checked:"));
    end.push(
      ...unreadLines(
        summary.incomplete,
        (entry) => `${escapeText(incompleteAt(entry))}: ${escapeText(entry.reason)}`,
      ).flatMap((line) => hanging(line, columns - 2, INDENT).map((one) => `  ${one}`)),
    );
  }
  end.push(
    ...[...ledTo(summary.links), coverage(summary)].flatMap(broken),
    ...(done.length === 0 ? nextStep(wanted) : []),
  );
  return { text: withoutCommands([...done, `${end.join("\n")}\n`].join("\n")), failures };
}

/** Those of a severity or a graver one, gravest first. */
function atLeast(findings: readonly Finding[], least: Severity): readonly Finding[] {
  return gravestFirst(findings.filter(({ severity }) => compareSeverity(severity, least) <= 0));
}

/** One line per finding and per place that was not checked, then what was checked: for grep and editors. */
export function quiet(result: LintResult): string {
  const { text: lines, rest } = drawQuiet(result);
  return lines + rest;
}

export interface Quiet extends Rendered {
  /** What was not checked, and what was: not a finding, so not for standard output. */
  readonly rest: string;
}

/** The same in two parts, with the findings that could not be drawn. */
export function drawQuiet(result: LintResult, least: Severity = "info"): Quiet {
  const wanted = result.findings.filter(({ severity }) => compareSeverity(severity, least) <= 0);
  const { done, failures } = renderEach(wanted, (finding) => {
    const said = `${finding.severity}: ${escapeText(finding.message)} [${escapeText(finding.rule)}]`;
    return `${fileLineColumn(finding.at.span)}: ${said}`;
  });
  const summary = { ...result.summary, incomplete: [...result.summary.incomplete, ...failures] };
  const unread = unreadLines(
    summary.incomplete,
    (entry) => `${escapeText(incompleteAt(entry))}: not checked: ${escapeText(entry.reason)}`,
  );
  const whole = (rows: readonly string[]): string => withoutCommands(rows.map((row) => `${row}\n`).join(""));
  return {
    text: whole(done),
    rest: whole([...unread, ...ledTo(summary.links), coverage(summary)]),
    failures,
  };
}

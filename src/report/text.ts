import type { Finding, LintResult } from "../engine/finding.js";
import { incompleteAt } from "../engine/incomplete.js";
import { coverage, ledTo, unreadLines } from "./coverage.js";
import type { Canvas } from "./frame/frame.js";
import { bar, drawFrame, fileLineColumn, margin, shownLines } from "./frame/frame.js";
import type { Evidence, Label } from "./frame/frames.js";
import { evidence } from "./frame/frames.js";
import { ASCII, UNICODE } from "./frame/glyphs.js";
import { helpLines } from "./help.js";
import { type Rendered, renderEach } from "./rendered.js";
import type { Role } from "./terminal/color.js";
import { painter } from "./terminal/color.js";
import { escapeLine, escapeText, withoutCommands } from "./terminal/escape.js";

export interface TextOptions {
  readonly color: boolean;
  /** Box characters for the drawing; what the configuration holds is not transliterated. */
  readonly unicode: boolean;
  /** Columns of the terminal; `Infinity` never cuts a line. Fewer than 40 count as 40. */
  readonly width: number;
}

const MIN_WIDTH = 40;
/** Lines of a help; a way that changes forty files is for a program. */
const MOST_HELP = 20;

function shortHelp(lines: readonly string[]): readonly string[] {
  if (lines.length <= MOST_HELP) return lines;
  const left = lines.length - MOST_HELP + 1;
  return [
    ...lines.slice(0, MOST_HELP - 1),
    `and ${left.toLocaleString("en-US")} more lines, which --format json has`,
  ];
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

/** `= name: line`, further lines indented below; nothing where there is no text. */
function note(canvas: Canvas, name: string, lines: readonly string[], role: Role): string[] {
  if (lines.every((line) => line.trim() === "")) return [];
  const [first = "", ...rest] = lines.map(escapeLine);
  const start = `${margin(canvas)}${canvas.paint("gutter", "=")} ${canvas.paint(role, `${name}:`)}`;
  return [`${start} ${first}`, ...rest.map((line) => (line === "" ? "" : `${margin(canvas)}    ${line}`))];
}

function alsoRows(canvas: Canvas, folded: readonly Label[]): string[] {
  const more = folded.length;
  return more === 0
    ? []
    : [`${margin(canvas)}${canvas.paint("gutter", "=")} and ${more.toLocaleString("en-US")} more`];
}

function findingText(finding: Finding, options: TextOptions): string {
  const shown = evidence(finding);
  const canvas = canvasFor(finding, shown, options);
  const { paint } = canvas;
  const tag = paint(finding.severity, `${finding.severity}[${escapeText(finding.rule)}]`);
  const rows = [tag + paint("headline", `: ${escapeText(finding.message)}`)];
  for (const [index, frame] of shown.frames.entries()) {
    rows.push(...drawFrame(canvas, frame, index === 0), bar(canvas));
  }
  rows.push(
    ...alsoRows(canvas, shown.folded),
    ...note(canvas, "effect", [finding.effect], "headline"),
    ...note(canvas, "help", shortHelp(helpLines(finding.help)), "help"),
    ...note(canvas, "settle", [finding.settle ?? ""], "headline"),
    ...note(canvas, "log", [finding.symptom?.log ?? ""], "headline"),
    ...note(canvas, "more", [`fpmlint explain ${finding.rule}`], "headline"),
  );
  return `${rows.join("\n")}\n`;
}

/** The findings as code frames, then what was not checked, then what was. */
export function text(result: LintResult, options: TextOptions): string {
  return drawText(result, options).text;
}

/** The same, with the findings that could not be drawn. */
export function drawText(result: LintResult, options: TextOptions): Rendered {
  const paint = painter(options.color);
  const { done, failures } = renderEach(result.findings, (finding) => findingText(finding, options));
  const summary = { ...result.summary, incomplete: [...result.summary.incomplete, ...failures] };
  const end: string[] = [];
  if (summary.incomplete.length > 0) {
    end.push(paint("headline", "not checked:"));
    end.push(
      ...unreadLines(
        summary.incomplete,
        (entry) => `  ${escapeText(incompleteAt(entry))}: ${escapeText(entry.reason)}`,
      ),
    );
  }
  end.push(...ledTo(summary.links), coverage(summary));
  return { text: withoutCommands([...done, `${end.join("\n")}\n`].join("\n")), failures };
}

/** One line per finding and per place that was not checked, then what was checked: for grep and editors. */
export function quiet(result: LintResult): string {
  return drawQuiet(result).text;
}

/** The same, with the findings that could not be drawn. */
export function drawQuiet(result: LintResult): Rendered {
  const { done, failures } = renderEach(result.findings, (finding) => {
    const said = `${finding.severity}: ${escapeText(finding.message)} [${escapeText(finding.rule)}]`;
    return `${fileLineColumn(finding.at.span)}: ${said}`;
  });
  const summary = { ...result.summary, incomplete: [...result.summary.incomplete, ...failures] };
  const unread = unreadLines(
    summary.incomplete,
    (entry) => `${escapeText(incompleteAt(entry))}: not checked: ${escapeText(entry.reason)}`,
  );
  const rows = [...done, ...unread, ...ledTo(summary.links), coverage(summary)];
  return { text: withoutCommands(`${rows.join("\n")}\n`), failures };
}

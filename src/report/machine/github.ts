import type { Finding, Incomplete, LintResult } from "../../engine/finding.js";
import { incompleteAt } from "../../engine/incomplete.js";
import type { Severity } from "../../engine/rule.js";
import { gravestFirst } from "../../engine/severity.js";
import { coverage } from "../coverage.js";
import { type Rendered, renderEach } from "../rendered.js";
import { escapeText } from "../terminal/escape.js";
import { detailsOf, linesOf, placeWords, type Run } from "./common.js";

/** Annotations of one level that GitHub takes from a step. */
const MOST_OF_A_LEVEL = 10;

/** Bytes of a step's summary. */
const MOST_OF_A_SUMMARY = 1024 * 1024;

const LEVEL: Readonly<Record<Severity, string>> = { error: "error", warning: "warning", info: "notice" };

/**
 * Workflow commands: GitHub shows each as an annotation of a line. The gravest ten of each level, which
 * is what it takes from a step; the step's summary holds all of them. Not for `withoutCommands`.
 */
export function drawGithub(result: LintResult, run: Run): Rendered {
  const sorted = gravestFirst(result.findings);
  const kept = (Object.keys(LEVEL) as Severity[]).flatMap((severity) =>
    sorted.filter((one) => one.severity === severity).slice(0, MOST_OF_A_LEVEL),
  );
  const { done, failures } = renderEach(kept, (finding) => annotation(finding, run));
  const left = sorted.length - kept.length;
  const unread = [...result.summary.incomplete, ...failures].filter(({ fatal }) => fatal);
  const rows = [
    ...done,
    ...unread.slice(0, 1).map((one) => notRead(one, unread.length)),
    ...(left > 0
      ? [`${left} more in the summary of this step: GitHub takes ten annotations of each level`]
      : []),
  ];
  return { text: rows.map((row) => `${row}\n`).join(""), failures };
}

function annotation(finding: Finding, { named }: Run): string {
  const { file, line, column, endLine, endColumn } = linesOf(finding.at, named);
  // GitHub refuses columns of more than one line.
  const columns: readonly (readonly [string, number])[] =
    line === endLine && endColumn > column
      ? [
          ["col", column],
          ["endColumn", endColumn],
        ]
      : [];
  const { others, effect, help, settle } = detailsOf(finding, named);
  const lines = [
    finding.message,
    ...others,
    ...effect.map((text) => `effect: ${text}`),
    ...help,
    ...settle.map((text) => `settle: ${text}`),
  ];
  return command(
    LEVEL[finding.severity],
    [["file", file], ["line", line], ["endLine", endLine], ...columns, ["title", `fpmlint ${finding.rule}`]],
    lines,
  );
}

function notRead(first: Incomplete, all: number): string {
  const more = all > 1 ? ` (and ${all - 1} more)` : "";
  const said = `${incompleteAt(first)}: not checked: ${first.reason}${more}`;
  return command("error", [["title", "fpmlint could not read everything"]], [said]);
}

function command(
  name: string,
  properties: readonly (readonly [name: string, value: string | number])[],
  lines: readonly string[],
): string {
  const pairs = properties.map(([key, value]) => `${key}=${property(String(value))}`);
  return `::${name} ${pairs.join(",")}::${lines
    .map(escapeText)
    .join("\n")
    .replace(/[%\r\n]/g, percent)}`;
}

function property(text: string): string {
  return escapeText(text).replace(/[%\r\n:,]/g, percent);
}

function percent(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`;
}

/** Markdown for the summary of a step: every finding in a table, cut where GitHub would refuse the file. */
export function githubSummary(result: LintResult, run: Run): string {
  const { summary } = result;
  const sorted = gravestFirst(result.findings);
  const head = `### fpmlint\n\n${markdown(coverage(summary))}\n`;
  const titles = "\n| severity | place | finding | rule |\n| --- | --- | --- | --- |\n";
  const rows = sorted.map(
    (finding) =>
      `| ${finding.severity} | ${markdown(placeWords(finding.at, run.named))} | ${markdown(finding.message)} | ${markdown(finding.rule)} |\n`,
  );
  const unread = summary.incomplete.map(
    (one) => `- ${markdown(incompleteAt(one))}: ${markdown(one.reason)}\n`,
  );
  return [
    head,
    ...(rows.length === 0 ? [] : [titles, ...fitting(rows, MOST_OF_A_SUMMARY / 2, "findings")]),
    ...(unread.length === 0
      ? []
      : ["\nNot checked:\n\n", ...fitting(unread, MOST_OF_A_SUMMARY / 4, "places")]),
  ].join("");
}

function fitting(rows: readonly string[], most: number, noun: string): readonly string[] {
  let bytes = 0;
  const cut = rows.findIndex((row) => {
    bytes += Buffer.byteLength(row);
    return bytes > most;
  });
  return cut === -1
    ? rows
    : [...rows.slice(0, cut), `\n${rows.length - cut} more ${noun} do not fit here.\n`];
}

/** Text of one line that Markdown and HTML take for text. */
function markdown(text: string): string {
  return escapeText(text)
    .replace(/[\\`*_{}[\]()#+!|~]/g, "\\$&")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;");
}

import type { Rule, RuleCase } from "../../engine/rule.js";
import { stringify } from "../json.js";
import type { Paint } from "../terminal/color.js";
import { painter } from "../terminal/color.js";
import { escapeText } from "../terminal/escape.js";
import { prose } from "../terminal/prose.js";
import { displayWidth, padColumns, wrap } from "../terminal/width.js";
import { gravest, optionsOf, sortedCases, sortedRules } from "./catalogue.js";

export interface ExplainOptions {
  readonly color: boolean;
  /** Columns of the terminal. Prose is broken at 100 columns at most. */
  readonly width: number;
}

const MAX_PROSE = 100;

function proseWidth({ width }: ExplainOptions): number {
  return Math.min(MAX_PROSE, width > 40 ? width : 40) - 2;
}

function indented(lines: readonly string[]): string[] {
  return lines.map((line) => (line === "" ? "" : `  ${line}`));
}

/** Rows with their columns aligned; the last column is not padded. */
function aligned(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((cells) => displayWidth(cells[column] ?? ""))),
  );
  return rows.map((cells) =>
    cells
      .map((cell, column) => (column === cells.length - 1 ? cell : padColumns(cell, widths[column] ?? 0)))
      .join("  "),
  );
}

function caseCells({ severity, symptom }: RuleCase): string[] {
  return [severity, symptom?.when ?? "-", String(symptom?.status ?? "-")];
}

/** A table of cases; below each row the line to look for in the log, whole, so that it can be copied. */
function caseTable(
  rows: readonly { readonly of: RuleCase; readonly text: string }[],
  paint: Paint,
): string[] {
  const heads = ["severity", "when", "status", "what"];
  const [head = "", ...lines] = aligned([heads, ...rows.map((row) => [...caseCells(row.of), row.text])]);
  const indent = " ".repeat(Math.max(0, head.length - "what".length));
  return [
    paint("gutter", head),
    ...lines.flatMap((line, index) => {
      const of = rows[index]?.of;
      const severity = of?.severity ?? "info";
      const colored = paint(severity, severity) + line.slice(severity.length);
      const log = of?.symptom?.log ?? null;
      return log === null ? [colored] : [colored, `${indent}log: ${escapeText(log)}`];
    }),
  ];
}

function optionLines(rule: Rule, width: number): string[] {
  return optionsOf(rule).flatMap((option) => {
    const kind = option.type === "" ? "" : `${option.type}, `;
    const head = `${option.name} (${kind}default ${option.default})`;
    return [head, ...(option.description === "" ? [] : indented(wrap(option.description, width - 2)))];
  });
}

/** One bullet each; further lines are indented below the first. */
function bullets(items: readonly string[] = [], width: number): string[] {
  return items.flatMap((item) =>
    prose(item, width - 2).map((line, index) => (index === 0 ? `- ${line}` : `  ${line}`)),
  );
}

/** The page of one rule: `fpmlint explain category/name`. */
export function explainRule(rule: Rule, options: ExplainOptions): string {
  const paint = painter(options.color);
  const width = proseWidth(options);
  const { docs } = rule;
  const cases = sortedCases(rule).map((of) => ({ of, text: escapeText(of.summary) }));
  const sections: readonly [string, readonly string[]][] = [
    ["Cases", caseTable(cases, paint)],
    ["Fires when", bullets(docs.fires, width)],
    ["Silent when", bullets(docs.silent, width)],
    ["What", prose(docs.what ?? "", width)],
    ["Why", prose(docs.why, width)],
    ["Instead", prose(docs.instead, width)],
    ["Options", optionLines(rule, width)],
    ["References", docs.references.map(escapeText)],
  ];
  const head = [paint("headline", rule.id), ...indented(wrap(escapeText(docs.title), width))];
  const blocks = sections
    .filter(([, lines]) => lines.some((line) => line !== ""))
    .map(([title, lines]) => [paint("headline", title), ...indented(lines)]);
  return `${[head, ...blocks].map((block) => block.join("\n")).join("\n\n")}\n`;
}

/** The list of rules: id, severity of the gravest case, title. */
export function ruleList(rules: readonly Rule[]): string {
  const rows = sortedRules(rules).map((rule) => [rule.id, gravest(rule), escapeText(rule.docs.title)]);
  return aligned(rows)
    .map((row) => `${row}\n`)
    .join("");
}

/** The list of rules for programs, with each case's symptom and the options' schema. */
export function ruleListJson(rules: readonly Rule[]): string {
  return stringify({
    version: 1,
    rules: sortedRules(rules).map((rule) => ({
      id: rule.id,
      severity: gravest(rule),
      title: rule.docs.title,
      cases: Object.entries(rule.cases).map(([key, { severity, summary, symptom }]) => ({
        case: key,
        severity,
        summary,
        symptom: symptom === null ? null : { when: symptom.when, status: symptom.status, log: symptom.log },
      })),
      options: rule.options,
      references: rule.docs.references,
    })),
  });
}

import type { Rule, RuleCase } from "../../engine/rule.js";
import { gravest, optionsOf, sortedCases, sortedRules } from "./catalogue.js";

/** Text in a table cell: one line, with the column separator escaped. */
function cell(text: string): string {
  return text.replace(/\s*\n\s*/g, " ").replaceAll("|", "\\|");
}

/** A code span that may hold backticks itself. */
function code(text: string): string {
  const runs = text.match(/`+/g) ?? [];
  const fence = "`".repeat(Math.max(0, ...runs.map((run) => run.length)) + 1);
  const pad = text.startsWith("`") || text.endsWith("`") ? " " : "";
  return `${fence}${pad}${text}${pad}${fence}`;
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map(cell).join(" | ")} |`;
  return [line(heads), line(heads.map(() => "---")), ...rows.map(line)].join("\n");
}

/** The anchor that GitHub gives a heading. */
function anchor(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\p{M}_ -]/gu, "")
    .replaceAll(" ", "-");
}

function categoryOf(rule: Rule): string {
  return rule.id.split("/")[0] ?? rule.id;
}

function caseRow({ severity, summary, symptom }: RuleCase): string[] {
  const status = symptom?.status ?? null;
  const log = symptom?.log ?? null;
  return [
    severity,
    summary,
    symptom?.when ?? "",
    status === null ? "" : String(status),
    log === null ? "" : code(log),
  ];
}

function proofWords(rule: Rule): string {
  return rule.proof.kind === "daemons"
    ? "Proved by starting nginx and PHP-FPM with the fixtures."
    : `Not proved with the daemons: ${rule.proof.reason}`;
}

/** The two configurations of a rule's page: what differs, and what is said of the first. */
export interface RuleExample {
  /** The body of a block of kind `diff`: `-` is in the configuration that is reported, `+` in the other. */
  readonly diff: string;
  /** What is reported, one line. */
  readonly reported: string;
}

function exampleMarkdown(example: RuleExample | null): string {
  if (example === null) return "";
  const fence = "```";
  return `**Two configurations.** With the lines marked \`-\` it is reported, with those marked \`+\` it is not:\n\n${fence}diff\n${example.diff}\n${fence}\n\n${code(example.reported)}`;
}

function list(title: string, items: readonly string[] = []): string {
  return items.length === 0 ? "" : `**${title}**\n\n${items.map((item) => `- ${item.trim()}`).join("\n")}`;
}

/** A rule's documentation; `example`: two configurations to show, `null` shows none. */
export function ruleMarkdown(rule: Rule, example: RuleExample | null): string {
  const { docs } = rule;
  const options = optionsOf(rule).map((option) => [
    code(option.name),
    option.type === "" ? "" : code(option.type),
    code(option.default),
    option.description,
  ]);
  const references = docs.references.map((address) => `- <${address}>`);
  const parts = [
    `### ${rule.id}`,
    `${docs.title.charAt(0).toUpperCase()}${docs.title.slice(1)}.`,
    table(["severity", "case", "when", "status", "log line"], sortedCases(rule).map(caseRow)),
    list("Fires when", docs.fires),
    list("Silent when", docs.silent),
    docs.what?.trim() ?? "",
    docs.why.trim() === "" ? "" : `**Why.** ${docs.why.trim()}`,
    exampleMarkdown(example),
    // On a line of its own: what to write instead often starts with a code block.
    docs.instead.trim() === "" ? "" : `**Instead.**\n\n${docs.instead.trim()}`,
    options.length === 0 ? "" : `**Options.**\n\n${table(["option", "type", "default", "meaning"], options)}`,
    references.length === 0 ? "" : `**References.**\n\n${references.join("\n")}`,
    proofWords(rule),
  ];
  return parts.filter((part) => part !== "").join("\n\n");
}

/** The table of a README: each rule with its severity and title, linked to its place on `page`. */
export function rulesTable(rules: readonly Rule[], page = "rules/README.md"): string {
  const rows = sortedRules(rules).map((rule) => [
    `[${code(rule.id)}](${page}#${anchor(rule.id)})`,
    gravest(rule),
    rule.docs.title,
  ]);
  return `${table(["rule", "severity", "finds"], rows)}\n`;
}

/** The catalogue: a table of all rules, then each rule's documentation by category. */
export function rulesMarkdown(
  rules: readonly Rule[],
  exampleOf: (rule: Rule) => RuleExample | null = () => null,
): string {
  const blocks = [rulesTable(rules, "").trimEnd()];
  let category = "";
  for (const rule of sortedRules(rules)) {
    if (categoryOf(rule) !== category) {
      category = categoryOf(rule);
      blocks.push(`## ${category}`);
    }
    blocks.push(ruleMarkdown(rule, exampleOf(rule)));
  }
  return `${blocks.join("\n\n")}\n`;
}

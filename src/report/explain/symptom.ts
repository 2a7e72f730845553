import { lineOf, type OutsideCause, outsideCauses } from "../../causes/outside-causes.js";
import { type SymptomTopic, showsAs } from "../../causes/symptoms.js";
import type { Rule, RuleCase } from "../../engine/rule.js";
import { compareSeverity } from "../../engine/severity.js";
import { type Paint, painter } from "../terminal/color.js";
import { escapeText } from "../terminal/escape.js";
import { wrap } from "../terminal/width.js";
import { sortedCases, sortedRules } from "./catalogue.js";
import type { ExplainOptions } from "./rule.js";

interface Cause {
  readonly rule: string;
  readonly of: RuleCase;
}

/**
 * Every cause of what users see: those that rules find, by the log line that tells them apart, then
 * those that no configuration shows. `null`: nothing is known of that symptom.
 */
export function explainSymptom(
  rules: readonly Rule[],
  topic: SymptomTopic,
  options: ExplainOptions,
): string | null {
  const paint = painter(options.color);
  const width = Math.max(40, Math.min(100, options.width));
  const inFiles = byLog(causesOf(rules, topic)).flatMap((group) => groupLines(group, paint, width));
  const outside = outsideLines(topic, paint, width);
  if (inFiles.length === 0 && outside.length === 0) return null;
  const parts = [
    [paint("headline", `What ends in ${topic.title}`)],
    inFiles.length === 0
      ? []
      : ["", paint("headline", "Causes in the configuration: fpmlint finds them"), ...inFiles],
    outside.length === 0 ? [] : ["", paint("headline", "Causes that no configuration shows"), ...outside],
    inFiles.length === 0 ? [] : ["", "More about a rule: fpmlint explain <rule>"],
  ];
  return `${parts.flat().join("\n")}\n`;
}

function causesOf(rules: readonly Rule[], topic: SymptomTopic): readonly Cause[] {
  return sortedRules(rules)
    .flatMap((rule) => sortedCases(rule).map((of) => ({ rule: rule.id, of })))
    .filter(({ of }) => showsAs(of, topic))
    .sort((a, b) => compareSeverity(a.of.severity, b.of.severity));
}

/** A log line with its possible causes; those that log nothing come last. */
type Group = readonly [log: string | null, causes: readonly Cause[]];

function byLog(causes: readonly Cause[]): readonly Group[] {
  const groups = new Map<string | null, Cause[]>();
  for (const cause of causes) {
    const log = cause.of.symptom?.log ?? null;
    groups.set(log, [...(groups.get(log) ?? []), cause]);
  }
  const silent = groups.get(null);
  groups.delete(null);
  return silent === undefined ? [...groups] : [...groups, [null, silent]];
}

function groupLines([log, causes]: Group, paint: Paint, width: number): readonly string[] {
  const head = log === null ? "  nothing is logged" : `  log: ${escapeText(log)}`;
  const when = Math.max(...causes.map(({ of }) => (of.symptom?.when ?? "-").length));
  const lines = causes.flatMap(({ rule, of }) => {
    const before = `${of.severity.padEnd(7)}  ${(of.symptom?.when ?? "-").padEnd(when)}  `;
    const [first = "", ...rest] = wrap(escapeText(of.summary), Math.max(30, width - before.length - 4));
    const indent = " ".repeat(before.length + 4);
    return [
      `    ${paint(of.severity, of.severity)}${before.slice(of.severity.length)}${first}`,
      ...rest.map((line) => indent + line),
      indent + rule,
    ];
  });
  return ["", paint("headline", head), ...lines];
}

function outsideLines(topic: SymptomTopic, paint: Paint, width: number): readonly string[] {
  return outsideCauses
    .filter(({ topics }) => topics.includes(topic.name))
    .flatMap((cause) => outsideCauseLines(cause, lineOf(cause), paint, width));
}

/** A cause that no configuration shows, with the line that shows it and the command that tells. */
export function outsideCauseLines(
  { cause, command, tells }: OutsideCause,
  log: ReturnType<typeof lineOf>,
  paint: Paint,
  width: number,
): readonly string[] {
  return [
    "",
    ...wrap(cause, width - 2).map((line) => `  ${line}`),
    ...(log === null ? [] : [`    log:   ${log.line.trim()}  (${log.by})`]),
    // Never broken, so that it can be copied.
    `    run:   ${paint("help", command)}`,
    ...wrap(tells, width - 11).map((line, index) =>
      index === 0 ? `    look:  ${line}` : `           ${line}`,
    ),
  ];
}

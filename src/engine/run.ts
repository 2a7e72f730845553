import { createHash } from "node:crypto";
import type { Host } from "../model/host.js";
import { type Place, position, samePlace } from "../source/file.js";
import { attempt, failure } from "./failure.js";
import type { Finding, Incomplete, Related } from "./finding.js";
import type { Report, Rule, Severity } from "./rule.js";

/** What the configuration says of one rule. */
export interface RuleSetting {
  /** `off`: not run. A severity replaces the case's own; `null` leaves it. */
  readonly level: Severity | "off" | null;
  /** Options that were checked and completed with the schema's defaults. */
  readonly options: unknown;
}

export type RuleSettings = (rule: Rule) => RuleSetting;

export interface Ran {
  /** Sorted by file, line, column, rule; what several occurrences say alike is said once. */
  readonly findings: readonly Finding[];
  /** Rules that an error ended; what they had found by then is among the findings. */
  readonly failures: readonly Incomplete[];
}

/** Runs the rules over a host. Never throws: a rule that fails takes no other with it. */
export function run(rules: readonly Rule[], host: Host, settings: RuleSettings): Ran {
  const findings: Finding[] = [];
  const failures: Incomplete[] = [];
  for (const rule of rules) {
    const { level, options } = settings(rule);
    if (level === "off") continue;
    const done = attempt(() => {
      for (const report of rule.check(host, options)) findings.push(stamp(rule, host, report, level));
    });
    if (!done.ok) failures.push(failure(host.name, `the rule ${rule.id} failed on this host`, done.error));
  }
  return { findings: withOrdinals(merge(findings.sort(compareFindings))), failures };
}

const LOWER: Readonly<Record<Severity, Severity>> = { error: "warning", warning: "info", info: "info" };

function stamp(rule: Rule, host: Host, report: Report, level: Severity | null): Finding {
  const known = rule.cases[report.case];
  if (known === undefined)
    throw new Error(`${rule.id} reports "${report.case}", which is not one of its cases`);
  const severity = level ?? known.severity;
  const help = report.settle === null ? report.help : `${report.help}\n${report.settle}`;
  return {
    rule: rule.id,
    case: report.case,
    severity: report.certain ? severity : LOWER[severity],
    message: clip(report.message),
    symptom: known.symptom,
    host: host.name,
    at: report.at,
    label: report.label,
    link: report.link,
    related: report.related,
    effect: report.effect,
    help,
    fingerprint: fingerprint([rule.id, report.case, host.name, report.at.span.file.display, ...report.names]),
  };
}

/** A message may quote a value, and a value may be a megabyte; nobody reads more than this. */
const LONGEST = 400;

function clip(text: string): string {
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST - 1)}…`;
}

function fingerprint(parts: readonly string[]): string {
  return createHash("sha256").update(parts.join("\0")).digest("hex").slice(0, 32);
}

/** Findings of one fingerprint (the same fault twice in a location, or in two hosts of one name) are told apart by their order. */
export function withOrdinals(findings: readonly Finding[]): readonly Finding[] {
  const counts = new Map<string, number>();
  const taken = new Set<string>();
  return findings.map((finding) => {
    let count = counts.get(finding.fingerprint) ?? 0;
    const told = (): string =>
      count === 0 ? finding.fingerprint : fingerprint([finding.fingerprint, String(count)]);
    while (taken.has(told())) count += 1;
    const own = told();
    counts.set(finding.fingerprint, count + 1);
    taken.add(own);
    return own === finding.fingerprint ? finding : { ...finding, fingerprint: own };
  });
}

export function compareFindings(a: Finding, b: Finding): number {
  return comparePlaces(a.at, b.at) || compareText(a.rule, b.rule) || compareText(a.message, b.message);
}

function comparePlaces(a: Place, b: Place): number {
  const files = compareText(a.span.file.display, b.span.file.display);
  if (files !== 0) return files;
  const left = position(a.span.file, a.span.start);
  const right = position(b.span.file, b.span.start);
  return left.line - right.line || left.column - right.column;
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** A shared snippet judged alike in forty servers is one finding; the other ends of all of them are kept. */
function merge(sorted: readonly Finding[]): readonly Finding[] {
  const merged: Finding[] = [];
  for (const finding of sorted) {
    const last = merged[merged.length - 1];
    const same =
      last !== undefined &&
      last.rule === finding.rule &&
      last.message === finding.message &&
      samePlace(last.at, finding.at);
    if (!same) merged.push(finding);
    else {
      merged[merged.length - 1] = {
        ...last,
        link: union(last.link, finding.link),
        related: union(last.related, finding.related),
      };
    }
  }
  return merged;
}

function union(a: readonly Related[], b: readonly Related[]): readonly Related[] {
  const missing = b.filter((entry) => !a.some((known) => samePlace(known.place, entry.place)));
  return missing.length === 0 ? a : [...a, ...missing];
}

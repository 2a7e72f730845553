import type { Host } from "../model/host.js";
import { shortened } from "../source/ends.js";
import { type Place, position, type SourceFile, samePlace } from "../source/file.js";
import { lazily } from "../source/memo.js";
import { timed } from "../source/timings.js";
import { attempt, failure } from "./failure.js";
import { type Finding, type Incomplete, placesOf, type Related } from "./finding.js";
import { changed, identified, withOrdinals } from "./fingerprint.js";
import { drafted, type Help, type HelpDraft, type Safety } from "./help.js";
import type { Report, Rule, RuleCase, Severity, Symptom } from "./rule.js";

/** What the configuration says of one rule. */
export interface RuleSetting {
  /** `off`: not run. A severity replaces the case's own; `null` leaves it. */
  readonly level: Severity | "off" | null;
  /** Options that were checked and completed with the schema's defaults. */
  readonly options: unknown;
  /** What holds for each report, where that depends on its places. Absent: the same holds everywhere. */
  readonly byPlace?: {
    /** What the rule is run with, one after the other; nothing: it is not run. */
    readonly options: readonly unknown[];
    /** What a run with these options reports, without the places where others hold, and its level; `null`: it is off. */
    readonly of: (
      report: Report,
      options: unknown,
    ) => readonly [report: Report, level: Severity | null] | null;
  };
}

/** Findings of one rule in one file beyond the number that is listed. */
export interface LeftOut {
  readonly rule: string;
  readonly file: SourceFile;
  /** Findings that are not listed. */
  count: number;
}

export interface Ran {
  /** Sorted by file, line, column, rule; what several occurrences say alike is said once. */
  readonly findings: readonly Finding[];
  readonly leftOut: readonly LeftOut[];
  /** Rules that an error ended; what they had found by then is among the findings. */
  readonly failures: readonly Incomplete[];
}

/**
 * Findings of one rule and one severity that are listed of one file. A file of a million wrong lines
 * has a million of them; as each severity has its own thousand, what is skipped changes no exit status.
 */
const MOST_LISTED = 1000;

export type RuleSettings = (rule: Rule) => RuleSetting;

/**
 * Runs the rules over a host. Never throws: a rule that fails does not stop the others. `listed` tells which
 * findings the caller wants: those have a limit of their own, so that others never push them out. `begins`: called
 * before each rule. `silent`: rules that are known to report nothing.
 */
export function run(
  rules: readonly Rule[],
  host: Host,
  settings: RuleSettings,
  listed: (report: Report) => boolean = () => true,
  begins: (rule: Rule) => void = () => undefined,
  silent: ReadonlySet<Rule> = new Set(),
): Ran {
  const findings: Finding[] = [];
  const leftOut: LeftOut[] = [];
  const failures: Incomplete[] = [];
  for (const rule of rules) {
    const setting = settings(rule);
    if (setting.level === "off" && setting.byPlace === undefined) continue;
    begins(rule);
    if (silent.has(rule)) continue;
    const room = lazily(() => roomFor(rule, leftOut));
    const take = (found: Report, level: Severity | null): void => {
      const report = besideHost(rule, found, host);
      if (report === null) return;
      const severity = severityOf(rule, report, level);
      if (room()(report, severity, listed(report))) findings.push(stamp(rule, host, report, severity));
    };
    const done = timed(`rule ${rule.id}`, () => attempt(() => takeReports(rule, host, setting, take)));
    if (!done.ok) failures.push(failure(host.name, `the rule ${rule.id} failed on this host`, done.error));
  }
  const causes = withoutFollowing(rules, findings);
  return { findings: withOrdinals(merge(causes.sort(compareFindings))), leftOut, failures };
}

/** Gives what the rule reports, each with the level that holds for it; what is off is not among it. */
function takeReports(
  rule: Rule,
  host: Host,
  { level, options, byPlace }: RuleSetting,
  take: (report: Report, level: Severity | null) => void,
): void {
  if (byPlace === undefined) {
    if (level !== "off") for (const report of rule.check(host, options)) take(report, level);
    return;
  }
  for (const given of byPlace.options)
    for (const report of rule.check(host, given)) {
      const held = byPlace.of(report, given);
      if (held !== null) take(...held);
    }
}

/** Without what another finding of the same line causes. */
function withoutFollowing(rules: readonly Rule[], findings: Finding[]): Finding[] {
  const followers = new Map(
    rules.flatMap(({ id, follows = [] }) => (follows.length > 0 ? [[id, follows]] : [])),
  );
  if (!findings.some(({ rule }) => followers.has(rule))) return findings;
  const lineOf = ({ at: { span } }: Finding, rule: string): string =>
    `${rule} ${position(span.file, span.start).line} ${span.file.path}`;
  const causes = new Set([...followers.values()].flat());
  const lines = new Set(findings.filter(({ rule }) => causes.has(rule)).map((one) => lineOf(one, one.rule)));
  return findings.filter(
    (one) => !(followers.get(one.rule) ?? []).some((cause) => lines.has(lineOf(one, cause))),
  );
}

const AT_REST = "Nothing in the tree includes one of these files; it is certain if the host reads it.";

const PACKAGED =
  "One of these files is that of a distribution's package; it is certain if nothing changes the file in the container.";

/** What rests on a file that nothing is known to include is a guess; what speaks of all files together says nothing of it. */
function besideHost(rule: Rule, report: Report, { aside, packaged }: Host): Report | null {
  if (
    packaged.size > 0 &&
    report.certain &&
    placesOf(report).some(({ span }) => packaged.has(span.file.path))
  )
    return { ...report, certain: false, settle: PACKAGED };
  if (aside.size === 0) return report;
  const rests = placesOf(report).some(({ span, via }) =>
    [span, ...via].some(({ file }) => aside.has(file.path)),
  );
  if (!rests) return report;
  if (rule.together === true) return null;
  return report.certain ? { ...report, certain: false, settle: AT_REST } : report;
}

interface Listed {
  readonly seen: Set<string>;
  /** `null` as long as nothing was left out. */
  leftOut: LeftOut | null;
}

/** Whether there is room for one more finding. What is merged with one that is listed needs none. */
function roomFor(
  { id }: Rule,
  leftOut: LeftOut[],
): (report: Report, severity: Severity, wanted: boolean) => boolean {
  const files = new Map<SourceFile, Map<string, Listed>>();
  return ({ at: { span }, message }, severity, wanted) => {
    const kinds = files.get(span.file) ?? new Map<string, Listed>();
    files.set(span.file, kinds);
    const kind = `${severity} ${wanted}`;
    const listed = kinds.get(kind) ?? { seen: new Set(), leftOut: null };
    kinds.set(kind, listed);
    const key = `${span.start} ${span.end} ${message}`;
    if (listed.seen.has(key)) return true;
    if (listed.seen.size < MOST_LISTED) {
      listed.seen.add(key);
      return true;
    }
    if (!wanted) return false;
    if (listed.leftOut === null) {
      listed.leftOut = { rule: id, file: span.file, count: 0 };
      leftOut.push(listed.leftOut);
    }
    listed.leftOut.count += 1;
    return false;
  };
}

function severityOf(rule: Rule, report: Report, level: Severity | null): Severity {
  const known = caseOf(rule, report);
  const severity = level ?? known.severity;
  return report.certain ? severity : LOWER[severity];
}

function caseOf(rule: Rule, report: Report): RuleCase {
  const known = rule.cases[report.case];
  if (known === undefined)
    throw new Error(`${rule.id} reports "${report.case}", which is not one of its cases`);
  return known;
}

const LOWER: Readonly<Record<Severity, Severity>> = { error: "warning", warning: "info", info: "info" };

function stamp(rule: Rule, host: Host, report: Report, severity: Severity): Finding {
  const known = caseOf(rule, report);
  const help = drafted(report.help);
  const finding = {
    rule: rule.id,
    case: report.case,
    severity,
    message: shortened(report.message, LONGEST),
    symptom: symptomOf(known, report),
    host: host.name,
    at: report.at,
    label: report.label,
    link: report.link,
    related: report.related,
    effect: report.effect,
    help: withSafety(help, known, report.certain),
    certain: report.certain,
    settle: report.settle,
  };
  const file = report.at.span.file.display;
  return identified(finding, [rule.id, report.case, host.name, file, ...report.names]);
}

function symptomOf({ symptom }: RuleCase, { asked, instead }: Report): Symptom | null {
  const own = symptom === null || instead == null ? symptom : { ...symptom, ...instead };
  return asked === true ? ofSubrequest(own) : own;
}

/** What the clients get of a subrequest of `auth_request` with this symptom. */
function ofSubrequest(symptom: Symptom | null): Symptom | null {
  if (symptom === null || symptom.status === null) return symptom;
  const passedOn = symptom.status < 300 || symptom.status === 401 || symptom.status === 403;
  return passedOn ? symptom : { when: symptom.when, status: 500, log: symptom.log };
}

/**
 * What a daemon refuses serves nobody, so that a line which it takes changes no request; what it takes
 * already changes behaviour. A guess is for somebody to look at.
 */
function withSafety({ ways, notes }: HelpDraft, { symptom }: RuleCase, certain: boolean): Help {
  const usual: Safety = certain && symptom?.when === "start" ? "safe" : "review";
  return { ways: ways.map(({ safety = usual, edits }) => ({ safety, edits })), notes };
}

/** A message may quote a value, and a value may be a megabyte; nobody reads more than this. */
const LONGEST = 400;

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
  const groups: Finding[][] = [];
  for (const finding of sorted) {
    const group = groups[groups.length - 1];
    const last = group?.[0];
    const same =
      last !== undefined &&
      last.rule === finding.rule &&
      last.message === finding.message &&
      samePlace(last.at, finding.at);
    if (same) group?.push(finding);
    else groups.push([finding]);
  }
  return groups.flatMap(([first, ...others]) => {
    if (first === undefined) return [];
    if (others.length === 0) return [first];
    const link = union(
      first.link,
      others.flatMap((one) => one.link),
    );
    const related = union(
      first.related,
      others.flatMap((one) => one.related),
    );
    return [changed(first, { link, related, occurrences: others.flatMap(placesOf) })];
  });
}

/** All of the first, and of the second each place that is new. */
function union(a: readonly Related[], b: readonly Related[]): readonly Related[] {
  const key = ({ place: { span } }: Related): string => `${span.start} ${span.end} ${span.file.path}`;
  const seen = new Set(a.map(key));
  const missing = b.filter((entry) => {
    const known = seen.has(key(entry));
    seen.add(key(entry));
    return !known;
  });
  return missing.length === 0 ? a : [...a, ...missing];
}

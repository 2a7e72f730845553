import { each, failure } from "./engine/failure.js";
import { type Finding, type Incomplete, type LintResult, type Placed, placesOf } from "./engine/finding.js";
import { withOrdinals } from "./engine/fingerprint.js";
import { type Outline, outlineOf } from "./engine/outline.js";
import type { Rule, Severity } from "./engine/rule.js";
import { compareFindings, type LeftOut, type RuleSetting, run } from "./engine/run.js";
import type { Config } from "./engine/schemas.js";
import type { Validators } from "./engine/validate.js";
import { diskFilesystem, displayName } from "./host/disk.js";
import type { GivenHost } from "./host/find/given.js";
import { lookAt } from "./host/find/typed.js";
import { isOfImage } from "./host/image-file.js";
import { isWithin, isWithinAny, withParents } from "./host/path.js";
import type { Pasts } from "./host/revised.js";
import type { TypedLink } from "./host/spec.js";
import { toldByFew } from "./kinds/silent.js";
import type { Host } from "./model/host.js";
import { type Baseline, type BaselineEntry, withoutKnown } from "./policy/baseline.js";
import { configAlone, type PathConfig } from "./policy/config.js";
import { applyComments } from "./policy/policy.js";
import { failing, markedIn, type RuleLevel, type Settings, settingsOf } from "./policy/settings.js";
import { belowConfig, type HostRefusal, type HostsOptions, type ReadHost, readHosts } from "./read-hosts.js";
import { withCommas } from "./source/digits.js";
import { once } from "./source/memo.js";
import { timed } from "./source/timings.js";

export interface LintOptions extends HostsOptions {
  /** `2026-11-28`, from which on a suppression with an earlier date no longer holds. Default: unknown, and every date holds. */
  readonly today?: () => string | null;
  /** Known findings, which are left out. Default: none. */
  readonly baseline?: Baseline | null;
  /** Levels of rules that win over all configuration, of which the last that names a rule counts. Default: none. */
  readonly levels?: readonly RuleLevel[];
  /** Only what a change is about is wanted. Default: everything. */
  readonly change?: Change | null;
  /** Every rule runs on the whole of each host, which says the same and takes longer. Default: not where a few sites tell. */
  readonly full?: boolean;
  /** Whether a path that does not exist is known to have been removed, so that it is passed over. Default: it is not. */
  readonly isRemoved?: (path: string) => boolean;
}

/** What was changed, as version control says. */
export interface Change {
  /** Since what, for reports: `HEAD`. */
  readonly since: string;
  /** Absolute paths of files, links and directories that differ now. */
  readonly paths: readonly string[];
  /** What was there before. */
  readonly pasts: Pasts;
}

const NO_BASELINE: Baseline = { version: 1, findings: [] };

/** Why nothing could be linted: what a command line exits with 2 for. */
export type LintRefusal = HostRefusal;

export type LintOutcome =
  | {
      readonly kind: "linted";
      readonly result: LintResult;
      /** Paths that were passed over, and why: files that no daemon reads, and what was removed. */
      readonly passed: readonly LintRefusal[];
    }
  | { readonly kind: "refused"; readonly refusal: LintRefusal };

/** Lints with the rules and validators of the caller's choice; `index.ts` has the one with all of fpmlint's. */
export function lintWith(rules: readonly Rule[], validators: Validators, options: LintOptions): LintOutcome {
  const outcome = lintHosts(rules, validators, options);
  if (outcome.kind === "refused") return outcome;
  return { kind: "linted", result: outcome.result, passed: outcome.passed };
}

export type HostsOutcome =
  | {
      readonly kind: "linted";
      readonly result: LintResult;
      readonly hosts: readonly ReadHost[];
      /** Entries of the baseline that nothing was found for. */
      readonly stale: readonly BaselineEntry[];
      /** Paths that were passed over, and why: files that no daemon reads, and what was removed. */
      readonly passed: readonly LintRefusal[];
      /** Findings that the change is not about. */
      readonly unchanged: number;
    }
  | { readonly kind: "refused"; readonly refusal: LintRefusal };

/** The same, with the hosts that were read. */
export function lintHosts(
  rules: readonly Rule[],
  validators: Validators,
  options: LintOptions,
): HostsOutcome {
  const judged = judge(rules, validators, options, (refusal) => mayPass(refusal, options));
  if (judged.kind === "refused") return judged;
  const { read, outlines, all, suppressed, incomplete, passed } = judged;
  const known = withoutKnown(all, options.baseline ?? NO_BASELINE);
  const isAbout = options.change == null ? () => true : aboutChange(rules, validators, options, read.hosts);
  const findings = known.findings.filter(isAbout);
  const kept = new Set(known.findings);
  const silenced = [...suppressed, ...all.filter((one) => !kept.has(one))].filter(isAbout);
  const result = timed("summary", () =>
    summarize(findings, outlines, incomplete, read.links, silenced.length),
  );
  return {
    kind: "linted",
    result,
    hosts: read.hosts,
    stale: known.stale,
    passed,
    unchanged: known.findings.length - findings.length,
  };
}

/** A file that no daemon reads, and what was removed, are no fault of who named them among others. */
function mayPass({ kind, path }: LintRefusal, { workingDirectory, isRemoved }: LintOptions): boolean {
  if (kind === "missing-path") return path !== "" && isRemoved?.(path) === true;
  if (kind !== "nothing-to-lint" || path === "-") return false;
  return lookAt(path, workingDirectory)?.entry.kind === "file";
}

/** Whether a finding touches what was changed, or was not there before the change. */
function aboutChange(
  rules: readonly Rule[],
  validators: Validators,
  options: LintOptions,
  hosts: readonly ReadHost[],
): (finding: Finding) => boolean {
  const { change, baseline: _, texts: __, ...rest } = options;
  if (change == null) return () => true;
  const names = changedNames(change, hosts, options.workingDirectory);
  if (change.pasts.size === 0) return (finding) => isIn(finding, names);
  const before = judge(rules, validators, { ...rest, pasts: change.pasts }, () => true);
  const known = before.kind === "judged" ? before.all : [];
  const prints = new Set(known.map(printOf));
  const spots = new Set(known.flatMap(spotsOf));
  const isOld = (finding: Finding): boolean => {
    const own = spotsOf(finding);
    return own.every((spot) => spots.has(spot)) || (own.length === 1 && prints.has(printOf(finding)));
  };
  return (finding) => isIn(finding, names) || !isOld(finding);
}

function printOf({ severity, fingerprint }: Finding): string {
  return `${severity} ${fingerprint}`;
}

/**
 * Each place with the fault. One finding may speak of several pools, and of others when one of them is gone: in
 * a file that did not change, the same fault at the same place is no new one.
 */
function spotsOf({ rule, case: kind, severity, at, related }: Finding): readonly string[] {
  const alike = related.filter((one) => one.alike === true).map(({ place }) => place);
  return [at, ...alike].map(({ span }) => [severity, rule, kind, span.start, span.file.display].join(" "));
}

/** Whether a place of it is in one of the files; a main file that includes the others has no part in their faults. */
function isIn(one: Placed, paths: ReadonlySet<string>): boolean {
  return placesOf(one).some(({ span }) => isWithinAny(paths, span.file.display));
}

/** As reports print them; a link counts with what it leads to. */
function changedNames(
  { paths }: Change,
  hosts: readonly ReadHost[],
  workingDirectory: string,
): ReadonlySet<string> {
  const names = new Set(paths.map((path) => displayName(workingDirectory, path)));
  for (const root of new Set(hosts.map(({ spec }) => spec.tree ?? spec.root))) {
    const fs = diskFilesystem({ root, workingDirectory });
    for (const path of paths) {
      if (!isWithin(root, path)) continue;
      const entry = fs.entry(root === "/" ? path : path.slice(root.length) || "/");
      if (entry.kind === "file" || entry.kind === "directory") names.add(fs.display(entry.path));
    }
  }
  return names;
}

type Judged =
  | {
      readonly kind: "judged";
      readonly read: Extract<ReturnType<typeof readHosts>, { kind: "read" }>;
      /** What is said of each host beside findings. */
      readonly outlines: readonly Outline[];
      /** What was found and no comment silences, in order. */
      readonly all: readonly Finding[];
      /** What comments silence. */
      readonly suppressed: readonly Finding[];
      readonly incomplete: readonly Incomplete[];
      readonly passed: readonly LintRefusal[];
    }
  | { readonly kind: "refused"; readonly refusal: LintRefusal };

/** Reads and judges, whatever is known or was changed. `passes`: which paths may mean nothing. */
function judge(
  rules: readonly Rule[],
  validators: Validators,
  options: LintOptions,
  passes: (refusal: LintRefusal) => boolean,
): Judged {
  const read = readHosts(options, false, passes, options.full !== true);
  if (read.kind === "refused") return read;
  const known = new Map<PathConfig | null, Settings>();
  const settingsFor = (config: PathConfig | null): Settings =>
    once(known, config, () =>
      settingsOf(config, options.levels ?? [], validators, belowConfig(config, options.workingDirectory)),
    );
  const told = each(
    read.hosts,
    (one) => toldOf(one, rules, settingsFor(one.config).of),
    ({ spec }, error) => failure(spec.name, "reading this host failed", error),
  );
  const outlines = told.done.map(({ outline }) => outline);
  const unread = [...read.failures, ...told.failures, ...outlines.flatMap(({ incomplete }) => incomplete)];
  const fatal = unread.some((one) => one.fatal);
  const idle = fatal ? [] : idlePaths(read.given, outlines).map(notRead);
  const refused = idle.find((one) => !passes(one));
  if (refused !== undefined) return { kind: "refused", refusal: refused };
  const names =
    options.change == null ? null : changedNames(options.change, read.hosts, options.workingDirectory);
  const judged = told.done.map(({ one, host, silent }) => {
    const { touching, config } = one;
    const paths = touching === null ? null : new Set(touching);
    const settings = settingsFor(config);
    const isWanted = (one: Placed): boolean =>
      isOfTree(one) && (paths === null || touches(one, paths)) && !markedIn(one).every(settings.ignores);
    const listed = (one: Placed): boolean => isWanted(one) && (names === null || isIn(one, names));
    const begins = ({ id }: Rule): void => options.step?.(`${host.name}: ${id}`);
    const ran = run(rules, host, settings.of, listed, begins, silent);
    return { ...ran, findings: ran.findings.filter(isWanted).map(failing(settings)) };
  });
  const found = distinctFindings(judged.flatMap((one) => one.findings));
  const applied = timed("comments that silence", () =>
    applyComments(
      found,
      told.done.map(({ one: { touching, config }, host, outline }) => ({
        host,
        outline,
        settings: settingsFor(config),
        part: touching !== null,
      })),
      rules,
      options.today ?? (() => null),
    ),
  );
  const ran = [...judged, ...applied.ran];
  const added = applied.ran.flatMap((one) => one.findings);
  const further = ran.flatMap(({ leftOut, failures }) => [...leftOut.map(notListed), ...failures]);
  const kept = new Set(applied.findings);
  return {
    kind: "judged",
    read,
    outlines,
    all: withOrdinals([...applied.findings, ...added].sort(compareFindings)),
    suppressed: found.filter((one) => !kept.has(one)),
    incomplete: sortedIncomplete([...unread, ...further]),
    passed: [...read.passed, ...idle],
  };
}

interface ToldHost {
  readonly one: ReadHost;
  /** The same host as it is judged. */
  readonly host: Host;
  readonly silent: ReadonlySet<Rule>;
  readonly outline: Outline;
}

/** What can be said of a host before the rules run on all of it. */
function toldOf(one: ReadHost, rules: readonly Rule[], settings: (rule: Rule) => RuleSetting): ToldHost {
  const { waiting } = one;
  const told = waiting === null ? null : toldByFew(one, waiting.ways, rules, settings);
  const host = waiting === null || told === null ? one.host : waiting.later(told);
  const outline = told?.outline ?? timed("summary", () => outlineOf(host));
  return { one, host, silent: told?.silent ?? new Set(), outline };
}

/** Paths that mean neither whole hosts nor a part of one that is read. */
function idlePaths(
  given: readonly { readonly path: string; readonly hosts: readonly GivenHost[] }[],
  outlines: readonly Outline[],
): readonly string[] {
  const parts = given.filter((one) => one.hosts.every(({ touching }) => touching !== null));
  if (parts.length === 0) return [];
  const read = new Set(outlines.flatMap(({ files }) => files).flatMap((name) => [...withParents(name), "/"]));
  const idle = parts.filter((one) =>
    one.hosts.every(({ touching }) => !(touching ?? []).some((path) => read.has(path))),
  );
  return idle.map(({ path }) => path);
}

function notRead(path: string): LintRefusal {
  const message = `${path}: neither nginx nor PHP-FPM of the host around it reads anything there`;
  return { kind: "nothing-to-lint", path, message };
}

/** What a checked configuration says of a rule, completed with the defaults of its options. */
export function settingOf(rule: Rule, config: Config | null, validators: Validators): RuleSetting {
  return settingsOf(config === null ? null : configAlone(config, "/"), [], validators, () => null).of(rule);
}

/** Whether a place of it is in a file of the tree: those of an image nobody can change. */
function isOfTree(one: Placed): boolean {
  return placesOf(one).some(({ span }) => !isOfImage(span.file));
}

function touches(one: Placed, paths: ReadonlySet<string>): boolean {
  return placesOf(one)
    .flatMap(({ span, via }) => [span, ...via])
    .some(({ file }) => isWithinAny(paths, file.display));
}

function summarize(
  findings: readonly Finding[],
  outlines: readonly Outline[],
  incomplete: readonly Incomplete[],
  links: readonly TypedLink[],
  suppressed: number,
): LintResult {
  const count = (severity: Severity) => findings.filter((finding) => finding.severity === severity).length;
  return {
    findings,
    summary: {
      errors: count("error"),
      warnings: count("warning"),
      infos: count("info"),
      suppressed,
      hosts: outlines.filter(({ isHost }) => isHost).length,
      files: new Set(outlines.flatMap(({ files }) => files)).size,
      locations: outlines.reduce((sum, one) => sum + one.compared + one.notCompared.length, 0),
      // A pool that two hosts of a repository share is one pool.
      pools: new Set(outlines.flatMap(({ pools }) => pools)).size,
      compared: outlines.reduce((sum, one) => sum + one.compared, 0),
      notCompared: outlines.flatMap((one) => one.notCompared),
      notEnabled: outlines.reduce((sum, one) => sum + one.notEnabled, 0),
      incomplete,
      links,
    },
  };
}

/** The findings that are listed tell the cause, and decide about the exit status. */
function notListed({ rule, file, count }: LeftOut): Incomplete {
  const more = withCommas(count);
  const reason = `${rule} has ${more} more ${count === 1 ? "finding" : "findings"} here that ${count === 1 ? "is" : "are"} not listed`;
  return { file: file.display, line: null, reason, fatal: false };
}

/** A pool that two hosts of a tree share (nginx and a variant of it) is judged once. */
function distinctFindings(findings: readonly Finding[]): readonly Finding[] {
  const seen = new Map<string, Finding>();
  for (const finding of findings) {
    const { file, start, end } = finding.at.span;
    const key = JSON.stringify([finding.rule, file.display, start, end, finding.message]);
    if (!seen.has(key)) seen.set(key, finding);
  }
  return [...seen.values()].sort(compareFindings);
}

function sortedIncomplete(entries: readonly Incomplete[]): readonly Incomplete[] {
  const key = ({ file, line, reason }: Incomplete) =>
    `${file}\0${String(line ?? 0).padStart(9, "0")}\0${reason}`;
  const byKey = new Map(entries.map((entry) => [key(entry), entry] as const));
  return [...byKey.keys()].sort().flatMap((name) => byKey.get(name) ?? []);
}

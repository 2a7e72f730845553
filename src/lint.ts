import { comparedIn } from "./engine/compared.js";
import { type Finding, type Incomplete, type LintResult, type Placed, placesOf } from "./engine/finding.js";
import { incompleteOf } from "./engine/incomplete.js";
import type { Rule, Severity } from "./engine/rule.js";
import { compareFindings, type LeftOut, type RuleSetting, run, withOrdinals } from "./engine/run.js";
import type { Config } from "./engine/schemas.js";
import type { Validators } from "./engine/validate.js";
import type { GivenHost } from "./host/find/given.js";
import { isOfImage } from "./host/image-file.js";
import { isWithinAny, withParents } from "./host/path.js";
import type { TypedLink } from "./host/spec.js";
import { allMasters, allPools, type Host } from "./model/host.js";
import { type Baseline, type BaselineEntry, withoutKnown } from "./policy/baseline.js";
import { configAlone, type PathConfig } from "./policy/config.js";
import { applyComments } from "./policy/policy.js";
import { failing, markedIn, type RuleLevel, type Settings, settingsOf } from "./policy/settings.js";
import { belowConfig, type HostRefusal, type HostsOptions, type ReadHost, readHosts } from "./read-hosts.js";
import { once } from "./source/memo.js";

export interface LintOptions extends HostsOptions {
  /** `2026-11-28`, from which on a suppression with an earlier date no longer holds. Default: unknown, and every date holds. */
  readonly today?: string | null;
  /** Known findings, which are left out. Default: none. */
  readonly baseline?: Baseline | null;
  /** Levels of rules that win over all configuration, of which the last that names a rule counts. Default: none. */
  readonly levels?: readonly RuleLevel[];
}

const NO_BASELINE: Baseline = { version: 1, findings: [] };

/** Why nothing could be linted: what a command line exits with 2 for. */
export type LintRefusal = HostRefusal;

export type LintOutcome =
  | { readonly kind: "linted"; readonly result: LintResult }
  | { readonly kind: "refused"; readonly refusal: LintRefusal };

/** Lints with the rules and validators of the caller's choice; `index.ts` has the one with all of fpmlint's. */
export function lintWith(rules: readonly Rule[], validators: Validators, options: LintOptions): LintOutcome {
  const outcome = lintHosts(rules, validators, options);
  return outcome.kind === "refused" ? outcome : { kind: "linted", result: outcome.result };
}

export type HostsOutcome =
  | {
      readonly kind: "linted";
      readonly result: LintResult;
      readonly hosts: readonly ReadHost[];
      /** Entries of the baseline that nothing was found for. */
      readonly stale: readonly BaselineEntry[];
    }
  | { readonly kind: "refused"; readonly refusal: LintRefusal };

/** The same, with the hosts that were read. */
export function lintHosts(
  rules: readonly Rule[],
  validators: Validators,
  options: LintOptions,
): HostsOutcome {
  const read = readHosts(options);
  if (read.kind === "refused") return read;
  const known = new Map<PathConfig | null, Settings>();
  const settingsFor = (config: PathConfig | null): Settings =>
    once(known, config, () =>
      settingsOf(config, options.levels ?? [], validators, belowConfig(config, options.workingDirectory)),
    );
  const hosts = read.hosts.map(({ host }) => host);
  const unread = [...read.failures, ...hosts.flatMap(incompleteOf)];
  const fatal = unread.some((one) => one.fatal);
  const idle = fatal ? null : firstIdle(read.given, hosts);
  if (idle !== null) return { kind: "refused", refusal: notRead(idle) };
  const judged = read.hosts.map(({ host, touching, config }) => {
    const paths = touching === null ? null : new Set(touching);
    const settings = settingsFor(config);
    const isWanted = (one: Placed): boolean =>
      isOfTree(one) && (paths === null || touches(one, paths)) && !markedIn(one).every(settings.ignores);
    const ran = run(rules, host, settings.of, isWanted);
    return { ...ran, findings: ran.findings.filter(isWanted).map(failing(settings)) };
  });
  const applied = applyComments(
    distinctFindings(judged.flatMap((one) => one.findings)),
    read.hosts.map(({ host, touching, config }) => ({
      host,
      settings: settingsFor(config),
      part: touching !== null,
    })),
    rules,
    options.today ?? null,
  );
  const ran = [...judged, ...applied.ran];
  const added = applied.ran.flatMap((one) => one.findings);
  const all = withOrdinals([...applied.findings, ...added].sort(compareFindings));
  const remaining = withoutKnown(all, options.baseline ?? NO_BASELINE);
  const { findings, stale } = remaining;
  const further = ran.flatMap(({ leftOut, failures }) => [...leftOut.map(notListed), ...failures]);
  const incomplete = sortedIncomplete([...unread, ...further]);
  const suppressed = applied.suppressed + remaining.suppressed;
  const result = summarize(findings, hosts, incomplete, read.links, suppressed);
  return { kind: "linted", result, hosts: read.hosts, stale };
}

/** The first path that means neither whole hosts nor a part of one that is read; `null`: none. */
function firstIdle(
  given: readonly { readonly path: string; readonly hosts: readonly GivenHost[] }[],
  hosts: readonly Host[],
): string | null {
  const parts = given.filter((one) => one.hosts.every(({ touching }) => touching !== null));
  if (parts.length === 0) return null;
  const read = new Set(hosts.flatMap(filesOf).flatMap((name) => [...withParents(name), "/"]));
  const idle = parts.find((one) =>
    one.hosts.every(({ touching }) => !(touching ?? []).some((path) => read.has(path))),
  );
  return idle?.path ?? null;
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
  hosts: readonly Host[],
  incomplete: readonly Incomplete[],
  links: readonly TypedLink[],
  suppressed: number,
): LintResult {
  const count = (severity: Severity) => findings.filter((finding) => finding.severity === severity).length;
  const compared = hosts.map(comparedIn);
  return {
    findings,
    summary: {
      errors: count("error"),
      warnings: count("warning"),
      infos: count("info"),
      suppressed,
      // What could only be seen from outside is in incomplete.
      hosts: hosts.filter((host) => host.nginx !== null || allMasters(host).length > 0).length,
      files: new Set(hosts.flatMap(filesOf)).size,
      locations: compared.reduce((sum, one) => sum + one.compared + one.notCompared.length, 0),
      // A pool that two hosts of a repository share is one pool.
      pools: new Set(hosts.flatMap(poolsOf)).size,
      compared: compared.reduce((sum, one) => sum + one.compared, 0),
      notCompared: compared.flatMap((one) => one.notCompared),
      notEnabled: hosts.reduce((sum, one) => sum + one.notEnabled, 0),
      incomplete,
      links,
    },
  };
}

/** The findings that are listed tell the cause, and decide about the exit status. */
function notListed({ rule, file, count }: LeftOut): Incomplete {
  const more = count.toLocaleString("en-US");
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

function poolsOf(host: Host): readonly string[] {
  return allPools(host).map(
    ({ section, name }) => `${section.span.file.display}\0${section.span.start}\0${name}`,
  );
}

function filesOf(host: Host): readonly string[] {
  const nginx = host.nginx?.texts.map(({ file }) => file) ?? [];
  const fpm = allMasters(host).flatMap((master) => [...master.files, ...master.ini.files]);
  return [...nginx, ...fpm].filter((file) => !isOfImage(file)).map(({ display }) => display);
}

function sortedIncomplete(entries: readonly Incomplete[]): readonly Incomplete[] {
  const key = ({ file, line, reason }: Incomplete) =>
    `${file}\0${String(line ?? 0).padStart(9, "0")}\0${reason}`;
  const byKey = new Map(entries.map((entry) => [key(entry), entry] as const));
  return [...byKey.keys()].sort().flatMap((name) => byKey.get(name) ?? []);
}

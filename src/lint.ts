import { join, resolve } from "node:path";
import { parseShare, parseSize } from "./capacity/size.js";
import type { Finding, Incomplete, LintResult } from "./engine/finding.js";
import { incompleteOf } from "./engine/incomplete.js";
import type { Rule, Severity } from "./engine/rule.js";
import { compareFindings, type RuleSetting, run } from "./engine/run.js";
import { type Config, ruleSchemaName } from "./engine/schemas.js";
import type { Validators } from "./engine/validate.js";
import { dumpHosts, type GivenHost, hostsOf, withDump } from "./host/given.js";
import { isWithin, normalizePath } from "./host/path.js";
import type { HostSpec } from "./host/spec.js";
import { type BuildOptions, buildHost } from "./model/build.js";
import type { Host } from "./model/host.js";
import type { Place } from "./source/file.js";

export interface LintOptions {
  /** Files and directories; what each means is in the README. Default: the working directory. */
  readonly paths?: readonly string[];
  /** Absolute; relative paths count from it and reported names are relative to it. Default: the process's. */
  readonly workingDirectory: string;
  /** A checked `fpmlint.json`; `null` or absent: none. */
  readonly config?: Config | null;
  /** The directory that `hosts` of the configuration count from. Default: the working directory. */
  readonly configDirectory?: string;
  /** `8.3` for PHP-FPM whose path does not tell its version. Default: unknown. */
  readonly phpVersion?: string | null;
  /** `1.22.1`, the nginx that will read the files. Default: unknown, and only what holds for every version from 1.18.0 on is judged. */
  readonly nginxVersion?: string | null;
  /** Bytes of memory that each host has; wins over the configuration. Default: what that says, or the live host. */
  readonly memory?: number | null;
  /** What the path `-` stands for: the output of `nginx -T`. */
  readonly standardInput?: string;
}

/** Why nothing could be linted: what a command line exits with 2 for. */
export interface LintRefusal {
  readonly kind: "missing-path" | "unreadable-path" | "nothing-to-lint";
  /** The path as it was given. */
  readonly path: string;
  /** One sentence without a full stop. */
  readonly message: string;
}

export type LintOutcome =
  | { readonly kind: "linted"; readonly result: LintResult }
  | { readonly kind: "refused"; readonly refusal: LintRefusal };

/** Lints with the rules and validators of the caller's choice; `index.ts` has the one with all of fpmlint's. */
export function lintWith(rules: readonly Rule[], validators: Validators, options: LintOptions): LintOutcome {
  const { workingDirectory } = options;
  const stated = statedHosts(options);
  const paths = options.paths ?? [];
  const given: { readonly path: string; readonly hosts: readonly GivenHost[] }[] = [];
  for (const path of paths.length === 0 ? ["."] : paths) {
    const answer =
      path === "-" ? dumpHosts(options.standardInput ?? "", "-") : hostsOf(path, workingDirectory, stated);
    if (answer.kind !== "hosts") return { kind: "refused", refusal: refusalOf(answer, path) };
    given.push({ path, hosts: answer.hosts });
  }
  const settings = (rule: Rule): RuleSetting => settingOf(rule, options.config ?? null, validators);
  const checked = joined(distinct(given.flatMap(({ hosts }) => hosts))).map(({ spec, fs, touching }) => {
    const host = buildHost(spec, fs, {
      phpVersion: options.phpVersion ?? null,
      nginxVersion: options.nginxVersion ?? null,
      ...sizesOf(spec.name, options),
    });
    return { host, touching };
  });
  const hosts = checked.map(({ host }) => host);
  const idle = given.find((one) => !isRead(one.hosts, hosts));
  if (idle !== undefined) return { kind: "refused", refusal: notRead(idle.path) };
  const findings = checked.flatMap(({ host, touching }) =>
    run(rules, host, settings).filter((finding) => touching === null || touches(finding, touching)),
  );
  return { kind: "linted", result: summarize(distinctFindings(findings), hosts) };
}

/** What the command line or the configuration says of the memory of a host, the host's own entry first. */
function sizesOf(name: string, { memory, config }: LintOptions): Omit<BuildOptions, `${string}Version`> {
  const own = config?.hosts?.find((entry) => entry.name === name);
  const bytes = parseSize(own?.memory ?? config?.memory ?? "");
  return {
    memory:
      memory != null
        ? { bytes: memory, source: "--ram", place: null }
        : bytes === null
          ? null
          : { bytes, source: "fpmlint.json", place: null },
    workerSize: parseSize(own?.workerSize ?? config?.workerSize ?? ""),
    reserve: parseSize(own?.reserve ?? config?.reserve ?? ""),
    headroom: parseShare(own?.headroom ?? config?.headroom ?? ""),
  };
}

/** Whether a path means whole hosts, or a part of one that is read (or that could not be). */
function isRead(given: readonly GivenHost[], hosts: readonly Host[]): boolean {
  const touching = given.flatMap((host) => host.touching ?? []);
  if (given.some((host) => host.touching === null)) return true;
  const names = hosts.flatMap(filesOf);
  const unread = hosts.flatMap(incompleteOf).some(({ fatal }) => fatal);
  return unread || touching.some((path) => names.some((name) => isWithin(path, name)));
}

function notRead(path: string): LintRefusal {
  const message = `${path}: nothing there is read by nginx or PHP-FPM of the host around it`;
  return { kind: "nothing-to-lint", path, message };
}

function refusalOf(
  answer: Exclude<ReturnType<typeof hostsOf>, { kind: "hosts" }>,
  path: string,
): LintRefusal {
  switch (answer.kind) {
    case "missing":
      return { kind: "missing-path", path, message: `${path}: no such file or directory` };
    case "unreadable":
      return { kind: "unreadable-path", path, message: `${path}: ${answer.reason}` };
    case "nothing":
      if (path === "-") {
        const message = "standard input is not the output of nginx -T";
        return { kind: "nothing-to-lint", path, message };
      }
      return {
        kind: "nothing-to-lint",
        path,
        message: `no nginx or PHP-FPM configuration found below ${path}`,
      };
  }
}

function statedHosts(options: LintOptions): readonly HostSpec[] {
  const base = options.configDirectory ?? options.workingDirectory;
  return (options.config?.hosts ?? []).map((entry) => ({
    name: entry.name,
    root: resolve(base, entry.root),
    nginx: entry.nginx == null ? null : normalizePath(join("/", entry.nginx)),
    fragments: [],
    fpm: (entry.fpm ?? []).map((path) => normalizePath(join("/", path))),
    pools: [],
  }));
}

/** A host that several paths mean is read once; a path that means all of it wins over one that touches a part. */
function distinct(given: readonly GivenHost[]): readonly GivenHost[] {
  const hosts = new Map<string, GivenHost>();
  for (const host of given) {
    const key = JSON.stringify([host.spec.root, host.spec.nginx, host.spec.fpm, host.spec.fragments]);
    const known = hosts.get(key);
    const touching =
      known === undefined || host.touching === null
        ? host.touching
        : known.touching === null
          ? null
          : [...known.touching, ...host.touching];
    hosts.set(key, { ...(known ?? host), touching });
  }
  return [...hosts.values()];
}

/** `nginx -T | fpmlint - etc/php`: the one dump is nginx's half of the one other host. */
function joined(hosts: readonly GivenHost[]): readonly GivenHost[] {
  const [dump, ...dumps] = hosts.filter(({ spec }) => spec.dumped === true);
  const [rest, ...others] = hosts.filter(({ spec }) => spec.dumped !== true);
  const pair = dump !== undefined && rest !== undefined && dumps.length === 0 && others.length === 0;
  return pair ? [withDump(dump, rest)] : hosts;
}

function settingOf(rule: Rule, config: Config | null, validators: Validators): RuleSetting {
  const setting = config?.rules?.[rule.id];
  if (setting === "off") return { level: "off", options: {} };
  const [level, given] =
    setting === undefined ? [null, {}] : typeof setting === "string" ? [setting, {}] : setting;
  const options = structuredClone(given);
  // Fills in the defaults; the configuration itself was checked when it was read.
  validators[ruleSchemaName(rule.id)]?.(options);
  return { level, options };
}

function touches(finding: Finding, paths: readonly string[]): boolean {
  const places: readonly Place[] = [
    finding.at,
    ...[...finding.link, ...finding.related].map(({ place }) => place),
  ];
  return places
    .flatMap(({ span, via }) => [span, ...via])
    .some(({ file }) => paths.some((path) => isWithin(path, file.display)));
}

function summarize(findings: readonly Finding[], hosts: readonly Host[]): LintResult {
  const count = (severity: Severity) => findings.filter((finding) => finding.severity === severity).length;
  return {
    findings,
    summary: {
      errors: count("error"),
      warnings: count("warning"),
      infos: count("info"),
      suppressed: 0,
      // What could only be seen from outside is in incomplete.
      hosts: hosts.filter(({ nginx, masters }) => nginx !== null || masters.length > 0).length,
      files: new Set(hosts.flatMap(filesOf)).size,
      locations: hosts.reduce(
        (sum, host) => sum + host.bindings.filter(({ serves }) => serves === "php").length,
        0,
      ),
      // A pool that two hosts of a repository share is one pool.
      pools: new Set(hosts.flatMap(poolsOf)).size,
      incomplete: sortedIncomplete(hosts.flatMap(incompleteOf)),
    },
  };
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
  return host.pools.map(
    ({ section, name }) => `${section.span.file.display}\0${section.span.start}\0${name}`,
  );
}

function filesOf(host: Host): readonly string[] {
  const nginx = host.nginx?.texts.map(({ file }) => file) ?? [];
  const fpm = host.masters.flatMap((master) => [...master.files, ...master.ini.files]);
  return [...nginx, ...fpm].map(({ display }) => display);
}

function sortedIncomplete(entries: readonly Incomplete[]): readonly Incomplete[] {
  const key = ({ file, line, reason }: Incomplete) =>
    `${file}\0${String(line ?? 0).padStart(9, "0")}\0${reason}`;
  const byKey = new Map(entries.map((entry) => [key(entry), entry] as const));
  return [...byKey.keys()].sort().flatMap((name) => byKey.get(name) ?? []);
}

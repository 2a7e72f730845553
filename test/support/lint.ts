import * as fs from "node:fs";
import * as path from "node:path";
import { rules } from "../../rules/index.js";
import type { Finding, Incomplete, LintResult } from "../../src/engine/finding.js";
import type { Rule } from "../../src/engine/rule.js";
import { type RuleSettings, run } from "../../src/engine/run.js";
import type { Config } from "../../src/engine/schemas.js";
import { isWithin } from "../../src/host/path.js";
import { lintWith } from "../../src/lint.js";
import type { Host } from "../../src/model/host.js";
import { once, perKey } from "../../src/source/memo.js";
import { validators } from "../../src/validators.js";
import { fixtures } from "../build/fixtures.js";
import type { HostPaths } from "../daemons/bench.js";

/** Lints one host: `rootDir` is its `/`, `hosts` names its main files below that. */
export type LintHost = (rootDir: string, hosts: HostPaths) => readonly Finding[];

/** What a fixture says of its host beside its files: the `fpmlint.json` that it brings. */
export function fixtureConfig(rootDir: string): Config {
  const file = path.join(rootDir, "fpmlint.json");
  return fs.existsSync(file) ? (JSON.parse(fs.readFileSync(file, "utf8")) as Config) : {};
}

export const lintHost: LintHost = (rootDir, hosts) => {
  const outcome = lintWith(rules, validators, {
    paths: [rootDir],
    workingDirectory: rootDir,
    config: {
      ...fixtureConfig(rootDir),
      hosts: [
        { name: "host", root: rootDir, nginx: hosts.nginx, fpm: hosts.masters.map(({ main }) => main) },
      ],
    },
  });
  if (outcome.kind === "refused") throw new Error(outcome.refusal.message);
  throwFailures(outcome.result.summary.incomplete);
  return outcome.result.findings;
};

/** Lints a fixture as the command would. */
export function lintDirectory(directory: string): readonly Finding[] {
  const { findings, summary } = resultOf(directory);
  throwFailures(summary.incomplete);
  return findings;
}

const remembered = new Map<string, LintResult>();

/** What one rule says of a fixture that no other reads: a third of the work of all rules. */
export const lintedBy = perKey((rule: Rule) => {
  const known = new Map<string, readonly Finding[]>();
  return (directory: string): readonly Finding[] =>
    once(known, directory, () => {
      const { findings, summary } = lintedWith([rule], directory);
      throwFailures(summary.incomplete);
      return findings;
    });
});

/** The same with all that the command has to say. No test changes a fixture, so that each is linted once in a process. */
export function resultOf(directory: string): LintResult {
  const known = remembered.get(directory);
  if (known !== undefined) return known;
  const result = lintedWith(rules, directory);
  if (isWithin(fixtures(), directory)) remembered.set(directory, result);
  return result;
}

function lintedWith(asked: readonly Rule[], directory: string): LintResult {
  const config = fixtureConfig(directory);
  const outcome = lintWith(asked, validators, { paths: [directory], workingDirectory: directory, config });
  if (outcome.kind === "refused") throw new Error(outcome.refusal.message);
  return outcome.result;
}

/** The findings of the rules; throws what `run` reports as the failure of a rule. */
export function runRules(rules: readonly Rule[], host: Host, settings: RuleSettings): readonly Finding[] {
  const { findings, failures } = run(rules, host, settings);
  throwFailures(failures);
  return findings;
}

/** Throws where an error ended a rule or the reading of a host. */
export function throwFailures(incomplete: readonly Incomplete[]): void {
  const failed = incomplete.find(({ reason }) => reason.includes("this is a bug in fpmlint"));
  if (failed !== undefined) throw new Error(failed.reason);
}

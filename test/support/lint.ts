import * as fs from "node:fs";
import * as path from "node:path";
import { rules } from "../../rules/index.js";
import type { Finding } from "../../src/engine/finding.js";
import type { Config } from "../../src/engine/schemas.js";
import { lintWith } from "../../src/lint.js";
import { validators } from "../../src/validators.js";
import type { HostPaths } from "./bench.js";

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
  return outcome.result.findings;
};

/** Lints a fixture as the command would. */
export function lintDirectory(directory: string): readonly Finding[] {
  const config = fixtureConfig(directory);
  const outcome = lintWith(rules, validators, { paths: [directory], workingDirectory: directory, config });
  if (outcome.kind === "refused") throw new Error(outcome.refusal.message);
  return outcome.result.findings;
}

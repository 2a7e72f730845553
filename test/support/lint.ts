import { rules } from "../../rules/index.js";
import type { Finding } from "../../src/engine/finding.js";
import { lintWith } from "../../src/lint.js";
import { validators } from "../../src/validators.js";
import type { HostPaths } from "./bench.js";

/** Lints one host: `rootDir` is its `/`, `hosts` names its main files below that. */
export type LintHost = (rootDir: string, hosts: HostPaths) => readonly Finding[];

export const lintHost: LintHost = (rootDir, hosts) => {
  const outcome = lintWith(rules, validators, {
    paths: [rootDir],
    workingDirectory: rootDir,
    config: {
      hosts: [
        { name: "host", root: rootDir, nginx: hosts.nginx, fpm: hosts.masters.map(({ main }) => main) },
      ],
    },
  });
  if (outcome.kind === "refused") throw new Error(outcome.refusal.message);
  return outcome.result.findings;
};

import type { Finding, Incomplete } from "../../engine/finding.js";
import { incompleteOf } from "../../engine/incomplete.js";
import { type HostsOutcome, lintHosts } from "../../lint.js";
import type { ReadHost } from "../../read-hosts.js";
import { configsFor } from "../config/load.js";
import { dumpText } from "../lint.js";
import { LIVE_PATHS } from "../live-paths.js";
import { withProgress } from "../progress.js";
import { UsageError } from "../usage.js";
import type { World } from "../world.js";

/** The hosts that log lines are explained with, and what the rules say of them. */
export interface JudgedHosts {
  readonly hosts: readonly ReadHost[];
  readonly findings: readonly Finding[];
  /** What could not be read. */
  readonly unread: readonly Incomplete[];
}

/** Reads and judges hosts. Without a path those of this machine; `null` where it has none. Throws UsageError. */
export function judgedHosts(
  paths: readonly string[],
  config: string | undefined,
  world: World,
): JudgedHosts | null {
  const configs = configsFor(config, world.workingDirectory, world.validators);
  const lint = (some: readonly string[], typed: boolean): HostsOutcome =>
    withProgress(world, false, (watched) =>
      lintHosts(world.rules, world.validators, {
        paths: some,
        ...(typed ? {} : { typed: [] }),
        workingDirectory: world.workingDirectory,
        configOf: typed ? configs.of : configs.ofUntyped,
        ...(some.includes("-") ? { standardInput: dumpText(world) } : {}),
        ...watched,
      }),
    );
  if (paths.length > 0) {
    const outcome = lint(paths, true);
    if (outcome.kind === "refused") throw new UsageError(outcome.refusal.message);
    return judgedOf(outcome);
  }
  for (const path of LIVE_PATHS) {
    const outcome = lint([path], false);
    if (outcome.kind === "refused" && outcome.refusal.kind === "stated-root")
      throw new UsageError(outcome.refusal.message);
    if (
      outcome.kind === "linted" &&
      outcome.hosts.some(({ host }) => host.nginx !== null || host.pools.length > 0)
    )
      return judgedOf(outcome);
  }
  return null;
}

function judgedOf({ hosts, result }: Extract<HostsOutcome, { kind: "linted" }>): JudgedHosts {
  return {
    hosts,
    findings: result.findings,
    unread: hosts.flatMap(({ host }) => incompleteOf(host)).filter(({ fatal }) => fatal),
  };
}

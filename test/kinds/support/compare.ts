import { rules } from "../../../rules/index.js";
import type { Rule } from "../../../src/engine/rule.js";
import type { RuleSettings } from "../../../src/engine/run.js";
import type { Config } from "../../../src/engine/schemas.js";
import type { TreeTexts } from "../../../src/host/memory.js";
import { type Told, toldByFew, waysTo } from "../../../src/kinds/silent.js";
import { lintWith, settingOf } from "../../../src/lint.js";
import { type ReadHost, readHosts } from "../../../src/read-hosts.js";
import { json } from "../../../src/report/json.js";
import { validators } from "../../../src/validators.js";

/** The two ways to judge a host: by kinds, and every rule on the whole of it. */

/** A tree that is in memory, or on the disk. */
export type Tree = { readonly files: TreeTexts } | { readonly paths: readonly string[] };

function printed(tree: Tree, config: Config | null, full: boolean): string {
  const outcome = lintWith(rules, validators, { ...tree, workingDirectory: directoryOf(tree), config, full });
  return outcome.kind === "refused" ? outcome.refusal.message : json(outcome.result, { version: "1" });
}

function directoryOf(tree: Tree): string {
  return "paths" in tree ? (tree.paths[0] ?? "/") : "/tree";
}

/** What is printed without and with kinds. */
export function bothWays(
  tree: Tree,
  config: Config | null = null,
): readonly [whole: string, byKinds: string] {
  return [printed(tree, config, true), printed(tree, config, false)];
}

/** How many rules were found silent on a few of each kind. */
export function silentOn(tree: Tree, config: Config | null = null): number {
  const read = readHosts({ ...tree, workingDirectory: directoryOf(tree), config });
  if (read.kind === "refused") return 0;
  return read.hosts.reduce(
    (sum, one) => sum + (toldOf(one, rules, (rule) => settingOf(rule, config, validators))?.silent.size ?? 0),
    0,
  );
}

/** What a few of each kind tell of a host; `null`: nothing. */
export function toldOf(one: ReadHost, some: readonly Rule[], settings: RuleSettings): Told | null {
  const ways = waysTo(one);
  return ways === null ? null : toldByFew(one, ways, some, settings);
}

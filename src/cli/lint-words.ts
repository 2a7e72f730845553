import { existsSync } from "node:fs";
import { resolve } from "node:path";
import type { InferredOptionTypes } from "yargs";
import { nearest } from "../source/spelling.js";
import { COMMANDS, type LINT } from "./commands.js";
import type { LintArguments } from "./lint.js";
import type { COMMON_OPTIONS } from "./options.js";
import { UsageError } from "./usage.js";
import type { World } from "./world.js";

/** The options of the linter by the names of their table. */
export type LintOptionValues = InferredOptionTypes<typeof COMMON_OPTIONS & (typeof LINT)["options"]>;

const NAMES = COMMANDS.map(({ name }) => name).filter((name) => name !== "");

/** What the words of a command line of the linter ask for. Throws UsageError for a misspelt command. */
export function lintArguments(
  options: LintOptionValues,
  paths: readonly string[],
  words: readonly string[],
  world: World,
): LintArguments {
  refuseMisspelt(paths[0], words, world);
  return {
    ...options,
    failOn: options["fail-on"],
    fixReview: options["fix-review"],
    minSeverity: options["min-severity"],
    printConfig: options["print-config"],
    updateBaseline: options["update-baseline"],
    nginxVersion: options["nginx-version"],
    phpVersion: options["php-version"],
    paths,
  };
}

/** A misspelt command is not a path that is silently empty. */
function refuseMisspelt(first: string | undefined, words: readonly string[], world: World): void {
  if (first === undefined || first !== words.find((word) => !word.startsWith("-"))) return;
  const exists = existsSync(resolve(world.workingDirectory, first));
  const meant = exists || first.includes("/") ? null : nearest(first, NAMES);
  if (meant !== null)
    throw new UsageError(`"${first}" is neither a command nor a path; did you mean "fpmlint ${meant}"?`);
}

import { resolve } from "node:path";
import type { LintResult } from "../engine/finding.js";
import type { Safety } from "../engine/help.js";
import { type Fixed, fix } from "../fix/fix.js";
import { isWithin } from "../host/path.js";
import { type LintOptions, lintHosts } from "../lint.js";
import type { ReadHost } from "../read-hosts.js";
import { count } from "../report/coverage.js";
import { unifiedDiff } from "../report/diff.js";
import { sayPassed } from "./changed.js";
import { writeDiff } from "./diff-output.js";
import { withProgress } from "./progress.js";
import { tell } from "./streams.js";
import { UsageError } from "./usage.js";
import type { World } from "./world.js";
import { writeHostsAtomically } from "./write/files.js";

/** How the user asked for changes. */
export interface FixArguments {
  readonly fix: boolean;
  readonly fixReview: boolean;
  readonly diff: boolean;
  /** One line a finding, and nobody is told what goes on meanwhile. */
  readonly quiet: boolean;
}

/** Whether anything is to change, or to be shown as a change. */
export function asksFixes({ fix, fixReview, diff }: FixArguments): boolean {
  return fix || fixReview || diff;
}

export interface FixOutcome {
  /** As the files are after the run. */
  readonly result: LintResult;
  /** The changes were printed; standard output is theirs. */
  readonly printed: boolean;
}

/** What the options say, linted. Throws UsageError for what is refused. */
export function linted(options: LintOptions, world: World, quiet: boolean) {
  const outcome = withProgress(world, quiet, (watched) =>
    lintHosts(world.rules, world.validators, { ...options, ...watched }),
  );
  if (outcome.kind === "refused") throw new UsageError(outcome.refusal.message);
  return outcome;
}

/**
 * Changes the files of all hosts, all or none, and says what on standard error; with `--diff` prints
 * the changes instead. Throws UsageError for what is no file, and for files that must not be changed.
 */
export function fixFiles(args: FixArguments, options: LintOptions, world: World): FixOutcome {
  if (options.paths?.includes("-") === true)
    throw new UsageError(
      "- is a text and no file: --fix, --fix-review and --diff need the path of the files",
    );
  const allowed = new Set<Safety>(args.fixReview ? ["safe", "review"] : ["safe"]);
  const outcome = linted(options, world, args.quiet);
  const { result: before, hosts } = outcome;
  sayPassed(outcome, options.change, world);
  const fixed = fix(before, (texts) => linted({ ...options, texts }, world, args.quiet).result, allowed);
  if (args.diff) {
    for (const [name, { before: old, after }] of fixed.files) writeDiff(unifiedDiff(name, old, after), world);
    tell(world, summary(fixed, "would fix"));
    return { result: before, printed: true };
  }
  const dumped = hosts.find(({ spec }) => spec.dumped === true);
  if (dumped !== undefined && fixed.files.size > 0)
    throw new UsageError("the output of nginx -T is no file that nginx reads: name the files themselves");
  for (const note of writeHostsAtomically(changesOf(fixed, hosts, options))) tell(world, note);
  if (fixed.files.size > 0) world.wrote?.();
  for (const name of fixed.files.keys()) tell(world, `wrote ${name}`);
  tell(world, summary(fixed, "fixed"));
  return { result: fixed.result, printed: false };
}

function summary({ applied, review, files }: Fixed, verb: string): string {
  const done =
    applied.length === 0
      ? "nothing to change"
      : `${verb} ${count(applied.length, "finding")} in ${count(files.size, "file")}`;
  const more = review === 0 ? "" : `; ${review} more with --fix-review, which changes behaviour`;
  return done + more;
}

/** The files by the host whose root they lie in; what lies in none is given to the first, so that it is refused. */
function changesOf({ files }: Fixed, hosts: readonly ReadHost[], { workingDirectory }: LintOptions) {
  const roots = [...new Set(hosts.map(({ spec }) => spec.tree ?? spec.root))].sort(
    (a, b) => b.length - a.length,
  );
  return roots.map((root, index) => ({
    root,
    files: [...files]
      .map(([name, texts]) => ({ path: resolve(workingDirectory, name), ...texts }))
      .filter(
        ({ path }) =>
          Math.max(
            0,
            roots.findIndex((one) => isWithin(one, path)),
          ) === index,
      ),
  }));
}

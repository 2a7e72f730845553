import { rules } from "../../rules/index.js";
import { type LintOutcome, lintWith } from "../lint.js";
import { readBaseline } from "../policy/baseline.js";
import { validators } from "../validators.js";
import { checkOptions, type Kind, kinds, orNull } from "./arguments.js";
import type { LintOptions } from "./options.js";
import { READ_OPTIONS, readingOf } from "./reading.js";

const OPTIONS = {
  ...READ_OPTIONS,
  today: orNull({
    expected: "a day such as 2026-11-28",
    fits: (value) => typeof value === "string" && /^\d{4}-\d\d-\d\d$/.test(value),
  }),
  baseline: orNull({
    expected: "what --update-baseline writes, parsed",
    fits: (value) => kinds.record.fits(value) && readBaseline(value) !== null,
  }),
} as const satisfies Readonly<Record<keyof LintOptions, Kind>>;

/**
 * Lints nginx and PHP-FPM configuration with all of fpmlint's rules. Reads files below the given
 * paths (and the host roots they imply), writes nothing, never throws for what it reads: a path
 * with nothing to lint gives `refused`, a file that neither daemon reads is in `passed`, what could not
 * be read is in `summary.incomplete`. Throws TypeError for wrong arguments.
 */
export function lint(options: LintOptions = {}): LintOutcome {
  checkOptions("lint", options, OPTIONS);
  const { today = null, baseline = null } = options;
  return lintWith(rules, validators, { ...readingOf("lint", options), today: () => today, baseline });
}

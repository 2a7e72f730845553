import { rules } from "../rules/index.js";
import { type LintOptions, type LintOutcome, lintWith } from "./lint.js";
import { validators } from "./validators.js";

/**
 * Lints nginx and PHP-FPM configuration with all of fpmlint's rules. Reads files below the given
 * paths (and the host roots they imply), writes nothing, never throws for what it reads: a path
 * with nothing to lint gives `refused`, a file that neither daemon reads is in `passed`, what could not be
 * read is in `summary.incomplete`.
 */
export function lint(options: LintOptions): LintOutcome {
  return lintWith(rules, validators, options);
}

export type { Finding, Incomplete, LintResult, Related, Summary } from "./engine/finding.js";
export type { Report, Rule, RuleCase, RuleDocs, Severity, Symptom, When } from "./engine/rule.js";
export type { Config, HostEntry } from "./engine/schemas.js";
export type { TypedLink } from "./host/spec.js";
export type { LintOptions, LintOutcome, LintRefusal } from "./lint.js";
export { json } from "./report/json.js";
export { quiet, text } from "./report/text.js";
export type { Place, Position, SourceFile, Span } from "./source/file.js";
export { position } from "./source/file.js";
export { rules };

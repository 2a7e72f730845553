import type { RuleCase, RuleDocs } from "../engine/rule.js";

/** What is known of a rule. */
export interface RuleInfo {
  /** `timeout/terminate-below-read`. */
  readonly id: string;
  /** The ways in which it can be broken, by the key that a finding has as `case`. */
  readonly cases: Readonly<Record<string, RuleCase>>;
  readonly docs: RuleDocs;
}

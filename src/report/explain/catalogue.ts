import type { Rule, RuleCase, Severity } from "../../engine/rule.js";
import { compareSeverity } from "../../engine/severity.js";

/** The severity that a rule is listed with: that of its gravest case. */
export function gravest(rule: Rule): Severity {
  return Object.values(rule.cases).reduce<Severity>(
    (worst, { severity }) => (compareSeverity(severity, worst) < 0 ? severity : worst),
    "info",
  );
}

/** By id, in code units: the same order in every locale. */
export function sortedRules(rules: readonly Rule[]): Rule[] {
  return [...rules].sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
}

/** A rule's cases, gravest first, otherwise as the rule lists them. */
export function sortedCases(rule: Rule): RuleCase[] {
  return Object.values(rule.cases).sort((a, b) => compareSeverity(a.severity, b.severity));
}

/** One option of a rule, in words. */
export interface OptionWords {
  readonly name: string;
  /** `number`, `"a" | "b"`; empty when the schema does not say. */
  readonly type: string;
  /** As it would be written in `fpmlint.json`. */
  readonly default: string;
  readonly description: string;
}

export function optionsOf(rule: Rule): OptionWords[] {
  return Object.entries(rule.options.properties).map(([name, schema]) => {
    const { type, description } = schema;
    const values = schema.enum;
    return {
      name,
      type: Array.isArray(values)
        ? values.map((value) => JSON.stringify(value)).join(" | ")
        : Array.isArray(type)
          ? type.join(" | ")
          : typeof type === "string"
            ? type
            : "",
      default: JSON.stringify(schema.default) ?? "none",
      description: typeof description === "string" ? description : "",
    };
  });
}

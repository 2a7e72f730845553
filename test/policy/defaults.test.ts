import { expect, test } from "vitest";
import { rules } from "../../rules/index.js";
import { ruleSchemaName } from "../../src/engine/schemas.js";
import { defaultsOf } from "../../src/policy/settings.js";
import { validators } from "../../src/validators.js";

test("a rule of which nobody says anything runs with what its validator would fill in", () => {
  const withOptions = rules.filter(({ options }) => Object.keys(options.properties).length > 0);
  expect(withOptions).not.toEqual([]);
  for (const rule of rules) {
    const whole = {};
    expect(validators[ruleSchemaName(rule.id)]?.(whole), rule.id).toBe(true);
    expect(defaultsOf(rule), rule.id).toEqual(whole);
  }
});

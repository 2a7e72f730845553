import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { defineRule } from "../../src/engine/define.js";
import { describeErrors } from "../../src/engine/describe-errors.js";
import { noOptions, type OptionsSchema, type Rule } from "../../src/engine/rule.js";
import { createValidators } from "../../src/engine/validate.js";
import { lintWith } from "../../src/lint.js";
import { nearest } from "../../src/source/spelling.js";

const minimum: OptionsSchema = {
  type: "object",
  additionalProperties: false,
  properties: {
    minimum: { type: "string", default: "1k" },
    factor: { type: "number", minimum: 1, default: 2 },
  },
};
const validators = createValidators([invented("sky/too-blue", minimum), invented("sea/too-wet", noOptions)]);

function invented(id: string, options: OptionsSchema): Rule {
  const docs = { title: "", fires: [], why: "", instead: "", references: [] };
  return defineRule({
    id,
    about: "host",
    cases: {},
    docs,
    options,
    proof: { kind: "none", reason: "invented" },
    check: () => [],
  });
}

function faults(name: string, data: unknown): readonly string[] {
  const validate = validators[name];
  if (validate === undefined) throw new Error(name);
  return validate(data) ? [] : describeErrors(validate.errors ?? [], data);
}

describe("fpmlint.json", () => {
  test.each([
    {},
    { $schema: "x", failOn: "never", rules: {}, hosts: [] },
    { rules: { "sky/too-blue": "off", "sea/too-wet": ["error", {}] } },
    { rules: { "sky/too-blue": ["info", { minimum: "4k" }] } },
    { memory: "8G", workerSize: "60 MiB", hosts: [{ name: "web1", root: ".", memory: "512m" }] },
    {
      reserve: "2G",
      headroom: "20%",
      hosts: [{ name: "web1", root: ".", reserve: "512m", headroom: "5 %" }],
    },
    { hosts: [{ name: "web1", root: "hosts/web1", nginx: null, fpm: ["etc/php-fpm.conf"] }] },
    { rules: { "*": "off", "sky/*": "on", "sea/too-wet": "on", "sky/too-blue": ["on", { factor: 3 }] } },
    { extends: "base.json", ignore: ["a/**"], nginxVersion: "1.22.1", phpVersion: "8.3" },
    { overrides: [{ files: ["a", "b"], rules: { "sky/*": "error" } }] },
    { hosts: [{ name: "web1", root: ".", nginxVersion: "1.18.0", phpVersion: "8.3.14" }] },
  ])("accepts %j", (config) => {
    expect(faults("config", config)).toEqual([]);
  });

  test.each<[unknown, readonly string[]]>([
    [[], ["must be object"]],
    [{ failon: "error" }, ['failon: unknown key, did you mean "failOn"?']],
    [{ xyz: 1 }, ["xyz: unknown key"]],
    [{ memory: "8Q" }, ["memory: must be a size with its unit, such as 8G or 512M"]],
    [{ headroom: "0.2" }, ["headroom: must be a percentage below 100, such as 20%"]],
    [{ workerSize: -1 }, ["workerSize: must be string"]],
    [
      { failOn: "errors" },
      ['failOn: must be one of "error", "warning", "info", "never"; did you mean "error"?'],
    ],
    [{ rules: { "sky/to-blue": "off" } }, ['rules.sky/to-blue: unknown key, did you mean "sky/too-blue"?']],
    [{ rules: { "too-wet": "off" } }, ['rules.too-wet: unknown key, did you mean "sea/too-wet"?']],
    [
      { rules: { "sea/too-wet": "warn" } },
      ['rules.sea/too-wet: must be one of "off", "on", "error", "warning", "info"; did you mean "warning"?'],
    ],
    [{ rules: { "sea/too-wet": 2 } }, ["rules.sea/too-wet: must be string or array"]],
    [
      { rules: { "sea/too-wet": ["off", {}] } },
      ['rules.sea/too-wet[0]: must be one of "on", "error", "warning", "info"'],
    ],
    [{ rules: { "sea/too-wet": ["error", { a: 1 }] } }, ["rules.sea/too-wet[1].a: unknown key"]],
    [{ rules: { "sea/too-wet": ["error"] } }, ["rules.sea/too-wet: must NOT have fewer than 2 items"]],
    [
      { rules: { "sky/too-blue": ["error", { minimum: 1 }] } },
      ["rules.sky/too-blue[1].minimum: must be string"],
    ],
    [{ rules: { "sky/too-blue": ["error", { factor: 0 }] } }, ["rules.sky/too-blue[1].factor: must be >= 1"]],
    [
      { rules: { "sky/too-blue": ["error", { minimun: "1" }] } },
      ['rules.sky/too-blue[1].minimun: unknown key, did you mean "minimum"?'],
    ],
    [{ rules: { "sky/*": ["error", {}] } }, ["rules.sky/*: must be string"]],
    [{ rules: { "sky/": "off" } }, ['rules.sky/: unknown key, did you mean "sky/*"?']],
    [{ nginxVersion: "1.22" }, ["nginxVersion: must be a version such as 1.22.1"]],
    [{ phpVersion: "8" }, ["phpVersion: must be a version such as 8.3"]],
    [{ ignore: "a" }, ["ignore: must be array"]],
    [{ overrides: [{}] }, ["overrides[0].files: is required", "overrides[0].rules: is required"]],
    [
      { overrides: [{ files: [], rules: { "sky/too-blu": "off" }, severity: "off" }] },
      [
        "overrides[0].files: must NOT have fewer than 1 items",
        'overrides[0].rules.sky/too-blu: unknown key, did you mean "sky/too-blue"?',
        "overrides[0].severity: unknown key",
      ],
    ],
    [
      { overrides: Array.from({ length: 101 }, () => ({ files: ["a"], rules: {} })) },
      ["overrides: must NOT have more than 100 items"],
    ],
    [
      { hosts: [{ name: "a", nginx: 1 }] },
      ["hosts[0].root: is required", "hosts[0].nginx: must be string or null"],
    ],
  ])("refuses %j", (config, lines) => {
    expect([...faults("config", config)].sort()).toEqual([...lines].sort());
  });

  test("completes the options of a rule", () => {
    const config = { rules: { "sky/too-blue": ["error", { factor: 3 }] } };
    expect(faults("config", config)).toEqual([]);
    expect(config.rules["sky/too-blue"][1]).toEqual({ minimum: "1k", factor: 3 });
  });
});

test("options alone are completed", () => {
  const options = {};
  expect(faults("rule:sky/too-blue", options)).toEqual([]);
  expect(options).toEqual({ minimum: "1k", factor: 2 });
});

test.each([
  ["explian", ["explain", "rules", "init"], "explain"],
  ["ruels", ["explain", "rules", "init"], "rules"],
  ["RULES", ["rules"], "rules"],
  ["capactiy", ["capacity"], "capacity"],
  ["zebra", ["explain", "rules", "init"], null],
  ["x", [], null],
])("nearest to %s in %j is %s", (word, candidates, expected) => {
  expect(nearest(word, candidates)).toBe(expected);
});

test("a rule without a validator for its options is an error of ours, not a rule without defaults", () => {
  const workingDirectory = fileURLToPath(new URL("../../fixtures/hosts/debian", import.meta.url));
  const rules = [invented("sky/too-grey", minimum)];
  expect(() => lintWith(rules, validators, { paths: ["."], workingDirectory })).toThrow("sky/too-grey");
});

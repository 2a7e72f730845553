import { readFileSync } from "node:fs";
import { Ajv } from "ajv";
import { expect, test } from "vitest";
import { rules } from "../../../rules/index.js";
import { groupsOf } from "../../../src/engine/schemas.js";
import { validators } from "../../../src/validators.js";

/** The schema that is shipped for editors says what the command says. */

const schema = JSON.parse(readFileSync("dist/fpmlint.schema.json", "utf8"));
const editor = new Ajv({ strict: false, allErrors: true }).compile(schema);

test.each<[boolean, unknown]>([
  [true, {}],
  [true, { $schema: "x", extends: "a.json", failOn: "never", ignore: ["a"], nginxVersion: "1.22.1" }],
  [true, { rules: { "*": "off", "buffer/*": "on", "buffer/header-too-small": ["on", { minimum: "1k" }] } }],
  [true, { overrides: [{ files: ["a"], rules: { "timeout/read-zero": "info" } }] }],
  [true, { hosts: [{ name: "a", root: "b", nginx: null, fpm: [], phpVersion: "8.3" }], memory: "8G" }],
  [false, { rules: { "buffer/*": ["on", {}] } }],
  [false, { rules: { "timeout/read-sero": "off" } }],
  [false, { overrides: [{ files: ["a"], rules: { "timeout/read-zero": "warn" } }] }],
  [false, { overrides: [{ files: [], rules: {} }] }],
  [false, { rules: { "buffer/header-too-small": ["on", { minimum: 1 }] } }],
  [false, { phpVersion: "eight" }],
])("%s: %j", (right, config) => {
  expect(editor(config)).toBe(right);
  expect(validators.config?.(structuredClone(config))).toBe(right);
});

test("every rule, every group and every key of it has a word of help, and comments are allowed", () => {
  const { rules: known } = schema.definitions;
  expect(Object.keys(known.properties)).toEqual([
    ...rules.map(({ id }) => id),
    ...groupsOf(rules.map(({ id }) => id)),
  ]);
  const silent = (properties: object): readonly string[] =>
    Object.entries(properties).flatMap(([name, { description, $ref }]) =>
      description === undefined && $ref === undefined && name !== "$schema" ? [name] : [],
    );
  expect([...silent(known.properties), ...silent(schema.properties)]).toEqual([]);
  expect(schema).toMatchObject({ allowComments: true, allowTrailingCommas: true });
});

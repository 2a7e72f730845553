import { SHARE_PATTERN, SIZE_PATTERN } from "../capacity/size.js";
import type { Rule, Severity } from "./rule.js";

/** `fpmlint.json` after it was checked. */
export interface Config {
  readonly $schema?: string;
  readonly failOn?: Severity | "never";
  readonly rules?: Readonly<Record<string, RuleSetting>>;
  readonly hosts?: readonly HostEntry[];
  /** The memory of each host that does not state its own: `8G`. */
  readonly memory?: string;
  /** What one worker needs: `60M`. */
  readonly workerSize?: string;
  /** Memory kept for everything except PHP-FPM: `2G`. */
  readonly reserve?: string;
  /** The part of the rest that stays free: `20%`. */
  readonly headroom?: string;
}

/** The options in a pair are complete: the check filled in the defaults. */
export type RuleSetting = "off" | Severity | readonly [Severity, unknown];

export interface HostEntry {
  readonly name: string;
  /** Relative to the directory of `fpmlint.json`, as are the two below to `root`. */
  readonly root: string;
  /** `null`: the host runs no nginx. */
  readonly nginx?: string | null;
  /** One entry per master. */
  readonly fpm?: readonly string[];
  readonly memory?: string;
  readonly workerSize?: string;
  readonly reserve?: string;
  readonly headroom?: string;
}

export type Schema = Readonly<Record<string, unknown>>;

/** As people write sizes; `src/capacity/size.ts` reads them. */
const sizes = {
  memory: { type: "string", pattern: SIZE_PATTERN },
  workerSize: { type: "string", pattern: SIZE_PATTERN },
  reserve: { type: "string", pattern: SIZE_PATTERN },
  headroom: { type: "string", pattern: SHARE_PATTERN },
};

const severities = ["error", "warning", "info"];

/** All JSON schemas (draft-07) by name: `config` for `fpmlint.json`, `rule:<id>` for the options of each rule. */
export function schemas(rules: readonly Rule[]): Readonly<Record<string, Schema>> {
  const options = rules.map((rule) => [ruleSchemaName(rule.id), closed(rule.options.properties)] as const);
  return { config: configSchema(rules), ...Object.fromEntries(options) };
}

export function ruleSchemaName(id: string): string {
  return `rule:${id}`;
}

function configSchema(rules: readonly Rule[]): Schema {
  return closed({
    $schema: { type: "string" },
    failOn: { type: "string", enum: [...severities, "never"] },
    rules: closed(Object.fromEntries(rules.map((rule) => [rule.id, settingSchema(rule.id)]))),
    hosts: { type: "array", items: hostSchema() },
    ...sizes,
  });
}

/**
 * `if` rather than `anyOf`: a fault is then reported once, for the form that was meant, and ajv
 * does not fill in defaults below `anyOf`.
 */
function settingSchema(id: string): Schema {
  return {
    type: ["string", "array"],
    if: { type: "string" },
    // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON schema, nobody awaits it
    then: { enum: ["off", ...severities] },
    else: {
      items: [{ type: "string", enum: severities }, { $ref: ruleSchemaName(id) }],
      minItems: 2,
      maxItems: 2,
      additionalItems: false,
    },
  };
}

function hostSchema(): Schema {
  const properties = {
    name: { type: "string" },
    root: { type: "string" },
    nginx: { type: ["string", "null"] },
    fpm: { type: "array", items: { type: "string" } },
    ...sizes,
  };
  return { ...closed(properties), required: ["name", "root"] };
}

/**
 * `propertyNames` repeats what `additionalProperties` says because only its error carries the
 * names that would have been right, and those make the suggestion.
 */
function closed(properties: Schema): Schema {
  const names = Object.keys(properties);
  const schema = { type: "object", additionalProperties: false, properties };
  return names.length === 0 ? schema : { ...schema, propertyNames: { enum: names } };
}

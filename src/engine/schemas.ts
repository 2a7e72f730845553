import { SHARE_PATTERN, SIZE_PATTERN } from "../capacity/size.js";
import type { Rule, Severity } from "./rule.js";

/** `fpmlint.json` after it was checked. */
export interface Config {
  readonly $schema?: string;
  /** A file whose settings hold where this one says nothing; relative to the directory of this one. */
  readonly extends?: string;
  readonly failOn?: Severity | "never";
  /** By ids, and by groups such as `buffer/*` or `*`; an id wins over a group. */
  readonly rules?: Readonly<Record<string, RuleSetting>>;
  /** What holds for findings in some files; of several that hold the last one counts. */
  readonly overrides?: readonly Override[];
  /** Patterns of paths whose findings are not reported. */
  readonly ignore?: readonly string[];
  readonly hosts?: readonly HostEntry[];
  /** `1.22.1`: the nginx that reads the files of each host that does not state its own. */
  readonly nginxVersion?: string;
  /** `8.3`: likewise, where the path does not show the version. */
  readonly phpVersion?: string;
  /** The memory of each host that does not state its own: `8G`. */
  readonly memory?: string;
  /** What one worker needs: `60M`. */
  readonly workerSize?: string;
  /** Memory kept for everything except PHP-FPM: `2G`. */
  readonly reserve?: string;
  /** The part of the rest that stays free: `20%`. */
  readonly headroom?: string;
}

/** What holds for findings that are reported in one of the files. */
export interface Override {
  /** Patterns, relative to the directory of `fpmlint.json`. */
  readonly files: readonly string[];
  readonly rules: Readonly<Record<string, RuleSetting>>;
}

/** What can be said of a rule: not run, with the severities of its own cases, or with this one. */
export type Level = "off" | "on" | Severity;

/** The options in a pair are complete: the check filled in the defaults. */
export type RuleSetting = Level | readonly [Exclude<Level, "off">, unknown];

export interface HostEntry {
  readonly name: string;
  /** Relative to the directory of `fpmlint.json`, as are the two below to `root`. */
  readonly root: string;
  /** `null`: the host runs no nginx. */
  readonly nginx?: string | null;
  /** One entry per master. */
  readonly fpm?: readonly string[];
  readonly nginxVersion?: string;
  readonly phpVersion?: string;
  readonly memory?: string;
  readonly workerSize?: string;
  readonly reserve?: string;
  readonly headroom?: string;
}

export type Schema = Readonly<Record<string, unknown>>;

/** What `nginxVersion` and `phpVersion` take. */
export const NGINX_VERSION_PATTERN = "^[0-9]{1,3}\\.[0-9]{1,3}\\.[0-9]{1,3}$";
export const PHP_VERSION_PATTERN = "^[0-9]{1,3}\\.[0-9]{1,3}(\\.[0-9]{1,3})?$";

/** What a host may have of its own. Sizes are as people write them; `src/capacity/size.ts` reads them. */
const ofHosts = {
  nginxVersion: {
    type: "string",
    pattern: NGINX_VERSION_PATTERN,
    description: "the nginx that reads the files, as in 1.22.1",
  },
  phpVersion: {
    type: "string",
    pattern: PHP_VERSION_PATTERN,
    description: "the PHP version where the path does not show it, as in 8.3",
  },
  memory: { type: "string", pattern: SIZE_PATTERN, description: "the memory of a host, as in 8G" },
  workerSize: {
    type: "string",
    pattern: SIZE_PATTERN,
    description: "what one worker of PHP-FPM needs, as in 60M",
  },
  reserve: {
    type: "string",
    pattern: SIZE_PATTERN,
    description: "the memory kept for everything except PHP-FPM, as in 2G",
  },
  headroom: {
    type: "string",
    pattern: SHARE_PATTERN,
    description: "the part of the rest that stays free, as in 20%",
  },
};

const severities = ["error", "warning", "info"];
const levels = ["off", "on", ...severities];

/** Nobody could say what more of them come to. */
const MOST_OVERRIDES = 100;

/**
 * All JSON schemas (draft-07) by name: `config` for `fpmlint.json`, `rules` for what it says of rules, there
 * and in each override, `rule:<id>` for the options of each rule.
 */
export function schemas(rules: readonly Rule[]): Readonly<Record<string, Schema>> {
  const options = rules.map((rule) => [ruleSchemaName(rule.id), closed(rule.options.properties)] as const);
  return { config: configSchema(), rules: rulesSchema(rules), ...Object.fromEntries(options) };
}

export function ruleSchemaName(id: string): string {
  return `rule:${id}`;
}

function rulesSchema(rules: readonly Rule[]): Schema {
  const groups = groupsOf(rules.map(({ id }) => id)).map((group) => [group, groupSchema(group)]);
  const schema = closed(
    Object.fromEntries([...rules.map((rule) => [rule.id, settingSchema(rule)]), ...groups]),
  );
  return { ...schema, description: "off, on, a severity, or a severity and options, by rule or group" };
}

function configSchema(): Schema {
  return closed({
    $schema: { type: "string" },
    extends: {
      type: "string",
      description: "a file below the directory of this one, whose settings hold where this one says nothing",
    },
    failOn: {
      type: "string",
      enum: [...severities, "never"],
      description: "lowest severity that makes fpmlint exit with 1",
    },
    rules: { $ref: "rules" },
    overrides: {
      type: "array",
      maxItems: MOST_OVERRIDES,
      description: "what holds for findings that are reported in some files; the last one that holds counts",
      items: {
        ...closed({
          files: {
            ...patternsSchema,
            minItems: 1,
            description: "paths from the directory of this file; * and ** are wildcards",
          },
          rules: { $ref: "rules" },
        }),
        required: ["files", "rules"],
      },
    },
    ignore: {
      ...patternsSchema,
      description: "paths whose findings are not reported; * and ** are wildcards",
    },
    hosts: {
      type: "array",
      items: hostSchema(),
      description: "what the hosts of this tree are, where the search would not find them",
    },
    ...ofHosts,
  });
}

const patternsSchema = { type: "array", items: { type: "string" } };

/** `*` for all rules, and `buffer/*` for each category. */
export function groupsOf(ids: readonly string[]): readonly string[] {
  return ["*", ...new Set(ids.map((id) => `${id.slice(0, id.indexOf("/") + 1)}*`))];
}

/** Whether a word of a comment, an option or `fpmlint.json` means a rule: its id, a category, or all. */
export function meansRule(word: string, id: string): boolean {
  return word === id || (/(?:^|\/)\*$/.test(word) && id.startsWith(word.slice(0, -1)));
}

function groupSchema(group: string): Schema {
  const about = group === "*" ? "every rule" : `every rule of ${group.slice(0, -2)}`;
  return { type: "string", enum: levels, description: about };
}

/**
 * `if` rather than `anyOf`: a fault is then reported once, for the form that was meant, and ajv
 * does not fill in defaults below `anyOf`.
 */
function settingSchema({ id, docs }: Rule): Schema {
  return {
    type: ["string", "array"],
    description: docs.title,
    if: { type: "string" },
    // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON schema, nobody awaits it
    then: { enum: levels },
    else: {
      items: [{ type: "string", enum: ["on", ...severities] }, { $ref: ruleSchemaName(id) }],
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
    ...ofHosts,
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

import { outsideTopics } from "../../causes/outside-causes.js";
import { symptomNames } from "../../causes/symptoms.js";
import type { Rule } from "../../engine/rule.js";
import { unique } from "../../source/collect.js";
import { COMMANDS, type CommandRow, type PositionalRow } from "../commands.js";
import { COMMON_OPTIONS, type Completes, type OptionRow } from "../options.js";
import { LEVELS } from "../rule-levels.js";

/** What a shell knows of the command line. */
export interface ShellModel {
  /** The first is the linter, whose name is empty. */
  readonly commands: readonly ShellCommand[];
  /** Ids, then groups such as `buffer/*`. */
  readonly rules: readonly string[];
  /** What a rule may be set to. */
  readonly levels: readonly string[];
}

export interface ShellCommand {
  readonly name: string;
  readonly describe: string;
  readonly options: readonly ShellOption[];
  /** What each word of it may be; the last one counts for all that follow where `more`. */
  readonly words: readonly Value[];
  readonly more: boolean;
}

export interface ShellOption {
  /** `fail-on`. */
  readonly long: string;
  /** `q`; `null`: it has no short name. */
  readonly short: string | null;
  readonly describe: string;
  /** `null`: it takes none. */
  readonly value: Value | null;
  readonly repeatable: boolean;
}

/**
 * What may be written. `rule`: a rule or a group, `=` and a level. `format`: a word, or a word, `=` and a file.
 * `any`: anything, and nothing can be offered.
 */
export type Value =
  | { readonly kind: "words" | "format"; readonly words: readonly string[] }
  | { readonly kind: "file" | "rule" | "any" };

/** Made from the rows that the help is made from. */
export function shellModel(rules: readonly Rule[]): ShellModel {
  const ids = rules.map(({ id }) => id);
  const groups = unique(ids.map((id) => `${id.split("/")[0] ?? id}/*`));
  const topics = [...ids, ...symptomNames(rules, outsideTopics)];
  return {
    commands: COMMANDS.map((row) => commandOf(row, topics)),
    rules: [...ids, ...groups],
    levels: LEVELS,
  };
}

function commandOf({ name, describe, options, positionals }: CommandRow, topics: readonly string[]) {
  const words = Object.values(positionals);
  const all = Object.entries<OptionRow>({ ...options, ...COMMON_OPTIONS, ...ANSWERED });
  return {
    name,
    describe,
    options: all.map(([long, row]) => optionOf(long, row)),
    words: words.map((row) => wordOf(row, topics)),
    more: words[words.length - 1]?.array === true,
  };
}

/** What yargs itself answers. */
export const ANSWERED = {
  version: { alias: "V", type: "boolean", describe: "show the version" },
  help: { alias: "h", type: "boolean", describe: "show the help" },
} as const satisfies Readonly<Record<string, OptionRow>>;

function optionOf(long: string, row: OptionRow): ShellOption {
  return {
    long,
    short: [row.alias ?? []].flat()[0] ?? null,
    describe: row.describe ?? "",
    value: row.type === "boolean" ? null : writtenValue(row),
    repeatable: row.array === true,
  };
}

function wordOf(row: PositionalRow, topics: readonly string[]): Value {
  const { choices, completes } = row;
  return completes === "topic" ? { kind: "words", words: topics } : writtenValue({ choices, completes });
}

function writtenValue({ choices, completes }: Written): Value {
  if (choices !== undefined) return { kind: "words", words: choices.map(String) };
  if (completes === undefined) return { kind: "any" };
  return typeof completes === "string" ? { kind: completes } : { kind: "format", words: completes.formats };
}

interface Written {
  readonly choices?: OptionRow["choices"] | undefined;
  readonly completes?: Completes | undefined;
}

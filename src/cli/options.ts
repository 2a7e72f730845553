import type { Options } from "yargs";

/**
 * The options of each command, one row an option. What yargs is told, what a misspelt option is
 * compared with, and of which options only the last one counts is all made from these tables.
 */
export type OptionTable = Readonly<Record<string, Options>>;

/** An option that may be given several times, each time with one value. */
export const repeatable = { type: "string", array: true, nargs: 1 } as const;

/** Options that several commands have. */
export const sharedOptions = {
  format: {
    ...repeatable,
    describe: "text or json; NAME=FILE writes to a file; repeatable [default: text]",
  },
  config: {
    type: "string",
    describe: "configuration file for every path [default: the nearest fpmlint.json upward from each]",
  },
  "php-version": { type: "string", describe: "PHP version where the path does not show it, as in 8.3" },
} as const satisfies OptionTable;

/** Options of every command. */
export const COMMON_OPTIONS = {
  color: {
    choices: ["auto", "always", "never"],
    default: "auto",
    describe: "colour; auto honours NO_COLOR and FORCE_COLOR",
  },
} as const satisfies OptionTable;

/** Options of `fpmlint [paths..]`. */
export const LINT_OPTIONS = {
  "fail-on": {
    choices: ["error", "warning", "info", "never"],
    describe: "lowest severity that makes fpmlint exit with 1 [default: warning]",
  },
  format: {
    ...repeatable,
    describe:
      "text, json, sarif, github, gitlab, checkstyle, junit or prometheus; NAME=FILE writes to a file; repeatable [default: text]",
  },
  rule: {
    ...repeatable,
    describe:
      "level of a rule (off, on, info, warning, error), as in timeout/read-zero=error, or of a group: buffer/*=off; repeatable",
  },
  baseline: {
    type: "string",
    describe: "file of known findings, which are not reported",
  },
  "update-baseline": {
    type: "boolean",
    default: false,
    describe: "write the findings of this run to the file of --baseline",
  },
  changed: {
    type: "string",
    describe:
      "only findings about what git says was changed since HEAD, or since the commit that --changed REV and HEAD have in common",
  },
  fix: {
    type: "boolean",
    default: false,
    describe: "make the changes of helps after which no working request is treated differently",
  },
  "fix-review": {
    type: "boolean",
    default: false,
    describe: "make also those that change behaviour: look at them with --diff first",
  },
  diff: {
    type: "boolean",
    default: false,
    describe: "print what --fix, or --fix-review, would change, and change nothing",
  },
  infos: { type: "boolean", default: false, describe: "show infos with their lines" },
  "min-severity": {
    choices: ["error", "warning", "info"],
    describe: "lowest severity that the text shows [default: info]",
  },
  quiet: {
    alias: "q",
    type: "boolean",
    default: false,
    describe: "one line per finding; what was checked goes to standard error",
  },
  config: sharedOptions.config,
  "print-config": {
    ...repeatable,
    describe: "print what holds for this path and which line says so, and check nothing",
  },
  "nginx-version": {
    type: "string",
    describe:
      "the nginx that reads the files, as in 1.22.1; without it, anything that some nginx since 1.18.0 accepts passes",
  },
  "php-version": sharedOptions["php-version"],
  ram: { type: "string", describe: "memory of the host, as in 8G; the live host's own is known" },
} as const satisfies OptionTable;

/** Options of `fpmlint rules`. */
export const RULES_OPTIONS = {
  format: { choices: ["text", "json"], default: "text", describe: "for people or for tools" },
} as const satisfies OptionTable;

/** Of an option that is given twice the last one counts, as everywhere; a repeatable one adds up. Changes `argv`. */
export function keepLast(argv: Record<string, unknown>, table: OptionTable): void {
  for (const [name, { alias, array }] of Object.entries(table)) {
    if (array === true) continue;
    for (const key of [name, ...[alias ?? []].flat()]) {
      const value = argv[key];
      if (Array.isArray(value)) argv[key] = value[value.length - 1];
    }
  }
}

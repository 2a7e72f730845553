import { lstatSync } from "node:fs";
import { resolve } from "node:path";
import type { Rule } from "../../engine/rule.js";
import type { Config, Level } from "../../engine/schemas.js";
import { pathBytes } from "../../host/door.js";
import { realPlace } from "../../host/find/stated.js";
import { type ConfigFile, type PathConfig, saying } from "../../policy/config.js";
import { patternsOf } from "../../policy/patterns.js";
import {
  type Below,
  holdsFor,
  layersOf,
  type RuleLevel,
  resolve as resolved,
  type Word,
  wordsOf,
} from "../../policy/settings.js";
import { belowConfig } from "../../read-hosts.js";
import { stringify } from "../../report/json.js";
import { escapeText } from "../../report/terminal/escape.js";
import { DOCUMENTS, readOutputs, writeOutput } from "../outputs.js";
import { UsageError } from "../usage.js";
import type { World } from "../world.js";
import type { Configs } from "./load.js";

/** Who says something: a line of a file, or an option. */
type From =
  | { readonly file: string; readonly line: number; readonly column: number }
  | { readonly option: string };

interface Setting {
  readonly name: string;
  /** `null`: nothing is said, and there is no default. */
  readonly value: unknown;
  /** `null`: nobody says it. */
  readonly from: From | null;
}

interface RuleRow {
  readonly rule: string;
  readonly level: Level;
  /** `null`: those of the rule's page. */
  readonly options: unknown;
  readonly from: From | null;
}

/** What holds for a path. */
export interface Printed {
  readonly path: string;
  /** The file that was found, then what it extends. */
  readonly files: readonly string[];
  readonly settings: readonly Setting[];
  /** The pattern that leaves its findings out; `null`: none does. */
  readonly ignored: { readonly pattern: string; readonly from: From } | null;
  readonly rules: readonly RuleRow[];
}

/** What the command line says itself. */
export interface Options {
  readonly levels: readonly RuleLevel[];
  /** Values of options by the key that they win over. */
  readonly values: ReadonlyMap<keyof Config, { readonly value: string; readonly option: string }>;
}

const KEYS = [
  "failOn",
  "nginxVersion",
  "phpVersion",
  "memory",
  "workerSize",
  "reserve",
  "headroom",
  "hosts",
] as const satisfies readonly (keyof Config)[];

/** Writes what holds for a path, and from where. Throws UsageError. */
export function printConfig(
  path: string,
  configs: Configs,
  options: Options,
  formats: readonly string[],
  world: World,
): void {
  const outputs = readOutputs(formats, DOCUMENTS);
  if (!isThere(resolve(world.workingDirectory, path)))
    throw new UsageError(`${path}: no such file or directory`);
  const printed = holding(path, configs.of(path), options, world);
  for (const { format, file } of outputs) {
    const text = format === "json" ? printedJson(printed) : printedText(printed);
    if (file === null) world.stdout.write(text);
    else writeOutput(file, text, world.workingDirectory);
  }
}

function isThere(path: string): boolean {
  try {
    return lstatSync(pathBytes(path), { throwIfNoEntry: false }) !== undefined;
  } catch {
    return false;
  }
}

function holding(path: string, config: PathConfig | null, options: Options, world: World): Printed {
  const { workingDirectory, rules } = world;
  const below = belowConfig(config, workingDirectory)(realPlace(resolve(workingDirectory, path)));
  const layers = layersOf(config, options.levels).filter((layer) => holdsFor(layer, below));
  return {
    path,
    files: (config?.files ?? []).map(({ name }) => name).toReversed(),
    settings: KEYS.map((key) => settingOf(key, config, options)),
    ignored: ignoring(config, below),
    rules: rules.map(({ id }) => ruleRow(id, resolved(wordsOf(layers, id)))),
  };
}

function settingOf(key: (typeof KEYS)[number], config: PathConfig | null, { values }: Options): Setting {
  const typed = values.get(key);
  if (typed !== undefined) return { name: key, value: typed.value, from: { option: typed.option } };
  const found = saying(config, key);
  if (found !== null) return { name: key, value: found.value, from: fromFile(found.file, [key]) };
  return { name: key, value: key === "failOn" ? "warning" : null, from: null };
}

function ignoring(config: PathConfig | null, below: Below): Printed["ignored"] {
  for (const file of config?.files ?? []) {
    for (const [index, pattern] of patternsOf(file.config.ignore ?? []).entries()) {
      if (below === null || !pattern.matches(below)) continue;
      return { pattern: pattern.text, from: fromFile(file, ["ignore", String(index)]) };
    }
  }
  return null;
}

function ruleRow(rule: Rule["id"], { level, options, levelFrom }: ReturnType<typeof resolved>): RuleRow {
  return { rule, level, options, from: levelFrom === null ? null : fromWord(levelFrom) };
}

function fromWord({ layer: { origin }, name, setting }: Word): From {
  if (origin === null)
    return { option: `--rule ${name}=${typeof setting === "string" ? setting : setting[0]}` };
  return fromFile(origin.file, [...origin.path, name]);
}

function fromFile({ name, at }: ConfigFile, path: readonly string[]): From {
  return { file: name, ...at(path) };
}

function printedJson({ path, files, settings, ignored, rules }: Printed): string {
  const values = new Map(settings.map(({ name, value, from }) => [name, { value, from }] as const));
  const levels = rules.map(({ rule, ...row }) => [rule, row] as const);
  return stringify({
    version: 1,
    path,
    files,
    settings: objectOf([...values]),
    ignored,
    rules: objectOf(levels),
  });
}

/** With keys of ours alone. */
function objectOf(rows: readonly (readonly [name: string, value: unknown])[]): object {
  const made = {};
  for (const [name, value] of rows) Object.defineProperty(made, name, { value, enumerable: true });
  return made;
}

function printedText({ path, files, settings, ignored, rules }: Printed): string {
  const [first, ...others] = files;
  const extended = others.length === 0 ? "" : `, which extends ${others.join(", which extends ")}`;
  const said = settings.filter(({ value }) => value !== null);
  const changed = rules.filter(({ from }) => from !== null);
  const left = rules.length - changed.length;
  const rows = [
    ...said.map(({ name, value, from }) => [name, shown(value), fromText(from)]),
    ...(ignored === null
      ? []
      : [["ignored", `findings here are not reported: ${ignored.pattern}`, fromText(ignored.from)]]),
  ];
  const ofRules = changed.map(({ rule, level, options, from }) => [
    rule,
    options === null || level === "off" ? level : `${level} ${JSON.stringify(options)}`,
    fromText(from),
  ]);
  const rest = `${left === rules.length ? "every rule" : `the other ${left} rules`}: on, with the severities of fpmlint rules`;
  return [
    escapeText(first === undefined ? `${path}: no fpmlint.json` : `${path}: ${first}${extended}`),
    "",
    ...table(rows),
    "",
    ...table(ofRules),
    ...(left === 0 ? [] : [rest]),
    "",
  ].join("\n");
}

function shown(value: unknown): string {
  if (!Array.isArray(value)) return String(value);
  return value.map((host: { readonly name?: unknown }) => String(host.name)).join(", ");
}

function fromText(from: From | null): string {
  if (from === null) return "the default";
  return "option" in from ? from.option : `${from.file}:${from.line}:${from.column}`;
}

/** Columns of the same width, but for the last one. */
function table(rows: readonly (readonly string[])[]): readonly string[] {
  const safe = rows.map((row) => row.map(escapeText));
  const widths = [0, 1].map((column) => Math.max(0, ...safe.map((row) => (row[column] ?? "").length)));
  return safe.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}

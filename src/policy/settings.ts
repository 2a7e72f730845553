import type { Finding, Placed, Related } from "../engine/finding.js";
import { changed } from "../engine/fingerprint.js";
import type { Report, Rule, Severity } from "../engine/rule.js";
import type { RuleSetting } from "../engine/run.js";
import { type Level, meansRule, ruleSchemaName, type RuleSetting as Said } from "../engine/schemas.js";
import { compareSeverity, type FailOn } from "../engine/severity.js";
import type { Validators } from "../engine/validate.js";
import type { SourceFile } from "../source/file.js";
import { once } from "../source/memo.js";
import { type ConfigFile, type PathConfig, said } from "./config.js";
import { type PathPattern, patternsOf } from "./patterns.js";

/** What the command line says of a rule: `buffer/*=off`. */
export interface RuleLevel {
  /** An id or a group. */
  readonly name: string;
  readonly level: Level;
}

/** Settings of rules that are said together. A later layer wins over an earlier one. */
export interface Layer {
  readonly rules: ReadonlyMap<string, Said>;
  /** `null`: it holds everywhere. */
  readonly files: readonly PathPattern[] | null;
  /** Where it is said; `null`: on the command line. */
  readonly origin: { readonly file: ConfigFile; readonly path: readonly string[] } | null;
}

/** What is extended, then what extends it, then the command line; of each file its overrides come last. */
export function layersOf(config: PathConfig | null, levels: readonly RuleLevel[]): readonly Layer[] {
  const ofFiles = (config?.files ?? []).flatMap((file) => {
    const layer = (rules: object, files: readonly string[] | null, path: readonly string[]): Layer => ({
      rules: new Map<string, Said>(Object.entries(rules)),
      files: files === null ? null : patternsOf(files),
      origin: { file, path },
    });
    const { rules = {}, overrides = [] } = file.config;
    return [
      layer(rules, null, ["rules"]),
      ...overrides.map((one, index) => layer(one.rules, one.files, ["overrides", String(index), "rules"])),
    ];
  });
  const ofOptions = levels.map(
    ({ name, level }): Layer => ({ rules: new Map([[name, level]]), files: null, origin: null }),
  );
  return [...ofFiles, ...ofOptions];
}

/** What one layer says of a rule. */
export interface Word {
  readonly layer: Layer;
  /** The id or the group that says it. */
  readonly name: string;
  readonly setting: Said;
}

/** What the layers say of a rule, in their order; of one layer an id wins over its group, and that over all. */
export function wordsOf(layers: readonly Layer[], id: string): readonly Word[] {
  return layers.flatMap((layer) => {
    const names = [...layer.rules.keys()].filter((name) => meansRule(name, id));
    const [name] = names.sort((a, b) => b.length - a.length);
    const setting = name === undefined ? undefined : layer.rules.get(name);
    return name === undefined || setting === undefined ? [] : [{ layer, name, setting }];
  });
}

/** What the words come to together; `options`: `null` where none states any. */
export interface Resolved {
  readonly level: Level;
  readonly options: unknown;
  /** Who said the level, and the options; `null`: nobody. */
  readonly levelFrom: Word | null;
  readonly optionsFrom: Word | null;
}

/** A level alone leaves the options as they are; a pair states both. */
export function resolve(words: readonly Word[]): Resolved {
  let found: Resolved = { level: "on", options: null, levelFrom: null, optionsFrom: null };
  for (const word of words) {
    const { setting } = word;
    found =
      typeof setting === "string"
        ? { ...found, level: setting, levelFrom: word }
        : { level: setting[0], options: setting[1], levelFrom: word, optionsFrom: word };
  }
  return found;
}

/** The names of a path from the directory of the configuration on; `null`: it is not below it. */
export type Below = readonly string[] | null;

/** Whether a layer holds for a path. */
export function holdsFor({ files }: Layer, path: Below): boolean {
  return files === null || (path !== null && files.some((pattern) => pattern.matches(path)));
}

/** What the configuration of a path says of rules and files. */
export interface Settings {
  readonly of: (rule: Rule) => RuleSetting;
  /** Whether a rule is off for findings of this file, or may be for their other ends. */
  readonly mayBeOff: (rule: Rule, file: SourceFile) => boolean;
  /** Whether findings of a file, by its name in reports, are left out. */
  readonly ignores: (display: string) => boolean;
  /** From which severity on findings fail the run; `null`: it does not say. */
  readonly failOn: FailOn | null;
}

/** `below`: where a file is, by its name in reports. */
export function settingsOf(
  config: PathConfig | null,
  levels: readonly RuleLevel[],
  validators: Validators,
  below: (display: string) => Below,
): Settings {
  const layers = layersOf(config, levels);
  const held = new Map<string, ReadonlySet<Layer>>();
  const holding = (display: string): ReadonlySet<Layer> =>
    once(held, display, () => {
      const path = below(display);
      return new Set(layers.filter((layer) => holdsFor(layer, path)));
    });
  const patterns = (config?.files ?? []).flatMap((file) => patternsOf(file.config.ignore ?? []));
  const ignored = new Map<string, boolean>();
  const known = new Map<Rule, RuleSetting>();
  return {
    of: (rule) => once(known, rule, () => settingOfRule(rule, wordsOf(layers, rule.id), validators, holding)),
    mayBeOff: (rule, { display }) => {
      const words = wordsOf(layers, rule.id);
      const here = holding(display);
      const elsewhere = words.some(({ layer, setting }) => layer.files !== null && setting === "off");
      return elsewhere || resolve(words.filter(({ layer }) => here.has(layer))).level === "off";
    },
    ignores: (display) =>
      patterns.length > 0 &&
      once(ignored, display, () => {
        const path = below(display);
        return path !== null && patterns.some((pattern) => pattern.matches(path));
      }),
    failOn: said(config, "failOn"),
  };
}

/** Findings with what their configuration says of failing. */
export function failing({ failOn }: Settings): (finding: Finding) => Finding {
  return (finding) => (failOn === null ? finding : changed(finding, { failOn }));
}

/** The files in which the same fault is reported, of which the first is marked. */
export function markedIn({ at, related }: Placed): readonly string[] {
  return [at, ...related.filter(({ alike }) => alike === true).map(({ place }) => place)].map(
    ({ span }) => span.file.display,
  );
}

function settingOfRule(
  rule: Rule,
  words: readonly Word[],
  validators: Validators,
  holding: (display: string) => ReadonlySet<Layer>,
): RuleSetting {
  const complete = validators[ruleSchemaName(rule.id)];
  if (complete === undefined) throw new Error(`no validator for the options of the rule ${rule.id}`);
  // Most configurations say nothing of most rules.
  if (words.length === 0) return { level: null, options: defaultsOf(rule) };
  const whole = completed(rule, complete);
  const setting = ({ level, options }: Resolved): Pick<RuleSetting, "level" | "options"> => ({
    level: level === "on" ? null : level,
    options: whole(options),
  });
  const everywhere = setting(resolve(words.filter(({ layer }) => layer.files === null)));
  if (words.every(({ layer }) => layer.files === null)) return everywhere;
  const byFile = new Map<string, typeof everywhere>();
  const inFile = (file: string): typeof everywhere =>
    once(byFile, file, () => {
      const here = holding(file);
      return setting(resolve(words.filter(({ layer }) => here.has(layer))));
    });
  const of = (report: Report, options: unknown): readonly [Report, Severity | null] | null => {
    const here = whereHeld(report, (file) => inFile(file).options === options);
    if (here === null) return null;
    const levels = markedIn(here).map((file) => inFile(file).level);
    const level = gravest(levels, rule.cases[report.case]?.severity ?? "error");
    return level === "off" ? null : [here, level];
  };
  return { ...everywhere, byPlace: { options: optionsIn(words, setting), of } };
}

/** Of several places that have the same fault those in files that hold; `null`: none does. */
function whereHeld(report: Report, holds: (file: string) => boolean): Report | null {
  const held = ({ place }: Related): boolean => holds(place.span.file.display);
  const related = report.related.filter((one) => one.alike !== true || held(one));
  if (holds(report.at.span.file.display))
    return related.length === report.related.length ? report : { ...report, related };
  const next = related.find(({ alike }) => alike === true);
  if (next === undefined) return null;
  return { ...report, at: next.place, label: null, related: related.filter((one) => one !== next) };
}

/** Of the places of one finding that which weighs most: it is off only where all of them are. */
function gravest(levels: readonly RuleSetting["level"][], own: Severity): RuleSetting["level"] {
  const severities = levels.flatMap((level) => (level === "off" ? [] : [level ?? own]));
  const [first] = severities.sort(compareSeverity);
  if (first === undefined) return "off";
  // What is as grave by itself stays what the case says.
  return first === own && levels.includes(null) ? null : first;
}

/** The options that the rule may have to be run with, each once; none where it is off everywhere. */
function optionsIn(
  words: readonly Word[],
  setting: (resolved: Resolved) => { readonly options: unknown },
): readonly unknown[] {
  let found: Resolved[] = [resolve([])];
  let runs = true;
  for (const word of words) {
    const one = resolve([word]);
    const always = word.layer.files === null;
    if (one.optionsFrom !== null) found = always ? [one] : [...found, one];
    runs = one.level !== "off" || (!always && runs);
  }
  return runs ? [...new Set(found.map((one) => setting(one).options))] : [];
}

/** Options with the rule's defaults; the same object for options that say the same. */
function completed(rule: Rule, complete: Validators[string]): (options: unknown) => unknown {
  const known = new Map<unknown, object>();
  const byText = new Map<string, object>();
  return (options) =>
    once(known, options, () => {
      const whole: object = options == null ? defaultsOf(rule) : structuredClone(options);
      // Fills in the defaults; the configuration itself was checked when it was read.
      if (options != null) complete(whole);
      return once(byText, JSON.stringify(whole), () => whole);
    });
}

/** What a rule is run with of which nobody says anything: as the validator would fill it in, which takes a while to load. */
export function defaultsOf({ options }: Pick<Rule, "options">): object {
  const known = Object.entries(options.properties).filter(([, property]) => property.default !== undefined);
  return Object.assign(
    {},
    ...known.map(([name, property]) => ({ [name]: structuredClone(property.default) })),
  );
}

import type { Rule, Severity } from "../engine/rule.js";
import type { Config, RuleSetting } from "../engine/schemas.js";
import { nearest } from "../source/spelling.js";
import { meantValue, UsageError } from "./usage.js";

/** What a rule may be set to. */
export const LEVELS = ["off", "info", "warning", "error"] as const;
type Level = (typeof LEVELS)[number];

/**
 * The configuration with what `--rule ID=LEVEL` says; `ID` may be a group such as `buffer/*`. Options of a
 * rule stay, and of two words about one rule the last one counts. Throws UsageError.
 */
export function withRuleLevels(
  config: Config | null,
  words: readonly string[],
  rules: readonly Rule[],
): Config | null {
  if (words.length === 0) return config;
  const settings = new Map<string, RuleSetting>(Object.entries(config?.rules ?? {}));
  for (const word of words) {
    const { ids, level } = parsed(word, rules);
    for (const id of ids) settings.set(id, withLevel(settings.get(id), level));
  }
  return { ...config, rules: Object.fromEntries(settings) };
}

function withLevel(before: RuleSetting | undefined, level: Level): RuleSetting {
  return level === "off" || before === undefined || typeof before === "string" ? level : [level, before[1]];
}

function parsed(
  word: string,
  rules: readonly Rule[],
): { readonly ids: readonly string[]; readonly level: Severity | "off" } {
  const at = word.lastIndexOf("=");
  const name = at === -1 ? word : word.slice(0, at);
  const wanted = at === -1 ? "" : word.slice(at + 1);
  const level = LEVELS.find((one) => one === wanted);
  if (level === undefined) {
    const near = meantValue(wanted, LEVELS);
    const meant = near === null ? "" : `; did you mean ${name}=${near}?`;
    throw new UsageError(
      `--rule ${JSON.stringify(word)} is not ID=LEVEL, with a level of ${LEVELS.join(", ")}${meant}`,
    );
  }
  const all = rules.map(({ id }) => id);
  const ids = name.endsWith("/*")
    ? all.filter((id) => id.startsWith(name.slice(0, -1)))
    : all.filter((id) => id === name);
  if (ids.length > 0) return { ids, level };
  const near = nearest(name, all);
  throw new UsageError(
    `--rule: there is no rule "${name}"; ${near === null ? "fpmlint rules lists them" : `did you mean ${near}?`}`,
  );
}

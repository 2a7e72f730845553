import type { Rule } from "../engine/rule.js";
import { groupsOf, type Level, meansRule } from "../engine/schemas.js";
import type { RuleLevel } from "../policy/settings.js";
import { nearest } from "../source/spelling.js";
import { meantValue, UsageError } from "./usage.js";

const LEVELS: readonly Level[] = ["off", "on", "info", "warning", "error"];

/** What `--rule ID=LEVEL` says; `ID` may be a group such as `buffer/*`. Throws UsageError. */
export function ruleLevels(words: readonly string[], rules: readonly Rule[]): readonly RuleLevel[] {
  const ids = rules.map(({ id }) => id);
  return words.map((word) => ruleLevel(word, ids));
}

function ruleLevel(word: string, ids: readonly string[]): RuleLevel {
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
  if (ids.some((id) => meansRule(name, id))) return { name, level };
  const near = nearest(name, [...ids, ...groupsOf(ids)]);
  throw new UsageError(
    `--rule: there is no rule "${name}"; ${near === null ? "fpmlint rules lists them" : `did you mean ${near}?`}`,
  );
}

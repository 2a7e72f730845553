import { nearest } from "../engine/nearest.js";
import type { Rule } from "../engine/rule.js";
import { chooseColor } from "../report/color.js";
import { explainRule, explainStatus } from "../report/explain.js";
import { UsageError } from "./usage.js";
import type { World } from "./world.js";

/** Writes a rule's page or every rule behind a status. Throws UsageError for what is neither. */
export function explain(topic: string, color: "auto" | "always" | "never", world: World): void {
  const isTTY = world.stdout.isTTY === true;
  const options = {
    color: chooseColor({ flag: color, env: world.env, isTTY }),
    width: isTTY ? Math.min(world.stdout.columns ?? 80, 100) : 100,
  };
  const rule = world.rules.find(({ id }) => id === topic);
  const page = rule === undefined ? explainStatus(world.rules, topic, options) : explainRule(rule, options);
  if (page === null) throw new UsageError(unknownTopic(topic, world.rules));
  world.stdout.write(page);
}

function unknownTopic(topic: string, rules: readonly Rule[]): string {
  if (/^\d+$/.test(topic))
    return `no rule is about status ${topic}; statuses with rules: ${statuses(rules).join(", ")}`;
  const meant = nearest(
    topic,
    rules.map(({ id }) => id),
  );
  return `no rule named "${topic}"${meant === null ? "; fpmlint rules lists them" : `; did you mean ${meant}?`}`;
}

function statuses(rules: readonly Rule[]): readonly number[] {
  const all = rules.flatMap(({ cases }) =>
    Object.values(cases).map(({ symptom }) => symptom?.status ?? null),
  );
  return [...new Set(all)].filter((status) => status !== null).sort((a, b) => a - b);
}

import { outsideTopics } from "../causes/outside-causes.js";
import { symptomNames, symptomTopic } from "../causes/symptoms.js";
import type { Rule } from "../engine/rule.js";
import { explainRule } from "../report/explain/rule.js";
import { explainSymptom } from "../report/explain/symptom.js";
import { chooseColor } from "../report/terminal/color.js";
import { nearest } from "../source/spelling.js";
import { columnsOf } from "./columns.js";
import { UsageError } from "./usage.js";
import type { World } from "./world.js";

/** Wider pages of prose are hard to read. */
const MOST_COLUMNS = 100;

/**
 * Writes a rule's page, or every cause of what users see: `502`, `blank page`. Throws UsageError
 * for anything else.
 */
export function explain(words: readonly string[], color: "auto" | "always" | "never", world: World): void {
  const isTTY = world.stdout.isTTY === true;
  const options = {
    color: chooseColor({ flag: color, env: world.env, isTTY }),
    width: Math.min(columnsOf(world).width, MOST_COLUMNS),
  };
  const topic = words.join(" ").trim();
  const rule = world.rules.find(({ id }) => id === topic);
  const symptom = symptomTopic(topic);
  const page =
    rule !== undefined
      ? explainRule(rule, options)
      : symptom === null
        ? null
        : explainSymptom(world.rules, symptom, options);
  if (page === null) throw new UsageError(unknownTopic(topic, world.rules));
  world.stdout.write(page);
}

function unknownTopic(topic: string, rules: readonly Rule[]): string {
  const names = symptomNames(rules, outsideTopics);
  const symptom = symptomTopic(topic);
  if (symptom !== null)
    return `nothing is known about ${symptom.title}; known symptoms are ${names.join(", ")}`;
  const meant = nearest(topic, [...rules.map(({ id }) => id), ...names]);
  return `no rule and no symptom named "${topic}"${
    meant === null
      ? `; fpmlint rules lists the rules, symptoms are ${names.join(", ")}`
      : `; did you mean ${meant}?`
  }`;
}

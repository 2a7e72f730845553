import type { Rule, RuleCase } from "../engine/rule.js";
import { wordMap } from "../source/word-map.js";

/** What users see, as people ask about it: `502`, `blank page`. */
export interface SymptomTopic {
  /** Its name on the command line and in causes: `502`, `blank page`. */
  readonly name: string;
  /** For a headline: `502 Bad Gateway`. */
  readonly title: string;
}

const PHRASES: ReadonlyMap<string, string> = wordMap({
  "400": "Bad Request",
  "403": "Forbidden",
  "404": "Not Found",
  "408": "Request Timeout",
  "413": "Request Entity Too Large",
  "500": "Internal Server Error",
  "502": "Bad Gateway",
  "503": "Service Temporarily Unavailable",
  "504": "Gateway Time-out",
});

const BLANK: SymptomTopic = { name: "blank page", title: "a blank page" };

/**
 * The topic that words on the command line mean: `502`, `504 Gateway Time-out`, `blank page`, `white
 * screen`. `null`: they do not name a symptom. There may be no known cause for a status.
 */
export function symptomTopic(words: string): SymptomTopic | null {
  const said = words
    .trim()
    .toLowerCase()
    .replace(/[\s-]+/g, " ");
  if (/^(blank|white|empty) ?(page|screen|response)?$/.test(said)) return BLANK;
  const status = /^(?:http |error |status )*([1-5]\d\d)(?: [a-z -]+)?$/.exec(said)?.[1];
  if (status === undefined) return null;
  const phrase = PHRASES.get(status);
  return { name: status, title: phrase === undefined ? status : `${status} ${phrase}` };
}

/** Whether users see that symptom in a case of a rule. */
export function showsAs({ symptom, blank }: RuleCase, topic: SymptomTopic): boolean {
  if (topic.name === BLANK.name) return blank === true;
  return symptom !== null && symptom.status !== null && String(symptom.status) === topic.name;
}

/**
 * The names of all symptoms that rules or `others` have a cause for: the statuses in order, then the rest.
 */
export function symptomNames(rules: readonly Rule[], others: readonly string[]): readonly string[] {
  const cases = rules.flatMap((rule) => Object.values(rule.cases));
  const statuses = cases.flatMap(({ symptom }) =>
    symptom === null || symptom.status === null || symptom.status === 200 ? [] : [String(symptom.status)],
  );
  const blank = cases.some((one) => one.blank === true) ? [BLANK.name] : [];
  return [...new Set([...statuses, ...blank, ...others])].sort();
}

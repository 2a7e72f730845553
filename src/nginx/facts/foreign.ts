import { lazily } from "../../source/memo.js";
import { FOREIGN_HANDLERS, FOREIGN_NAMES, FOREIGN_PATTERN, FOREIGN_PREFIXES } from "./facts-foreign.js";
import { FREE_VARIABLES, VARIABLE_PREFIXES } from "./facts-values.js";
import { isFixedVariable } from "./variables.js";

const words = (text: string): readonly string[] => text.trim().split(/\s+/);

const names = lazily<ReadonlySet<string>>(() => new Set(words(FOREIGN_NAMES)));
const prefixes = lazily(() => words(FOREIGN_PREFIXES));

/** Whether a widely packaged module that is not part of open source nginx has a directive of that name. */
export function isForeign(name: string): boolean {
  return (
    names().has(name) || FOREIGN_PATTERN.test(name) || prefixes().some((prefix) => name.startsWith(prefix))
  );
}

export function foreignNames(): readonly string[] {
  return [...names()];
}

const handlers = lazily<ReadonlySet<string>>(() => new Set(words(FOREIGN_HANDLERS)));

/** Whether a directive of another module may answer the requests of its location in the place of a `*_pass`. */
export function mayAnswerItself(name: string): boolean {
  return handlers().has(name);
}

const free = lazily<ReadonlySet<string>>(() => new Set(words(FREE_VARIABLES)));
const variablePrefixes = lazily(() => words(VARIABLE_PREFIXES));

/** Whether nginx or a widely packaged module may define a variable, by its name in lower case. */
export function mayBeDefined(variable: string): boolean {
  return (
    isFixedVariable(variable) ||
    free().has(variable) ||
    variablePrefixes().some((prefix) => variable.startsWith(prefix))
  );
}

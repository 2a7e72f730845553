import { enclosing } from "../../nginx/tree/nodes.js";
import type { Node } from "../../nginx/types.js";
import type { Place } from "../../source/file.js";
import { isSetFor, mayBring, type Ways, waysTo } from "./arrival.js";
import { mapChoices } from "./maps.js";
import type { Way } from "./rewrite-code.js";
import { tablesOf } from "./tables.js";
import { variablesIn, type Written, withoutPlaceholders, withVariables } from "./variable-words.js";

/** A value that a text with variables can have, and the word that gives it. */
export interface PossibleValue extends Written {
  /** `false`: it is combined from choices that may never occur together. */
  readonly sure: boolean;
}

/** How many times values of `map` are filled into values of `map`. */
const DEEPEST = 4;
/** A variable that `envsubst` fills in. */
const CAPITALS = /^[A-Z][A-Z0-9_]+$/;
/** More possible values than this count as unknown. */
const MOST = 64;

/**
 * Every value that a text with variables can have at run time, as far as `set`, `map`, `geo` and
 * `split_clients` with literal values tell; `null` when one variable comes from the request or from
 * a file that was not read. Placeholders of a template stay in the text (`${{name}}`), and a variable
 * in capitals that nothing defines is one: `envsubst` puts a value in its place.
 */
export function possibleValues(block: Node, text: string, place: Place): readonly PossibleValue[] | null {
  const used = variablesIn(text);
  if (used.length === 0)
    return withoutPlaceholders(text).includes("$") ? null : [{ text, place, sure: true }];
  if (used.some((name) => isFromRequest(block, name))) return null;
  const known = waysTo(block, text);
  if (known === null) return null;
  const found = new Map<string, PossibleValue>();
  for (const way of known.ways) {
    const start = given(block, { text, place }, way, known);
    const values = start === null ? [] : mapped(block, start, known, DEEPEST);
    if (values === null) return null;
    for (const value of values) {
      const key = `${value.text}\n${value.place.span.start}`;
      if (found.get(key)?.sure !== true) found.set(key, value);
    }
    if (found.size > MOST) return null;
  }
  return found.size === 0 ? null : [...found.values()];
}

/** Whether nothing in the files gives the variable a value. */
function isFromRequest(block: Node, name: string): boolean {
  if (CAPITALS.test(name) || isSetFor(block, name)) return false;
  const http = enclosing(block, "http");
  return http === null || !tablesOf(http).has(name.toLowerCase());
}

/** The text with the values of `set`; `null`: on this way one of the variables has none. */
function given(block: Node, written: Written, way: Way, { given: names, mixed }: Ways): PossibleValue | null {
  const used = variablesIn(written.text);
  const http = enclosing(block, "http");
  const missing = used.filter((name) => names.has(name.toLowerCase()) && setValue(way, name) === null);
  if (missing.some((name) => mapChoices(http, [name], MOST)?.choices.length === 0)) return null;
  const brought = used.some((name) => {
    const level = setValue(way, name)?.level;
    return level !== undefined && level.name !== "location" && mayBring(block, name);
  });
  const sure = !brought && !(mixed && way.taken > 0);
  return { ...withVariables(written, (name) => setValue(way, name)), sure };
}

function setValue({ values }: Way, name: string) {
  return values.get(name.toLowerCase()) ?? null;
}

/** The texts with the values of `map`, `geo` and `split_clients`, which may contain variables themselves. */
function mapped(
  block: Node,
  value: PossibleValue,
  known: Ways,
  depth: number,
): readonly PossibleValue[] | null {
  const used = variablesIn(value.text);
  if (used.length === 0) return withoutPlaceholders(value.text).includes("$") ? null : [value];
  const found = depth === 0 ? null : mapChoices(enclosing(block, "http"), used, MOST);
  if (found === null) return null;
  const fixed = new Set(found.choices.flatMap((choice) => [...choice.keys()]));
  const filled = withVariables(value, (name) => (fixed.has(name) ? null : filledIn(name, value.place)));
  if (variablesIn(filled.text).some((name) => !fixed.has(name))) return null;
  const conditions = known.ways.some(({ taken }) => taken > 0);
  const sure = value.sure && found.together && !(conditions && found.choices.length > 1);
  if (found.choices.length === 0) return [{ ...filled, sure }];
  const values: PossibleValue[] = [];
  for (const choice of found.choices) {
    const next = withVariables(filled, (name) => choice.get(name) ?? null);
    const further = mapped(block, { ...next, sure }, known, depth - 1);
    if (further === null) return null;
    values.push(...further);
    if (values.length > MOST) return null;
  }
  return values;
}

function filledIn(name: string, place: Place): Written | null {
  return CAPITALS.test(name) ? { text: `\${{${name}}}`, place } : null;
}

import { argument, argumentPlace, childrenNamed, enclosing } from "../nginx/nodes.js";
import type { Node } from "../nginx/types.js";
import type { Place } from "../source/file.js";

/** A value that a variable can have, and the word that gives it. */
export interface PossibleValue {
  readonly text: string;
  readonly place: Place;
}

const DEEPEST = 4;
const MOST = 64;

/**
 * Every value that a text with variables can have at run time, as far as `set`, `map`, `geo` and
 * `split_clients` with literal values tell; `null` when one variable comes from the request or from
 * a file that was not read.
 */
export function possibleValues(
  block: Node,
  text: string,
  place: Place,
  depth = 0,
): readonly PossibleValue[] | null {
  const variable = /\$(?:\{(\w+)\}|(\w+))/.exec(text);
  if (variable === null) return text.includes("$") ? null : [{ text, place }];
  if (depth >= DEEPEST) return null;
  const values = valuesOf(block, variable[1] ?? variable[2] ?? "");
  if (values === null) return null;
  const whole = variable[0] === text;
  const found: PossibleValue[] = [];
  for (const value of values) {
    const replaced =
      text.slice(0, variable.index) + value.text + text.slice(variable.index + variable[0].length);
    const further = possibleValues(block, replaced, whole ? value.place : place, depth + 1);
    if (further === null) return null;
    found.push(...further);
    if (found.length > MOST) return null;
  }
  return found;
}

function valuesOf(block: Node, name: string): readonly PossibleValue[] | null {
  const set = setValues(block, name);
  const mapped = mappedValues(block, name);
  const values = [...(set ?? []), ...(mapped ?? [])];
  return values.length === 0 || set === null || mapped === null ? null : values;
}

/**
 * Values of `set` on the levels around the block, and in the `if` blocks of those levels. An
 * unconditional one replaces what the levels around it set before.
 */
function setValues(block: Node, name: string): readonly PossibleValue[] | null {
  const values: PossibleValue[] = [];
  for (let level: Node | null = block; level !== null; level = level.parent) {
    if (level.name === "http" || level.name === "") break;
    if (level.partial) return null;
    for (const scope of [level, ...childrenNamed(level, "if")]) {
      for (const node of childrenNamed(scope, "set")) {
        if (argument(node, 0) === `$${name}`)
          values.push({ text: argument(node, 1) ?? "", place: argumentPlace(node, 1) });
      }
    }
    if (childrenNamed(level, "set").some((node) => argument(node, 0) === `$${name}`)) break;
  }
  return values;
}

function mappedValues(block: Node, name: string): readonly PossibleValue[] | null {
  const http = enclosing(block, "http");
  if (http === null) return [];
  const values: PossibleValue[] = [];
  for (const kind of ["map", "geo", "split_clients"]) {
    for (const map of childrenNamed(http, kind)) {
      const last = map.directive.args[map.directive.args.length - 1]?.text;
      if (last !== `$${name}`) continue;
      if (map.partial) return null;
      for (const line of map.children) {
        if (line.directive.args.length === 1)
          values.push({ text: argument(line, 0) ?? "", place: argumentPlace(line, 0) });
      }
    }
  }
  return values;
}

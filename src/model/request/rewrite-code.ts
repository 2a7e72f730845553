import { always } from "../../nginx/tree/branches.js";
import { argumentPlace, childrenNamed } from "../../nginx/tree/nodes.js";
import type { Node } from "../../nginx/types.js";
import type { Place } from "../../source/file.js";
import { perKey } from "../../source/memo.js";
import { isCode, rewriteOf, setOf } from "./code.js";
import { withVariables } from "./variable-words.js";

/**
 * `set`, `if`, `break`, `return` and `rewrite` as nginx runs them: first those of the server, then
 * those of the innermost location, in the order of the files, before anything else on the level
 * applies. Those of the locations around the innermost one are not run.
 */

/** The value that `set` gave to a variable. */
export interface SetValue {
  readonly text: string;
  readonly place: Place;
  /** The server or location whose code gave it. */
  readonly level: Node;
}

/** One way through the code, with what a request carries at its end. */
export interface Way {
  /** By the names of the variables in lower case. */
  readonly values: ReadonlyMap<string, SetValue>;
  /** How many conditions held and set a variable: two of them may exclude each other. */
  readonly taken: number;
  /** The `if` whose configuration applies: the last one whose condition held; `null`: none. */
  readonly branch: Node | null;
  /** A `rewrite` without a flag changed the URI, so nginx chooses another location at the end. */
  readonly moved: boolean;
}

/**
 * The most that following the code of one level may cost. One unit is one value on one way at one
 * directive.
 */
const MOST_WORK = 2_000_000;

/** A request that has run no code yet. */
export const START: Way = { values: new Map(), taken: 0, branch: null, moved: false };

/** More ways than anybody writes by hand. */
const MOST = 256;

/** The ways through the code of a server or a location; `null`: too many, or a part of it was not read. */
export function waysThrough(
  level: Node,
  start: readonly Way[],
  names: ReadonlySet<string>,
): readonly Way[] | null {
  const code = codeOf(level);
  if (names.size > 0 && setsAny(level)) return null;
  let ended: Way[] = [];
  let ways: Way[] = start.map((way) => ({ ...way, branch: null, moved: false }));
  let work = 0;
  for (const node of code) {
    work += ways.length + valuesOn(ways);
    if (work > MOST_WORK) return null;
    if (node.name !== "if") ways = step(level, node, ways, names, ended);
    else if (node.partial) return null;
    else if (matters(node, names)) {
      const gives = childrenNamed(node, "set").some((one) => names.has(setOf(one).name));
      let held: Way[] = ways.map((way) => ({
        ...way,
        branch: level.name === "location" ? node : null,
        taken: way.taken + (gives ? 1 : 0),
      }));
      for (const inner of node.children) held = step(level, inner, held, names, ended);
      ways = distinct([...ways, ...held]);
    }
    // Many servers have hundreds of lines that all end the same way.
    if (ended.length > MOST) ended = distinct(ended);
    if (ways.length > MOST || ended.length > MOST) return null;
  }
  const stays = level.name === "location" ? ways.filter(({ moved }) => !moved) : ways;
  const found = distinct([...ended, ...stays]);
  // If nothing gets through the code that was read, the rest changes nothing, unless it breaks first.
  return level.partial && found.length > 0 ? null : found;
}

/** The code of a level. Most locations have none. */
const codeOf = perKey((level: Node): readonly Node[] => level.children.filter(isCode));

/** About how many values all ways have together: each way of one level has about as many as the first. */
function valuesOn(ways: readonly Way[]): number {
  return ways.length * (ways[0]?.values.size ?? 0);
}

/** Whether a template fills in the name of a variable that is set. */
function setsAny(level: Node): boolean {
  return [level, ...childrenNamed(level, "if")].some((block) =>
    childrenNamed(block, "set").some((node) => setOf(node).open),
  );
}

function step(
  level: Node,
  node: Node,
  ways: readonly Way[],
  names: ReadonlySet<string>,
  ended: Way[],
): Way[] {
  // A directive that a template may omit may also be skipped.
  const past = always(node) ? [] : ways;
  if (node.name === "set" && names.has(setOf(node).name)) return [...past, ...given(level, node, ways)];
  if (node.name === "return") return [...past];
  if (node.name === "break") {
    ended.push(...ways.map((way) => ({ ...way, moved: false })));
    return [...past];
  }
  return node.name === "rewrite" ? rewritten(level, node, ways, ended) : [...ways];
}

function given(level: Node, node: Node, ways: readonly Way[]): readonly Way[] {
  const { name, text } = setOf(node);
  const written = { text, place: argumentPlace(node, 1) };
  return ways.map((way) => {
    const value = withVariables(written, (other) => way.values.get(other.toLowerCase()) ?? null);
    const taken = always(node) ? way.taken : way.taken + 1;
    return { ...way, taken, values: new Map(way.values).set(name, { ...value, level }) };
  });
}

function rewritten(level: Node, node: Node, ways: readonly Way[], ended: Way[]): Way[] {
  const { all, open, status, flag } = rewriteOf(node);
  const past = always(node) && all ? [] : ways;
  // Whether requests get through is unknown then, and nothing is claimed.
  if (open || status !== null) return [...past];
  // In a location, `last` makes nginx choose another one; on the server it only ends the code.
  if (flag === "break" || (flag === "last" && level.name !== "location"))
    ended.push(...ways.map((way) => ({ ...way, moved: false })));
  if (flag !== null) return [...past];
  return past.length > 0 ? [...ways] : ways.map((way) => ({ ...way, moved: true }));
}

/** Whether the block of an `if` changes what comes after it. */
function matters({ children }: Node, names: ReadonlySet<string>): boolean {
  return children.some(
    (node) =>
      /^(?:break|return|rewrite)$/.test(node.name) ||
      /_pass$/.test(node.name) ||
      (node.name === "set" && names.has(setOf(node).name)),
  );
}

function distinct(ways: readonly Way[]): Way[] {
  if (ways.length < 2) return [...ways];
  const found = new Map<string, Way>();
  const branches = numbering<Node>();
  const texts = numbering<string>();
  const numbers = new Map<SetValue, string>();
  const numberOf = (value: SetValue): string => {
    const known = numbers.get(value) ?? `${texts(value.text)}@${value.place.span.start}`;
    numbers.set(value, known);
    return known;
  };
  for (const way of ways) {
    const values = [...way.values].map(([name, value]) => `${name} ${numberOf(value)}`).sort();
    const branch = way.branch === null ? null : branches(way.branch);
    const key = JSON.stringify([values, Math.min(way.taken, 2), branch, way.moved]);
    if (!found.has(key)) found.set(key, way);
  }
  return [...found.values()];
}

/** Gives equal things equal numbers, so that comparing long values is cheap. */
function numbering<T>(): (thing: T) => number {
  const numbers = new Map<T, number>();
  return (thing) => {
    const known = numbers.get(thing) ?? numbers.size;
    numbers.set(thing, known);
    return known;
  };
}

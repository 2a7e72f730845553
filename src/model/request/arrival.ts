import { childrenNamed, enclosing, insideServer } from "../../nginx/tree/nodes.js";
import type { Node } from "../../nginx/types.js";
import { once, perKey } from "../../source/memo.js";
import { placeholderRanges } from "../../source/template.js";
import { keepsOut } from "./access.js";
import { matchesAll, setOf } from "./code.js";
import { START, type Way, waysThrough } from "./rewrite-code.js";
import { variablesIn, withoutPlaceholders } from "./variable-words.js";

/** How requests reach a block that has a handler, and which do not get through. */

/** Whether any request gets to the handler of a block, a location or an `if` in one. Several rules ask for each. */
export const arrives = perKey((block: Node): boolean => {
  for (let at: Node | null = block; at !== null; at = at.parent)
    if (at.name === "location" && isTakenBefore(at)) return false;
  // Requests handled by limit_except skip the location's rewrite code.
  const skips = block.name === "limit_except" || childrenNamed(block, "limit_except").length > 0;
  return !keepsOut(block) && (skips || waysTo(block, "")?.ways.length !== 0);
});

export interface Ways {
  readonly ways: readonly Way[];
  /** The variables that were asked for and that some `set` gives a value, in lower case. */
  readonly given: ReadonlySet<string>;
  /** Several `if` set different variables, so it is unknown which of their values occur together. */
  readonly mixed: boolean;
}

/**
 * The ways by which requests reach `block`, a location or an `if` in one, with the values that `set` gave
 * to the variables in `text` and to those that these are made of. `null`: unknown.
 */
export function waysTo(block: Node, text: string): Ways | null {
  const location = enclosing(block, "location");
  const server = enclosing(block, "server");
  const levels = levelsOf(block);
  const names = relevant(levels, text);
  let ways: readonly Way[] | null = [START];
  for (const level of levels) {
    // A request sent to a named location by an error has already run the server's code.
    const before: readonly Way[] = ways;
    ways = level === server ? throughServer(level, names) : waysThrough(level, before, names);
    if (ways === null) return null;
    if (level === server && location !== null && isNamed(location) && ways.length === 0) ways = before;
  }
  const sets = levels.flatMap(setsOn).filter(({ name }) => names.has(name));
  const ifs = new Map<Node, readonly string[]>();
  for (const { scope, name } of sets)
    if (scope.name === "if") ifs.set(scope, [...(ifs.get(scope) ?? []), name]);
  return {
    ways: ways.filter(({ branch }) => (block.name === "if" ? branch === block : !hasHandler(branch))),
    given: new Set(sets.map(({ name }) => name)),
    mixed: new Set([...ifs.values()].map((one) => [...new Set(one)].sort().join(" "))).size > 1,
  };
}

/** By the names of the variables that count. */
const waysByNames = perKey((_server: Node) => new Map<string, readonly Way[] | null>());

/** A server may have thousands of lines and hundreds of locations, for all of which its code is the same. */
function throughServer(server: Node, names: ReadonlySet<string>): readonly Way[] | null {
  return once(waysByNames(server), [...names].sort().join(" "), () => waysThrough(server, [START], names));
}

interface Assignment {
  /** The level, or the `if` in it. */
  readonly scope: Node;
  readonly name: string;
  readonly value: string;
}

/** Every `set` in the code of a level. */
const setsOn = perKey((level: Node): readonly Assignment[] =>
  [level, ...childrenNamed(level, "if")].flatMap((scope) =>
    childrenNamed(scope, "set").map((node) => {
      const { name, text } = setOf(node);
      return { scope, name, value: text };
    }),
  ),
);

/** Whether code that runs before a block has a `set` of that variable. */
export function isSetFor(block: Node, name: string): boolean {
  const key = name.toLowerCase();
  return levelsOf(block).some((level) => usedFor(level).has(key));
}

/** The levels whose code runs before a block: its server, and its location. */
function levelsOf(block: Node): readonly Node[] {
  const server = enclosing(block, "server");
  const location = enclosing(block, "location");
  return [server, location ?? (server === null ? block : null)].flatMap((one) => one ?? []);
}

/** An `if` that has a handler of its own takes the request away from the location's. */
function hasHandler(branch: Node | null): boolean {
  return branch?.children.some(({ name }) => /_pass$/.test(name)) === true;
}

function isNamed(location: Node): boolean {
  return location.directive.args[0]?.text.startsWith("@") === true;
}

/** The variables in a text, in the values that are set for them, and so on. */
function relevant(levels: readonly Node[], text: string): ReadonlySet<string> {
  const names = new Set(namesIn(text));
  // The loop also reaches what is added to the set meanwhile.
  for (const name of names)
    for (const level of levels) for (const other of usedFor(level).get(name) ?? []) names.add(other);
  return names;
}

function namesIn(text: string): readonly string[] {
  return variablesIn(text).map((name) => name.toLowerCase());
}

/** By each variable that the code of a level sets, the variables in its values. */
const usedFor = perKey((level: Node): ReadonlyMap<string, ReadonlySet<string>> => {
  const found = new Map<string, Set<string>>();
  for (const { name, value } of setsOn(level)) {
    const used = found.get(name) ?? new Set();
    for (const other of namesIn(value)) used.add(other);
    found.set(name, used);
  }
  return found;
});

/**
 * Whether requests may bring a value of the variable from another location: named locations, and those
 * that only nginx itself leads to, do not run the code of the server again.
 */
export function mayBring(block: Node, name: string): boolean {
  const location = enclosing(block, "location");
  const server = enclosing(block, "server");
  if (location === null || server === null) return false;
  const open = !isNamed(location) && location.directive.args[0]?.placeholder !== true;
  if (open && childrenNamed(location, "internal").length === 0) return false;
  const { byName, any } = setters(server);
  return [...any, ...(byName.get(name.toLowerCase()) ?? [])].some((other) => other !== location);
}

interface Setters {
  /** The locations that set it, by the name of the variable. */
  readonly byName: ReadonlyMap<string, ReadonlySet<Node>>;
  /** Those that set a variable whose name a template makes. */
  readonly any: ReadonlySet<Node>;
}

/** Each of hundreds of locations asks for all the others. */
const setters = perKey((server: Node): Setters => {
  const byName = new Map<string, Set<Node>>();
  const any = new Set<Node>();
  for (const node of insideServer(server, "set")) {
    const { name, open } = setOf(node);
    const location = node.parent === null ? null : enclosing(node.parent, "location");
    if (location === null) continue;
    if (open) any.add(location);
    else {
      const found = byName.get(name) ?? new Set();
      byName.set(name, found.add(location));
    }
  }
  return { byName, any };
});

/**
 * Whether an earlier location of the same level takes every request whose URI fits the pattern of
 * this one, or may do so when a template is rendered.
 */
function isTakenBefore(location: Node): boolean {
  return location.parent !== null && regex(location) !== null && takenOn(location.parent).has(location);
}

/** The locations of a level whose requests an earlier one takes: found in one walk, because there may be thousands. */
const takenOn = perKey((level: Node): ReadonlySet<Node> => {
  const taken = new Set<Node>();
  const earlier: Expression[] = [];
  const open: Expression[] = [];
  const written = { any: new Set<string>(), ignoringCase: new Set<string>() };
  let everything = false;
  for (const location of childrenNamed(level, "location")) {
    const own = regex(location);
    if (own === null) continue;
    const { pattern, ignoresCase } = own;
    const same = (ignoresCase ? written.ignoringCase : written.any).has(pattern);
    const maybe = isOpen(own) ? earlier : open;
    if (everything || same || maybe.some((one) => takesAll(one, own))) taken.add(location);
    if (location.branch !== null) continue;
    earlier.push(own);
    if (isOpen(own)) open.push(own);
    written.any.add(pattern);
    if (ignoresCase) written.ignoringCase.add(pattern);
    // A pattern that a template fills in entirely may match everything.
    const fixed = withoutPlaceholders(pattern);
    everything ||= fixed === "" || matchesAll(fixed);
  }
  return taken;
});

function isOpen({ pattern }: Expression): boolean {
  return ends(pattern) !== null;
}

function takesAll(earlier: Expression, own: Expression): boolean {
  return mayEqual(earlier.pattern, own.pattern) && (earlier.ignoresCase || !own.ignoresCase);
}

interface Expression {
  readonly pattern: string;
  readonly ignoresCase: boolean;
}

/** `null`: a prefix or the name of a location. */
const regex = perKey(({ directive }: Node): Expression | null => {
  const [kind, pattern] = directive.args;
  if (kind === undefined || pattern === undefined) return null;
  if (!/^~\*?$/.test(kind.text) && !kind.placeholder) return null;
  // Shell variables, written like all placeholders: the pattern of a location has no variables of nginx's.
  const text = pattern.placeholder ? pattern.text.replace(/\$\{(\w+)\}/g, "$${{$1}}") : pattern.text;
  return { pattern: text, ignoresCase: kind.text !== "~" };
});

/** Whether two words are the same, or may be once a template fills them in. */
function mayEqual(one: string, other: string): boolean {
  if (one === other) return true;
  const [a, b] = [ends(one), ends(other)];
  if (a === null && b === null) return false;
  const [head, tail] = [a?.head ?? one, a?.tail ?? one];
  const [otherHead, otherTail] = [b?.head ?? other, b?.tail ?? other];
  return (
    (head.startsWith(otherHead) || otherHead.startsWith(head)) &&
    (tail.endsWith(otherTail) || otherTail.endsWith(tail))
  );
}

/** The text before the first placeholder and after the last one; `null`: there is no placeholder. */
function ends(word: string): { readonly head: string; readonly tail: string } | null {
  const found = placeholderRanges(word);
  const [first] = found;
  return first === undefined
    ? null
    : { head: word.slice(0, first.start), tail: word.slice(found.at(-1)?.end) };
}

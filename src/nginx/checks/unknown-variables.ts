import { mayBeDefined } from "../facts/foreign.js";
import { type Judged, matchingRows } from "../tree/judged.js";
import { argument } from "../tree/nodes.js";
import type { Directive, Node, Word } from "../types.js";
import { type Checked, quoted, type Refusal, refused, type Scope } from "./refusal.js";
import { usedVariables, variablesIn } from "./variables.js";

/** Variables that nothing defines: neither nginx, nor a module that the files mention, nor a line of them. */

export interface UnknownVariable {
  /** The directive, or the line of a block, that uses it first. */
  readonly node: Node;
  readonly refusal: Refusal;
}

/** Each variable once, at its first use: nginx names no line. */
export function* unknownVariables(all: Iterable<Judged>, scope: Scope): Generator<UnknownVariable> {
  if (!scope.complete || scope.foreign) return;
  const told = new Set<string>();
  // A line of a snippet uses what it used where the snippet was first included.
  const seen = new Map<Directive, string>();
  for (const one of all) {
    const { directive } = one.node;
    if (directive.block === null && seen.get(directive) === one.contexts) continue;
    seen.set(directive, one.contexts);
    for (const { node, name, word } of uses(one, scope)) {
      if (told.has(name) || word.placeholder || scope.variables.has(name) || mayBeDefined(name)) continue;
      told.add(name);
      yield { node, refusal: unknown(name, word) };
    }
  }
}

interface Use {
  readonly node: Node;
  readonly name: string;
  readonly word: Word;
}

function uses(one: Judged, scope: Scope): readonly Use[] {
  const { node } = one;
  if (node.name !== "map" && !node.directive.args.some(({ text }) => text.includes("$"))) return [];
  // Streams have variables of their own.
  const fact = matchingRows(one).find(({ contexts }) => /[hsliIx]/.test(contexts));
  if (fact === undefined) return [];
  const checked: Checked = { node, fact, contexts: one.contexts, scope };
  const own = usedVariables(checked).map((use) => ({ ...use, node }));
  const mapped = node.name === "map" && one.contexts === "h" ? node.children.flatMap(mapValue) : [];
  return [...own, ...mapped];
}

function mapValue(line: Node): readonly Use[] {
  const [value] = line.directive.args;
  if (value === undefined || line.name === "include") return [];
  return variablesIn(argument(line, 0) ?? "").map((name) => ({ node: line, name, word: value }));
}

function unknown(name: string, word: Word): Refusal {
  const message = `$${name} in ${quoted(word.text)} is not a variable of nginx, and nothing in the configuration defines it`;
  const help = ["define it before its use, for example:", `  set $${name} "";`];
  return refused("unknown-variable", `unknown "${name}" variable`, word, message, help);
}

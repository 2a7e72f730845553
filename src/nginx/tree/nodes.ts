import { grouped } from "../../source/collect.js";
import { type Place, place } from "../../source/file.js";
import { once, perKey } from "../../source/memo.js";
import type { Node, Word } from "../types.js";

/**
 * Small questions about a node of the tree. None of them looks at the parents' values: effective.ts does
 * that.
 */

const childrenByName = perKey(
  (block: Node): ReadonlyMap<string, readonly Node[]> =>
    grouped(block.children.map((child) => [child.name, child] as const)),
);
const nothing: readonly Node[] = [];

/** Children among which a name is looked for without an index: most blocks have few, and not what is asked for. */
const FEW_CHILDREN = 4;

/** The children of that name, in order. */
export function childrenNamed(block: Node, name: string): readonly Node[] {
  const { children } = block;
  if (children.length <= FEW_CHILDREN && !has(children, name)) return nothing;
  return childrenByName(block).get(name) ?? nothing;
}

function has(children: readonly Node[], name: string): boolean {
  for (const child of children) if (child.name === name) return true;
  return false;
}

/** The decoded argument; `undefined`: the directive has fewer. */
export function argument(node: Node, index: number): string | undefined {
  return node.directive.args[index]?.text;
}

/** The place of an argument; the place of the name if the directive has fewer. */
export function argumentPlace(node: Node, index: number): Place {
  const word = node.directive.args[index];
  return word === undefined ? namePlace(node) : place(node.file, word.start, word.end, node.via);
}

export function namePlace(node: Node): Place {
  return place(node.file, node.directive.name.start, node.directive.name.end, node.via);
}

/**
 * From the name to the last argument, without `;` or `{`: what a report marks when it means the whole
 * directive.
 */
export function headPlace(node: Node): Place {
  const { args, name } = node.directive;
  const last = args[args.length - 1] ?? name;
  return place(node.file, name.start, last.end, node.via);
}

/** The directive without `;` or `{`, its words one space apart. */
export function headText(node: Node): string {
  return [node.directive.name, ...node.directive.args].map((word) => shownWord(node, word)).join(" ");
}

/** A word for people: decoded, but a template's placeholder is as in the file. */
export function shownWord({ file }: Node, { text, placeholder, start, end }: Word): string {
  return placeholder ? file.text.slice(start, end) : text;
}

/** The nearest enclosing block with that name, or the node itself; `null`: there is none. */
export function enclosing(node: Node, name: string): Node | null {
  for (let at: Node | null = node; at !== null; at = at.parent) if (at.name === name) return at;
  return null;
}

/** Every node below several blocks, one block after the other. */
export function descendantsOf(blocks: readonly Node[]): readonly Node[] {
  const found: Node[] = [];
  for (const block of blocks) collect(block, found);
  return found;
}

/** Every node below a block, depth first, in the order of the files. */
export function descendants(block: Node): readonly Node[] {
  return descendantsOf([block]);
}

function collect(block: Node, found: Node[]): void {
  for (const child of block.children) {
    found.push(child);
    if (child.children.length > 0) collect(child, found);
  }
}

const byName = perKey(
  (top: Node): ReadonlyMap<string, readonly Node[]> =>
    grouped(descendants(top).map((node) => [node.name, node] as const)),
);

/** Every directive of that name in the tree that a node is in, in the order of the files. One walk serves all names. */
export function everywhere(node: Node, name: string): readonly Node[] {
  return byName(topOf(node)).get(name) ?? nothing;
}

/** The same of several names. Where only one of them is there, nothing is looked through. */
export function everywhereOf(node: Node, names: readonly string[]): readonly Node[] {
  const lists = names.map((name) => everywhere(node, name)).filter(({ length }) => length > 0);
  const [only, ...others] = lists;
  if (only === undefined || others.length === 0) return only ?? nothing;
  const wanted = new Set(names);
  return descendants(topOf(node)).filter(({ name }) => wanted.has(name));
}

function topOf(node: Node): Node {
  let top = node;
  while (top.parent !== null) top = top.parent;
  return top;
}

const byServer = perKey((_top: Node) => new Map<string, ReadonlyMap<Node | null, readonly Node[]>>());

/** Every directive of that name inside a server, in the order of the files. */
export function insideServer(server: Node, name: string): readonly Node[] {
  const servers = once(byServer(topOf(server)), name, () =>
    grouped(everywhere(server, name).map((node) => [enclosing(node, "server"), node] as const)),
  );
  return servers.get(server) ?? nothing;
}

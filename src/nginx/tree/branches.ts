import type { Node } from "../types.js";
import { headText } from "./nodes.js";

/** Directives of one level that are in the conditions and loops of a template. */

/** Whether the directive is there whenever its block is. */
export function always({ branch }: Node): boolean {
  return branch === null;
}

/**
 * The directives of a list that are surely there and surely count: if there are several for one name
 * (`fastcgi_param QUERY_STRING`), one in a condition may replace another.
 */
export function keepAlways(nodes: readonly Node[]): readonly Node[] {
  const unsure = nodes.filter((node) => !always(node));
  if (unsure.length === 0) return nodes;
  const names = new Set(unsure.map((node) => node.directive.args[0]?.text));
  return nodes.filter((node) => always(node) && !names.has(node.directive.args[0]?.text));
}

/** Whether the directives say the same, whichever branch is rendered. */
export function oneOfBranches(nodes: readonly Node[]): boolean {
  if (new Set(nodes.map(headText)).size !== 1) return false;
  return nodes.some(always) || nodes.some((node) => coversAll(nodes, node));
}

/** Whether one of the nodes is in each branch of the condition that this one is in. */
function coversAll(nodes: readonly Node[], { branch }: Node): boolean {
  if (branch === null || branch.branches === null || branch.outer !== null) return false;
  const mine = nodes.filter((node) => node.branch?.condition === branch.condition);
  return new Set(mine.map((node) => node.branch?.index)).size === branch.branches;
}

/** Whether both can be there at once, which two branches of one condition cannot. */
export function mayMeet(a: Node, b: Node): boolean {
  for (let one = a.branch; one !== null; one = one.outer)
    for (let other = b.branch; other !== null; other = other.outer)
      if (one.condition === other.condition && one.index !== other.index) return false;
  return true;
}

import { always } from "../nginx/branches.js";
import { effectiveList, effectiveNode } from "../nginx/effective.js";
import { argument } from "../nginx/nodes.js";
import type { Node } from "../nginx/types.js";

/** Whether `deny all` keeps everybody out of a block: the first rule that fits counts, and `satisfy any` lets in by other means. */
export function keepsOut(block: Node): boolean {
  const deny = effectiveList(block, "deny");
  // A level that was not read whole may let in again; but nobody knows, and what is around it keeps out.
  if (deny.kind === "unknown") return block.parent !== null && keepsOut(block.parent);
  const allow = effectiveList(block, "allow");
  if (deny.kind !== "set") return false;
  // The rules of a level hide those of all levels around it.
  if (allow.kind === "set" && allow.level !== deny.level && isInside(allow.level, deny.level)) return false;
  const first = deny.level.children.find(({ name }) => name === "allow" || name === "deny");
  if (first === undefined || first.name !== "deny" || !always(first)) return false;
  // Whom a template names may be all.
  if (argument(first, 0) !== "all" && first.directive.args[0]?.placeholder !== true) return false;
  const satisfy = effectiveNode(block, "satisfy");
  return satisfy.kind !== "set" || argument(satisfy.node, 0) !== "any";
}

function isInside(block: Node, outer: Node): boolean {
  for (let at: Node | null = block; at !== null; at = at.parent) if (at === outer) return true;
  return false;
}

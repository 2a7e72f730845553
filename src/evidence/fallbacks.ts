import type { Host } from "../model/host.js";
import { argument, childrenNamed } from "../nginx/tree/nodes.js";
import type { Node } from "../nginx/types.js";
import { visitorsWays } from "./meetings.js";

/**
 * The first argument of a `try_files` that would be answered by an application if it were the last one, and is not:
 * a named location, or a script with a query. `null`: there is none.
 */
export function fallbackBeforeLast(host: Host, server: Node, node: Node): number | null {
  const before = node.directive.args.slice(0, -1);
  const index = before.findIndex(({ text }) => isFallback(host, server, text));
  return index === -1 ? null : index;
}

function isFallback(host: Host, server: Node, text: string): boolean {
  if (text.startsWith("@")) return childrenNamed(server, "location").some((one) => argument(one, 0) === text);
  const mark = text.indexOf("?");
  const uri = text.slice(0, mark);
  if (mark === -1 || !uri.startsWith("/") || uri.includes("$")) return false;
  return visitorsWays(host, server, uri).some(({ outcome }) => outcome.kind === "php");
}

import { childrenNamed, headText, shownWord } from "../nginx/tree/nodes.js";
import type { Node } from "../nginx/types.js";

/** The words by which people know a server and a location. */

/** `location ~ \.php$ of shop.example.com`. */
export function labelOf(location: Node, server: Node | null): string {
  return `${headText(location)}${server === null ? "" : ` of ${serverLabel(server)}`}`;
}

/** What is longer is an expression of a template, by which nobody knows the server. */
const LONGEST_NAME = 64;

/** The name by which people know a server. */
export function serverLabel(server: Node): string {
  for (const node of childrenNamed(server, "server_name")) {
    const name = node.directive.args
      .map((word) => shownWord(node, word))
      .find((text) => text !== "" && text !== "_" && text.length <= LONGEST_NAME);
    if (name !== undefined) return name;
  }
  const listen = childrenNamed(server, "listen")[0];
  return listen === undefined
    ? "a server without a name"
    : `the server on ${listen.directive.args[0] === undefined ? "port 80" : shownWord(listen, listen.directive.args[0])}`;
}

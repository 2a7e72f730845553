import { always } from "../../nginx/tree/branches.js";
import { childrenNamed } from "../../nginx/tree/nodes.js";
import type { Node } from "../../nginx/types.js";

/** The ways into a server, as its own `listen` lines tell. */

export interface Entrances {
  /** The first line by which it takes requests over TLS, HTTP/3 included; `null`: none is certain. */
  readonly tls: Node | null;
  /** The first line by which it takes plain HTTP; `null`: none is certain. */
  readonly plain: Node | null;
}

/** How clients come in. A line that a template may omit counts for neither. */
export function entrances(server: Node): Entrances {
  const all = childrenNamed(server, "listen").filter(
    (node) => always(node) && node.directive.args.every(({ placeholder }) => !placeholder),
  );
  // Before nginx 1.25.1 `ssl on` switched TLS on for all of them.
  const old = childrenNamed(server, "ssl").find(({ directive }) => directive.args[0]?.text === "on");
  const isTls = (node: Node): boolean =>
    node.directive.args.slice(1).some(({ text }) => /^(?:ssl|quic)$/.test(text));
  if (old !== undefined) return { tls: all[0] ?? old, plain: null };
  return { tls: all.find(isTls) ?? null, plain: all.find((node) => !isTls(node)) ?? null };
}

import { chosenLocation } from "../../nginx/location/passed.js";
import { childrenNamed, insideServer } from "../../nginx/tree/nodes.js";
import type { Node } from "../../nginx/types.js";
import { once, perKey } from "../../source/memo.js";

/** What nginx itself asks for while it handles a request: `auth_request` and `mirror`. */

export interface Subrequests {
  /** The directives that ask for a location's answer, by the location that nginx chooses for their URI. */
  readonly askers: ReadonlyMap<Node, readonly Node[]>;
  /** `true`: a variable or a placeholder is in one of the URIs, so it may be any location that is asked. */
  readonly open: boolean;
}

const OFF = "off";

const ASKERS = ["auth_request", "mirror"] as const;

/** The subrequests of one server. An `auth_request` outside of it counts where the server inherits it. */
export const subrequestsOf = perKey((server: Node): Subrequests => {
  const askers = new Map<Node, Node[]>();
  let open = false;
  const own = ASKERS.flatMap((name) => insideServer(server, name));
  for (const node of [...own, ...inherited(server)]) {
    const [uri] = node.directive.args;
    if (uri === undefined || uri.text === OFF) continue;
    if (uri.placeholder || uri.text.includes("$")) open = true;
    const location = chosenLocation(server, uri.text.replace(/\?.*/s, ""));
    if (location === undefined) open = true;
    else if (location !== null) once(askers, location, (): Node[] => []).push(node);
  }
  return { askers, open };
});

/** Those of `http` that the server does not set anew. Its other children are not looked at: there may be 50,000 servers. */
function inherited(server: Node): readonly Node[] {
  const { parent } = server;
  if (parent === null) return [];
  return ASKERS.flatMap((name) =>
    childrenNamed(server, name).length > 0 ? [] : childrenNamed(parent, name),
  );
}

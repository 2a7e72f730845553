import type { Host } from "../../../src/model/host.js";
import { addressUses } from "../../../src/nginx/address/uses.js";
import { argumentPlace } from "../../../src/nginx/tree/nodes.js";
import type { Place } from "../../../src/source/file.js";

/** Socket paths that nginx refuses because they are too long for a socket, and where they are written. */
export function tooLongPaths({ nginx }: Host): readonly { readonly path: string; readonly place: Place }[] {
  if (nginx === null) return [];
  return [...addressUses(nginx.root)].flatMap(({ address, node, text }) =>
    // The name of a placeholder may be long, whatever its value is.
    node.directive.args[0]?.placeholder !== true &&
    address.kind === "refused" &&
    address.reason === "too long path in the unix domain socket"
      ? [{ path: text.replace(/^unix:/i, ""), place: argumentPlace(node, 0) }]
      : [],
  );
}

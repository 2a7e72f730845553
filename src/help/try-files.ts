import type { Edit } from "../engine/help.js";
import type { Host } from "../model/host.js";
import { argumentPlace, headPlace } from "../nginx/tree/nodes.js";
import type { Node } from "../nginx/types.js";
import { replace } from "./edit.js";

/** Writes a `try_files` that ends with the argument at `index`, each argument with its quotes. */
export function endWith(host: Host, node: Node, index: number): Edit {
  const kept = node.directive.args.slice(0, index + 1).map((_, at) => {
    const { span } = argumentPlace(node, at);
    return span.file.text.slice(span.start, span.end);
  });
  return replace(host, headPlace(node), `try_files ${kept.join(" ")};`);
}

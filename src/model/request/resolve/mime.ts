import { effectiveNode } from "../../../nginx/tree/effective.js";
import { argument, childrenNamed, enclosing } from "../../../nginx/tree/nodes.js";
import type { Node } from "../../../nginx/types.js";
import { perKey } from "../../../source/memo.js";
import { wordMap } from "../../../source/word-map.js";

/** The type that nginx gives a file. */

/** What nginx knows where no `types` applies. */
const BUILT_IN: ReadonlyMap<string, string> = wordMap({
  html: "text/html",
  gif: "image/gif",
  jpg: "image/jpeg",
});

const USUAL = "text/plain";

const typesIn = perKey((block: Node): ReadonlyMap<string, string> => {
  const found = new Map<string, string>();
  for (const { name, directive } of block.children)
    for (const word of directive.args) found.set(word.text.toLowerCase(), name);
  return found;
});

/** The extension of a URI as nginx finds it. */
export function extensionOf(uri: string): string {
  const name = uri.slice(uri.lastIndexOf("/") + 1);
  const dot = name.lastIndexOf(".");
  // The name of a hidden file is no extension.
  return dot < 1 ? "" : name.slice(dot + 1);
}

/** `null`: unknown, because a file with types was not read. */
export function mimeType(block: Node, uri: string): string | null {
  const extension = extensionOf(uri).toLowerCase();
  const types = effectiveNode(block, "types");
  if (types.kind === "unknown") return null;
  const stock = types.kind === "default" && includesTypes(block);
  const level = types.kind === "set" ? types.node.parent : null;
  const blocks = level === null ? [] : childrenNamed(level, "types");
  const found = blocks.map((one) => typesIn(one).get(extension)).findLast((one) => one !== undefined);
  const built = types.kind === "default" ? BUILT_IN.get(extension) : undefined;
  const type = found ?? built;
  if (extension !== "" && type !== undefined) return type;
  // nginx's own mime.types, which the tree lacks, has no type for scripts.
  if (stock && extension !== "" && !/^ph/.test(extension)) return null;
  const usual = effectiveNode(block, "default_type");
  if (usual.kind === "unknown") return null;
  return usual.kind === "set" ? (argument(usual.node, 0) ?? null) : USUAL;
}

/** Whether nginx would read types that the tree lacks: the text of that file is assumed to be empty. */
function includesTypes(block: Node): boolean {
  return enclosing(block, "http") !== null;
}

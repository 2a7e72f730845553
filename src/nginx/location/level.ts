import { unique } from "../../source/collect.js";
import { perKey } from "../../source/memo.js";
import { always } from "../tree/branches.js";
import { childrenNamed } from "../tree/nodes.js";
import type { Node } from "../types.js";
import { matchingOf } from "./extensions.js";

/** The locations of one block, by what nginx looks them up by. */
export interface Level {
  /** Locations by their exact path and by their prefix: of two that are the same, the first. */
  readonly exact: ReadonlyMap<string, Node>;
  readonly prefixes: ReadonlyMap<string, Node>;
  /** Lengths of the prefixes, longest first. */
  readonly lengths: readonly number[];
  readonly expressions: readonly Node[];
}

/** `null`: a template decides about them, or a part was not read. Each of thousands of locations asks for the others. */
export const levelOf = perKey(readLevel);

function readLevel(block: Node): Level | null {
  const locations = childrenNamed(block, "location");
  if (block.partial || !locations.every(always)) return null;
  const all = locations.map((node) => ({ node, ...matchingOf(node) }));
  const paths = all.filter(({ modifier }) => !/^[~@]/.test(modifier));
  if (paths.some(({ node }) => node.directive.args.some(({ placeholder }) => placeholder))) return null;
  const byPath = (exact: boolean): ReadonlyMap<string, Node> =>
    // The last of equal keys counts in a Map, and the first one is wanted.
    new Map(
      paths
        .filter(({ modifier }) => (modifier === "=") === exact)
        .reverse()
        .map(({ text, node }) => [text, node]),
    );
  const prefixes = byPath(false);
  return {
    exact: byPath(true),
    prefixes,
    lengths: unique([...prefixes.keys()].map(({ length }) => length)).sort((one, other) => other - one),
    expressions: all.filter(({ modifier }) => modifier.startsWith("~")).map(({ node }) => node),
  };
}

/** The location with the longest prefix of a URI; `null`: there is none. */
export function longestPrefix({ prefixes, lengths }: Level, uri: string): Node | null {
  for (const length of lengths) {
    const found = length > uri.length ? undefined : prefixes.get(uri.slice(0, length));
    if (found !== undefined) return found;
  }
  return null;
}

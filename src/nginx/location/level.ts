import { grouped, unique } from "../../source/collect.js";
import { perKey } from "../../source/memo.js";
import { always } from "../tree/branches.js";
import { childrenNamed } from "../tree/nodes.js";
import type { Node } from "../types.js";
import { matchingOf, patternOf } from "./extensions.js";
import { startOf } from "./pattern.js";

/** The locations of one block, by what nginx looks them up by. */
export interface Level {
  /** Locations by their exact path and by their prefix: of two that are the same, the first. */
  readonly exact: ReadonlyMap<string, Node>;
  readonly prefixes: ReadonlyMap<string, Node>;
  /** Lengths of the prefixes, longest first. */
  readonly lengths: readonly number[];
  readonly expressions: Expressions;
}

/** The regular expressions of a level, in order. */
interface Expressions {
  readonly all: readonly Node[];
  /** Numbers of those that fit only what begins with a text, by that text. */
  readonly byStart: ReadonlyMap<string, readonly number[]>;
  /** Lengths of these texts. */
  readonly lengths: readonly number[];
  /** Numbers of all others. */
  readonly others: readonly number[];
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
    expressions: byStart(all.filter(({ modifier }) => modifier.startsWith("~")).map(({ node }) => node)),
  };
}

function byStart(all: readonly Node[]): Expressions {
  const starts = all.map((node, index) => {
    const pattern = patternOf(node);
    return [pattern === null ? "" : startOf(pattern), index] as const;
  });
  const known = grouped(starts.filter(([start]) => start !== ""));
  return {
    all,
    byStart: known,
    lengths: unique([...known.keys()].map(({ length }) => length)),
    others: starts.flatMap(([start, index]) => (start === "" ? [index] : [])),
  };
}

/** A longer URI is tried with every expression, some of which give up on it. */
const LONGEST_LOOKED_UP = 4096;

/** The expressions that may fit a URI, in order: of thousands that begin with different paths, those with its own. */
export function expressionsFor({ expressions }: Level, uri: string): readonly Node[] {
  const { all, byStart: known, lengths, others } = expressions;
  if (known.size === 0 || uri.length > LONGEST_LOOKED_UP) return all;
  const found = lengths.flatMap((length) =>
    length > uri.length ? [] : (known.get(uri.slice(0, length)) ?? []),
  );
  if (found.length === 0 && others.length === all.length) return all;
  return [...others, ...found].sort((one, other) => one - other).flatMap((index) => all[index] ?? []);
}

/** The location with the longest prefix of a URI; `null`: there is none. */
export function longestPrefix({ prefixes, lengths }: Level, uri: string): Node | null {
  for (const length of lengths) {
    const found = length > uri.length ? undefined : prefixes.get(uri.slice(0, length));
    if (found !== undefined) return found;
  }
  return null;
}

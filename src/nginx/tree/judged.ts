import { once, perKey } from "../../source/memo.js";
import { wordMap } from "../../source/word-map.js";
import { type DirectiveFact, factsFor } from "../facts/directives.js";
import type { NginxVersion } from "../facts/version.js";
import type { Node } from "../types.js";

/** A directive that nginx would look up in its tables, with the contexts that it may be in. */
export interface Judged {
  readonly node: Node;
  /**
   * Letters of facts.ts: one if the enclosing block is known; several if a fragment does not show
   * what includes it, or whether its `server` belongs to http, mail or stream.
   */
  readonly contexts: string;
  /** The facts about its name in that version; empty: no module of nginx defines it. */
  readonly rows: readonly DirectiveFact[];
  /**
   * It is in the main file or was included from there. `false`: it is in a file next to it, and what
   * reads that is unknown.
   */
  readonly anchored: boolean;
}

/** The contexts of a file that anything may include. */
export const ANY_CONTEXT = "mehsluiIxMNSTU";

/** Blocks whose lines are values, not directives. */
const VALUE_BLOCKS = new Set(["types", "map", "geo", "split_clients", "charset_map"]);

/**
 * All directives, in the order in which nginx reads them, without those inside blocks of third-party
 * modules, which decide by themselves what they accept. `main`: the contexts of the root.
 */
export function* judged(root: Node, main: string, version: NginxVersion): Generator<Judged> {
  const open: Level[] = [{ block: root, inside: main, anchored: true, next: 0 }];
  for (let level = open.at(-1); level !== undefined; level = open.at(-1)) {
    const { block, inside, anchored, next } = level;
    const node = block.children[next];
    level.next += 1;
    if (node === undefined) {
      open.pop();
      continue;
    }
    // Blocks that replace absent files are not in the text.
    if (isSynthetic(node)) {
      open.push({ block: node, inside: ANY_CONTEXT, anchored: false, next: 0 });
      continue;
    }
    const loose = isSynthetic(block) || isAdopted(node, block);
    const contexts = loose ? ANY_CONTEXT : inside;
    const here = anchored && !loose;
    yield { node, contexts, rows: factsFor(node.name, version), anchored: here };
    const within = node.directive.block === null ? "" : contextInside(node, contexts);
    if (within !== "") open.push({ block: node, inside: within, anchored: here, next: 0 });
  }
}

/** A block that is being walked through. */
interface Level {
  readonly block: Node;
  readonly inside: string;
  readonly anchored: boolean;
  /** The index of the child that comes next. */
  next: number;
}

function isSynthetic(block: Node): boolean {
  return block.name !== "" && block.directive.name.end === 0;
}

/** A file that is next to a main file and is read as if it were included. */
function isAdopted(node: Node, block: Node): boolean {
  return node.via.length === 0 && node.file.path !== block.file.path;
}

const INSIDE: ReadonlyMap<string, string> = wordMap({
  events: "e",
  http: "h",
  location: "l",
  limit_except: "x",
  mail: "M",
  stream: "S",
});

const BY_PLACE: ReadonlyMap<string, ReadonlyMap<string, string>> = wordMap({
  server: wordMap({ h: "s", M: "N", S: "T" }),
  upstream: wordMap({ h: "u", S: "U" }),
  if: wordMap({ s: "i", l: "I" }),
});

function contextInside(node: Node, contexts: string): string {
  if (VALUE_BLOCKS.has(node.name)) return "";
  const fixed = INSIDE.get(node.name);
  if (fixed !== undefined) return fixed;
  const byPlace = BY_PLACE.get(node.name);
  if (byPlace === undefined) return "";
  // Only http has locations.
  if (node.name === "server" && node.children.some(({ name }) => name === "location")) return "s";
  const letters = [...contexts].map((letter) => byPlace.get(letter) ?? "").join("");
  // A block in a wrong place is still read as what it was meant to be.
  return letters === "" ? [...byPlace.values()].join("") : letters;
}

/** The facts that hold where the directive is. */
export function allowedRows({ rows, contexts }: Judged): readonly DirectiveFact[] {
  return rows.filter(
    (row) => row.contexts === "*" || [...row.contexts].some((one) => contexts.includes(one)),
  );
}

/** The allowed facts that have a block if the text has one. */
export function matchingRows(one: Judged): readonly DirectiveFact[] {
  const block = one.node.directive.block !== null;
  return once(matchingIn(one.rows), block ? `{${one.contexts}` : one.contexts, () =>
    allowedRows(one).filter((row) => row.block === block),
  );
}

/** By the contexts: every directive of one name in the same contexts has the same rows. */
const matchingIn = perKey((_rows: readonly DirectiveFact[]) => new Map<string, readonly DirectiveFact[]>());

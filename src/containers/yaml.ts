/** YAML as a tree of values with places. What composes files and manifests do with it, and no more. */
import type { Alias, Node, Pair } from "yaml";
import { withCommas } from "../source/digits.js";
import { yamlPackage } from "./yaml-package.js";

export type Yaml = YamlText | YamlList | YamlMap;

export interface YamlText {
  readonly kind: "text";
  readonly text: string;
  readonly start: number;
  readonly end: number;
  /** A literal block (`|`), whose lines stand in the file as they are, each with the same indentation. */
  readonly literal: boolean;
}

export interface YamlList {
  readonly kind: "list";
  readonly items: readonly Yaml[];
  readonly start: number;
  readonly end: number;
}

export interface YamlMap {
  readonly kind: "map";
  /** Of two keys with one name the last. */
  readonly entries: ReadonlyMap<string, Yaml>;
  readonly start: number;
  readonly end: number;
}

export type YamlFile =
  | { readonly kind: "read"; readonly documents: readonly Yaml[] }
  /** `line`: 1-based; `null`: the whole file. */
  | { readonly kind: "unread"; readonly line: number | null; readonly reason: string };

/** Characters. A larger file is data, and reading it would take seconds. */
export const LARGEST_YAML = 512 * 1024;

/** How deep values may lie in each other: compose files and manifests need about fifteen. */
const DEEPEST = 64;

/** How many entries merge keys (`<<`) may bring, beside those that are written. */
const MOST_MERGED = 20_000;

/** Reads a YAML file; never throws. An alias is the value that it names, the same object wherever it is used. */
export function readYaml(text: string): YamlFile {
  if (text.length > LARGEST_YAML) {
    const size = `${LARGEST_YAML / 1024} KiB`;
    return { kind: "unread", line: null, reason: `is a YAML file of more than ${size}` };
  }
  if (isTooDeep(text))
    return { kind: "unread", line: null, reason: `has values that are nested more than ${DEEPEST} deep` };
  try {
    return documentsOf(text);
  } catch (error) {
    if (error instanceof Limit) return { kind: "unread", line: null, reason: error.message };
    throw error;
  }
}

class Limit extends Error {}

/** By the brackets and the indentation alone: the package reads what is nested by calling itself. */
function isTooDeep(text: string): boolean {
  let open = 0;
  const indents: number[] = [];
  for (const line of text.split("\n")) {
    const indent = line.length - line.trimStart().length;
    if (indent < line.length && line.charAt(indent) !== "#") {
      while ((indents.at(-1) ?? -1) >= indent) indents.pop();
      indents.push(indent);
    }
    let dashes = 0;
    for (const character of line) {
      if (character === "[" || character === "{") open += 1;
      else if ((character === "]" || character === "}") && open > 0) open -= 1;
      // `- - - -` and `? ? ? ?` nest on one line.
      else if (character === "-" || character === "?") dashes += 1;
      if (open > DEEPEST) return true;
    }
    if (indents.length > DEEPEST || (dashes > DEEPEST && /^\s*(?:[-?] ){9}/.test(line))) return true;
  }
  return false;
}

function documentsOf(text: string): YamlFile {
  const { parseAllDocuments } = yamlPackage();
  // The package compares each key with all others of its map, which takes quadratic time.
  const parsed = parseAllDocuments(text, {
    uniqueKeys: false,
    logLevel: "silent",
    version: "1.1",
    schema: "failsafe",
  });
  const documents = Array.isArray(parsed) ? parsed : [];
  const [fault] = documents.flatMap(({ errors }) => errors);
  if (fault !== undefined) {
    const line = fault.linePos?.[0].line ?? null;
    const [what = ""] = fault.message.split(/ at line \d|:\n/);
    return { kind: "unread", line, reason: `is no YAML from here on: ${lowerFirst(what)}` };
  }
  const merged = { left: MOST_MERGED };
  return {
    kind: "read",
    documents: documents.flatMap((document) => {
      const value = new Conversion(merged).value(document.contents, 0);
      return value === null ? [] : [value];
    }),
  };
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}

class Conversion {
  private readonly anchors = new Map<string, Node>();
  private readonly done = new Map<Node, Yaml | null>();
  private readonly merged: { left: number };

  constructor(merged: { left: number }) {
    this.merged = merged;
  }

  value(node: Node | Pair | null | unknown, depth: number): Yaml | null {
    const { isAlias, isMap, isScalar, isSeq } = yamlPackage();
    if (node === null || typeof node !== "object") return null;
    if (depth > 2 * DEEPEST) throw new Limit("has values that are nested too deep");
    if (isAlias(node)) {
      const target = this.target(node);
      // One that leads back to itself is not done yet.
      return target === undefined ? null : (this.done.get(target) ?? null);
    }
    const at = node as Node;
    const [start = 0, end = 0] = at.range ?? [];
    let made: Yaml | null = null;
    if (isScalar(at)) {
      if (at.anchor !== undefined) this.anchors.set(at.anchor, at);
      const text = typeof at.value === "string" ? at.value : "";
      made = { kind: "text", text, start, end, literal: at.type === "BLOCK_LITERAL" };
    } else if (isSeq(at)) {
      if (at.anchor !== undefined) this.anchors.set(at.anchor, at);
      made = { kind: "list", items: at.items.flatMap((one) => this.value(one, depth + 1) ?? []), start, end };
    } else if (isMap(at)) {
      if (at.anchor !== undefined) this.anchors.set(at.anchor, at);
      made = { kind: "map", entries: this.entries(at.items as readonly Pair[], depth), start, end };
    }
    this.done.set(at, made);
    return made;
  }

  /** What comes before the alias in the file, as the package resolves it, which searches for it again each time. */
  private target(alias: Alias): Node | undefined {
    return this.anchors.get(alias.source);
  }

  private entries(pairs: readonly Pair[], depth: number): ReadonlyMap<string, Yaml> {
    const own = new Map<string, Yaml>();
    const merges: Yaml[] = [];
    for (const pair of pairs) {
      const key = this.value(pair.key, depth + 1);
      const value = this.value(pair.value, depth + 1);
      if (key?.kind !== "text") continue;
      if (key.text === "<<") {
        if (value !== null) merges.push(...(value.kind === "list" ? value.items : [value]));
      } else own.set(key.text, value ?? emptyAt(key.end));
    }
    if (merges.length === 0) return own;
    const all = new Map<string, Yaml>();
    // Of several maps the first wins, and what is written here wins over all of them.
    for (const one of merges.toReversed()) {
      if (one.kind !== "map") continue;
      this.merged.left -= one.entries.size;
      if (this.merged.left < 0)
        throw new Limit(`has merge keys (<<) that bring more than ${withCommas(MOST_MERGED)} entries`);
      for (const [key, value] of one.entries) all.set(key, value);
    }
    for (const [key, value] of own) all.set(key, value);
    return all;
  }
}

function emptyAt(at: number): YamlText {
  return { kind: "text", text: "", start: at, end: at, literal: false };
}

/** A key of a map; `null`: it is none, or has no such key. */
export function at(value: Yaml | null | undefined, ...keys: readonly string[]): Yaml | null {
  let found: Yaml | null = value ?? null;
  for (const key of keys) found = found?.kind === "map" ? (found.entries.get(key) ?? null) : null;
  return found;
}

/** A text; `null`: it is another value. */
export function textOf(value: Yaml | null | undefined): string | null {
  return value?.kind === "text" ? value.text : null;
}

/** The items of a list; none of another value. */
export function itemsOf(value: Yaml | null | undefined): readonly Yaml[] {
  return value?.kind === "list" ? value.items : [];
}

/** The entries of a map; none of another value. */
export function entriesOf(value: Yaml | null | undefined): readonly (readonly [string, Yaml])[] {
  return value?.kind === "map" ? [...value.entries] : [];
}

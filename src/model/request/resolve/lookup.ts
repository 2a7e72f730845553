import { findMatch, type Match } from "../../../nginx/location/captures.js";
import { type Pattern, readPattern } from "../../../nginx/location/pattern.js";
import { childrenNamed } from "../../../nginx/tree/nodes.js";
import type { Node } from "../../../nginx/types.js";
import { perKey } from "../../../source/memo.js";

/** `map` as nginx looks a value up in it. */

export interface MapTable {
  readonly node: Node;
  /** The text that is looked up. */
  readonly source: string;
  readonly hostnames: boolean;
  /** Worked out again whenever it is asked for; otherwise once a request. */
  readonly volatile: boolean;
  readonly exact: ReadonlyMap<string, string>;
  readonly leading: ReadonlyMap<string, string>;
  readonly trailing: ReadonlyMap<string, string>;
  readonly expressions: readonly { readonly pattern: Pattern | null; readonly value: string }[];
  readonly byDefault: string;
  /** A part was not read, or a template makes it. */
  readonly open: boolean;
}

/** The maps of a host by the names of their variables in lower case. */
export const mapsOf = perKey((http: Node): ReadonlyMap<string, MapTable> => {
  const found = new Map<string, MapTable>();
  for (const node of childrenNamed(http, "map")) {
    const [source, variable] = node.directive.args;
    if (source === undefined || variable?.text.startsWith("$") !== true) continue;
    found.set(variable.text.slice(1).toLowerCase(), tableOf(node, source.text));
  }
  return found;
});

function tableOf(node: Node, source: string): MapTable {
  const named = (name: string) =>
    node.children.some((one) => one.name === name && one.directive.args.length === 0);
  const hostnames = named("hostnames");
  const [exact, leading, trailing] = [
    new Map<string, string>(),
    new Map<string, string>(),
    new Map<string, string>(),
  ];
  const expressions: { pattern: Pattern | null; value: string }[] = [];
  let byDefault = "";
  let open = node.partial;
  for (const { name: key, directive, branch } of node.children) {
    const value = directive.args[0]?.text;
    if (value === undefined) continue;
    if (directive.name.placeholder || branch !== null) open = true;
    if (key === "default") byDefault = value;
    else if (key.startsWith("~*")) expressions.push({ pattern: readPattern(key.slice(2), true), value });
    else if (key.startsWith("~")) expressions.push({ pattern: readPattern(key.slice(1), false), value });
    else if (hostnames && key.startsWith("*.")) leading.set(key.slice(1).toLowerCase(), value);
    else if (hostnames && key.startsWith(".")) {
      exact.set(key.slice(1).toLowerCase(), value);
      leading.set(key.toLowerCase(), value);
    } else if (hostnames && key.endsWith(".*")) trailing.set(key.slice(0, -1).toLowerCase(), value);
    else exact.set(key.replace(/^\\/, "").toLowerCase(), value);
  }
  return {
    node,
    source,
    hostnames,
    volatile: named("volatile"),
    exact,
    leading,
    trailing,
    expressions,
    byDefault,
    open,
  };
}

export interface Found {
  /** May have variables. */
  readonly value: string;
  /** What an expression captured; `null`: none decided. */
  readonly match: Match | null;
}

/** What a map makes of a value; `undefined`: unknown. */
export function lookUp(table: MapTable, value: string): Found | undefined {
  if (table.open) return undefined;
  const text = table.hostnames ? value.replace(/\.$/, "") : value;
  const low = text.toLowerCase();
  const plain = table.exact.get(low) ?? (table.hostnames ? byWildcard(table, low) : undefined);
  if (plain !== undefined) return { value: plain, match: null };
  for (const { pattern, value: result } of table.expressions) {
    const match = pattern === null ? undefined : findMatch(pattern, text);
    if (match === undefined) return undefined;
    if (match !== null) return { value: result, match };
  }
  return { value: table.byDefault, match: null };
}

function byWildcard({ leading, trailing }: MapTable, host: string): string | undefined {
  for (let dot = host.indexOf(".", 1); dot !== -1; dot = host.indexOf(".", dot + 1)) {
    const found = leading.get(host.slice(dot));
    if (found !== undefined) return found;
  }
  for (let dot = host.lastIndexOf("."); dot > 0; dot = host.lastIndexOf(".", dot - 1)) {
    const found = trailing.get(host.slice(0, dot + 1));
    if (found !== undefined) return found;
  }
  return undefined;
}

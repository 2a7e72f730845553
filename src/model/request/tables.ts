import { findMatch, type Match } from "../../nginx/location/captures.js";
import { type Pattern, readPattern } from "../../nginx/location/pattern.js";
import { argument, argumentPlace } from "../../nginx/tree/nodes.js";
import type { Node } from "../../nginx/types.js";
import { perKey } from "../../source/memo.js";
import { matchesAll } from "./code.js";
import type { Written } from "./variable-words.js";

/** `map`, `geo` and `split_clients`: what they say, and how nginx looks a value up in a `map`. */

export interface Table {
  readonly kind: "map" | "geo" | "split_clients";
  readonly node: Node;
  /** The text that is looked up; of a `geo` that has none the address of the client: empty. */
  readonly source: string;
  /** In the order of the files. */
  readonly rows: readonly Row[];
}

/** A line that gives a value. */
export interface Row extends Written {
  /** As it is written. */
  readonly key: string;
  readonly node: Node;
}

const KINDS: ReadonlySet<string> = new Set(["map", "geo", "split_clients"]);

/** The tables of a host by the names of their variables in lower case; of several for one variable the last counts. */
export const tablesOf = perKey((http: Node): ReadonlyMap<string, Table> => {
  const found = new Map<string, Table>();
  for (const node of http.children) {
    const variable = KINDS.has(node.name) ? (node.directive.args.at(-1)?.text ?? "") : "";
    if (!variable.startsWith("$")) continue;
    const kind = node.name as Table["kind"];
    const source = node.directive.args.length > 1 ? (argument(node, 0) ?? "") : "";
    found.set(variable.slice(1).toLowerCase(), { kind, node, source, rows: rowsOf(node) });
  }
  return found;
});

/** Lines of a `geo` that say something about the table. */
const ABOUT_GEO: ReadonlySet<string> = new Set(["proxy", "delete"]);

function rowsOf(table: Node): readonly Row[] {
  return table.children
    .filter(
      ({ name, directive }) => directive.args.length === 1 && !(table.name === "geo" && ABOUT_GEO.has(name)),
    )
    .map((node) => ({ key: node.name, node, text: argument(node, 0) ?? "", place: argumentPlace(node, 0) }));
}

/** The rows of a `map` by how nginx finds them. */
export interface MapRows {
  readonly hostnames: boolean;
  /** Worked out again whenever it is asked for; otherwise once a request. */
  readonly volatile: boolean;
  readonly exact: ReadonlyMap<string, Row>;
  readonly leading: ReadonlyMap<string, Row>;
  readonly trailing: ReadonlyMap<string, Row>;
  readonly expressions: readonly { readonly pattern: Pattern | null; readonly row: Row }[];
  /** `null`: none is written, and the value is empty. */
  readonly byDefault: Row | null;
  /** A part was not read, or a template makes it. */
  readonly open: boolean;
}

export const mapRows = perKey(({ node, rows }: Table): MapRows => {
  const named = (name: string) =>
    node.children.some((one) => one.name === name && one.directive.args.length === 0);
  const hostnames = named("hostnames");
  const [exact, leading, trailing] = [new Map<string, Row>(), new Map<string, Row>(), new Map<string, Row>()];
  const expressions: { pattern: Pattern | null; row: Row }[] = [];
  let byDefault: Row | null = null;
  let open = node.partial;
  for (const row of rows) {
    const { key } = row;
    if (row.node.directive.name.placeholder || row.node.branch !== null) open = true;
    if (key === "default") byDefault = row;
    else if (key.startsWith("~*")) expressions.push({ pattern: readPattern(key.slice(2), true), row });
    else if (key.startsWith("~")) expressions.push({ pattern: readPattern(key.slice(1), false), row });
    else if (hostnames && key.startsWith("*.")) leading.set(key.slice(1).toLowerCase(), row);
    else if (hostnames && key.startsWith(".")) {
      exact.set(key.slice(1).toLowerCase(), row);
      leading.set(key.toLowerCase(), row);
    } else if (hostnames && key.endsWith(".*")) trailing.set(key.slice(0, -1).toLowerCase(), row);
    else exact.set(key.replace(/^\\/, "").toLowerCase(), row);
  }
  return { hostnames, volatile: named("volatile"), exact, leading, trailing, expressions, byDefault, open };
});

/** Whether every value finds a row, as far as the rows tell by themselves. */
export function coversAll(table: Table): boolean {
  switch (table.kind) {
    case "map": {
      const { byDefault, expressions } = mapRows(table);
      return byDefault !== null || expressions.some(({ row }) => matchesAll(row.key.replace(/^~\*?/, "")));
    }
    case "geo":
      return table.rows.some(({ key }) => /^default$|\/0+$|^0\.0\.0\.0-/.test(key));
    case "split_clients":
      return table.rows.some(({ key }) => key === "*") || shares(table) >= 100;
  }
}

/** Percent. */
function shares({ rows }: Table): number {
  return rows.reduce((sum, { key }) => sum + Number(/^([\d.]+)%$/.exec(key)?.[1] ?? 0), 0);
}

export interface Found {
  /** `null`: none, and the value is empty. */
  readonly row: Row | null;
  /** What an expression captured; `null`: none decided. */
  readonly match: Match | null;
}

/** What a `map` has for a value; `undefined`: unknown. */
export function lookUp(table: Table, value: string): Found | undefined {
  const rows = mapRows(table);
  if (rows.open) return undefined;
  const text = rows.hostnames ? value.replace(/\.$/, "") : value;
  const low = text.toLowerCase();
  const plain = rows.exact.get(low) ?? (rows.hostnames ? byWildcard(rows, low) : undefined);
  if (plain !== undefined) return { row: plain, match: null };
  for (const { pattern, row } of rows.expressions) {
    const match = pattern === null ? undefined : findMatch(pattern, text);
    if (match === undefined) return undefined;
    if (match !== null) return { row, match };
  }
  return { row: rows.byDefault, match: null };
}

function byWildcard({ leading, trailing }: MapRows, host: string): Row | undefined {
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

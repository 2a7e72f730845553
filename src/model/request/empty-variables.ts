import { always } from "../../nginx/tree/branches.js";
import { argument, childrenNamed, enclosing } from "../../nginx/tree/nodes.js";
import type { Node } from "../../nginx/types.js";
import { grouped } from "../../source/collect.js";
import { perKey } from "../../source/memo.js";
import { mayBring, waysTo } from "./arrival.js";
import { serverNames } from "./cache-key.js";
import { matchesAll } from "./rewrite-code.js";
import { variablesIn } from "./variable-words.js";

/** Variables that have no value for some requests: nginx reads them as empty then. */

export interface EmptyVariable {
  readonly name: string;
  /** The `map`, `geo` or `split_clients`, the `if` with the only `set`, or that `set` where nothing runs it. */
  readonly node: Node;
  readonly kind: "map" | "geo" | "split_clients" | "if" | "set";
}

/**
 * Those in a text that surely have no value for some request. What a request would have to be like is
 * not asked: see `isCovered`.
 */
export function emptyVariables(block: Node, text: string): readonly EmptyVariable[] {
  return [...new Set(variablesIn(text))].flatMap((name) => {
    const found = withoutDefault(block, name) ?? onlyInIf(block, name) ?? afterBreak(block, name);
    return found === null ? [] : [found];
  });
}

/** The tables of a host, by the name of their variable. */
const tables = perKey(
  (http: Node): ReadonlyMap<string, readonly Node[]> =>
    grouped(
      ["map", "geo", "split_clients"].flatMap((kind) =>
        childrenNamed(http, kind).map(
          (node) => [(node.directive.args.at(-1)?.text ?? "").replace(/^\$/, ""), node] as const,
        ),
      ),
    ),
);

function tableOf(block: Node, name: string): Node | null {
  const http = enclosing(block, "http");
  const all = http === null ? [] : (tables(http).get(name) ?? []);
  return all.length === 1 ? (all[0] ?? null) : null;
}

function withoutDefault(block: Node, name: string): EmptyVariable | null {
  const node = tableOf(block, name);
  if (node === null || node.partial || !node.children.every((line) => always(line) && isWritten(line)))
    return null;
  const kind = node.name as "map" | "geo" | "split_clients";
  return hasDefault(node) ? null : { name, node, kind };
}

function isWritten({ directive }: Node): boolean {
  return !directive.name.placeholder && directive.args.every(({ placeholder }) => !placeholder);
}

function hasDefault(node: Node): boolean {
  if (node.name === "map")
    return node.children.some(
      ({ name }) => name === "default" || (name.startsWith("~") && matchesAll(name.replace(/^~\*?/, ""))),
    );
  if (node.name === "geo") return node.children.some(({ name }) => /^default$|\/0+$|^0\.0\.0\.0-/.test(name));
  return node.children.some(({ name }) => name === "*") || sumOf(node) >= 100;
}

function sumOf(node: Node): number {
  return node.children.reduce((sum, { name }) => sum + Number(/^([\d.]+)%$/.exec(name)?.[1] ?? 0), 0);
}

/** A `set` in one `if` of the location or the server, and nowhere else. */
function onlyInIf(block: Node, name: string): EmptyVariable | null {
  if (tableOf(block, name) !== null || mayBring(block, name)) return null;
  const known = waysTo(block, `$${name}`);
  if (known === null || !known.given.has(name)) return null;
  if (!known.ways.some(({ values }) => !values.has(name))) return null;
  const levels = [enclosing(block, "location"), enclosing(block, "server")];
  const ifs = levels.flatMap((level) =>
    (level === null ? [] : childrenNamed(level, "if")).filter((one) =>
      childrenNamed(one, "set").some((set) => argument(set, 0) === `$${name}`),
    ),
  );
  const [node] = ifs;
  // With a negated condition next to another one the two may be all there is.
  if (node === undefined || (ifs.length > 1 && ifs.some(isNegated))) return null;
  return ifs.some(mayHoldAlways) ? null : { name, node, kind: "if" };
}

/** The first `set` of a location where every one of them comes after what ends its rewriting. */
function afterBreak(block: Node, name: string): EmptyVariable | null {
  const location = enclosing(block, "location");
  if (location === null || block !== location || tableOf(block, name) !== null || mayBring(block, name))
    return null;
  const known = waysTo(block, `$${name}`);
  if (known === null || !known.ways.every(({ values }) => !values.has(name))) return null;
  const end = endOfRewriting(location);
  const late = end === null ? [] : location.children.slice(location.children.indexOf(end));
  const sets = (nodes: readonly Node[]): readonly Node[] =>
    nodes.filter((one) => one.name === "set" && argument(one, 0) === `$${name}`);
  const [node] = sets(late);
  return node === undefined ? null : { name, node, kind: "set" };
}

/** What surely ends the rewriting of a location: `break`, or a `rewrite … break` that fits every URI. */
export function endOfRewriting(location: Node): Node | null {
  return (
    location.children.find(
      (one) =>
        always(one) &&
        isWritten(one) &&
        (one.name === "break" ||
          (one.name === "rewrite" && argument(one, 2) === "break" && matchesAll(argument(one, 0) ?? ""))),
    ) ?? null
  );
}

function conditionOf({ directive }: Node): string {
  return directive.args.map(({ text }) => text).join(" ");
}

function isNegated(node: Node): boolean {
  return /(?:^|[\s(])!/.test(conditionOf(node)) || !/[=~]/.test(conditionOf(node));
}

/** Whether a condition may hold for every request: a pattern that is not told, or a template's word. */
function mayHoldAlways(node: Node): boolean {
  const words = node.directive.args.map(({ text }) => text);
  const at = words.findIndex((word) => word === "~" || word === "~*");
  const pattern =
    at < 0
      ? undefined
      : words
          .slice(at + 1)
          .join(" ")
          .replace(/ ?\)$/, "");
  return !isWritten(node) || !always(node) || (pattern !== undefined && matchesAll(pattern));
}

/** Sources that have a value from a list for every request. */
const VALUES: readonly (readonly [source: RegExp, values: readonly string[]])[] = [
  [/^\$(?:scheme|\{scheme\})$/, ["http", "https"]],
  [/^\$(?:https|\{https\})$/, ["on", ""]],
];

/**
 * Whether a `map` has a row for everything that ordinary requests of a server bring, as far as the files
 * tell; `true` also where its source is unknown.
 */
export function isCovered({ node, kind }: EmptyVariable, block: Node): boolean {
  if (kind !== "map") return false;
  const source = argument(node, 0) ?? "";
  const keys = new Set(node.children.map(({ name }) => name.replace(/^\\/, "").toLowerCase()));
  const patterns = node.children.some(({ name }) => /^[~.]|\*/.test(name));
  const listed = VALUES.find(([pattern]) => pattern.test(source))?.[1];
  if (listed !== undefined) return patterns || listed.every((value) => keys.has(value));
  const server = enclosing(block, "server");
  const names = server === null ? [] : serverNames(server);
  if (/^\$\{?(?:host|http_host|server_name|ssl_server_name)\}?$/.test(source)) {
    const literal = names.filter((name) => name !== "_" && name !== "");
    const one = source.includes("server_name") && !source.includes("ssl") ? literal.slice(0, 1) : literal;
    if (one.some((name) => /[*~$]|^\./.test(name)) || patterns) return patterns;
    return one.length > 0 && one.every((name) => keys.has(name.toLowerCase()));
  }
  if (/^\$\{?request_method\}?$/.test(source))
    return patterns || ["get", "head", "post"].every((one) => keys.has(one));
  // Clients without the header or the cookie bring the empty value.
  const free = /^\$\{?(?:uri|request_uri|document_uri|remote_addr|(?:http|cookie|arg)_\w+)\}?$/.test(source);
  return !free || patterns || keys.has("");
}

import { conditionOf } from "../../nginx/location/conditions.js";
import { always } from "../../nginx/tree/branches.js";
import { argument, childrenNamed, enclosing } from "../../nginx/tree/nodes.js";
import type { Node } from "../../nginx/types.js";
import { isSetFor, mayBring, waysTo } from "./arrival.js";
import { serverNames } from "./cache-key.js";
import { matchesAll, setOf } from "./code.js";
import { coversAll, lookUp, mapRows, type Table, tablesOf } from "./tables.js";
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
    const found = withoutDefault(block, name) ?? (isSetFor(block, name) ? unset(block, name) : null);
    return found === null ? [] : [found];
  });
}

function tableOf(block: Node, name: string): Table | null {
  const http = enclosing(block, "http");
  return http === null ? null : (tablesOf(http).get(name.toLowerCase()) ?? null);
}

function withoutDefault(block: Node, name: string): EmptyVariable | null {
  const table = tableOf(block, name);
  if (table === null) return null;
  const { node, kind } = table;
  if (node.partial || !node.children.every((line) => always(line) && isWritten(line))) return null;
  return coversAll(table) ? null : { name, node, kind };
}

function isWritten({ directive }: Node): boolean {
  return !directive.name.placeholder && directive.args.every(({ placeholder }) => !placeholder);
}

function unset(block: Node, name: string): EmptyVariable | null {
  return onlyInIf(block, name) ?? afterBreak(block, name);
}

/** A `set` in one `if` of the location or the server, and nowhere else. */
function onlyInIf(block: Node, name: string): EmptyVariable | null {
  if (tableOf(block, name) !== null || mayBring(block, name)) return null;
  const known = waysTo(block, `$${name}`);
  const key = name.toLowerCase();
  if (known === null || !known.given.has(key)) return null;
  if (!known.ways.some(({ values }) => !values.has(key))) return null;
  const levels = [enclosing(block, "location"), enclosing(block, "server")];
  const ifs = levels.flatMap((level) =>
    (level === null ? [] : childrenNamed(level, "if")).filter((one) =>
      childrenNamed(one, "set").some((set) => setOf(set).name === key),
    ),
  );
  const [node] = ifs;
  if (levels.some((level) => level !== null && setsUnknown(level))) return null;
  // With a negated condition next to another one the two may be all there is.
  if (node === undefined || (ifs.length > 1 && ifs.some(isNegated))) return null;
  return ifs.some(mayHoldAlways) ? null : { name, node, kind: "if" };
}

/** Whether a template names the variable that an `if` of the level sets. */
function setsUnknown(level: Node): boolean {
  return childrenNamed(level, "if").some((one) =>
    childrenNamed(one, "set").some(({ directive }) => directive.args[0]?.placeholder === true),
  );
}

/** The first `set` of a location where every one of them comes after what ends its rewriting. */
function afterBreak(block: Node, name: string): EmptyVariable | null {
  const location = enclosing(block, "location");
  if (location === null || block !== location || tableOf(block, name) !== null || mayBring(block, name))
    return null;
  const known = waysTo(block, `$${name}`);
  const key = name.toLowerCase();
  if (known === null || known.ways.some(({ values }) => values.has(key))) return null;
  const end = endOfRewriting(location);
  const late = end === null ? [] : location.children.slice(location.children.indexOf(end));
  const node = late.find((one) => one.name === "set" && setOf(one).name === key);
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

/** Whether it holds for what another one leaves: `!=`, `!~`, `!-f`, and a variable without a comparison. */
function isNegated(node: Node): boolean {
  const condition = conditionOf(node);
  return condition.kind === "equal" || condition.kind === "regex" ? condition.negative : true;
}

/** Whether a condition may hold for every request: a pattern that is not told, or a template's word. */
function mayHoldAlways(node: Node): boolean {
  const condition = conditionOf(node);
  if (condition.kind === "unread" || !always(node)) return true;
  return condition.kind === "regex" && !condition.negative && matchesAll(condition.text);
}

/** Sources that have a value from a list for every request. */
const VALUES: readonly (readonly [source: RegExp, values: readonly string[]])[] = [
  [/^\$(?:scheme|\{scheme\})$/, ["http", "https"]],
  [/^\$(?:https|\{https\})$/, ["on", ""]],
  [/^\$\{?request_method\}?$/, ["GET", "HEAD", "POST"]],
];

/**
 * Whether a `map` has a row for everything that ordinary requests of a server bring, as far as the files
 * tell; `true` also where its source is unknown.
 */
export function isCovered({ name, kind }: EmptyVariable, block: Node): boolean {
  const table = tableOf(block, name);
  if (kind !== "map" || table === null) return false;
  const { source } = table;
  const has = (value: string): boolean => lookUp(table, value)?.row !== null;
  const listed = VALUES.find(([pattern]) => pattern.test(source))?.[1];
  if (listed !== undefined) return listed.every(has);
  const { leading, trailing, expressions } = mapRows(table);
  const patterns = leading.size + trailing.size + expressions.length > 0;
  const server = enclosing(block, "server");
  // A template fills in the names that the rows are for.
  if (server !== null && !childrenNamed(server, "server_name").every(isWritten)) return true;
  const names = server === null ? [] : serverNames(server);
  if (/^\$\{?(?:host|http_host|server_name|ssl_server_name)\}?$/.test(source)) {
    const literal = names.filter((one) => one !== "_" && one !== "");
    const own = source.includes("server_name") && !source.includes("ssl") ? literal.slice(0, 1) : literal;
    if (own.length === 0 || own.some((one) => /[*~$]|^\./.test(one))) return patterns;
    return own.every(has);
  }
  // Clients without the header or the cookie bring the empty value.
  const free = /^\$\{?(?:uri|request_uri|document_uri|remote_addr|(?:http|cookie|arg)_\w+)\}?$/.test(source);
  return !free || patterns || has("");
}

import { isFixedVariable } from "../../../nginx/facts/variables.js";
import { findMatch } from "../../../nginx/location/captures.js";
import { readPattern } from "../../../nginx/location/pattern.js";
import { effectiveNode } from "../../../nginx/tree/effective.js";
import { argument, argumentPlace, headPlace } from "../../../nginx/tree/nodes.js";
import type { Node } from "../../../nginx/types.js";
import { withoutEnd } from "../../../source/ends.js";
import { wordMap } from "../../../source/word-map.js";
import { below, type Mapped, rootOf } from "../root.js";
import { lookUp, mapRows, type Table, tablesOf } from "../tables.js";
import { namesOf } from "./servers.js";
import { knownValue, Lost, type State, unknownValue } from "./state.js";
import { escapeArgs } from "./text.js";
import type { Value } from "./types.js";
import { definedIn, httpOf, type Part, partsOf } from "./words.js";

/** The values of words with variables, as they are at one moment of a request. */

/** A value may be made of values that are longer each time. */
const LONGEST = 65_536;

/** A word with its variables replaced. `escapes`: groups are escaped where the URI was sent with escapes. */
export function evaluate(state: State, text: string, escapes = false): Value {
  const parts = partsOf(text);
  return parts === null
    ? unknownValue(`a template fills in "${text}"`)
    : evaluateParts(state, parts, escapes);
}

export function evaluateParts(state: State, parts: readonly Part[], escapes: boolean): Value {
  let found = "";
  for (const part of parts) {
    if (part.kind === "text") found += part.text;
    else if (part.kind === "group") {
      const group = state.captures?.groups[part.number] ?? "";
      found += escapes && (state.quoted || state.plus) ? escapeArgs(group) : group;
    } else {
      const value = variable(state, part.name);
      if (value.text === null) return value;
      found += value.text;
    }
    if (found.length > LONGEST) return unknownValue("the value grows too long");
  }
  return knownValue(found);
}

/** A value made of so many others, one inside the other, is one that leads back to itself. */
const DEEPEST = 100;

/** The value of a variable by its name in lower case. */
export function variable(state: State, name: string): Value {
  const kept = state.values.get(name);
  if (kept !== undefined) return kept;
  if (state.nested >= DEEPEST) return unknownValue(`$${name} leads back to itself`);
  state.nested += 1;
  const value = worked(state, name);
  state.nested -= 1;
  return value;
}

function worked(state: State, name: string): Value {
  const http = httpOf(state.server);
  const table = tablesOf(http).get(name);
  if (table?.kind === "map") return mapped(state, table, name);
  const built = BUILT_IN.get(name);
  if (built !== undefined) return built(state);
  // A variable that `set` defines may have the name of a header: it is the header until then.
  const prefixed = byPrefix(state, name);
  if (prefixed !== null) return prefixed;
  if (!isFixedVariable(name) && definedIn(http).has(name)) return knownValue("");
  return unknownValue(`$${name} is only known at run time`);
}

function mapped(state: State, table: Table, name: string): Value {
  const source = evaluate(state, table.source);
  if (source.text === null) return source;
  const found = lookUp(table, source.text);
  if (found === undefined) return unknownValue(`what the map for $${name} says is unknown`);
  if (found.match !== null) captured(state, found.match);
  const value = found.row === null ? knownValue("") : evaluate(state, found.row.text);
  if (!mapRows(table).volatile) state.values.set(name, value);
  return value;
}

/** What a regular expression captured is in `$1` and in the variables of its named groups. */
export function captured(state: State, match: NonNullable<State["captures"]>): void {
  state.captures = match;
  for (const [name, text] of match.named) state.values.set(name.toLowerCase(), knownValue(text));
}

/** The first header of that name as it was sent; `null`: none. */
function header(state: State, wanted: string): string | null {
  const found = state.request.headers.filter(
    ([name]) => name.toLowerCase().replaceAll("-", "_") === wanted && isTaken(state, name),
  );
  const [first] = found;
  if (first === undefined) return null;
  // nginx joins these; of other headers with one name it takes the first.
  if (wanted === "cookie") return found.map(([, value]) => value).join("; ");
  return wanted === "x_forwarded_for" ? found.map(([, value]) => value).join(", ") : first[1];
}

/** Whether nginx takes a header; names with other characters than letters, digits and `-` it leaves out. */
export function isTaken(state: State, name: string): boolean {
  if (/^[A-Za-z0-9-]+$/.test(name)) return true;
  if (/^[\w-]+$/.test(name)) return flagOn(state.server, "underscores_in_headers");
  return false;
}

/** A flag that is on, where it is known; unknown counts as its default. */
export function flagOn(block: Node, name: string, usual = false): boolean {
  const found = effectiveNode(block, name);
  return found.kind === "set" ? argument(found.node, 0) === "on" : usual;
}

function byPrefix(state: State, name: string): Value | null {
  if (name.startsWith("http_")) return knownValue(header(state, name.slice(5)) ?? "");
  if (name.startsWith("arg_")) return knownValue(argumentOf(state.args, name.slice(4)));
  if (name.startsWith("cookie_")) return knownValue(cookie(state, name.slice(7)));
  if (/^(?:sent_http_|sent_trailer_|upstream_)/.test(name)) return knownValue("");
  return null;
}

function argumentOf(args: string, wanted: string): string {
  for (const pair of args.split("&")) {
    const equals = pair.indexOf("=");
    if (equals !== -1 && pair.slice(0, equals).toLowerCase() === wanted) return pair.slice(equals + 1);
  }
  return "";
}

function cookie(state: State, wanted: string): string {
  for (const pair of (header(state, "cookie") ?? "").split(";")) {
    const equals = pair.indexOf("=");
    if (equals !== -1 && pair.slice(0, equals).trim().toLowerCase() === wanted)
      return pair.slice(equals + 1).trim();
  }
  return "";
}

const BUILT_IN: ReadonlyMap<string, (state: State) => Value> = wordMap<(state: State) => Value>({
  uri: ({ uri }) => knownValue(uri),
  document_uri: ({ uri }) => knownValue(uri),
  args: ({ args }) => knownValue(args),
  query_string: ({ args }) => knownValue(args),
  is_args: ({ args }) => knownValue(args === "" ? "" : "?"),
  request_uri: ({ unparsed }) => knownValue(unparsed),
  request_method: ({ method, shownMethod }) => knownValue(shownMethod ?? method),
  request: ({ request: { method, target, protocol } }) => knownValue(`${method} ${target} ${protocol}`),
  server_protocol: ({ request }) => knownValue(request.protocol),
  scheme: ({ request }) => knownValue(request.tls ? "https" : "http"),
  https: ({ request }) => knownValue(request.tls ? "on" : ""),
  host: (state) => knownValue(hostOf(state)),
  hostname: () => unknownValue("$hostname is the machine's name"),
  server_name: ({ server }) => knownValue(namesOf(server).first),
  server_port: ({ request: { to } }) => knownValue(to.kind === "tcp" ? String(to.port ?? 80) : ""),
  server_addr: ({ request: { to } }) =>
    to.kind === "unix"
      ? knownValue("unix:")
      : to.host === "*" || !/^[\d.:a-f]+$/.test(to.host)
        ? unknownValue("the address that the client connects to is not known")
        : knownValue(to.host),
  remote_addr: ({ request: { from } }) =>
    from === null ? unknownValue("$remote_addr is the client's address") : knownValue(from.address),
  remote_port: ({ request: { from } }) =>
    from?.address === "unix:"
      ? knownValue("")
      : from === null || from.port === null
        ? unknownValue("$remote_port is the client's port")
        : knownValue(String(from.port)),
  content_length: ({ request: { bodyLength } }) => knownValue(bodyLength === null ? "" : String(bodyLength)),
  content_type: (state) => knownValue(header(state, "content_type") ?? ""),
  proxy_add_x_forwarded_for: (state) => {
    const before = header(state, "x_forwarded_for");
    const client = variable(state, "remote_addr");
    return before === null || client.text === null ? client : knownValue(`${before}, ${client.text}`);
  },
  document_root: (state) => documentRoot(state),
  realpath_root: (state) => {
    const { text, reason } = documentRoot(state);
    return text === null
      ? unknownValue(reason)
      : knownValue(state.choices.real(text === "" ? "" : withoutEnd(text, "/") || "/"));
  },
  request_filename: (state) => {
    const found = mapPath(state, state.uri);
    return typeof found === "object" && found !== null ? knownValue(found.path) : unknownValue("alias");
  },
  fastcgi_script_name: (state) => {
    const { script } = splitUri(state);
    const index = script.endsWith("/") ? effectiveNode(state.block, "fastcgi_index") : null;
    return knownValue(script + (index?.kind === "set" ? (argument(index.node, 0) ?? "") : ""));
  },
  fastcgi_path_info: (state) => knownValue(splitUri(state).pathInfo),
  request_completion: () => knownValue(""),
  server_software: () => unknownValue("$server_software is not nginx's"),
  remote_user: (state) =>
    header(state, "authorization") === null ? knownValue("") : unknownValue("$remote_user is who logs in"),
  limit_rate: () => knownValue("0"),
  dollar: () => unknownValue("$dollar"),
});

/** The name in the request, without its port and in lower case; the server's first name where it names none. */
export function hostOf(state: State): string {
  return requestHost(state.request) || namesOf(state.server).first;
}

/** The name that a request is for; empty: it names none. */
export function requestHost({ target, headers }: State["request"]): string {
  const absolute = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)/i.exec(target)?.[1];
  const written = absolute ?? headers.find(([name]) => name.toLowerCase() === "host")?.[1] ?? "";
  const name = written.startsWith("[")
    ? (/^\[[^\]]*\]/.exec(written)?.[0] ?? "")
    : written.replace(/:.*$/s, "");
  return name.toLowerCase().replace(/\.$/, "");
}

function documentRoot(state: State): Value {
  const value = evaluate(state, rootOf(state.block).text);
  return value.text === null ? value : knownValue(fullPath(state, value.text));
}

/** A relative path counts from nginx's prefix. */
function fullPath({ prefix }: State, path: string): string {
  return prefix === null || path.startsWith("/") || path === "" ? path : `${prefix}/${path}`;
}

/** What `fastcgi_split_path_info` makes of the URI. */
export function splitUri(state: State): NonNullable<State["split"]> {
  // As long as the name is empty nginx works it out anew.
  if (state.split !== null && state.split.script !== "") return state.split;
  const written = effectiveNode(state.block, "fastcgi_split_path_info");
  const found = { script: state.uri, pathInfo: "" };
  if (written.kind === "unknown") throw new Lost(written.reason, written.place);
  if (written.kind === "set") {
    const pattern = readPattern(argument(written.node, 0) ?? "", false);
    const match = pattern === null ? undefined : findMatch(pattern, state.uri);
    if (match === undefined)
      throw new Lost("a regular expression that is not understood", argumentPlace(written.node, 0));
    if (match !== null) {
      found.script = match.groups[1] ?? "";
      found.pathInfo = match.groups[2] ?? "";
    }
  }
  state.split = found;
  return found;
}

/**
 * The path of a URI below the root or alias that applies. `null`: nginx answers 500, because a rewrite
 * changed a URI below an alias.
 */
export function mapPath(state: State, uri: string): Mapped | null {
  const root = rootOf(state.block);
  if (root.unread !== null) throw new Lost(root.unread.reason, root.unread.place);
  if (root.alias !== null && !state.validLocation) return null;
  const value = evaluate(state, root.text);
  if (value.text === null) throw new Lost(value.reason, root.place);
  return below(root, fullPath(state, value.text), uri, state.addUriToAlias);
}

/** Where the words of a node stand that made the way unknown. */
export function lostAt(node: Node, value: Value): never {
  throw new Lost(value.reason, headPlace(node));
}

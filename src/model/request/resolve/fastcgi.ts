import { isOlder, isSince } from "../../../nginx/facts/version.js";
import { isTrue } from "../../../nginx/location/conditions.js";
import { effectiveList, effectiveNode } from "../../../nginx/tree/effective.js";
import { argument, argumentPlace, childrenNamed, headPlace } from "../../../nginx/tree/nodes.js";
import type { Node } from "../../../nginx/types.js";
import { groupBy } from "../../../source/collect.js";
import { perKey } from "../../../source/memo.js";
import { rootOf } from "../root.js";
import { tablesOf } from "../tables.js";
import { errorPageFor } from "./error-page.js";
import { evaluate, flagOn, isTaken, splitUri } from "./evaluate.js";
import { Lost, type Next, type State, status } from "./state.js";
import type { CacheCondition, CacheUse, PhpOutcome, SentParam } from "./types.js";
import { httpOf, partsOf } from "./words.js";

/** `fastcgi_pass`: what nginx sends to the application. */

export function fastcgi(state: State, pass: Node): Next {
  const { block, location, server } = state;
  // What `fastcgi_split_path_info` made of an earlier URI is forgotten here.
  state.split = null;
  const place = headPlace(pass);
  const address = evaluate(state, argument(pass, 0) ?? "");
  state.steps.push({ kind: "fastcgi", node: pass, address, place });
  if (address.text === "") return status(500, "invalid-pass", place);
  const answered = (code: number): boolean =>
    code >= 300 && flagOn(block, "fastcgi_intercept_errors") && errorPageFor(block, code) !== null;
  const cache = cacheOf(state);
  if (cache !== null) tellOf(state, cache);
  const list = paramList(state);
  const cached = cache !== null;
  const early = isSettled(state, list) ? null : paramsOf(state, list, cached);
  if (early === "captures") return status(500, "captures", place);
  let params = early;
  const index = state.php.asked;
  const given = state.php.statuses[index];
  state.php.asked += 1;
  if (given !== undefined && (given.own || answered(given.status)))
    return status(given.status, "application", place);
  const { next } = state.php;
  const outcome: PhpOutcome = {
    kind: "php",
    pass,
    block,
    location: location ?? block,
    server,
    address,
    // Most of those who ask where a request goes never look at them.
    get params() {
      params ??= valuesOf(state, list, cached);
      return params;
    },
    method: state.method,
    uri: state.uri,
    args: state.args,
    bodyLength: flagOn(block, "fastcgi_pass_request_body", true) ? (state.bodyLength ?? 0) : 0,
    status: state.errStatus === 0 ? null : state.errStatus,
    cache,
    answered: (code) => (answered(code) ? next({ status: code, own: false }, index) : null),
    failed: (code) => next({ status: code, own: true }, index),
  };
  return { go: "done", outcome };
}

/** Headers that nginx keeps from an application whose answers it may store, for whatever the client has. */
const KEPT_BY_CACHE: ReadonlySet<string> = new Set([
  "HTTP_IF_MODIFIED_SINCE",
  "HTTP_IF_UNMODIFIED_SINCE",
  "HTTP_IF_NONE_MATCH",
  "HTTP_IF_MATCH",
  "HTTP_RANGE",
  "HTTP_IF_RANGE",
]);

/** The `fastcgi_param` lines that count together. */
interface ParamList {
  readonly nodes: readonly Node[];
  /** The variables in their values. */
  readonly variables: ReadonlySet<string>;
}

const NO_PARAMS: ParamList = { nodes: [], variables: new Set() };

function paramList({ block }: State): ParamList {
  const list = effectiveList(block, "fastcgi_param");
  if (list.kind === "unknown") throw new Lost(list.reason, list.place);
  if (list.kind === "default") return NO_PARAMS;
  if (!list.complete) throw new Lost("a part of the parameters was not read", headPlace(list.level));
  return { nodes: list.nodes, variables: variablesOn(list.level) };
}

const variablesOn = perKey(
  (level: Node): ReadonlySet<string> =>
    new Set(
      childrenNamed(level, "fastcgi_param").flatMap((node) =>
        (partsOf(argument(node, 1) ?? "") ?? []).flatMap((part) =>
          part.kind === "variable" ? [part.name] : [],
        ),
      ),
    ),
);

/** Whether the values are the same whenever they are asked for: they change nothing, and none loses the way. */
function isSettled(state: State, { variables }: ParamList): boolean {
  const tables = tablesOf(httpOf(state.server));
  for (const name of variables)
    if (name === "request_filename" || (tables.size > 0 && tables.has(name))) return false;
  if (variables.has("fastcgi_script_name") || variables.has("fastcgi_path_info")) splitUri(state);
  return !rootOf(state.block).text.includes("$");
}

/**
 * `captures`: nginx answers 500. It works out the lengths of all values first, and a `map` among them may
 * change what `$1` is.
 */
function paramsOf(state: State, list: ParamList, cached: boolean): readonly SentParam[] | "captures" {
  const { captures } = state;
  const first = valuesOf(state, list, cached);
  if (state.captures === captures) return first;
  const second = valuesOf(state, list, cached);
  const length = (values: readonly SentParam[]) =>
    values.reduce((sum, { text }) => sum + Buffer.byteLength(text ?? ""), 0);
  return length(first) === length(second) ? second : "captures";
}

function valuesOf(state: State, { nodes }: ParamList, cached: boolean): readonly SentParam[] {
  const sent: SentParam[] = [];
  const hidden = new Set(cached ? [...KEPT_BY_CACHE] : []);
  for (const node of nodes) {
    const [name = "", written = "", flag] = node.directive.args.map(({ text }) => text);
    if (name.startsWith("HTTP_") && name.length > 5) {
      hidden.add(name.toUpperCase().replaceAll("-", "_"));
      // An empty one only keeps the client's header away.
      if (written === "") continue;
    }
    const value = evaluate(state, written);
    if (flag === "if_not_empty" && value.text === "") continue;
    sent.push({ name, ...value, node });
  }
  if (!flagOn(state.block, "fastcgi_pass_request_headers", true)) return sent;
  const headers = headersOf(state).map(([name, value]) => ({
    name: `HTTP_${name.toUpperCase().replaceAll("-", "_")}`,
    value,
  }));
  for (const group of groupBy(headers, ({ name }) => name)) {
    const [{ name }] = group;
    if (!hidden.has(name)) sent.push({ name, ...repeated(state, name, group), node: null });
  }
  return sent;
}

/** Before this version each line of a header is sent, and PHP takes the last; seen in 1.22.1, 1.26.3 and 1.30.6. */
const JOINED_SINCE = "1.23.0";

function repeated(
  { version }: State,
  name: string,
  lines: readonly [{ readonly value: string }, ...{ readonly value: string }[]],
): { readonly text: string | null; readonly reason: string } {
  const values = lines.map(({ value }) => value);
  if (lines.length === 1 || isOlder(version, JOINED_SINCE)) return { text: values.at(-1) ?? "", reason: "" };
  return isSince(version, JOINED_SINCE) && name !== "HTTP_COOKIE"
    ? { text: values.join(", "), reason: "" }
    : {
        text: null,
        reason: `what of a header that was sent twice arrives changed with nginx ${JOINED_SINCE}`,
      };
}

/** The headers that nginx takes, Content-Length among them. */
function headersOf(state: State): readonly (readonly [string, string])[] {
  const { headers, bodyLength } = state.request;
  const taken = headers.filter(([name]) => isTaken(state, name));
  return bodyLength === null ? taken : [...taken, ["Content-Length", String(bodyLength)]];
}

function cacheOf(state: State): CacheUse | null {
  const zone = effectiveNode(state.block, "fastcgi_cache");
  if (zone.kind !== "set" || argument(zone.node, 0) === "off") return null;
  const methods = effectiveList(state.block, "fastcgi_cache_methods");
  const named =
    methods.kind === "set"
      ? methods.nodes.flatMap(({ directive }) => directive.args.map(({ text }) => text))
      : [];
  if (![...named, "GET", "HEAD"].includes(state.method)) return null;
  const key = effectiveNode(state.block, "fastcgi_cache_key");
  return {
    zone: evaluate(state, argument(zone.node, 0) ?? ""),
    key: evaluate(state, key.kind === "set" ? (argument(key.node, 0) ?? "") : ""),
    bypass: conditionOf(state, "fastcgi_cache_bypass"),
    noCache: conditionOf(state, "fastcgi_no_cache"),
    place: headPlace(zone.node),
  };
}

/** Whether one of the values is neither empty nor 0. */
function conditionOf(state: State, name: string): CacheCondition {
  const list = effectiveList(state.block, name);
  if (list.kind !== "set") return { holds: list.kind === "default" ? false : null, word: null, place: null };
  const words = list.nodes.flatMap((node) =>
    node.directive.args.map(({ text: word }, at) => {
      const { text } = evaluate(state, word);
      return { holds: text === null ? null : isTrue(text), word, place: argumentPlace(node, at) };
    }),
  );
  const decisive = words.find(({ holds }) => holds === true) ?? words.find(({ holds }) => holds === null);
  if (decisive !== undefined) return decisive;
  const [first] = list.nodes;
  return {
    holds: list.complete ? false : null,
    word: null,
    place: first === undefined ? null : headPlace(first),
  };
}

/** What a reader sees of the cache. */
function tellOf(state: State, use: CacheUse): void {
  state.steps.push({ kind: "cache", use, place: use.place });
  const { bypass, noCache } = use;
  for (const [name, condition] of [
    ["fastcgi_cache_bypass", bypass],
    ["fastcgi_no_cache", noCache],
  ] as const)
    if (condition.place !== null)
      state.steps.push({ kind: "cache-condition", name, condition, place: condition.place });
}

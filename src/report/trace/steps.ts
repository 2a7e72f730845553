import { showBytes } from "../../evidence/pairs.js";
import type {
  Assumption,
  CacheUse,
  FileKind,
  Request,
  StatusReason,
  Step,
  Value,
} from "../../model/request/resolve/types.js";
import { argument, headText, shownWord } from "../../nginx/tree/nodes.js";
import type { Node } from "../../nginx/types.js";
import { wordMap } from "../../source/word-map.js";

/** What happened to a request, each step as a short sentence without a full stop. Nothing in it is escaped yet. */

/** A step in words. */
export function stepText(step: Step): string {
  switch (step.kind) {
    case "server":
      return `${serverName(step.server)}: ${serverReason(step.why, step.host)}`;
    case "location":
      return step.location === null
        ? `no location matches ${step.uri}, so the server itself answers`
        : `${headText(step.location)} takes ${step.uri}: ${LOCATION_REASONS[step.why]}`;
    case "rewrite":
      return `${headText(step.node)}: ${changeText(step)}`;
    case "if":
      return `${headText(step.node)}: ${step.held ? "true" : "not true"}`;
    case "set":
      return `set $${step.name}: ${step.value.text === "" ? "to nothing" : valueText(step.value)}`;
    case "break":
      return "break: no rewrite directive after it counts";
    case "return":
      return `${headText(step.node)}: ends here with ${step.status}`;
    case "limit-except":
      return `${headText(step.block)}: the method is not in the list, so these directives apply`;
    case "access":
      return `${headText(step.node)}: ${step.passes ? "lets the client through" : "refuses the client"}`;
    case "auth-request":
      return `${headText(step.node)}: ${authText(step.status)}`;
    case "try-files":
      return tryText(step);
    case "index":
      return `index: ${tidyPath(step.path)} ${step.found ? "is there" : "is not there"}`;
    case "error-page":
      return `${headText(step.node)}: ${step.status} leads to ${step.to}`;
    case "internal-redirect":
      return `the request goes on as ${withArgs(step.uri, step.args)} and nginx chooses a location again`;
    case "named-location":
      return `the request goes on in location ${step.name}`;
    case "hop":
      return `${headText(step.node)}: a server of this nginx listens there and gets ${requestLine(step.request)}`;
    case "fastcgi":
      return `${step.node.name} ${valueText(step.address)}`;
    case "cache":
      return cacheText(step.use);
    case "cache-condition":
      return `${step.name}: ${conditionOfCache(step)}`;
    case "status":
      return `${step.status}: ${reasonText(step.reason)}`;
  }
}

/** In which cache nginx looks, and under which key. */
function cacheText({ zone, key }: CacheUse): string {
  const under =
    key.text === "" ? "under an empty key, the same for every request" : `under the key ${valueText(key)}`;
  return `fastcgi_cache ${valueText(zone)}: an answer that is stored ${under}, is sent without PHP`;
}

function conditionOfCache({ name, condition }: Extract<Step, { kind: "cache-condition" }>): string {
  const { holds, word } = condition;
  const bypass = name === "fastcgi_cache_bypass";
  if (holds === null)
    return `unknown${word === null ? "" : ` (${word})`}, so the cache may ${bypass ? "be passed by" : "stay without the answer"}`;
  if (holds)
    return `${word} is true, so ${bypass ? "nginx asks PHP without a look into the cache" : "the answer is not stored"}`;
  return `nothing in it is true, so ${bypass ? "nginx looks into the cache" : "the answer may be stored"}`;
}

/** `/a becomes /b`. */
function changeText({ from: before, to }: Extract<Step, { kind: "rewrite" }>): string {
  return `${before} becomes ${to}`;
}

const LOCATION_REASONS = {
  exact: "the exact match",
  prefix: "the longest prefix, and no regular expression of the server matches",
  "no-regex": "the longest prefix, and ^~ keeps regular expressions out",
  regex: "the first regular expression that matches",
  named: "named by the directive before",
  none: "no location matches",
} as const;

function serverReason(why: Extract<Step, { kind: "server" }>["why"], host: string): string {
  switch (why) {
    case "exact":
      return `its server_name has ${host === "" ? "the empty name" : host}`;
    case "leading-wildcard":
    case "trailing-wildcard":
      return `a wildcard in its server_name matches ${host}`;
    case "regex":
      return `the first server_name with a regular expression that matches ${host}`;
    case "default":
      return host === ""
        ? "the default server of this address, because the request names no host"
        : `the default server of this address, because no server there has the name ${host}`;
    case "only":
      return "the only server of this address, so it takes every name";
  }
}

/** A server in a line: `server shop.example`, `a server without a name`. */
export function serverName(server: Node): string {
  const node = server.children.find(({ name }) => name === "server_name");
  const word = node?.directive.args[0];
  const first = node === undefined || word === undefined ? "" : shownWord(node, word);
  return first === "" || first === "_" ? "a server without a name" : `server ${first}`;
}

function authText(status: number | null): string {
  if (status === null) return "nobody knows what the subrequest is answered";
  return status < 300
    ? `the subrequest is answered ${status}, which lets it through`
    : `the subrequest is answered ${status}`;
}

function tryText({ node, index, path, answer }: Extract<Step, { kind: "try-files" }>): string {
  const written = argument(node, index) ?? "";
  switch (answer) {
    case "found":
      return `try_files ${written}: ${tidyPath(path)} is ${kindOf(written)}`;
    case "not-found":
      return `try_files ${written}: ${tidyPath(path)} is not ${kindOf(written)}`;
    case "last":
      return `try_files ${written}: the last argument, so the request goes on as ${path}`;
  }
}

/** What an argument of try_files asks for. */
function kindOf(written: string): string {
  return written.endsWith("/") ? "a directory" : "a file";
}

/** A path as people write it: nginx puts a root and a URI together without looking at their slashes. */
export function tidyPath(path: string): string {
  return path.replace(/\/{2,}/g, "/");
}

/** A value, or why it is unknown. */
export function valueText({ text, reason }: Value): string {
  return text ?? `unknown (${reason})`;
}

/** `/cart?id=3`. */
export function withArgs(uri: string, args: string): string {
  return args === "" ? uri : `${uri}?${args}`;
}

/** `GET http://shop.example/cart?id=3`, with what is not as usual about it. */
export function titleText({ method, target, headers, to, tls, protocol, bodyLength }: Request): string {
  const host = headers.find(([name]) => name.toLowerCase() === "host")?.[1] ?? "";
  const url = `${tls ? "https" : "http"}://${host}${target}`;
  const body = bodyLength === null ? "" : ` with a body of ${showBytes(bodyLength)}`;
  const version =
    protocol === "HTTP/1.1" ? "" : ` over ${protocol.replace(/\.0$/, "").replace("HTTP/1", "HTTP/1.0")}`;
  const written = /:(\d+)$/.exec(host)?.[1] ?? null;
  const port = to.kind === "tcp" ? String(to.port) : "";
  const usual = written === null ? port === (tls ? "443" : "80") : written === port;
  return `${method} ${url}${version}${body}${usual ? "" : `, sent to port ${port}`}`;
}

/** `GET /cart?id=3 to shop.example, port 80`. */
export function requestLine({ method, target, headers, to, tls, protocol, bodyLength }: Request): string {
  const host = headers.find(([name]) => name.toLowerCase() === "host")?.[1] ?? null;
  const where = to.kind === "unix" ? to.path : `port ${to.port ?? "unknown"}${tls ? " with TLS" : ""}`;
  const body = bodyLength === null ? "" : ` with a body of ${showBytes(bodyLength)}`;
  const version = protocol === "HTTP/1.1" ? "" : ` by ${protocol}`;
  return `${method} ${target}${version}${body} to ${host ?? "no host"}, ${where}`;
}

/** What an outcome rests on, as a condition: `/srv/a.css is a file`. */
export function assumptionText(assumption: Assumption): string {
  switch (assumption.kind) {
    case "path":
      return `${assumption.path} is ${kindsText(assumption.is)}`;
    case "executable":
      return `${assumption.path} ${assumption.is ? "may" : "may not"} be executed`;
    case "auth":
      return `the subrequest of auth_request is answered ${assumption.is ? "2xx" : "401"}`;
  }
}

const KINDS = { file: "a file", directory: "a directory", missing: "not there" } as const;
/** Two kinds are said by the third: `a file or not there` is no directory. */
const OTHER = { file: "not a file", directory: "not a directory", missing: "there" } as const;

function kindsText(kinds: readonly FileKind[]): string {
  const [only, second] = kinds;
  if (only !== undefined && second === undefined) return KINDS[only];
  const left = (["file", "directory", "missing"] as const).find((kind) => !kinds.includes(kind));
  return left === undefined ? "anything" : OTHER[left];
}

/** Conditions as one: `/a and /b are not there, and /srv is a directory`. Each is said once. */
export function conditionText(rests: readonly Assumption[]): string {
  const paths = new Map<string, string[]>();
  const others = new Set<string>();
  for (const rest of rests) {
    if (rest.kind !== "path") {
      others.add(assumptionText(rest));
      continue;
    }
    const kind = kindsText(rest.is);
    const list = paths.get(kind) ?? [];
    if (!list.includes(rest.path)) list.push(rest.path);
    paths.set(kind, list);
  }
  const said = [...paths].map(([kind, list]) => {
    const last = list.at(-1) ?? "";
    return list.length === 1
      ? `${last} is ${kind}`
      : `${list.slice(0, -1).join(", ")} and ${last} are ${MANY.get(kind) ?? kind}`;
  });
  return [...said, ...others].join(", and ");
}

const MANY: ReadonlyMap<string, string> = wordMap<string>({
  "a file": "files",
  "a directory": "directories",
  "not a file": "not files",
  "not a directory": "not directories",
});

const REASONS: ReadonlyMap<string, string> = wordMap<string>({
  return: "return says so",
  rewrite: "rewrite says so",
  "error-page": "error_page says so",
  "not-found": "there is no such file",
  "directory-slash": "a directory needs a slash at the end of its URL",
  "location-slash": "the location needs a slash at the end of the URL",
  "no-index": "a directory without an index file is not listed",
  denied: "deny refuses the client",
  "auth-basic": "auth_basic wants a name and a password",
  "auth-request": "the subrequest of auth_request refused it",
  internal: "the location is internal, so nothing from outside gets in",
  method: "a file answers only GET and HEAD",
  "body-too-large": "the body is larger than client_max_body_size",
  cycle: "rewrite or internal redirection cycle",
  "no-named-location": "there is no location of that name",
  "try-files": "the last argument of try_files says so",
  alias: "the URI does not go with the alias",
  "bad-request": "nginx refuses the request as it was sent",
  "uri-too-long": "the line of the request fits into no buffer of large_client_header_buffers",
  "header-too-large": "the header does not fit into the buffers of large_client_header_buffers",
  "empty-uri": "the URI has become empty",
  "https-port": "plain HTTP was sent to a port with TLS",
  "built-in": "a module of nginx answers",
  "invalid-pass": "the address became one that nginx cannot use",
  "auth-cycle": "the subrequest of auth_request leads to itself",
});

/** Why nginx answers with a status. */
export function reasonText(reason: StatusReason): string {
  return REASONS.get(reason) ?? reason;
}

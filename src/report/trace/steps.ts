import type { Assumption, Request, StatusReason, Step, Value } from "../../model/request/resolve/types.js";
import { argument, headText } from "../../nginx/tree/nodes.js";
import type { Node } from "../../nginx/types.js";
import { wordMap } from "../../source/word-map.js";

/** What happened to a request, each step as a short sentence without a full stop. Nothing in it is escaped yet. */

/** A step in words. */
export function stepText(step: Step): string {
  switch (step.kind) {
    case "server":
      return `server ${serverName(step.server)}: ${serverReason(step.why, step.host)}`;
    case "location":
      return step.location === null
        ? `no location matches ${step.uri}: the server itself answers`
        : `${headText(step.location)} takes ${step.uri}: ${LOCATION_REASONS[step.why]}`;
    case "rewrite":
      return `${headText(step.node)}: ${step.from} becomes ${step.to}`;
    case "if":
      return `${headText(step.node)}: ${step.held ? "true" : "false"}`;
    case "set":
      return `set $${step.name}: ${valueText(step.value)}`;
    case "break":
      return "break: no more rewrite directives here";
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
      return `index: ${step.path} ${step.found ? "is there" : "is not there"}`;
    case "error-page":
      return `${headText(step.node)}: ${step.status} leads to ${step.to}`;
    case "internal-redirect":
      return `goes on inside nginx as ${withArgs(step.uri, step.args)}, which chooses a location again`;
    case "named-location":
      return `goes on in location ${step.name}`;
    case "hop":
      return `${headText(step.node)}: a server of this nginx listens there, and gets ${requestLine(step.request)}`;
    case "fastcgi":
      return `${step.node.name} ${valueText(step.address)}`;
    case "status":
      return `${step.status}: ${reasonText(step.reason)}`;
  }
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
      return `the first regular expression in a server_name that matches ${host}`;
    case "default":
      return host === ""
        ? "the default server of this address, because the request names no host"
        : `the default server of this address, because no server_name has ${host}`;
    case "only":
      return "the only server of this address, whatever the name";
  }
}

/** The first name of a server, for a line: `shop.example`, `without a name`. */
export function serverName(server: Node): string {
  const node = server.children.find(({ name }) => name === "server_name");
  const first = node === undefined ? "" : (argument(node, 0) ?? "");
  return first === "" ? "without a name" : first;
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
      return `try_files ${written}: ${path} is there`;
    case "not-found":
      return `try_files ${written}: ${path} is not there`;
    case "last":
      return `try_files ${written}: the last argument, so it goes on as ${path}`;
  }
}

/** A value, or why it is unknown. */
export function valueText({ text, reason }: Value): string {
  return text ?? `unknown (${reason})`;
}

function withArgs(uri: string, args: string): string {
  return args === "" ? uri : `${uri}?${args}`;
}

/** `GET /cart?id=3 to shop.example, port 80`. */
export function requestLine({ method, target, headers, to, tls, protocol, bodyLength }: Request): string {
  const host = headers.find(([name]) => name.toLowerCase() === "host")?.[1] ?? null;
  const where = to.kind === "unix" ? to.path : `port ${to.port ?? "unknown"}${tls ? " with TLS" : ""}`;
  const body = bodyLength === null ? "" : ` with a body of ${bodyLength} bytes`;
  const version = protocol === "HTTP/1.1" ? "" : ` by ${protocol}`;
  return `${method} ${target}${version}${body} to ${host ?? "no host"}, ${where}`;
}

/** What an outcome rests on, as a condition: `/srv/a.css is a file`. */
export function assumptionText(assumption: Assumption): string {
  switch (assumption.kind) {
    case "path":
      return `${assumption.path} is ${assumption.is.map((kind) => KINDS[kind]).join(" or ")}`;
    case "executable":
      return `${assumption.path} ${assumption.is ? "may" : "may not"} be executed`;
    case "auth":
      return `the subrequest of auth_request is answered ${assumption.is ? "2xx" : "401"}`;
  }
}

const KINDS = { file: "a file", directory: "a directory", missing: "not there" } as const;

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

import { readAddress } from "../../../nginx/address/address.js";
import { matchingOf } from "../../../nginx/location/extensions.js";
import { effectiveList, effectiveNode } from "../../../nginx/tree/effective.js";
import { argument, headPlace } from "../../../nginx/tree/nodes.js";
import type { Node } from "../../../nginx/types.js";
import { type Address, isLocal } from "../../address/address.js";
import { canonicalHost } from "../../address/canonical.js";
import { upstreamServers, upstreamsIn } from "../upstreams.js";
import { absolute, errorPageFor } from "./error-page.js";
import { evaluate, flagOn, isTaken } from "./evaluate.js";
import { pointFor } from "./servers.js";
import { knownValue, Lost, type Next, needed, type State, status } from "./state.js";
import { escapePath } from "./text.js";
import type { Outcome, PhpOutcome, Request } from "./types.js";
import { httpOf } from "./words.js";

/** `proxy_pass`: to another server of this host, or away. */

interface Pass {
  readonly tls: boolean;
  readonly address: Address;
  /** What `$proxy_host` says. */
  readonly host: string;
  readonly uri: string;
  readonly fixed: boolean;
  readonly text: string;
}

/** How a request goes on at another server. */
export type Begin = (http: Node, request: Request, from: State) => Outcome;

export function proxy(state: State, node: Node, begin: Begin): Next {
  const place = headPlace(node);
  const value = evaluate(state, argument(node, 0) ?? "");
  const http = httpOf(state.server);
  const away = (target: string | null): Next => ({
    go: "done",
    outcome: { kind: "proxy", pass: node, block: state.block, address: value, target, method: state.method },
  });
  if (value.text === null) return away(null);
  const pass = passOf(value.text, !(argument(node, 0) ?? "").includes("$"));
  if (pass === null) return status(500, "invalid-pass", place);
  const target = targetOf(state, pass);
  if (target === "") return status(500, "empty-uri", place);
  const address = memberOf(http, pass.address);
  if (address === null || !isLocal(address) || pointFor(http, address, "") === null) return away(target);
  const request = requestOf(state, pass, address, target);
  state.steps.push({ kind: "hop", node, request, place });
  const outcome = begin(http, request, state);
  return came(state, outcome, pass, place);
}

function passOf(text: string, fixed: boolean): Pass | null {
  const [, scheme, rest = ""] = /^(https?):\/\/(.*)$/is.exec(text) ?? [];
  if (scheme === undefined) return null;
  const tls = scheme.toLowerCase() === "https";
  const found = readAddress(rest, { listen: false, uri: true });
  if (found.kind === "refused") return null;
  const uri = found.uri.startsWith("?") ? `/${found.uri}` : found.uri;
  if (found.kind === "unix") {
    const address: Address = { kind: "unix", path: found.path };
    return { tls, address, host: "localhost", uri, fixed, text };
  }
  const usual = tls ? 443 : 80;
  const host = found.port === null || found.port === usual ? found.host : `${found.host}:${found.port}`;
  return { tls, address: tcp(found, usual), host, uri, fixed, text };
}

/** The address of a server in the group of that name, or the address itself; `null`: none is known. */
function memberOf(http: Node, address: Address): Address | null {
  if (address.kind === "unix") return address;
  const group = upstreamsIn(http).get(address.host.toLowerCase());
  if (group === undefined) return address;
  for (const member of upstreamServers(group)) {
    if (member.down || member.backup) continue;
    const found = readAddress(member.address, { listen: false, uri: false });
    if (found.kind === "unix") return { kind: "unix", path: found.path };
    if (found.kind === "inet") return tcp(found, 80);
  }
  return null;
}

/** Without the brackets of `[::1]`, as all addresses of the model. */
function tcp(
  { host, port }: { readonly host: string; readonly port: number | null },
  usual: number,
): Address {
  return { kind: "tcp", host: canonicalHost(host), port: port ?? usual };
}

/** The target that nginx sends; empty: there is none, and nginx answers 500. */
function targetOf(state: State, { uri, fixed }: Pass): string {
  if (!fixed && uri !== "") return uri;
  if (uri === "" && state.validUnparsed) return state.unparsed;
  const name = state.location === null ? "" : matchingOf(state.location).text;
  const cut = state.validLocation && uri !== "" ? Math.min(name.length, state.uri.length) : 0;
  const rest = state.uri.slice(cut);
  const path = uri + (state.quoted || state.internal ? escapePath(rest) : rest);
  return state.args === "" ? path : `${path}?${state.args}`;
}

/** Headers that nginx does not pass on by itself. */
const OWN = [
  "host",
  "connection",
  "keep-alive",
  "te",
  "transfer-encoding",
  "content-length",
  "upgrade",
  "expect",
];

function requestOf(state: State, pass: Pass, to: Address, target: string): Request {
  const { block, request } = state;
  const list = effectiveList(block, "proxy_set_header");
  if (list.kind === "unknown") throw new Lost(list.reason, list.place);
  const headers: [string, string][] = [];
  const named = new Set<string>(OWN);
  for (const node of list.kind === "set" ? list.nodes : []) {
    const name = argument(node, 0) ?? "";
    const written = argument(node, 1) ?? "";
    const value = /^\$(?:proxy_host|\{proxy_host\})$/.test(written)
      ? knownValue(pass.host)
      : evaluate(state, written);
    named.add(name.toLowerCase());
    // A header whose value is unknown is one with a value of which nothing is known.
    const text = name.toLowerCase() === "host" ? needed(value, headPlace(node)) : (value.text ?? "?");
    if (text !== "" && name.toLowerCase() !== "content-length") headers.push([name, text]);
  }
  const hosted =
    list.kind === "set" && list.nodes.some((node) => argument(node, 0)?.toLowerCase() === "host");
  if (!hosted) headers.unshift(["Host", pass.host]);
  const connected = headers.some(([name]) => name.toLowerCase() === "connection");
  if (!connected) headers.push(["Connection", "close"]);
  if (flagOn(block, "proxy_pass_request_headers", true))
    for (const [name, value] of request.headers)
      if (!named.has(name.toLowerCase()) && isTaken(state, name)) headers.push([name, value]);
  const method = effectiveNode(block, "proxy_method");
  const version = effectiveNode(block, "proxy_http_version");
  return {
    method:
      method.kind === "set" ? needed(evaluate(state, argument(method.node, 0) ?? ""), null) : state.method,
    target,
    protocol: version.kind === "set" && argument(version.node, 0) === "1.1" ? "HTTP/1.1" : "HTTP/1.0",
    headers,
    bodyLength: flagOn(block, "proxy_pass_request_body", true) ? state.bodyLength : null,
    tls: pass.tls,
    to,
    from: { address: clientOf(to), port: null },
  };
}

/** The address from which nginx itself connects to one of this host. */
function clientOf(to: Address): string {
  if (to.kind === "unix") return "unix:";
  return to.host.includes(":") ? "::1" : "127.0.0.1";
}

/** What nginx makes of the answer of the other server. */
function came(state: State, outcome: Outcome, pass: Pass, place: ReturnType<typeof headPlace>): Next {
  const kept = state.errStatus;
  if (outcome.kind === "php") return throughHop(state, outcome, place);
  if (outcome.kind !== "status" && outcome.kind !== "file") return { go: "done", outcome };
  const { status: code } = outcome;
  if (code === 444) return status(502, "application", place);
  const intercepts = code >= 300 && flagOn(state.block, "proxy_intercept_errors");
  if (intercepts && errorPageFor(state.block, code) !== null) return status(code, "application", place);
  const shown = kept === 0 ? code : kept;
  if (outcome.kind === "file") return { go: "done", outcome: { ...outcome, status: shown } };
  return {
    go: "done",
    outcome: { ...outcome, status: shown, redirect: redirected(state, outcome.redirect, pass) },
  };
}

/** An application behind the other server: what it answers may be intercepted on the way back. */
function throughHop(state: State, outcome: PhpOutcome, place: ReturnType<typeof headPlace>): Next {
  const { php, errStatus, block } = state;
  const index = php.asked - 1;
  const catches = (code: number): boolean =>
    code >= 300 && flagOn(block, "proxy_intercept_errors") && errorPageFor(block, code) !== null;
  const given = php.statuses[index];
  if (given !== undefined && catches(outcome.status ?? given.status))
    return status(outcome.status ?? given.status, "application", place);
  return {
    go: "done",
    outcome: {
      ...outcome,
      status: errStatus === 0 ? outcome.status : errStatus,
      answered: (code) =>
        outcome.answered(code) ??
        (catches(outcome.status ?? code) ? php.next({ status: code, own: false }, index) : null),
    },
  };
}

/** `proxy_redirect default`: the address of the other server in a redirect becomes the path of the location. */
function redirected(state: State, redirect: Extract<Outcome, { kind: "status" }>["redirect"], pass: Pass) {
  const written = effectiveNode(state.block, "proxy_redirect");
  if (redirect?.text === undefined || redirect.text === null || !pass.fixed) return redirect;
  if (written.kind === "set") {
    if (argument(written.node, 0) === "off") return redirect;
    if (argument(written.node, 0) !== "default") throw new Lost("proxy_redirect", headPlace(written.node));
  }
  const name = state.location === null ? "" : matchingOf(state.location).text;
  const [from, to] = pass.uri === "" ? [`${pass.text}/`, "/"] : [pass.text, name];
  if (!redirect.text.startsWith(from)) return redirect;
  return absolute(state, knownValue(to + redirect.text.slice(from.length)));
}

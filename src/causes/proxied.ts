/** Lines of requests that nginx passes to something else than FastCGI: the same words, and nothing of PHP-FPM in them. */
import type { LogLine } from "../logs/line.js";
import type { Match, Signature } from "./signature.js";

/** By the scheme that nginx writes into `upstream: "…"`, how its directives begin. */
const PREFIX: ReadonlyMap<string, string> = new Map([
  ["http", "proxy_"],
  ["https", "proxy_"],
  ["grpc", "grpc_"],
  ["grpcs", "grpc_"],
  ["uwsgi", "uwsgi_"],
  ["suwsgi", "uwsgi_"],
  ["scgi", "scgi_"],
  ["memcached", "memcached_"],
]);

/** What these lines mean there; those of others name neither PHP nor a directive. */
const MEANS: ReadonlyMap<string, string> = new Map([
  ["connect-timeout", "nginx got no connection within proxy_connect_timeout"],
  ["read-timeout", "the upstream sent no answer within proxy_read_timeout"],
  [
    "read-timeout-body",
    "the upstream stopped in the middle of its answer for longer than proxy_read_timeout; the client got a part of it",
  ],
  ["send-timeout", "the upstream did not take the request within proxy_send_timeout"],
  ["reset", "the upstream cut the connection before it answered"],
  ["reset-body", "the upstream cut the connection in the middle of its answer; the client got a part of it"],
  ["closed-early", "the upstream closed the connection without an answer"],
  [
    "closed-early-body",
    "the upstream closed the connection in the middle of its answer; the client got a part of it",
  ],
  ["queue-full", "the queue of the socket was full"],
  ["header-too-big", "the header of the answer does not fit into proxy_buffer_size"],
  [
    "invalid-header",
    "the upstream sent something that is not a header, or a header that nginx does not take",
  ],
  ["temp-denied-response", "nginx may not write to proxy_temp_path, so a large answer is cut off"],
  [
    "store-denied",
    "nginx cannot make a file for the answer, in proxy_temp_path or in the directory of its cache; the client got a part of it, or nothing",
  ],
]);

/** Rules that look at what nginx passes on in other ways, too. */
const RULES: ReadonlySet<string> = new Set(["buffer/proxy-chain", "connect/wrong-protocol"]);

/** Causes that do not ask who listens there. */
const OUTSIDE: ReadonlySet<string> = new Set([
  "directory-above-socket",
  "mandatory-access",
  "name-stale",
  "firewall-rejects",
  "firewall-drops",
  "temp-directory",
  "answer-cut",
  "disk-full",
  "machine-short",
  "nginx-out-of-files",
  "front-gives-up",
  "upstream-tls",
]);

/** Who listens there decides about these. */
const ITS_OWN: ReadonlySet<string> = new Set(["connect", "send", "header", "response"]);

const known = new Map<string, Signature>();

function schemeOf(upstream: string): string {
  return upstream.slice(0, Math.max(0, upstream.indexOf("://")));
}

/** Of `http://10.0.0.1:80/a?b`, `http://10.0.0.1:80`: nginx adds the URI, with what the client sent, where it is not FastCGI. */
export function withoutUri(upstream: string): string {
  const scheme = schemeOf(upstream);
  if (!PREFIX.has(scheme)) return upstream;
  const from = scheme.length + "://".length;
  const end = upstream.startsWith("unix:", from)
    ? upstream.indexOf(":", from + "unix:".length)
    : upstream.indexOf("/", from);
  return end === -1 ? upstream : upstream.slice(0, end);
}

export function lineWithoutUri(line: LogLine): LogLine {
  const { request } = line;
  return request === null
    ? line
    : { ...line, request: { ...request, upstream: withoutUri(request.upstream) } };
}

/** What a line means with that in `upstream: "…"`. */
export function signatureFor(signature: Signature, upstream: string): Signature {
  const prefix = PREFIX.get(schemeOf(upstream));
  if (prefix === undefined || signature.by !== "nginx" || signature.isProxied === true) return signature;
  const key = `${prefix}${signature.id}`;
  const made = known.get(key) ?? proxied(signature, prefix);
  known.set(key, made);
  return made;
}

export function matchFor(match: Match, upstream: string): Match {
  const signature = signatureFor(match.signature, upstream);
  return signature === match.signature ? match : { ...match, signature };
}

function proxied(signature: Signature, prefix: string): Signature {
  const { id, means, rules, decides = [], outside, phase } = signature;
  const own = outside.filter((one) => OUTSIDE.has(one));
  // What a setting or a directory of nginx decides is not the upstream's doing.
  const isIts = ITS_OWN.has(phase) && outside.length > own.length;
  return {
    ...signature,
    means: (MEANS.get(id) ?? means).replaceAll("proxy_", prefix),
    rules: rules.filter((rule) => RULES.has(rule)),
    decides: decides
      .filter((name) => name.startsWith("fastcgi_") && name !== "fastcgi_pass" && name !== "fastcgi_param")
      .map((name) => name.replace("fastcgi_", prefix)),
    outside: [...(id === "socket-denied" ? ["socket-rights"] : isIts ? ["other-upstream"] : []), ...own],
    isProxied: true,
  };
}

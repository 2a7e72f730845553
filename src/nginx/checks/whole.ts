import { count } from "../syntax/numbers.js";
import { effectiveList } from "../tree/effective.js";
import type { Judged } from "../tree/judged.js";
import { argument, childrenNamed } from "../tree/nodes.js";
import type { Node } from "../types.js";
import { quoted, type Refusal, refused, type Scope } from "./refusal.js";

/** What nginx checks after it has read everything: no single line is wrong. */

/** A refusal, with the directive that a person would look at. */
export interface WholeRefusal {
  readonly node: Node;
  readonly refusal: Refusal;
}

export function* wholeRefusals(directives: Iterable<Judged>, scope: Scope): Generator<WholeRefusal> {
  if (!scope.complete) return;
  const all = [...directives].filter(({ node }) => LOOKED_AT.has(node.name));
  yield* connections(all);
  yield* certificates(all);
  yield* keys(all);
}

/** What these checks begin with. */
const LOOKED_AT = new Set(["server", "listen", "worker_connections"]);

/** There must be as many keys as certificates, counted on the level that is in force. */
function* keys(all: readonly Judged[]): Generator<WholeRefusal> {
  for (const { node, contexts } of all) {
    if (node.name !== "server" || contexts !== "h") continue;
    const [first] = childrenNamed(node, "ssl_certificate");
    const certificates = childrenNamed(node, "ssl_certificate").length;
    const found = effectiveList(node, "ssl_certificate_key");
    const own = found.kind === "set" ? found.nodes.length : 0;
    if (first === undefined || found.kind === "unknown" || own >= certificates) continue;
    if (node.children.some(({ branch }) => branch !== null)) continue;
    const last = childrenNamed(node, "ssl_certificate")[certificates - 1] ?? first;
    const log = `no "ssl_certificate_key" is defined for certificate "${argument(last, 0)}"`;
    const at = last.directive.args[0] ?? last.directive.name;
    const message = `the certificate ${quoted(argument(last, 0) ?? "")} has no ssl_certificate_key`;
    const help = "ssl_certificate_key /etc/ssl/site.key;";
    yield { node: last, refusal: refused("other", log, at, message, help) };
  }
}

/** Two ports are surely two sockets; addresses of one port may share a socket. */
function* connections(all: readonly Judged[]): Generator<WholeRefusal> {
  const node = all.find(({ node: one }) => one.name === "worker_connections")?.node;
  const value = node === undefined ? null : count(argument(node, 0) ?? "");
  if (node === undefined || value === null) return;
  const servers = all.filter(({ node: one, contexts }) => one.name === "server" && contexts === "h");
  const sockets = new Set(servers.flatMap(({ node: server }) => listens(server).map(socketOf))).size;
  if (value > sockets) return;
  const log = `${value} worker_connections are not enough for ${sockets} listening sockets`;
  const own = sockets === 1 ? "its one listening socket" : `its ${sockets} listening sockets`;
  const message = `worker_connections is ${value}, and nginx needs at least ${sockets + 1}: one more than ${own}`;
  const refusal = refused(
    "connections",
    log,
    node.directive.args[0] ?? node.directive.name,
    message,
    "worker_connections 1024;",
  );
  yield { node, refusal };
}

/** The addresses of the `listen` lines; without any, the one that nginx uses by default. */
function listens(server: Node): readonly string[] {
  const found = childrenNamed(server, "listen").map((node) => argument(node, 0) ?? "");
  return found.length === 0 ? ["80"] : found;
}

function socketOf(listen: string): string {
  if (/^unix:/i.test(listen)) return listen;
  const [, port = "80"] = /(?:^|:)(\d+)$/.exec(listen) ?? [];
  return port;
}

/** The servers of one address. */
interface Shared {
  /** The first `listen` with `ssl` or `quic`; `null`: none has it. */
  secured: Node | null;
  default: Node;
  readonly servers: Node[];
}

/** The default server of an address needs a certificate; if it rejects every handshake, all the others do. */
function* certificates(all: readonly Judged[]): Generator<WholeRefusal> {
  for (const { secured, default: first, servers } of addresses(all).values()) {
    if (secured === null) continue;
    const asked = rejects(first) ? servers.filter((server) => server !== first) : [first];
    const bare = asked.find((server) => !rejects(server) && setOn(server, "ssl_certificate").length === 0);
    if (bare !== undefined) yield { node: secured, refusal: uncertified(secured, bare) };
  }
}

function addresses(all: readonly Judged[]): ReadonlyMap<string, Shared> {
  const found = new Map<string, Shared>();
  for (const { node, contexts } of all) {
    const server = node.parent;
    if (node.name !== "listen" || contexts !== "s" || server === null) continue;
    const words = node.directive.args.map(({ text }) => text);
    // A port of UDP is another one.
    const quic = words.includes("quic");
    const address = `${quic ? "quic " : ""}${addressOf(words[0] ?? "")}`;
    const shared = found.get(address) ?? { secured: null, default: server, servers: [] };
    found.set(address, shared);
    shared.servers.push(server);
    if (words.includes("default_server") || words.includes("default")) shared.default = server;
    if (quic || words.includes("ssl")) shared.secured ??= node;
  }
  return found;
}

/** Two spellings of one address count as two here, so less is reported. */
function addressOf(listen: string): string {
  return listen.replace(/^(?:\*|0\.0\.0\.0):/, "");
}

/** What a server sets, or http for it. */
function setOn(server: Node, name: string): readonly Node[] {
  const levels = [server, server.parent].flatMap((level) => (level === null ? [] : [level]));
  return levels.flatMap((level) => childrenNamed(level, name));
}

function rejects(server: Node): boolean {
  const [nearest] = setOn(server, "ssl_reject_handshake");
  return argument(nearest ?? server, 0)?.toLowerCase() === "on";
}

function uncertified(node: Node, server: Node): Refusal {
  const at = node.directive.args.find(({ text }) => text === "ssl" || text === "quic") ?? node.directive.name;
  const log = `no "ssl_certificate" is defined for the "listen ... ${at.text}" directive`;
  const own = node.parent === server;
  const message = own
    ? `listen ${quoted(argument(node, 0) ?? "")} is for TLS, and its server has no ssl_certificate`
    : `listen ${quoted(argument(node, 0) ?? "")} is for TLS, and another server of that address has no ssl_certificate`;
  const help = ["ssl_certificate /etc/ssl/site.pem;", "ssl_certificate_key /etc/ssl/site.key;"];
  const other = own ? {} : { other: { node: server, message: "the server without a certificate" } };
  return refused("certificate", log, at, message, help, other);
}

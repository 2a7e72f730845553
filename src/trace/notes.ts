import type { Host } from "../model/host.js";
import { requestHost } from "../model/request/resolve/evaluate.js";
import { listensOf, namesOf, type Point, pointFor, pointsOf } from "../model/request/resolve/servers.js";
import type { Request } from "../model/request/resolve/types.js";
import { childrenNamed } from "../nginx/tree/nodes.js";
import type { Node } from "../nginx/types.js";
import { unique } from "../source/collect.js";
import { nearest } from "../source/spelling.js";

/** What a reader should know before the way itself. */
export type Note =
  /** No server listens on the port of the request. */
  | {
      readonly kind: "port";
      readonly port: number;
      /** The ports on which servers listen, each once. */
      readonly others: readonly { readonly port: number; readonly tls: boolean }[];
      /** How many servers have an address that a template fills in. */
      readonly open: number;
    }
  /** No server on that port has the name of the request. */
  | {
      readonly kind: "name";
      readonly name: string;
      readonly port: number;
      /** The name there that is most alike; `null`: none is. */
      readonly near: string | null;
      /** A port on which a server has exactly this name; `null`: none has. */
      readonly elsewhere: { readonly port: number; readonly tls: boolean } | null;
      /** The names of that port, in order, each once. */
      readonly names: readonly string[];
    }
  /** The whole body is read away: PHP gets no form. */
  | { readonly kind: "form"; readonly body: number; readonly limit: number; readonly shown: string };

/** What is to be said about where a request goes. `named`: whether the user gave a name. */
export function notesOf(http: Node, request: Request, named: boolean): readonly Note[] {
  if (request.to.kind === "unix" || request.to.port === null) return [];
  const host = requestHost(request);
  const point = pointFor(http, request.to, host);
  const { port } = request.to;
  if (point === null) return [{ kind: "port", port, others: portsOf(http), open: openListens(http) }];
  if (!named || serversAt(point).length < 2 || isAddress(host)) return [];
  const names = namesAt(point);
  const taken = names.includes(host) || serversAt(point).some((server) => isOpenTo(server, host));
  if (taken) return [];
  return [
    { kind: "name", name: host, port, near: nearest(host, names), elsewhere: portOf(http, host), names },
  ];
}

/** The servers of an address, each once. */
export function serversAt({ listens }: Point): readonly Node[] {
  return unique(listens.map(({ server }) => server));
}

function isAddress(host: string): boolean {
  return host === "" || host === "localhost" || /^(?:[\d.]+|\[.*\])$/.test(host);
}

/** A wildcard, an expression or a placeholder of the server may match. */
function isOpenTo(server: Node, host: string): boolean {
  const { leading, trailing, expressions, open } = namesOf(server);
  return (
    open !== null ||
    expressions.length > 0 ||
    leading.some((end) => host.endsWith(end)) ||
    trailing.some((start) => host.startsWith(start))
  );
}

/** The names that are written out, without those that mean nobody. */
function namesAt(point: Point): readonly string[] {
  const all = serversAt(point).flatMap((server) => [...namesOf(server).exact]);
  return unique(all).filter((name) => name !== "" && name !== "_");
}

/** Every name of a host's servers, for what a reader may have meant. */
export function everyName(host: Host): readonly string[] {
  const blocks = host.nginx === null ? [] : childrenNamed(host.nginx.root, "http");
  return unique(blocks.flatMap((http) => pointsOf(http).flatMap(namesAt)));
}

function portOf(http: Node, host: string): { readonly port: number; readonly tls: boolean } | null {
  for (const { address, tls, listens } of pointsOf(http)) {
    if (address.kind !== "tcp" || address.port === null) continue;
    if (listens.some(({ server }) => namesOf(server).exact.has(host))) return { port: address.port, tls };
  }
  return null;
}

function portsOf(http: Node): readonly { readonly port: number; readonly tls: boolean }[] {
  const ports = new Map<number, boolean>();
  for (const { address, tls } of pointsOf(http))
    if (address.kind === "tcp" && address.port !== null)
      ports.set(address.port, tls || ports.get(address.port) === true);
  return [...ports].sort(([a], [b]) => a - b).map(([port, tls]) => ({ port, tls }));
}

/** Servers of which no address is known. */
function openListens(http: Node): number {
  return childrenNamed(http, "server").filter((server) => listensOf(server).length === 0).length;
}

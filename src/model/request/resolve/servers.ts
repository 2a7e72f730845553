import { readAddress } from "../../../nginx/address/address.js";
import { findMatch, type Match } from "../../../nginx/location/captures.js";
import { readPattern } from "../../../nginx/location/pattern.js";
import { argument, childrenNamed, headPlace } from "../../../nginx/tree/nodes.js";
import type { Node } from "../../../nginx/types.js";
import { grouped } from "../../../source/collect.js";
import { perKey } from "../../../source/memo.js";
import type { Address } from "../../address/address.js";
import { canonicalHost } from "../../address/canonical.js";
import { Lost } from "./state.js";

/** The `server` that takes a request: by the address first, then by the name. */

/** A `listen` of a server. */
export interface Listen {
  readonly server: Node;
  /** `null`: nothing is written, and nginx listens on port 80. */
  readonly node: Node | null;
  readonly address: Address;
  readonly isDefault: boolean;
  readonly tls: boolean;
}

/** The servers on one address, in the order of the files. */
export interface Point {
  readonly address: Address;
  readonly listens: readonly Listen[];
  readonly tls: boolean;
}

/** Every address on which the servers of a host listen. */
export const pointsOf = perKey((http: Node): readonly Point[] => {
  const all = childrenNamed(http, "server").flatMap(listensOf);
  return [...grouped(all.map((one) => [addressKey(one.address), one] as const)).values()].flatMap(
    (listens) => {
      const [first] = listens;
      return first === undefined
        ? []
        : [{ address: first.address, listens, tls: listens.some(({ tls }) => tls) }];
    },
  );
});

const byAddress = perKey(
  (http: Node): ReadonlyMap<string, Point> =>
    new Map(pointsOf(http).map((point) => [addressKey(point.address), point] as const)),
);

/** Those of TCP by their port. */
const byPort = perKey((http: Node) =>
  grouped(
    pointsOf(http).flatMap((point) =>
      point.address.kind === "tcp" ? [[point.address.port, point] as const] : [],
    ),
  ),
);

function addressKey(address: Address): string {
  return address.kind === "unix" ? `unix:${address.path}` : `${address.host} ${address.port}`;
}

/** The addresses of one server; one that cannot be read is left out. */
export const listensOf = perKey((server: Node): readonly Listen[] => {
  const nodes = childrenNamed(server, "listen");
  if (nodes.length === 0) {
    const address: Address = { kind: "tcp", host: "0.0.0.0", port: 80 };
    return [{ server, node: null, address, isDefault: false, tls: false }];
  }
  const sslOn = childrenNamed(server, "ssl").some((node) => argument(node, 0) === "on");
  return nodes.flatMap((node): readonly Listen[] => {
    const words = node.directive.args.map(({ text }) => text);
    const address = listenAddress(words[0] ?? "");
    if (address === null) return [];
    const isDefault = words.includes("default_server") || words.includes("default");
    return [{ server, node, address, isDefault, tls: sslOn || words.includes("ssl") }];
  });
});

/** `null`: nginx refuses it, or a template fills it in. Every IPv4 address is 0.0.0.0, every IPv6 address `::`. */
function listenAddress(text: string): Address | null {
  if (text.includes("$")) return null;
  const found = readAddress(text, { listen: true, uri: false });
  if (found.kind === "refused") return null;
  if (found.kind === "unix") return { kind: "unix", path: found.path };
  const host = found.host === "" || found.host === "*" ? "0.0.0.0" : canonicalHost(found.host);
  return { kind: "tcp", host, port: found.port ?? 80 };
}

/**
 * The servers that listen where a client connects; `null`: none does. The host `*` is whichever address: the
 * one for all, or the only one, or the one that has a server of that name.
 */
export function pointFor(http: Node, to: Address, host: string): Point | null {
  if (to.kind === "unix") return byAddress(http).get(addressKey(to)) ?? null;
  const at = (host: string) => byAddress(http).get(addressKey({ ...to, host })) ?? null;
  if (to.host !== "*") {
    const literal = canonicalHost(to.host === "localhost" ? "127.0.0.1" : to.host);
    return at(literal) ?? at(literal.includes(":") ? "::" : "0.0.0.0");
  }
  const near = byPort(http).get(to.port ?? null) ?? [];
  const named = near.filter(({ listens }) => listens.some(({ server }) => namesOf(server).exact.has(host)));
  return (named.length === 1 ? named[0] : undefined) ?? at("0.0.0.0") ?? at("::") ?? near[0] ?? null;
}

interface Names {
  readonly exact: ReadonlySet<string>;
  /** `.example.com` of `*.example.com`. */
  readonly leading: readonly string[];
  /** `www.` of `www.*`. */
  readonly trailing: readonly string[];
  readonly expressions: readonly Node[];
  /** The first name, for `$server_name`. */
  readonly first: string;
  /** A template fills in one. */
  readonly open: Node | null;
}

export const namesOf = perKey((server: Node): Names => {
  const exact = new Set<string>();
  const [leading, trailing]: [string[], string[]] = [[], []];
  const expressions: Node[] = [];
  let open: Node | null = null;
  let first: string | null = null;
  for (const node of childrenNamed(server, "server_name")) {
    for (const word of node.directive.args) {
      const name = word.text.startsWith("~") ? word.text : word.text.toLowerCase();
      first ??= name.replace(/^\./, "");
      if (word.placeholder || name.includes("$") === true) {
        if (!name.startsWith("~") || word.placeholder) open = node;
        if (!name.startsWith("~")) continue;
      }
      if (name.startsWith("~")) expressions.push(node);
      else if (name.startsWith("*.")) leading.push(name.slice(1));
      else if (name.startsWith(".")) {
        exact.add(name.slice(1));
        leading.push(name);
      } else if (name.endsWith(".*")) trailing.push(name.slice(0, -1));
      else exact.add(name);
    }
  }
  if (first === null) exact.add("");
  return { exact, leading, trailing, expressions, first: first ?? "", open };
});

export interface ServerChoice {
  readonly server: Node;
  readonly why: "exact" | "leading-wildcard" | "trailing-wildcard" | "regex" | "default" | "only";
  readonly match: Match | null;
}

interface Index {
  readonly exact: ReadonlyMap<string, Node>;
  readonly leading: ReadonlyMap<string, Node>;
  readonly trailing: ReadonlyMap<string, Node>;
  readonly expressions: readonly { readonly server: Node; readonly text: string }[];
  readonly open: Node | null;
  readonly byDefault: Node | null;
}

const serversAt = perKey(({ listens }: Point): readonly Node[] => [
  ...new Set(listens.map(({ server }) => server)),
]);

/** A host may have thousands of servers on one address. */
const indexOf = perKey((point: Point): Index => {
  const { listens } = point;
  const maps = [new Map<string, Node>(), new Map<string, Node>(), new Map<string, Node>()] as const;
  const expressions: { server: Node; text: string }[] = [];
  let open: Node | null = null;
  for (const server of serversAt(point)) {
    const names = namesOf(server);
    open ??= names.open;
    for (const [at, list] of [names.exact, names.leading, names.trailing].entries())
      for (const name of list) if (maps[at]?.has(name) === false) maps[at].set(name, server);
    for (const node of names.expressions)
      for (const { text } of node.directive.args)
        if (text.startsWith("~")) expressions.push({ server, text: text.slice(1) });
  }
  const byDefault = (listens.find(({ isDefault }) => isDefault) ?? listens[0])?.server ?? null;
  return { exact: maps[0], leading: maps[1], trailing: maps[2], expressions, open, byDefault };
});

/** The server on an address that takes requests which name no other. */
export function defaultServer(point: Point): Node | null {
  return indexOf(point).byDefault;
}

/** The server for a name in lower case without a port; empty: the request names none. */
export function chooseServer(point: Point, host: string): ServerChoice | null {
  const { exact, leading, trailing, expressions, open, byDefault } = indexOf(point);
  const same = exact.get(host);
  if (same !== undefined) return { server: same, why: "exact", match: null };
  for (let dot = host.indexOf(".", 1); dot !== -1; dot = host.indexOf(".", dot + 1)) {
    const server = leading.get(host.slice(dot));
    if (server !== undefined) return { server, why: "leading-wildcard", match: null };
  }
  for (let dot = host.lastIndexOf("."); dot > 0; dot = host.lastIndexOf(".", dot - 1)) {
    const server = trailing.get(host.slice(0, dot + 1));
    if (server !== undefined) return { server, why: "trailing-wildcard", match: null };
  }
  for (const { server, text } of expressions) {
    const pattern = readPattern(text, true);
    const match = pattern === null ? undefined : findMatch(pattern, host);
    if (match === undefined) throw new Lost("a server_name that is not understood", headPlace(server));
    if (match !== null) return { server, why: "regex", match };
  }
  if (byDefault === null) return null;
  // Where there is one server alone, its names decide nothing.
  if (open !== null && serversAt(point).length > 1)
    throw new Lost("a template fills in a server_name", headPlace(open));
  return { server: byDefault, why: serversAt(point).length === 1 ? "only" : "default", match: null };
}

import { argument, enclosing, everywhere } from "../../nginx/tree/nodes.js";
import type { Node } from "../../nginx/types.js";
import { perKey } from "../../source/memo.js";
import { type Address, meetingPoint, nginxAddress, reaches } from "../address/address.js";
import type { Host } from "../host.js";

/** One address on which nginx itself listens, for HTTP or for `stream`. */
export interface NginxListen {
  readonly address: Address;
  /** Each `listen` that names it, in the order of the files; at least one. */
  readonly nodes: readonly [Node, ...Node[]];
  /** All of them are of `http` servers. */
  readonly http: boolean;
}

/** A host may have thousands of servers, and as many addresses to look for. */
const byPoint = perKey(({ nginx }: Host): ReadonlyMap<string, readonly NginxListen[]> => {
  const points = new Map<
    string,
    Map<string, { address: Address; nodes: [Node, ...Node[]]; http: boolean }>
  >();
  for (const node of nginx === null ? [] : everywhere(nginx.root, "listen")) {
    const address = listenAddress(argument(node, 0) ?? "");
    if (address === null) continue;
    const point = meetingPoint(address);
    const there = points.get(point) ?? new Map();
    points.set(point, there);
    const name = address.kind === "unix" ? address.path : address.host;
    const http = enclosing(node, "http") !== null;
    const known = there.get(name);
    if (known === undefined) there.set(name, { address, nodes: [node], http });
    else {
      known.nodes.push(node);
      known.http &&= http;
    }
  }
  return new Map([...points].map(([point, there]) => [point, [...there.values()]] as const));
});

/** Where nginx listens so that a client of `address` may reach it, each address once. */
export function nginxListensAt(host: Host, address: Address): readonly NginxListen[] {
  const near = byPoint(host).get(meetingPoint(address)) ?? [];
  return near.filter((listen) => reaches(address, listen.address));
}

/** Whether nginx itself listens on an address, for HTTP or for `stream`. */
export function nginxListens(host: Host, address: Address): boolean {
  return nginxListensAt(host, address).length > 0;
}

/**
 * The `listen` of an `http` server on an address; `null`: there is none, or a `stream` server also listens
 * there.
 */
export function httpListen(host: Host, address: Address): Node | null {
  const all = nginxListensAt(host, address);
  return all.every(({ http }) => http) ? (all[0]?.nodes[0] ?? null) : null;
}

/** How nginx reads `listen`: a port alone means every IPv4 address, an address alone means port 80. */
export function listenAddress(text: string): Address | null {
  if (/^\d+$/.test(text)) return { kind: "tcp", host: "0.0.0.0", port: Number(text) };
  const address = nginxAddress(text.replace(/^\*(?=:|$)/, "0.0.0.0"));
  if (address === null || address.kind === "unix") return address;
  return { ...address, host: address.host === "::" ? "*" : address.host, port: address.port ?? 80 };
}

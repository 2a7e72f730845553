import { argument, descendants, enclosing } from "../../nginx/tree/nodes.js";
import type { Node } from "../../nginx/types.js";
import { type Address, nginxAddress, reaches } from "../address/address.js";
import type { Host } from "../host.js";

/** Whether nginx itself listens on an address, for HTTP or for `stream`. */
export function nginxListens(host: Host, address: Address): boolean {
  return listensAt(host, address).next().done !== true;
}

/**
 * The `listen` of an `http` server on an address; `null`: there is none, or a `stream` server also listens
 * there.
 */
export function httpListen(host: Host, address: Address): Node | null {
  const all = [...listensAt(host, address)];
  return all.every((node) => enclosing(node, "http") !== null) ? (all[0] ?? null) : null;
}

function* listensAt({ nginx }: Host, address: Address): Generator<Node> {
  for (const node of nginx === null ? [] : descendants(nginx.root)) {
    if (node.name !== "listen") continue;
    const listen = listenAddress(argument(node, 0) ?? "");
    if (listen !== null && reaches(address, listen)) yield node;
  }
}

/** How nginx reads `listen`: a port alone means every IPv4 address, an address alone means port 80. */
export function listenAddress(text: string): Address | null {
  if (/^\d+$/.test(text)) return { kind: "tcp", host: "0.0.0.0", port: Number(text) };
  const address = nginxAddress(text.replace(/^\*(?=:|$)/, "0.0.0.0"));
  if (address === null || address.kind === "unix") return address;
  return { ...address, host: address.host === "::" ? "*" : address.host, port: address.port ?? 80 };
}

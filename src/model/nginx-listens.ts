import { argument, descendants } from "../nginx/nodes.js";
import { type Address, nginxAddress, reaches } from "./address.js";
import type { Host } from "./host.js";

/** Whether nginx itself listens at an address, for HTTP or as a proxy of streams. */
export function nginxListens(host: Host, address: Address): boolean {
  if (host.nginx === null) return false;
  for (const node of descendants(host.nginx.root)) {
    if (node.name !== "listen") continue;
    const listen = listenAddress(argument(node, 0) ?? "");
    if (listen !== null && reaches(address, listen)) return true;
  }
  return false;
}

/** As nginx reads `listen`: a port alone is that port of every IPv4 address, an address alone is port 80. */
function listenAddress(text: string): Address | null {
  if (/^\d+$/.test(text)) return { kind: "tcp", host: "0.0.0.0", port: Number(text) };
  const address = nginxAddress(text.replace(/^\*(?=:|$)/, "0.0.0.0"));
  if (address === null || address.kind === "unix") return address;
  return { ...address, host: address.host === "::" ? "*" : address.host, port: address.port ?? 80 };
}

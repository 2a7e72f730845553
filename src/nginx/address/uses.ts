import { wordMap } from "../../source/word-map.js";
import { descendants, enclosing } from "../tree/nodes.js";
import type { Node } from "../types.js";
import { type AddressSlot, type NginxAddress, PLAIN, readAddress } from "./address.js";

/** A directive with which nginx listens or connects, and the address that nginx reads there. */
export interface AddressUse {
  readonly node: Node;
  readonly role: "listen" | "server" | "pass";
  /** The protocol that groups are looked up in: a group of `http` is unknown in `stream`. */
  readonly protocol: "http" | "stream" | "mail";
  /** The argument without the scheme that this directive removes. */
  readonly text: string;
  /** The argument lacks the scheme that this directive needs. */
  readonly noScheme: boolean;
  /** The port if none is written; `null`: one has to be written. */
  readonly defaultPort: number | null;
  readonly address: NginxAddress;
}

/**
 * Schemes that a directive removes, with their default ports; `proxy_pass` in `http` needs one of its
 * two.
 */
const SCHEMES: ReadonlyMap<string, ReadonlyMap<string, number | null>> = wordMap({
  proxy_pass: wordMap<number | null>({ "http://": 80, "https://": 443 }),
  uwsgi_pass: wordMap<number | null>({ "uwsgi://": null, "suwsgi://": null }),
  grpc_pass: wordMap<number | null>({ "grpc://": null, "grpcs://": null }),
  fastcgi_pass: wordMap<number | null>({}),
  scgi_pass: wordMap<number | null>({}),
  memcached_pass: wordMap<number | null>({}),
});

const HANDLED = new Set(["location", "if", "limit_except"]);

/**
 * In the order of the files, without any `*_pass` that has a variable, because nginx reads it anew for
 * each request. One that a template fills in is included: its word says so, and its address may be any.
 */
export function* addressUses(root: Node): Generator<AddressUse> {
  for (const node of descendants(root)) {
    const [text, ...more] = node.directive.args.map((word) => word.text);
    // A wrong number of arguments is refused before any of them is read.
    const miscounted = text === undefined || (more.length > 0 && node.name.endsWith("_pass"));
    const use = miscounted || node.directive.block !== null ? null : addressUse(node, text);
    if (use !== null) yield use;
  }
}

function addressUse(node: Node, text: string): AddressUse | null {
  const parent = node.parent?.name ?? "";
  const protocol = protocolOf(node);
  if (protocol === null) return null;
  if (node.name === "listen" && parent === "server") {
    return plain(node, "listen", protocol, text, 80, { listen: true, uri: false });
  }
  if (node.name === "server" && parent === "upstream") {
    return plain(node, "server", protocol, text, protocol === "http" ? 80 : null, PLAIN);
  }
  if (protocol === "stream" && node.name === "proxy_pass" && parent === "server" && !text.includes("$")) {
    return plain(node, "pass", protocol, text, null, PLAIN);
  }
  return protocol === "http" && HANDLED.has(parent) ? httpPass(node, text) : null;
}

function protocolOf(node: Node): AddressUse["protocol"] | null {
  for (const name of ["http", "stream", "mail"] as const) if (enclosing(node, name) !== null) return name;
  return null;
}

function plain(
  node: Node,
  role: AddressUse["role"],
  protocol: AddressUse["protocol"],
  text: string,
  defaultPort: number | null,
  slot: AddressSlot,
): AddressUse {
  return { node, role, protocol, text, noScheme: false, defaultPort, address: readAddress(text, slot) };
}

function httpPass(node: Node, text: string): AddressUse | null {
  const schemes = SCHEMES.get(node.name);
  // Only memcached_pass takes its argument as it is.
  const plainly = node.name === "memcached_pass" || node.directive.args[0]?.placeholder === true;
  if (schemes === undefined || (text.includes("$") && !plainly)) return null;
  const scheme = [...schemes.keys()].find((prefix) => text.toLowerCase().startsWith(prefix)) ?? "";
  const web = node.name === "proxy_pass";
  const rest = text.slice(scheme.length);
  const defaultPort = schemes.get(scheme) ?? null;
  const noScheme = web && scheme === "";
  const address = readAddress(rest, { listen: false, uri: web });
  return { node, role: "pass", protocol: "http", text: rest, noScheme, defaultPort, address };
}

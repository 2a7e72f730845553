import { decimal, isIpv4Literal, isIpv6Literal } from "../syntax/literals.js";

/**
 * Addresses as nginx reads them when it starts (ngx_parse_url in ngx_inet.c, the same from 1.18.0 to
 * 1.31.4), before any name is looked up.
 */
export type NginxAddress = UnixSocket | Inet | Refused;

export interface UnixSocket {
  readonly kind: "unix";
  /** As written after `unix:`. A relative path counts from wherever nginx was started. */
  readonly path: string;
  /** What follows the address if a URI is allowed there; empty: nothing. */
  readonly uri: string;
}

export interface Inet {
  readonly kind: "inet";
  /** As written; an IPv6 address in its brackets; empty for a `listen` that is only a port. */
  readonly host: string;
  /** `false`: a name that has to be looked up, or the name of an upstream group. */
  readonly literal: boolean;
  /** `null`: no port is written. The first port of a range. */
  readonly port: number | null;
  readonly uri: string;
}

export interface Refused {
  readonly kind: "refused";
  readonly reason: AddressRefusal;
}

/** nginx's own words. */
export type AddressRefusal =
  | "invalid host"
  | "invalid port"
  | "invalid port range"
  | "invalid IPv6 address"
  | "no host"
  | "no path in the unix domain socket"
  | "too long path in the unix domain socket";

/** What nginx accepts in the place where an address is. */
export interface AddressSlot {
  /** A `listen`: just a port, `*` and ranges of ports are allowed. */
  readonly listen: boolean;
  /** A URI may follow, as in `proxy_pass`. */
  readonly uri: boolean;
}

/** `fastcgi_pass` and its relatives, and `server` in an upstream group. */
export const PLAIN: AddressSlot = { listen: false, uri: false };

/** The longest socket path in bytes: sun_path has 108, and one of them ends it. */
export const LONGEST_PATH = 107;

const PORTS = { least: 1, most: 65535 } as const;

export function readAddress(text: string, slot: AddressSlot): NginxAddress {
  if (/^unix:/i.test(text)) return unixAddress(text.slice("unix:".length), slot);
  return text.startsWith("[") ? ipv6Address(text, slot) : inetAddress(text, slot);
}

function refused(reason: AddressRefusal): Refused {
  return { kind: "refused", reason };
}

function unixAddress(text: string, slot: AddressSlot): NginxAddress {
  const colon = slot.uri ? text.indexOf(":") : -1;
  const path = colon === -1 ? text : text.slice(0, colon);
  if (path === "") return refused("no path in the unix domain socket");
  if (Buffer.byteLength(path) > LONGEST_PATH) return refused("too long path in the unix domain socket");
  return { kind: "unix", path, uri: colon === -1 ? "" : text.slice(colon + 1) };
}

/** The text before the URI, and the URI; `null`: there is one where none is allowed. */
function withoutUri(
  text: string,
  slot: AddressSlot,
  begin: RegExp,
): readonly [address: string, uri: string] | null {
  const at = text.search(begin);
  if (at === -1) return [text, ""];
  return slot.listen || !slot.uri ? null : [text.slice(0, at), text.slice(at)];
}

function ipv6Address(text: string, slot: AddressSlot): NginxAddress {
  const close = text.indexOf("]");
  const split = close === -1 ? null : withoutUri(text.slice(close + 1), slot, /\//);
  if (split === null) return refused("invalid host");
  const [rest, uri] = split;
  if (rest !== "" && !rest.startsWith(":")) return refused("invalid host");
  const port = rest === "" ? null : readPort(rest.slice(1), slot);
  if (typeof port === "string") return refused(port);
  if (close === 1) return refused("no host");
  if (!isIpv6Literal(text.slice(1, close))) return refused("invalid IPv6 address");
  return { kind: "inet", host: text.slice(0, close + 1), literal: true, port, uri };
}

function inetAddress(text: string, slot: AddressSlot): NginxAddress {
  const split = withoutUri(text, slot, /[/?]/);
  if (split === null) return refused("invalid host");
  const [address, uri] = split;
  const colon = address.indexOf(":");
  if (colon === -1) {
    const alone = slot.listen ? portAlone(address) : null;
    if (alone !== null) {
      return typeof alone === "string"
        ? refused(alone)
        : { kind: "inet", host: "", literal: true, port: alone, uri };
    }
  }
  const port = colon === -1 ? null : readPort(address.slice(colon + 1), slot);
  if (typeof port === "string") return refused(port);
  const host = colon === -1 ? address : address.slice(0, colon);
  if (host === "") return refused("no host");
  return { kind: "inet", host, literal: (slot.listen && host === "*") || isIpv4Literal(host), port, uri };
}

function readPort(text: string, slot: AddressSlot): number | AddressRefusal {
  const dash = slot.listen ? text.indexOf("-") : -1;
  const first = decimal(dash === -1 ? text : text.slice(0, dash));
  const last = dash === -1 ? first : decimal(text.slice(dash + 1));
  return first === null || last === null ? "invalid port" : range(first, last);
}

/** The port of a `listen` that is only a port; `null`: the text is a host. */
function portAlone(text: string): number | AddressRefusal | null {
  const dash = text.indexOf("-");
  const first = decimal(dash === -1 ? text : text.slice(0, dash));
  const last = dash === -1 ? first : decimal(text.slice(dash + 1));
  return first === null || last === null ? null : range(first, last);
}

function range(first: number, last: number): number | AddressRefusal {
  for (const port of [first, last]) if (port < PORTS.least || port > PORTS.most) return "invalid port";
  return first > last ? "invalid port range" : first;
}

import { argument } from "../tree/nodes.js";
import type { Node } from "../types.js";
import type { AddressRefusal } from "./address.js";
import type { AddressUse } from "./uses.js";

/** What nginx refuses about an address by its own text, in our words. */
export interface AddressFault {
  /** nginx's words for it. */
  readonly said:
    | AddressRefusal
    | "invalid URL prefix"
    | "cannot have URI part"
    | "host not found"
    | "no port";
  /** Lower case, no full stop; follows the directive and its value. */
  readonly wrong: string;
  /** The argument as it was probably meant; `null`: unknown. */
  readonly meant: string | null;
}

/** Characters that no host name can have. `$x`: nginx has no variables there. */
const NO_NAME = /[,;=&|+!"'()\\]|\$[a-z]/;

/** `null`: nginx accepts the text, or its answer depends on more than the text. */
export function addressFault(use: AddressUse): AddressFault | null {
  const { node, address, text } = use;
  if (use.noScheme) {
    const meant = /:\/\//.test(text) ? null : `http://${text}`;
    return { said: "invalid URL prefix", wrong: "does not begin with http:// or https://", meant };
  }
  if (address.kind === "refused") return refusal(use, address.reason);
  if (node.name === "proxy_pass" && use.protocol === "http" && address.uri !== "" && !replacesUri(node)) {
    const written = argument(node, 0) ?? "";
    const wrong = `has the URI ${address.uri}, but here nginx has no part of the request's URI that it could replace`;
    return { said: "cannot have URI part", wrong, meant: withoutUri(written, address.uri) };
  }
  if (address.kind === "unix" || address.literal) return null;
  const odd = NO_NAME.exec(address.host)?.[0];
  if (odd === undefined || (address.port === null && use.defaultPort === null)) return null;
  const wrong = odd.startsWith("$")
    ? "has a variable, and nginx does not allow one there"
    : `is neither an address nor a host name, because of the ${odd}`;
  return { said: "host not found", wrong, meant: null };
}

/**
 * The fault of an address, not a name, without the port that this directive needs. `null`: it has one,
 * or needs none.
 */
export function missingPort({ address, defaultPort }: AddressUse): AddressFault | null {
  if (address.kind !== "inet" || address.port !== null || defaultPort !== null) return null;
  const port = /^\d+$/.test(address.host);
  return {
    said: "no port",
    wrong: port ? "is read as a host without a port" : "has no port, and there is no default port",
    meant: port ? `127.0.0.1:${address.host}` : null,
  };
}

/**
 * The URI of proxy_pass replaces the part of the request's URI that matched; it is not allowed where it
 * is unsure what matches.
 */
function replacesUri({ parent }: Node): boolean {
  if (parent?.name !== "location") return false;
  const first = argument(parent, 0) ?? "";
  return !/^[~@]/.test(first);
}

function withoutUri(text: string, uri: string): string {
  const short = text.slice(0, text.length - uri.length);
  return short.endsWith(":") && /^https?:\/\/unix:/i.test(short) ? short.slice(0, -1) : short;
}

function refusal(use: AddressUse, said: AddressRefusal): AddressFault {
  const { text, role } = use;
  switch (said) {
    case "invalid host":
      return { said, ...invalidHost(text, role) };
    case "invalid port":
      return { said, ...invalidPort(text) };
    case "invalid port range":
      return { said, wrong: "has a range of ports that runs backwards", meant: null };
    case "invalid IPv6 address":
      return { said, wrong: "has brackets around something other than an IPv6 address", meant: null };
    case "no host":
      return { said, wrong: "has no host", meant: /^:\d+$/.test(text) ? noHost(text, role) : null };
    case "no path in the unix domain socket":
      return { said, wrong: "has no path after unix:", meant: null };
    case "too long path in the unix domain socket": {
      const bytes = Buffer.byteLength(text) - "unix:".length;
      return { said, wrong: `has a path of ${bytes} bytes, and a socket path may have 107`, meant: null };
    }
  }
}

function noHost(text: string, role: AddressUse["role"]): string {
  return role === "listen" ? text.slice(1) : `127.0.0.1${text}`;
}

type Words = Omit<AddressFault, "said">;

function invalidHost(text: string, role: AddressUse["role"]): Words {
  if (text.startsWith("/")) return { wrong: "is a path without unix: before it", meant: `unix:${text}` };
  const scheme = /^[a-z]+:\/\//i.exec(text)?.[0];
  if (scheme !== undefined) {
    const rest = text.slice(scheme.length).replace(/[/?].*$/s, "");
    const meant = rest === "" || /^unix:/i.test(rest) ? null : rest;
    return { wrong: `has the scheme ${scheme}, and nginx does not accept one there`, meant };
  }
  if (text.startsWith("[") && !/^\[[^\]]*\]/.test(text))
    return { wrong: "has a bracket that is not closed", meant: null };
  const slash = text.search(/[/?]/);
  if (slash <= 0) return { wrong: "has something other than a port after the bracket", meant: null };
  const meant = role === "listen" || /:\d+$/.test(text.slice(0, slash)) ? text.slice(0, slash) : null;
  return { wrong: `has ${text.slice(slash)} after the address, and nginx accepts no URI there`, meant };
}

/** In characters; `0000:0000:0000:0000:0000:ffff:255.255.255.255` with a port is shorter. */
const LONGEST_ADDRESS = 64;

function invalidPort(text: string): Words {
  const colon = /^\[/.test(text) ? text.indexOf("]") + 1 : text.indexOf(":");
  const port = colon === -1 ? text : text.slice(colon + 1);
  const groups = text.length > LONGEST_ADDRESS ? null : /^([0-9a-f:]*:[0-9a-f:]*):(\d{2,5})$/i.exec(text);
  if (groups !== null && text.split(":").length > 3) {
    return { wrong: "is an IPv6 address without brackets", meant: `[${groups[1]}]:${groups[2]}` };
  }
  if (text.length <= LONGEST_ADDRESS && /^[0-9a-f:]*:[0-9a-f:]*:[0-9a-f:]*$/i.test(text))
    return { wrong: "is an IPv6 address without brackets", meant: `[${text}]` };
  if (port === "") return { wrong: "has no port after the colon", meant: null };
  return { wrong: `has the port ${port}, which is not a number from 1 to 65535`, meant: null };
}

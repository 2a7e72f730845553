import { looksFilledIn } from "../../source/template-names.js";
import { canonicalHost } from "./canonical.js";
import { ipBytes } from "./ip.js";

/** What PHP-FPM refuses as a `listen` when it starts; `php-fpm -t` accepts all of it. */

/** Why PHP-FPM refuses an address. */
export interface ListenFault {
  /**
   * `port`: what it reads as the port begins with no number from 1 to 65535. `service`: it does, and
   * something follows the number. `host`: what it reads as the host is neither an address nor a name.
   */
  readonly part: "port" | "service" | "host";
  /** The text of that part: `9000/x`, `::1]`. */
  readonly text: string;
}

/**
 * Why PHP-FPM refuses a `listen`, whatever the machine. `null`: it accepts it, or that depends on what a name
 * resolves to, which addresses the machine has, or what a template fills in.
 */
export function listenFault(text: string): ListenFault | null {
  if (text === "" || looksFilledIn(text)) return null;
  if (/^\d+$/.test(text)) return portOf(text) === null ? { part: "port", text } : null;
  const colon = text.lastIndexOf(":");
  if (colon === -1) return null;
  const [host, port] = [text.slice(0, colon), text.slice(colon + 1)];
  if (portOf(port) === null) return { part: "port", text: port };
  if (!/^\s*[+-]?\d+$/.test(port)) return { part: "service", text: port };
  return isHost(host) ? null : { part: "host", text: host };
}

/**
 * The port that PHP-FPM reads at the beginning of a text. The number wraps at 32 bits, so 4294976296 is port
 * 9000. `null`: none from 1 to 65535.
 */
export function portOf(text: string): number | null {
  const digits = /^\s*([+-]?\d{1,20})/.exec(text)?.[1];
  if (digits === undefined) return null;
  const number = Number(BigInt.asIntN(32, clamped(BigInt(digits.replace("+", "")))));
  return number < 1 || number > 65535 ? null : number;
}

const LONGEST = 2n ** 63n - 1n;

/** A number beyond 64 bits becomes the last that fits. */
function clamped(number: bigint): bigint {
  if (number > LONGEST) return LONGEST;
  return number < -LONGEST - 1n ? -LONGEST - 1n : number;
}

/** Whether a text can be the host of an address: a literal address, in brackets or not, `*`, or a name. */
function isHost(text: string): boolean {
  const host = text.replace(/^\[(.*)\]$/, "$1");
  // `fe80::1%eth0` names an interface of the machine.
  if (host.includes(":")) return ipBytes(host.split("%")[0] ?? "") !== null;
  if (host === "*" || ipBytes(canonicalHost(host)) !== null) return true;
  // No top-level domain is a number, and a name has neither brackets, blanks, commas nor slashes.
  return host !== "" && !/[\s[\]()/,;@]/.test(host) && !/^[\d.]+$/.test(host);
}

/**
 * A refused `listen` as its author meant it: `/run/a.sock` for `unix:/run/a.sock`, `[::1]:9000` for
 * `::1]:9000`, `127.0.0.1:9000` for `127.0.0.1:9000/`. `null`: the text does not show it.
 */
export function meantListen(text: string): string | null {
  const bare = text
    .trim()
    .replace(/^[a-z]+:\/\//i, "")
    .replace(/^unix:|^:(?=\d+$)/i, "");
  const colon = bare.lastIndexOf(":");
  const [host, port] = [bare.slice(0, Math.max(colon, 0)).replace(/^\[|\]$/g, ""), bare.slice(colon + 1)];
  const ipv6 = host.includes(":") && ipBytes(host) !== null && /^\d+$/.test(port);
  const closed = ipv6 ? `[${host}]:${port}` : bare;
  const before = closed.startsWith("/") ? null : /:\d+(?=[/;,\s])/.exec(closed);
  const meant = before === null ? closed : closed.slice(0, before.index + before[0].length);
  return meant === "" || listenFault(meant) !== null ? null : meant;
}

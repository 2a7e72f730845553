import { normalizePath } from "../../host/path.js";
import { LONGEST_PATH, PLAIN, readAddress } from "../../nginx/address/address.js";
import { canonicalHost, unmapped } from "./canonical.js";
import { listenFault, portOf } from "./refused-listen.js";

/**
 * An address of either half in one form, so that `unix:/run/php//a.sock` of nginx and
 * `/var/run/php/a.sock` of PHP-FPM compare equal.
 */
export type Address = UnixAddress | TcpAddress;

export interface UnixAddress {
  readonly kind: "unix";
  /**
   * Normalised: single slashes, no `.`, `/run` for `/var/run`. A trailing colon is part of it, as nginx has
   * it. As written where a template makes a part of it, and where it is relative: nginx then looks for it
   * below the directory that it was started in.
   */
  readonly path: string;
}

export interface TcpAddress {
  readonly kind: "tcp";
  /**
   * A literal address in canonical form without brackets, or a name in lower case. On the listening side
   * `*` means every IPv4 and IPv6 address of the machine.
   */
  readonly host: string;
  /** `null`: no port is written, or a template fills it in. */
  readonly port: number | null;
  /** The address as written, only present where a template makes a part of it. */
  readonly written?: string;
}

/**
 * A socket path in a form in which two spellings compare equal. `/run` and `/var/run` are one directory
 * nearly everywhere.
 */
export function socketPath(path: string): string {
  return normalizePath(path).replace(/^\/var\/run\//, "/run/");
}

/**
 * An address as nginx reads it in `fastcgi_pass` and in an upstream's `server`. `null`: nginx refuses it, it
 * is a relative socket path (which counts from wherever nginx was started), or it contains a variable.
 */
export function nginxAddress(text: string): Address | null {
  if (text.includes("$")) return null;
  const address = readAddress(text, PLAIN);
  if (address.kind === "refused") return null;
  if (address.kind === "inet") {
    // A name with spaces does not exist, and looking it up finds nothing.
    return /\s/.test(address.host) ? null : { kind: "tcp", host: nginxHost(address), port: address.port };
  }
  return address.path.startsWith("/") ? { kind: "unix", path: socketPath(address.path) } : null;
}

/**
 * A socket whose path has no leading slash; `null`: any other address. nginx has no abstract sockets:
 * `unix:@php` is the file `@php`.
 */
export function relativeSocket(text: string): UnixAddress | null {
  const address = text.includes("$") ? null : readAddress(text, PLAIN);
  if (address?.kind !== "unix" || address.path.startsWith("/")) return null;
  return { kind: "unix", path: address.path };
}

/** Whether it is a socket whose path has no leading slash. */
export function isRelative(address: Address): boolean {
  return address.kind === "unix" && !address.path.startsWith("/");
}

/**
 * A relative socket below the directory that it counts from; any other address, and all of them for `null`,
 * as they are.
 */
export function inDirectory(address: Address, directory: string | null): Address {
  if (directory === null || address.kind === "tcp" || !isRelative(address)) return address;
  return { kind: "unix", path: socketPath(`${directory}/${address.path}`) };
}

/**
 * nginx reads four numbers as decimal, however many zeros they begin with; the rest it leaves to the C
 * library.
 */
function nginxHost({ host, literal }: { readonly host: string; readonly literal: boolean }): string {
  return literal && /^[\d.]+$/.test(host) ? host.split(".").map(Number).join(".") : canonicalHost(host);
}

/**
 * An address as PHP-FPM reads it in `listen`: digits are a port on all addresses, anything with a colon is
 * host and port, the rest is a path, below FPM's prefix where it is relative. `null`: FPM refuses it at
 * start, such as `unix:/path`, no port, or a port out of range; or it is relative, and the prefix `null`, unknown.
 */
export function fpmAddress(text: string, prefix: string | null = "/usr"): Address | null {
  if (text === "" || listenFault(text) !== null) return null;
  if (/^\d+$/.test(text)) return withPort("*", text);
  const colon = text.lastIndexOf(":");
  if (colon === -1) {
    const isWhole = text.startsWith("/");
    if (!isWhole && prefix === null) return null;
    return { kind: "unix", path: socketPath(cutOff(isWhole ? text : `${prefix}/${text}`)) };
  }
  const host = canonicalHost(text.slice(0, colon));
  // What a template fills in may still become a host name.
  if (host === "" || host.includes("/")) return null;
  // The C library reads `*` as "no name given", which is the loopback address, ::1 first.
  return withPort(host === "*" ? "::1" : host === "::" ? "*" : host, text.slice(colon + 1));
}

/** What PHP-FPM makes of a path that is too long for a socket. */
function cutOff(path: string): string {
  const bytes = Buffer.from(path);
  return bytes.length <= LONGEST_PATH ? path : bytes.subarray(0, LONGEST_PATH).toString();
}

function withPort(host: string, port: string): Address | null {
  const number = portOf(port);
  return number === null ? null : { kind: "tcp", host, port: number };
}

/** Whether a client that connects to `target` reaches the program that listens on `listen`. */
export function reaches(target: Address, listen: Address): boolean {
  if (target.kind === "unix") return listen.kind === "unix" && sameSocket(target.path, listen.path);
  if (listen.kind === "unix" || target.port !== listen.port) return false;
  // `::ffff:127.0.0.1` is 127.0.0.1 on either side to the kernel.
  const [to, at] = [unmapped(target.host), unmapped(listen.host)];
  if (to === at) return true;
  if (at === "*") return isLocal(target) || isLiteral(to);
  if (at === "0.0.0.0") return to === "localhost" || isIpv4(to);
  if (at === "localhost") return isLoopback(to);
  // A client that connects to the unspecified address of a family reaches its loopback address.
  if (to === "::") return at === "::1";
  return to === "localhost" || to === "0.0.0.0" ? isLoopback(at) : false;
}

/**
 * The same text for two addresses where one can reach the other, so that not all pairs have to be compared.
 */
export function meetingPoint(address: Address): string {
  if (address.kind === "tcp") return String(address.port);
  return sameSocket(DEFAULT_SOCKET, address.path) ? DEFAULT_SOCKET : address.path;
}

const DEFAULT_SOCKET = "/run/php/php-fpm.sock";

/**
 * Whether two paths may be one socket: Debian links `/run/php/php-fpm.sock` to the `www` socket of the
 * default PHP version, so it may be any of these.
 */
function sameSocket(target: string, listen: string): boolean {
  return (
    target === listen || (target === DEFAULT_SOCKET && /^\/run\/php\/php\d+\.\d+-fpm\.sock$/.test(listen))
  );
}

/**
 * Whether the address can only belong to this machine. Any name but `localhost` may belong to another one,
 * or to a container.
 */
export function isLocal(address: Address): boolean {
  if (address.kind === "unix") return true;
  const host = unmapped(address.host);
  return isLoopback(host) || host === "0.0.0.0" || host === "::";
}

/** Whether only programs of the same machine get to who listens there. */
export function isLoopbackOnly(address: Address): boolean {
  return (
    isLocal(address) && (address.kind === "unix" || (address.host !== "0.0.0.0" && address.host !== "::"))
  );
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127(\.\d+){3}$/.test(host);
}

function isIpv4(host: string): boolean {
  return /^\d+(\.\d+){3}$/.test(host);
}

function isLiteral(host: string): boolean {
  return isIpv4(host) || host.includes(":");
}

/**
 * What `fastcgi_pass` has to say to reach a pool that listens there: `unix:/run/php/a.sock`,
 * `127.0.0.1:9000`.
 */
export function passAddress(address: Address): string {
  if (address.kind === "unix") return `unix:${address.path}`;
  return showAddress(/^(\*|0\.0\.0\.0)$/.test(address.host) ? { ...address, host: "127.0.0.1" } : address);
}

/**
 * As a person would write it: `/run/php/a.sock`, `127.0.0.1:9000`, `[::1]:9000`, `port 9000 on all
 * addresses`.
 */
export function showAddress(address: Address): string {
  if (address.kind === "unix") return address.path;
  if (address.written !== undefined) return address.written;
  const port = address.port === null ? "" : `:${address.port}`;
  if (address.host === "*") return `port ${address.port ?? ""} on all addresses`;
  return `${address.host.includes(":") ? `[${address.host}]` : address.host}${port}`;
}

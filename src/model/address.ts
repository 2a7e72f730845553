import { normalizePath } from "../host/path.js";

/**
 * Addresses of both halves in one form, so that `unix:/run/php//a.sock` of nginx and
 * `/var/run/php/a.sock` of PHP-FPM compare equal.
 */
export type Address = UnixAddress | TcpAddress;

export interface UnixAddress {
  readonly kind: "unix";
  /** Normalised: one slash each, no `.`, `/var/run` as `/run`. A trailing colon is part of it, as for nginx. */
  readonly path: string;
}

export interface TcpAddress {
  readonly kind: "tcp";
  /**
   * A literal address without brackets, or a name in lower case. On the listening side `*` is every
   * IPv4 and IPv6 address of the machine.
   */
  readonly host: string;
  /** `null`: none is written. */
  readonly port: number | null;
}

/** A socket path in the form in which two spellings compare equal. `/run` and `/var/run` are one directory nearly everywhere. */
export function socketPath(path: string): string {
  return normalizePath(path).replace(/^\/var\/run\//, "/run/");
}

/**
 * An address as nginx reads it in `fastcgi_pass` and in an upstream's `server`; `null` for what it
 * refuses, for relative socket paths (they count from wherever nginx was started) and for what
 * still contains a variable.
 */
export function nginxAddress(text: string): Address | null {
  if (text.includes("$")) return null;
  if (/^unix:/i.test(text)) {
    const path = text.slice(5);
    return path.startsWith("/") ? { kind: "unix", path: socketPath(path) } : null;
  }
  const match = /^(\[[0-9a-f:.]+\]|[^:/\s[\]]+)(?::(\d+))?$/i.exec(text);
  if (match === null) return null;
  const port = match[2] === undefined ? null : Number(match[2]);
  if (port !== null && (port < 1 || port > 65535)) return null;
  return { kind: "tcp", host: bare(match[1] ?? ""), port };
}

/**
 * An address as PHP-FPM reads it in `listen`: digits are a port on all addresses, anything with a
 * colon is host and port, the rest is a path, relative ones below FPM's prefix. `null` for
 * what FPM refuses at start: `unix:/path`, no port, a port out of range.
 */
export function fpmAddress(text: string, prefix = "/usr"): Address | null {
  if (/^\d+$/.test(text)) return withPort("*", text);
  const colon = text.lastIndexOf(":");
  if (colon === -1)
    return text === ""
      ? null
      : { kind: "unix", path: socketPath(text.startsWith("/") ? text : `${prefix}/${text}`) };
  const host = bare(text.slice(0, colon));
  // No name of a host has a slash: `tcp://127.0.0.1:9000`, `unix:/run/a.sock:1`.
  if (host === "" || host.includes("/")) return null;
  // The C library reads `*` as "no name given", which is the loopback address, ::1 first.
  return withPort(host === "*" ? "::1" : host === "::" ? "*" : host, text.slice(colon + 1));
}

function withPort(host: string, port: string): Address | null {
  const number = /^\d+$/.test(port) ? Number(port) : 0;
  return number < 1 || number > 65535 ? null : { kind: "tcp", host, port: number };
}

function bare(host: string): string {
  return host.replace(/^\[(.*)\]$/, "$1").toLowerCase();
}

/** Whether somebody who connects to `target` reaches who listens on `listen`. */
export function reaches(target: Address, listen: Address): boolean {
  if (target.kind === "unix") return listen.kind === "unix" && sameSocket(target.path, listen.path);
  if (listen.kind === "unix" || target.port !== listen.port) return false;
  if (target.host === listen.host) return true;
  if (listen.host === "*") return isLocal(target) || isLiteral(target.host);
  if (listen.host === "0.0.0.0") return target.host === "localhost" || isIpv4(target.host);
  if (listen.host === "localhost") return isLoopback(target.host);
  // The unspecified address of a family is, to who connects, its loopback address.
  if (target.host === "::") return listen.host === "::1";
  return target.host === "localhost" || target.host === "0.0.0.0" ? isLoopback(listen.host) : false;
}

/**
 * Debian's unit links `/run/php/php-fpm.sock` to the default version's `www` socket, so it stands
 * for any of them.
 */
function sameSocket(target: string, listen: string): boolean {
  return (
    target === listen ||
    (target === "/run/php/php-fpm.sock" && /^\/run\/php\/php\d+\.\d+-fpm\.sock$/.test(listen))
  );
}

/** Whether the address can only be this machine's. A name other than `localhost` may be another machine or container. */
export function isLocal(address: Address): boolean {
  return (
    address.kind === "unix" || isLoopback(address.host) || address.host === "0.0.0.0" || address.host === "::"
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

/** As a person writes it: `/run/php/a.sock`, `127.0.0.1:9000`, `[::1]:9000`, `port 9000 on all addresses`. */
export function showAddress(address: Address): string {
  if (address.kind === "unix") return address.path;
  const port = address.port === null ? "" : `:${address.port}`;
  if (address.host === "*") return `port ${address.port ?? ""} on all addresses`;
  return `${address.host.includes(":") ? `[${address.host}]` : address.host}${port}`;
}

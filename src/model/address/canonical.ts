import { ipBytes } from "./ip.js";

/** One form for all spellings of a host in an address, as the C library's `getaddrinfo` reads them. */

/** The host without brackets: 127.0.0.1 for `127.1`, ::1 for `0:0::1`, a name in lower case. */
export function canonicalHost(text: string): string {
  const host = text.replace(/^\[(.*)\]$/, "$1").toLowerCase();
  if (!host.includes(":")) return shortIpv4(host) ?? host;
  const bytes = ipBytes(host);
  return bytes === null ? host : shownIpv6(bytes);
}

/** The IPv4 address in an IPv4-mapped IPv6 one (`::ffff:127.0.0.1`); any other host as it is. */
export function unmapped(host: string): string {
  return /^::ffff:(\d+(?:\.\d+){3})$/.exec(host)?.[1] ?? host;
}

/**
 * As inet_aton reads it: one to four numbers, hexadecimal, octal or decimal; the last one fills the
 * remaining bytes.
 */
function shortIpv4(text: string): string | null {
  const parts = text.split(".").map(number);
  const last = parts.at(-1);
  if (parts.length > 4 || last === undefined || last === null) return null;
  const bytes: number[] = [];
  for (const part of parts.slice(0, -1)) {
    if (part === null || part > 255) return null;
    bytes.push(part);
  }
  const left = 4 - bytes.length;
  if (last >= 256 ** left) return null;
  for (let place = left - 1; place >= 0; place -= 1) bytes.push(Math.floor(last / 256 ** place) % 256);
  return bytes.join(".");
}

function number(text: string): number | null {
  if (/^0x[0-9a-f]+$/.test(text)) return Number.parseInt(text.slice(2), 16);
  if (/^0[0-7]*$/.test(text)) return Number.parseInt(text, 8);
  return /^[1-9]\d*$/.test(text) ? Number(text) : null;
}

function shownIpv6(bytes: readonly number[]): string {
  const mapped = bytes.slice(0, 10).every((byte) => byte === 0) && bytes[10] === 255 && bytes[11] === 255;
  if (mapped) return `::ffff:${bytes.slice(12).join(".")}`;
  const groups = Array.from({ length: 8 }, (_, index) =>
    (((bytes[2 * index] ?? 0) << 8) | (bytes[2 * index + 1] ?? 0)).toString(16),
  ).join(":");
  const [longest] = (groups.match(/\b0(?::0)+\b/g) ?? []).sort((a, b) => b.length - a.length);
  if (longest === undefined) return groups;
  const at = groups.search(new RegExp(`(?<![^:])${longest}(?![^:])`));
  return `${groups.slice(0, at).replace(/:$/, "")}::${groups.slice(at + longest.length).replace(/^:/, "")}`;
}

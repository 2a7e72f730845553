import { isIpv4Literal, isIpv6Literal } from "../syntax/literals.js";

/**
 * The sockets that a `listen` opens, each in one spelling, as nginx prints them. Empty for names,
 * which have to be looked up, and for what nginx refuses.
 */
export function socketsOf(listen: string): readonly string[] {
  if (/^unix:/i.test(listen)) return [`unix:${listen.slice(5)}`];
  const [, host = "", first = "", last = first] =
    /^(?:(\[[^\]]*\]|[^:]*)(?::|$))?(\d+)?(?:-(\d+))?$/.exec(listen) ?? [];
  const alone = /^\d+(?:-\d+)?$/.test(listen);
  const address = alone ? "0.0.0.0" : literal(host);
  const [from, to] = alone
    ? listen.split("-")
    : [first === "" ? "80" : first, last === "" ? undefined : last];
  const begin = Number(from);
  const end = Number(to ?? from);
  if (address === null || !(begin >= 1 && end <= 65535) || end < begin || end - begin > 1000) return [];
  return Array.from({ length: end - begin + 1 }, (_, offset) => `${address}:${begin + offset}`);
}

function literal(host: string): string | null {
  if (host === "*") return "0.0.0.0";
  if (host.startsWith("[") && isIpv6Literal(host.slice(1, -1))) return `[${shortest(host.slice(1, -1))}]`;
  return isIpv4Literal(host) ? host : null;
}

/** Good enough for the addresses that people listen on: `0:0:0:0:0:0:0:1` and `0::1` are `::1`. */
function shortest(address: string): string {
  const plain = address.toLowerCase().replace(/(^|:)0+(?=[0-9a-f])/g, "$1");
  return plain.replace(/^(?:0:)+:?|^0::/, "::").replace(/^:::/, "::");
}

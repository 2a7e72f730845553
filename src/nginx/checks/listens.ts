import { wordMap } from "../../source/word-map.js";
import { TAKEN_BEFORE } from "../facts/facts-values.js";
import { isOlder, isSince } from "../facts/version.js";
import { count, time } from "../syntax/numbers.js";
import type { Word } from "../types.js";
import {
  anything,
  bare,
  isPositive,
  isSize,
  type Parameter,
  type Parameters,
  parameter,
  parameterRefusal,
} from "./parameters.js";
import { args, type Check, type Checked, notTaken } from "./refusal.js";

/** The options of `listen`. Its address is checked in address/faults.ts. */

const option = (name: string, takes: (value: string) => boolean, wants: string): Parameter =>
  parameter(takes, wants, (at) => `invalid ${name} "${at}"`, "listen-option");

function isKeepalive(value: string): boolean {
  if (value === "on" || value === "off") return true;
  const parts = value.split(":");
  const [idle = "", interval = "", probes = ""] = parts;
  const seconds = (part: string): boolean => part === "" || time(part, "s") !== null;
  const counted = probes === "" || (count(probes) ?? 0) > 0;
  return parts.length <= 3 && value.replace(/:/g, "") !== "" && seconds(idle) && seconds(interval) && counted;
}

const OPTIONS: Parameters = wordMap({
  default_server: bare,
  default: bare,
  bind: bare,
  reuseport: bare,
  deferred: bare,
  ssl: bare,
  http2: bare,
  proxy_protocol: bare,
  backlog: option("backlog", isPositive, "a number above 0"),
  rcvbuf: option("rcvbuf", isSize, "digits and k or m"),
  sndbuf: option("sndbuf", isSize, "digits and k or m"),
  fastopen: option("fastopen", (value) => count(value) !== null, "a number"),
  ipv6only: parameter((value) => value === "on" || value === "off", "on or off"),
  so_keepalive: parameter(
    isKeepalive,
    "on, off, or two times and a number with colons between them",
    (_, value) => `invalid so_keepalive value: "${value}"`,
    "listen-option",
  ),
  accept_filter: parameter(anything, ""),
  // Those of FreeBSD and OpenBSD.
  setfib: parameter(anything, ""),
});

/** Parameter → the version that added it. */
const SINCE: readonly (readonly [name: string, since: string])[] = [
  ["quic", "1.25.0"],
  ["multipath", "1.29.7"],
];

export const listen: Check = (one) => {
  const later = SINCE.filter(([, since]) => one.scope.version === null || isSince(one.scope.version, since));
  const gone = isOlder(one.scope.version, TAKEN_BEFORE.spdy) ? ["spdy"] : [];
  const more = [...later.map(([name]) => name), ...gone].map((name) => [name, bare] as const);
  const known = new Map([...OPTIONS, ...more]);
  // `spdy` was removed long ago, and other builds may still have it.
  return parameterRefusal(one, args(one).slice(1), known);
};

/** `resolver`: its options, and that it names a server. */
export const resolver: Check = (one) => {
  const servers = args(one).filter((at) => !/^(?:valid|ipv[46]|status_zone|local)=/.test(at.text));
  for (const at of args(one)) {
    const found = resolverOption(one, at);
    if (found !== null) return found;
  }
  const [first] = args(one);
  return servers.length > 0 || first === undefined
    ? null
    : notTaken(one, first, "other", "no name servers defined", "the address of a name server");
};

function resolverOption(one: Checked, at: Word) {
  const [, name = "", value = ""] = /^(\w+)=(.*)$/s.exec(at.text) ?? [];
  if (at.text === "") return notTaken(one, at, "other", 'no host in resolver ""', "addresses");
  const log = `invalid parameter: ${at.text}`;
  if (name === "valid" && time(value, "s") === null)
    return notTaken(one, at, "other", log, "valid= with a time");
  const old = one.scope.version !== null && !isSince(one.scope.version, "1.23.1");
  if (name === "ipv4" && old) {
    const unknown = `host not found in resolver "${at.text}"`;
    return notTaken(one, at, "other", unknown, `no ${name}= before nginx 1.23.1`);
  }
  if (name === "status_zone" && old)
    return notTaken(one, at, "other", `host not found in resolver "${at.text}"`, "no status_zone=");
  if (/^ipv[46]$/.test(name) && value !== "on" && value !== "off")
    return notTaken(one, at, "other", log, `${name}= with on or off`);
  // OpenResty has `local`.
  const known = ["", "valid", "ipv4", "ipv6", "status_zone", "local"].includes(name);
  return known
    ? null
    : notTaken(one, at, "other", `host not found in resolver "${at.text}"`, "addresses, valid= and ipv6=");
}

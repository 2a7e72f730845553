import { grouped } from "../../source/collect.js";
import { once } from "../../source/memo.js";
import { wordMap } from "../../source/word-map.js";
import { size } from "../syntax/numbers.js";
import type { Judged } from "../tree/judged.js";
import { argument } from "../tree/nodes.js";
import type { Node, Word } from "../types.js";
import { type Check, quoted, refused, type Scope, type Zone } from "./refusal.js";

/** Bytes. A smaller zone has no room for its own bookkeeping: eight pages of 4 KiB. */
export const SMALLEST_ZONE = 8n * 4096n;

const CACHE_PATH = /^(fastcgi|proxy|scgi|uwsgi)_cache_path$/;
const CACHE = /^(fastcgi|proxy|scgi|uwsgi)_cache$/;

/** The zones that a directive declares or uses; words that nginx refuses are skipped. */
export function zonesOf({ node }: Judged): readonly Zone[] {
  const { name } = node;
  const all = node.directive.args;
  if (name === "limit_req_zone" || name === "limit_conn_zone")
    return all.flatMap((word) => declared(node, word, name.slice(0, -"_zone".length), /^zone=/));
  const path = CACHE_PATH.exec(name)?.[1];
  if (path !== undefined) return all.flatMap((word) => declared(node, word, `${path}_cache`, /^keys_zone=/));
  if (name === "ssl_session_cache" || name === "ssl_ocsp_cache")
    return all.flatMap((word) => declared(node, word, name, /^shared:/));
  if (name === "zone" && node.parent?.name === "upstream") return upstreamZone(node);
  if (name === "limit_req")
    return all.flatMap((word) => used(node, word, name, word.text.slice(5), /^zone=/));
  if (name === "limit_conn") return all.slice(0, 1).flatMap((word) => used(node, word, name, word.text, /^/));
  const cache = CACHE.test(name) && argument(node, 0) !== "off";
  return cache ? all.slice(0, 1).flatMap((word) => used(node, word, name, word.text, /^[^$]*$/)) : [];
}

function declared(node: Node, word: Word, use: string, prefix: RegExp): readonly Zone[] {
  const match = prefix.exec(word.text);
  const [, name = "", bytes = ""] = /^([^:]+):(.*)$/s.exec(word.text.slice(match?.[0].length ?? 0)) ?? [];
  const value = size(bytes);
  return match === null || name === "" || value === null ? [] : [{ name, use, size: value, node, word }];
}

function upstreamZone(node: Node): readonly Zone[] {
  const [word, bytes] = node.directive.args;
  const value = bytes === undefined ? 0n : size(bytes.text);
  return word === undefined || value === null
    ? []
    : [{ name: word.text, use: "upstream", size: value, node, word }];
}

function used(node: Node, word: Word, use: string, name: string, pattern: RegExp): readonly Zone[] {
  return pattern.test(word.text) ? [{ name, use, size: 0n, node, word }] : [];
}

/** The mentions by directive, each with what is said of its name: a zone may be used in a million places. */
export function mentions(zones: readonly Zone[]): Scope["zones"] {
  const names = new Map<string, { first: Zone; sized: Zone | null }>();
  const pairs = zones.map((zone) => {
    const named = once(names, zone.name, () => ({ first: zone, sized: null }));
    if (zone.size > 0n) named.sized ??= zone;
    return [zone.node, { zone, named }] as const;
  });
  return grouped(pairs);
}

/** Compares a zone with what other directives say about it. */
export const sharedZones: Check = ({ node, scope }) => {
  for (const { zone, named } of scope.zones.get(node) ?? []) {
    const { first, sized } = named;
    if (first.use !== zone.use) return otherUse(zone, first);
    if (sized !== null && zone.size > 0n && zone.size !== sized.size) return otherSize(zone, sized);
    if (scope.complete && sized === null) return undeclared(zone);
  }
  return null;
};

function otherUse(zone: Zone, first: Zone) {
  const log = `the shared memory zone "${zone.name}" is already declared for a different use`;
  const message = `the zone ${quoted(zone.name)} already belongs to ${first.node.name}, and ${zone.node.name} cannot share it`;
  const other = { node: first.node, message: "the first mention of the zone" };
  return refused("zone", log, zone.word, message, "give one of the two zones another name", { other });
}

function otherSize(zone: Zone, first: Zone) {
  const log = `the size ${zone.size} of shared memory zone "${zone.name}" conflicts with already declared size ${first.size}`;
  const message = `the zone ${quoted(zone.name)} has ${zone.size} bytes here and ${first.size} bytes before`;
  const other = { node: first.node, message: `declared here with ${first.size} bytes` };
  return refused("zone", log, zone.word, message, "write the same size in both places", { other });
}

const DECLARED_BY: ReadonlyMap<string, string> = wordMap({
  limit_req: "limit_req_zone $binary_remote_addr zone=NAME:10m rate=10r/s;",
  limit_conn: "limit_conn_zone $binary_remote_addr zone=NAME:10m;",
  upstream: "zone NAME 64k;",
});

function undeclared(zone: Zone) {
  const { use, node, name } = zone;
  const cache = `${use}_path /var/cache/nginx/NAME keys_zone=NAME:10m;`;
  const help = ["in http:", `  ${(DECLARED_BY.get(use) ?? cache).replaceAll("NAME", name)}`];
  const message = `${node.name} uses the zone ${quoted(name)}, which nothing declares`;
  const log =
    DECLARED_BY.get(use) === undefined
      ? `"${use}" zone "${name}" is unknown`
      : `zero size shared memory zone "${name}"`;
  return refused("zone-unknown", log, zone.word, message, help);
}

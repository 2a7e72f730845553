import { type Draft, defineRule } from "../../src/engine/define.js";
import { seenByClients } from "../../src/evidence/asked.js";
import { siblings } from "../../src/evidence/failover.js";
import { certainty, furtherLocations, poolKey } from "../../src/evidence/grouping.js";
import { linkOf, namesOf, type Pair, pairs } from "../../src/evidence/pairs.js";
import { setting } from "../../src/fpm/pools.js";
import type { Pool } from "../../src/fpm/types.js";
import { helpOf, remove, replace } from "../../src/help/edit.js";
import { isLocal, type TcpAddress } from "../../src/model/address/address.js";
import { unmapped } from "../../src/model/address/canonical.js";
import { ipBytes } from "../../src/model/address/ip.js";
import { localhost } from "../../src/model/address/localhost.js";
import { listenAddress } from "../../src/model/build.js";
import type { Host } from "../../src/model/host.js";
import { effectiveNode } from "../../src/nginx/tree/effective.js";
import { argument, argumentPlace } from "../../src/nginx/tree/nodes.js";
import { groupBy } from "../../src/source/collect.js";
import { type Place, samePlace } from "../../src/source/file.js";
import { markdown } from "../../src/source/markdown.js";

/** A TCP pool with a list of clients, and the address that nginx connects from on one way to it. */
interface Guarded extends Pair {
  readonly place: Place;
  readonly entries: readonly Entry[];
  /** Addresses that nginx may connect from; `null`: those of another machine or container. */
  readonly sources: readonly string[] | null;
  /** The `fastcgi_bind` that sets the source. */
  readonly bind: Place | null;
  readonly allowed: boolean;
}

interface Entry {
  readonly text: string;
  /** `null`: PHP-FPM drops the entry. */
  readonly bytes: readonly number[] | null;
}

type Case = "refused" | "invalid-entry";

export const allowedClients = defineRule({
  id: "connect/allowed-clients",
  about: "host",
  alike: true,
  cases: {
    refused: {
      severity: "error",
      symptom: { when: "always", status: 502, log: "Connection disallowed: IP address" },
      summary: "no valid entry of listen.allowed_clients is the address that nginx connects from",
    },
    "invalid-entry": {
      severity: "info",
      symptom: { when: "always", status: null, log: "in listen.allowed_clients" },
      summary: "nginx may connect, but PHP-FPM drops other entries of listen.allowed_clients",
    },
  },
  docs: {
    title: "listen.allowed_clients keeps nginx out",
    fires: [
      markdown`
        a pool on a TCP address has a \`listen.allowed_clients\`, and no valid entry in it is the address
        that nginx connects from: 127.0.0.1 on the way to 127.0.0.1 (and to every other 127.x address),
        ::1 on the way to ::1, or what \`fastcgi_bind\` sets
      `,
      "nginx may connect, but other entries are not valid, which is only worth knowing",
    ],
    silent: [
      "the setting is absent, because then everybody may connect",
      "the pool listens on a Unix socket, where PHP-FPM ignores the setting",
      markdown`
        nginx is on another machine or in another container, and the list has an address that could be
        its own
      `,
    ],
    what: markdown`
      An empty value, \`any\`, names, networks such as \`10.0.0.0/8\` and entries with a space before or
      after them are not valid.
    `,
    why: markdown`
      PHP-FPM reads a comma-separated list of literal addresses and drops every entry that is not one, each
      by itself. When none is left, it lets nobody in. A worker accepts the connection, checks the address
      and closes it before it reads the request, so nginx answers \`502 Bad Gateway\`. PHP-FPM only says
      \`Connection disallowed\` in the worker's own output, which is lost without
      \`catch_workers_output = yes\`.
    `,
    instead: markdown`
      \`listen.allowed_clients = 127.0.0.1\` for nginx on the same machine, \`127.0.0.1,::1\` for both
      families, without spaces. Or remove the line where a firewall or a Unix socket guards the pool.
    `,
    references: [
      "https://www.php.net/manual/en/install.fpm.configuration.php#listen-allowed-clients",
      "https://nginx.org/en/docs/http/ngx_http_fastcgi_module.html#fastcgi_bind",
    ],
  },
  asksDisk: true,
  *check(host) {
    const found = [...guarded(host)];
    const refused = found.filter(({ allowed }) => !allowed);
    const key = (one: Guarded): string => `${poolKey(one)} ${one.sources} ${one.target.assumed}`;
    for (const group of groupBy(refused, key)) yield report("refused", group, refusal(host, group));
    const let_in = found.filter(
      (one) => one.allowed && dropped(one).length > 0 && !refused.some(({ pool }) => pool === one.pool),
    );
    for (const group of groupBy(let_in, poolKey))
      yield report("invalid-entry", group, leftover(host, group[0]));
  },
});

function* guarded(host: Host): Generator<Guarded> {
  for (const pair of pairs(host)) {
    const { target, pool } = pair;
    const list = setting(pool, "listen.allowed_clients");
    const listen = listenAddress(pool, host.fs);
    if (target.address.kind === "unix" || listen?.kind !== "tcp") continue;
    if (list.kind !== "set" || list.value === null) continue;
    const from = sources(host, pair, target.address, listen);
    if (from === undefined) continue;
    const entries = list.value.split(",").map((text) => ({ text, bytes: ipBytes(text) }));
    const allowed =
      from.sources === null
        ? entries.some(({ bytes }) => bytes !== null && !isLoopback(bytes))
        : from.sources.some((source) => entries.some(({ bytes }) => matches(bytes, source, listen)));
    yield { ...pair, ...from, place: placeOf(pool, list.place), entries, allowed };
  }
}

/** Where nginx connects from; `undefined`: unknown. */
function sources(
  host: Host,
  { binding, target }: Pair,
  address: TcpAddress,
  listen: TcpAddress,
): Pick<Guarded, "sources" | "bind"> | undefined {
  const bind = effectiveNode(binding.block, "fastcgi_bind");
  if (bind.kind === "unknown") return undefined;
  const bound = bind.kind === "set" ? (argument(bind.node, 0) ?? "off") : "off";
  if (bind.kind === "set" && bound !== "off") {
    const source = bound.replace(/:\d+$/, "").replace(/^\[(.*)\]$/, "$1");
    const literal = ipBytes(source) !== null && argument(bind.node, 1) === undefined;
    return literal ? { sources: [source], bind: argumentPlace(bind.node, 0) } : undefined;
  }
  if (target.assumed || !isLocal(address)) return { sources: null, bind: null };
  if (address.host !== "localhost") return { sources: [loopback(unmapped(address.host))], bind: null };
  // PHP-FPM binds the first address of the name; nginx tries one after the other until one is not refused.
  const first = localhost(host.fs);
  if (first !== null && (listen.host === "localhost" || (listen.host === "*" && first === "127.0.0.1")))
    return { sources: [first], bind: null };
  const both = listen.host === "*" || listen.host === "localhost";
  return { sources: both ? ["127.0.0.1", "::1"] : [loopback(listen.host)], bind: null };
}

/** The address that the kernel connects from on the way to a loopback address: 127.0.0.1 for any 127.x. */
function loopback(host: string): string {
  return host.includes(":") ? "::1" : "127.0.0.1";
}

/**
 * As PHP-FPM compares them: on a socket for both families, the address of an IPv4 client is inside an IPv6
 * one.
 */
function matches(entry: readonly number[] | null, source: string, listen: TcpAddress): boolean {
  const client = ipBytes(source);
  if (entry === null || client === null) return false;
  if (entry.length === client.length) {
    // Before 8.2.34 PHP-FPM only compared 12 of the 16 bytes; what some version lets in counts as let in.
    return client.every((byte, index) => byte === entry[index] || index >= 12);
  }
  const mapped = listen.host === "*" || unmapped(listen.host) !== listen.host;
  return client.length === 4 && mapped && isMapped(entry);
}

function isMapped(bytes: readonly number[]): boolean {
  return bytes.slice(0, 10).every((byte) => byte === 0) && bytes[10] === 255 && bytes[11] === 255;
}

function isLoopback(bytes: readonly number[]): boolean {
  if (bytes.length === 4) return bytes[0] === 127;
  return isMapped(bytes) ? bytes[12] === 127 : bytes.every((byte, index) => byte === (index === 15 ? 1 : 0));
}

function dropped({ entries }: Guarded): readonly string[] {
  return entries.filter(({ bytes }) => bytes === null).map(({ text }) => JSON.stringify(text));
}

/** The value, or its key where the value is empty and has no characters to mark. */
function placeOf(pool: Pool, place: Place): Place {
  if (place.span.start !== place.span.end) return place;
  return pool.settings.findLast((one) => samePlace(one.place, place))?.keyPlace ?? place;
}

type Words = Pick<Draft<Case>, "message" | "label" | "effect" | "asked" | "help">;

function refusal(host: Host, group: readonly [Guarded, ...Guarded[]]): Words {
  const [one] = group;
  const { pool, binding, target, sources } = one;
  const valid = one.entries.filter(({ bytes }) => bytes !== null).map(({ text }) => text);
  const lost = dropped(one).join(", ");
  const comes = sources === null ? "another machine or container" : sources.join(" or ");
  const lets =
    valid.length === 0
      ? `has no valid address (${lost}), so nobody may connect;`
      : `${lost === "" ? "" : `is read without ${lost} and `}only lets in ${valid.join(", ")}, but`;
  // Spaces are a slip: the address between them is what was meant.
  const meant = one.entries.map(({ text }) => text.trim()).filter((text) => ipBytes(text) !== null);
  const wanted = [...new Set([...meant, ...(sources ?? [])])];
  const known = [replace(host, one.place, `listen.allowed_clients = ${wanted.join(",")}`)];
  return {
    message: `listen.allowed_clients of pool [${pool.name}] ${lets} nginx connects from ${comes}`,
    label: lost === "" ? "nginx's address is missing" : `not a valid address: ${lost}`,
    ...seenByClients(
      siblings(binding, target).length > 0
        ? "PHP-FPM closes the connection before it reads the request, and a POST ends in 502 Bad Gateway although the upstream has other servers"
        : "PHP-FPM closes every connection before it reads the request, and nginx answers 502 Bad Gateway",
      group.map((other) => other.binding),
    ),
    help:
      sources !== null
        ? helpOf([known])
        : helpOf(
            [[remove(host, one.place)]],
            "only do that in a network that nobody but nginx is in: without the line everybody may connect",
            "elsewhere, write the address of nginx's machine into the line",
          ),
  };
}

function leftover(host: Host, one: Guarded): Words {
  const valid = one.entries.filter(({ bytes }) => bytes !== null).map(({ text }) => text);
  return {
    message: `PHP-FPM drops ${dropped(one).join(", ")} from listen.allowed_clients of pool [${one.pool.name}] and only lets in ${valid.join(", ")}`,
    label: "only literal addresses are valid, separated by commas without spaces",
    effect: "nginx may connect, but clients that only the dropped entries name may not",
    help: helpOf([[replace(host, one.place, `listen.allowed_clients = ${valid.join(",")}`)]]),
  };
}

function report(kind: Case, group: readonly [Guarded, ...Guarded[]], words: Words): Draft<Case> {
  const [first] = group;
  const elsewhere = first.sources === null && first.entries.some(({ bytes }) => bytes !== null);
  const guess = elsewhere
    ? {
        settle:
          "The address that nginx connects from would settle it: the worker logs it when it refuses the connection (catch_workers_output = yes).",
      }
    : certainty(first);
  return {
    case: kind,
    ...guess,
    ...words,
    at: first.place,
    link: linkOf(first),
    related: [
      ...(first.bind === null ? [] : [{ place: first.bind, message: "nginx connects from this address" }]),
      ...furtherLocations(group),
    ],
    names: namesOf(first.binding, first.pool),
  };
}

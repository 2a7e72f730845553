import { showAddress } from "../model/address/address.js";
import type { Binding, Host, OtherPass } from "../model/host.js";
import { type NginxListen, nginxListensAt } from "../model/listen/nginx-listens.js";
import { serverNames } from "../model/request/cache-key.js";
import { matchingOf } from "../nginx/location/extensions.js";
import { chosenLocation, handingOn } from "../nginx/location/passed.js";
import { effectiveList } from "../nginx/tree/effective.js";
import { argument, childrenNamed, enclosing } from "../nginx/tree/nodes.js";
import type { Node } from "../nginx/types.js";
import { once, perKey } from "../source/memo.js";

/** Requests that nginx passes to itself before they come to PHP-FPM. */

export interface Hop {
  /** The `proxy_pass` of the server in front. */
  readonly from: OtherPass;
  /** The location that takes the request first and whose limits count: the one of `from`, or one that hands on to it. */
  readonly first: Node;
  /** The PHP location at the end of the way, of a server of the same nginx. */
  readonly to: Binding;
}

/** So many servers in a row are followed. */
const DEEPEST = 5;

/** Every way over a server of the same nginx to PHP, as far as one script of each location tells. */
export const hops = perKey((host: Host): readonly Hop[] => {
  const byLocation = new Map(host.bindings.map((binding) => [binding.location, binding] as const));
  const passes = new Map(host.otherPasses.map((pass) => [pass.location, pass] as const));
  return host.otherPasses.flatMap((from) => {
    const uri = from.server === null ? null : scriptOf(from.server, from.location);
    const to = uri === null ? null : follow(host, byLocation, passes, from, uri, DEEPEST);
    if (to === null || from.server === null) return [];
    const before = handingOn(from.server, from.location);
    const named = matchingOf(from.location).modifier === "@";
    return [...(named ? [] : [from.location]), ...before].map((first) => ({ from, first, to }));
  });
});

/** A script that the location takes; `null`: none is certain. */
function scriptOf(server: Node, location: Node): string | null {
  const { modifier, text } = matchingOf(location);
  if (modifier === "@") return handingOn(server, location).length > 0 ? "/index.php" : null;
  if (location.directive.args.some(({ placeholder }) => placeholder) || modifier === "=") return null;
  const uri = modifier.startsWith("~") ? "/index.php" : `${text.replace(/\/?$/, "/")}index.php`;
  return chosenLocation(server, uri) === location ? uri : null;
}

function follow(
  host: Host,
  byLocation: ReadonlyMap<Node, Binding>,
  passes: ReadonlyMap<Node, OtherPass>,
  from: OtherPass,
  uri: string,
  depth: number,
): Binding | null {
  const server = depth === 0 ? null : answering(host, from);
  if (server === null || server === from.server) return null;
  const next = chosenLocation(server, passedUri(from, uri));
  if (next === null || next === undefined) return null;
  const binding = byLocation.get(next);
  if (binding !== undefined) return binding.serves === "php" ? binding : null;
  const further = passes.get(next);
  return further === undefined
    ? null
    : follow(host, byLocation, passes, further, passedUri(from, uri), depth - 1);
}

/** The URI that the next server gets: a path in `proxy_pass` replaces what the location matched. */
function passedUri({ pass, location }: OtherPass, uri: string): string {
  const path = /^https?:\/\/(?:unix:[^:]*:|[^/]*)(\/.*)$/i.exec(argument(pass, 0) ?? "")?.[1];
  return path === undefined ? uri : path + uri.slice(matchingOf(location).text.length);
}

/** The server of this nginx that a `proxy_pass` leads to; `null`: another program, or it is unknown which one. */
function answering(host: Host, { pass, server, targets, location }: OtherPass): Node | null {
  const [target] = targets;
  if (pass.name !== "proxy_pass" || target === undefined || targets.length > 1 || target.down) return null;
  const listens = nginxListensAt(host, target.address);
  if (listens.length === 0 || !listens.every(({ http }) => http)) return null;
  const found = listenersAt(host, listens);
  if (found.servers.length <= 1) return found.servers[0] ?? null;
  const names = found.plain ? namesSent(location, server) : null;
  if (names === null) return null;
  const [one, ...others] = new Set(names.map((name) => found.byName.get(name) ?? found.standard));
  return others.length === 0 ? (one ?? null) : null;
}

/** The servers that share addresses. */
interface Listeners {
  /** In the order of the files. */
  readonly servers: readonly Node[];
  /** None of them has a name with a wildcard, a regular expression or a variable. */
  readonly plain: boolean;
  /** The first server with each name. */
  readonly byName: ReadonlyMap<string, Node>;
  /** The one that takes every other name. */
  readonly standard: Node | null;
}

/** Worked out once for all that lead to the same addresses: thousands of sites may pass to one. */
const listenersBy = perKey((_host: Host) => new Map<string, Listeners>());

function listenersAt(host: Host, listens: readonly NginxListen[]): Listeners {
  const key = listens.map(({ address }) => showAddress(address)).join(" ");
  return once(listenersBy(host), key, () => listenersOf(listens.flatMap(({ nodes }) => nodes)));
}

function listenersOf(listens: readonly Node[]): Listeners {
  const there = new Set(listens.map((node) => node.parent));
  const [listen] = listens;
  const http = listen === undefined ? null : enclosing(listen, "http");
  const servers = http === null ? [] : childrenNamed(http, "server").filter((one) => there.has(one));
  const named = servers.flatMap((server) => serverNames(server).map((name) => [name, server] as const));
  const standard = listens.find(({ directive }) =>
    directive.args.some(({ text }) => text === "default_server"),
  );
  return {
    servers,
    plain: named.every(([name]) => !/[*~$]|^\./.test(name)),
    // The first of several with one name counts.
    byName: new Map(named.reverse()),
    standard: standard?.parent ?? servers[0] ?? null,
  };
}

/** The host names that the next server sees; `null`: unknown. */
function namesSent(location: Node, server: Node | null): readonly string[] | null {
  const headers = effectiveList(location, "proxy_set_header");
  if (headers.kind === "unknown") return null;
  const host =
    headers.kind === "set"
      ? headers.nodes.findLast((node) => argument(node, 0)?.toLowerCase() === "host")
      : undefined;
  const value = host === undefined ? "$proxy_host" : (argument(host, 1) ?? "");
  if (host?.directive.args[1]?.placeholder === true) return null;
  if (!value.includes("$")) return [value];
  if (!/^\$\{?(?:host|http_host)\}?$/.test(value) || server === null) return null;
  const names = serverNames(server);
  return names.length > 0 && names.every((name) => /^[\w.-]+$/.test(name)) ? names : null;
}

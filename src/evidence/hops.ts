import type { Address } from "../model/address/address.js";
import { reaches } from "../model/address/address.js";
import type { Binding, Host, OtherPass } from "../model/host.js";
import { httpListen, listenAddress } from "../model/listen/nginx-listens.js";
import { nginxAnswers } from "../model/listen/nginx-points.js";
import { serverNames } from "../model/request/cache-key.js";
import { matchingOf } from "../nginx/location/extensions.js";
import { chosenLocation, handingOn } from "../nginx/location/passed.js";
import { effectiveList } from "../nginx/tree/effective.js";
import { argument, childrenNamed, enclosing } from "../nginx/tree/nodes.js";
import type { Node } from "../nginx/types.js";
import { perKey } from "../source/memo.js";

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
  if (!nginxAnswers(host, target.address)) return null;
  const listen = httpListen(host, target.address);
  const http = listen === null ? null : enclosing(listen, "http");
  if (http === null) return null;
  const servers = childrenNamed(http, "server").filter((one) => listens(one, target.address));
  const [only] = servers;
  if (servers.length <= 1) return only ?? null;
  const names = namesSent(location, server);
  if (names === null) return null;
  const found = new Set(names.map((name) => byName(servers, target.address, name)));
  const [one] = found;
  return found.size === 1 ? (one ?? null) : null;
}

function listens(server: Node, address: Address): boolean {
  return childrenNamed(server, "listen").some((node) => {
    const own = listenAddress(argument(node, 0) ?? "");
    return own !== null && reaches(address, own);
  });
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

function byName(servers: readonly Node[], address: Address, name: string): Node | null {
  if (servers.some((one) => serverNames(one).some((other) => /[*~$]|^\./.test(other)))) return null;
  const exact = servers.find((one) => serverNames(one).includes(name));
  const standard = servers.find((one) =>
    childrenNamed(one, "listen").some(
      (node) => listens(one, address) && node.directive.args.some(({ text }) => text === "default_server"),
    ),
  );
  return exact ?? standard ?? servers[0] ?? null;
}

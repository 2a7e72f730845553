import type { Pool } from "../fpm/types.js";
import { argument, argumentPlace, childrenNamed, descendants, enclosing, headText } from "../nginx/nodes.js";
import type { Node } from "../nginx/types.js";
import type { Place } from "../source/file.js";
import { type Address, isLocal, nginxAddress, reaches } from "./address.js";
import type { Binding, Target } from "./host.js";
import { type Upstreams, upstreamServers } from "./upstreams.js";
import { possibleValues } from "./variables.js";

/** A pool and the address it listens on. */
export interface Listener {
  readonly pool: Pool;
  readonly address: Address;
}

/** Every `fastcgi_pass` that can take a request, in the order of the files. */
export function readBindings(
  root: Node,
  upstreams: Upstreams,
  listeners: readonly Listener[],
  sameDirectory: (path: string) => string,
): readonly Binding[] {
  const bindings: Binding[] = [];
  for (const pass of descendants(root)) {
    if (pass.name !== "fastcgi_pass" || pass.parent === null || !answers(pass, pass.parent)) continue;
    const location = enclosing(pass, "location") ?? pass.parent;
    const server = enclosing(pass, "server");
    bindings.push({
      pass,
      block: pass.parent,
      location,
      server,
      serves: serves(pass, location),
      targets: targetsOf(pass, upstreams, listeners, sameDirectory),
      label: `${headText(location)}${server === null ? "" : ` of ${serverLabel(server)}`}`,
    });
  }
  return bindings;
}

/** Whether this `*_pass` takes the requests of its level: a later one replaces it, and an unconditional `return` answers first. */
export function answers(pass: Node, block: Node): boolean {
  if (childrenNamed(block, "return").length > 0) return false;
  const handlers = block.children.filter(({ name }) =>
    /^(fastcgi|proxy|uwsgi|scgi|grpc|memcached)_pass$/.test(name),
  );
  return handlers[handlers.length - 1] === pass;
}

/** The name by which people know a server. */
export function serverLabel(server: Node): string {
  for (const node of childrenNamed(server, "server_name")) {
    const name = node.directive.args.map((word) => word.text).find((text) => text !== "" && text !== "_");
    if (name !== undefined) return name;
  }
  const listen = childrenNamed(server, "listen")[0];
  return listen === undefined
    ? "a server without a name"
    : `the server on ${argument(listen, 0) ?? "port 80"}`;
}

/** Applications that speak FastCGI and are not PHP-FPM, by the names of their sockets. */
const NOT_PHP =
  /fcgiwrap|cgit|mailman|munin|smokeping|spawn-fcgi|perl|python|gitweb|searx|radicale|trac|moin|flask|django/i;

/** A location that cannot take a script of PHP: CGI wrappers, regexes that end in other extensions. */
function serves(pass: Node, location: Node): "php" | "other" {
  if (NOT_PHP.test(argument(pass, 0) ?? "")) return "other";
  const [first = "", second] = location.directive.args.map((word) => word.text);
  const regex = first === "~" || first === "~*";
  const pattern = second ?? first;
  if (/cgi-bin/.test(pattern)) return "other";
  const ending = /\\\.\(?(?:\?:)?([\w|]+)\)?\$$/.exec(pattern);
  if (regex && ending !== null && !/ph|inc|html?/.test(ending[1] ?? "")) return "other";
  const script = childrenNamed(location, "fastcgi_param").find(
    (node) => argument(node, 0) === "SCRIPT_FILENAME",
  );
  const file = script === undefined ? "" : (argument(script, 1) ?? "");
  return /\.(cgi|pl|py|fcgi|rb|sh)$/.test(file) || /^\/usr\/lib\/cgi-bin/.test(file) ? "other" : "php";
}

function targetsOf(
  pass: Node,
  upstreams: Upstreams,
  listeners: readonly Listener[],
  sameDirectory: (path: string) => string,
): readonly Target[] {
  const at = argumentPlace(pass, 0);
  const written = argument(pass, 0) ?? "";
  const values = pass.parent === null ? null : possibleValues(pass.parent, written, at);
  const targets: Target[] = [];
  for (const value of values ?? []) {
    const through = value.place === at ? null : at;
    const group = upstreams.get(value.text.toLowerCase());
    if (group !== undefined) targets.push(...groupTargets(group, at, listeners, sameDirectory));
    else {
      const address = nginxAddress(value.text);
      // Without a port it can only be a group that is not in the tree.
      if (address !== null && (address.kind === "unix" || address.port !== null)) {
        targets.push({
          ...target(address, value.place, through, listeners, sameDirectory),
          upstream: null,
          down: false,
          backup: false,
        });
      }
    }
  }
  return targets;
}

function groupTargets(
  group: Node,
  through: Place,
  listeners: readonly Listener[],
  sameDirectory: (path: string) => string,
): readonly Target[] {
  return upstreamServers(group).flatMap((server) => {
    const address = nginxAddress(server.address);
    if (address === null) return [];
    // In a group nginx takes port 80 where none is written.
    const full: Address = address.kind === "tcp" ? { ...address, port: address.port ?? 80 } : address;
    const found = target(full, argumentPlace(server.node, 0), through, listeners, sameDirectory);
    return [{ ...found, upstream: argument(group, 0) ?? "", down: server.down, backup: server.backup }];
  });
}

function target(
  address: Address,
  place: Place,
  through: Place | null,
  listeners: readonly Listener[],
  sameDirectory: (path: string) => string,
): Omit<Target, "upstream" | "down" | "backup"> {
  const real: Address =
    address.kind === "unix" ? { kind: "unix", path: sameDirectory(address.path) } : address;
  const pools = listeners.filter((listener) => reaches(real, listener.address)).map(({ pool }) => pool);
  if (pools.length > 0 || isLocal(real)) return { address: real, place, through, pools, assumed: false };
  const behind = byPort(real, listeners);
  return { address: real, place, through, pools: behind, assumed: behind.length > 0 };
}

/**
 * A service name (`php:9000`) is another container; the one pool of the tree that listens there for
 * other machines is taken to be in it.
 */
function byPort(address: Address, listeners: readonly Listener[]): readonly Pool[] {
  if (address.kind === "unix") return [];
  const pools = listeners
    .filter(
      (listener) =>
        listener.address.kind === "tcp" &&
        listener.address.port === address.port &&
        !isLocal(listener.address),
    )
    .map(({ pool }) => pool);
  if (pools.length <= 1) return pools;
  // Of several containers the one whose directory is named like the service: `services/php82/` for `php82:9000`.
  const named = pools.filter(({ section }) => section.span.file.path.split("/").includes(address.host));
  return named.length === 1 ? named : [];
}

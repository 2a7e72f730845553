import type { Pool } from "../../fpm/types.js";
import type { MachineSpec } from "../../host/spec.js";
import { always, mayMeet } from "../../nginx/tree/branches.js";
import {
  argument,
  argumentPlace,
  childrenNamed,
  descendants,
  enclosing,
  everywhere,
  everywhereOf,
  shownWord,
} from "../../nginx/tree/nodes.js";
import type { Node } from "../../nginx/types.js";
import { grouped, unique } from "../../source/collect.js";
import type { Place } from "../../source/file.js";
import {
  type Address,
  inDirectory,
  isLocal,
  isLoopbackOnly,
  isRelative,
  meetingPoint,
  nginxAddress,
  reaches,
  relativeSocket,
  type TcpAddress,
} from "../address/address.js";
import type { Binding, OtherPass, Target } from "../host.js";
import { labelOf } from "../labels.js";
import { arrives } from "../request/arrival.js";
import { type UpstreamServer, type Upstreams, upstreamServers } from "../request/upstreams.js";
import { type PossibleValue, possibleValues } from "../request/variables.js";
import { addressesBehind, portAt } from "./ports.js";
import { serves } from "./serves.js";
import {
  chosenTarget,
  type DirectTarget,
  hostTarget,
  type PossibleListener,
  templateTarget,
  unknownAddress,
} from "./template-targets.js";

/** A pool and the address it listens on. */
export interface Listener {
  readonly pool: Pool;
  readonly address: Address;
  /** The machine that it runs on; `null`: that of nginx. */
  readonly machine: MachineSpec | null;
}

/** The pools that listen, and how paths of the host compare. */
interface Listening {
  readonly listeners: readonly Listener[];
  /** Pools whose `listen` is made by a template. */
  readonly possible: readonly PossibleListener[];
  /** The path of a socket as it compares, links followed. */
  readonly sameDirectory: (path: string) => string;
  /** Machines beside nginx's that run PHP-FPM. */
  readonly machines: readonly MachineSpec[];
  /** A file describes the container that nginx runs in, together with the machines. */
  readonly described: boolean;
  /** Names of containers, whatever runs in them. */
  readonly neighbours: ReadonlySet<string>;
  /** The same text for paths that are one file of a volume; `null`: it is in none. */
  readonly spotOf: (path: string) => string | null;
}

interface Context extends Listening {
  /** Listeners by the meeting point of their address: `meetingPoint`. */
  readonly met: ReadonlyMap<string, readonly Listener[]>;
  /**
   * The directory that relative socket paths count from; `null`: wherever nginx was started, `undefined`:
   * unknown.
   */
  readonly directory: string | null | undefined;
  /** The port of the first `*_pass` to each host: a later one without a port joins that group. */
  readonly joined: ReadonlyMap<string, number>;
  readonly followed: Followed;
}

/**
 * How many connections from a location to one server of its upstream may be followed: each of a thousand
 * locations may name an upstream of a thousand servers. Both numbers grow with what was read, their product
 * does not.
 */
export const CONNECTIONS = { floor: 50_000, perDirective: 8 };

/** What counts the connections; the first `*_pass` that was not followed, or `null`. */
interface Followed {
  readonly most: number;
  made: number;
  cut: Node | null;
}

/** The account of one host. */
export function startFollowing(root: Node): Followed {
  const directives = descendants(root).length;
  return { most: CONNECTIONS.floor + CONNECTIONS.perDirective * directives, made: 0, cut: null };
}

/** Every `fastcgi_pass` that can get a request, in the order of the files. */
export function readBindings(
  root: Node,
  upstreams: Upstreams,
  listening: Listening,
  followed: Followed,
): readonly Binding[] {
  const bindings: Binding[] = [];
  const context = { ...contextOf(root, listening), followed };
  for (const pass of everywhere(root, "fastcgi_pass")) {
    if (pass.parent === null || !answers(pass, pass.parent)) continue;
    const location = enclosing(pass, "location") ?? pass.parent;
    const server = enclosing(pass, "server");
    const targets = targetsOf(pass, argument(pass, 0) ?? "", upstreams, context);
    bindings.push({
      pass,
      block: pass.parent,
      location,
      server,
      serves: serves(pass, location, targets),
      targets,
      label: labelOf(location, server),
    });
  }
  return bindings;
}

/**
 * Every `proxy_pass`, `uwsgi_pass` and `scgi_pass` of `http` that can get a request, in the order of the
 * files.
 */
export function readOtherPasses(
  root: Node,
  upstreams: Upstreams,
  listening: Listening,
  followed: Followed,
): readonly OtherPass[] {
  const passes: OtherPass[] = [];
  const context = { ...contextOf(root, listening), followed };
  for (const pass of everywhereOf(root, ["proxy_pass", "uwsgi_pass", "scgi_pass"])) {
    if (pass.parent === null || !answers(pass, pass.parent)) continue;
    const server = enclosing(pass, "server");
    if (enclosing(pass, "http") === null && enclosing(pass, "stream") !== null) continue;
    const location = enclosing(pass, "location") ?? pass.parent;
    const targets = targetsOf(pass, withoutScheme(argument(pass, 0) ?? ""), upstreams, context);
    passes.push({ pass, location, server, targets, label: labelOf(location, server) });
  }
  return passes;
}

/** `http://unix:/run/app.sock:/path` → `unix:/run/app.sock`, `http://php:9000/path` → `php:9000`. */
function withoutScheme(text: string): string {
  const [, scheme = "", rest = text] = /^([a-z]+:\/\/)(.*)$/is.exec(text) ?? [];
  if (scheme === "" || !/^https?:/i.test(scheme)) return rest;
  return rest.startsWith("unix:") ? rest.replace(/^(unix:[^:]*):.*$/s, "$1") : rest.replace(/[/?#].*$/s, "");
}

function contextOf(root: Node, listening: Listening): Omit<Context, "followed"> {
  return {
    ...listening,
    met: byMeetingPoint(listening.listeners),
    directory: workingDirectory(root),
    joined: portsByHost(root),
  };
}

const PASSES = ["fastcgi_pass", "proxy_pass", "uwsgi_pass", "scgi_pass", "grpc_pass"];

/** Written ports alone, and 80 or 443 of a URL: see `joins` of nginx/invalid-address for what nginx refuses. */
function portsByHost(root: Node): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  for (const pass of everywhereOf(root, PASSES)) {
    const scheme = /^(https?):/i.exec(argument(pass, 0) ?? "")?.[1] ?? "";
    const address = nginxAddress(withoutScheme(argument(pass, 0) ?? ""));
    if (address?.kind !== "tcp" || found.has(address.host)) continue;
    const usual = scheme === "" ? null : /s$/i.test(scheme) ? 443 : 80;
    const port = address.port ?? usual;
    if (port !== null) found.set(address.host, port);
  }
  return found;
}

function byMeetingPoint(listeners: readonly Listener[]): ReadonlyMap<string, readonly Listener[]> {
  return grouped(
    listeners.flatMap((listener) => {
      const { address, machine } = listener;
      const spot = address.kind === "unix" ? (machine?.facts?.spotOf(address.path) ?? null) : null;
      const here = [meetingPoint(address), listener] as const;
      return spot === null ? [here] : [here, [spot, listener] as const];
    }),
  );
}

function workingDirectory(root: Node): string | null | undefined {
  const [written] = childrenNamed(root, "working_directory");
  if (written === undefined) return root.partial ? undefined : null;
  const [path] = written.directive.args;
  return path?.text.startsWith("/") === true && !path.placeholder ? path.text : undefined;
}

/**
 * Whether this `*_pass` gets requests: a later one on its level replaces it, and requests may not get there
 * at all (`return`, `deny all`, an earlier location with the same pattern).
 */
export function answers(pass: Node, block: Node): boolean {
  if (!arrives(block)) return false;
  const later = block.children.slice(block.children.indexOf(pass) + 1);
  // In a template, a directive of another branch replaces nothing.
  return !later.some(
    (node) =>
      /^(fastcgi|proxy|uwsgi|scgi|grpc|memcached)_pass$/.test(node.name) &&
      (always(node) || (!always(pass) && mayMeet(node, pass))),
  );
}

function targetsOf(pass: Node, written: string, upstreams: Upstreams, listening: Context): readonly Target[] {
  const at = argumentPlace(pass, 0);
  const values = pass.parent === null ? null : possibleValues(pass.parent, written, at);
  const targets: Target[] = [];
  for (const value of values ?? [{ text: written, place: at, sure: true }]) {
    const group = upstreams.get(value.text.toLowerCase());
    if (group !== undefined) {
      if (isTooMuch(pass, upstreamServers(group).length, listening.followed)) continue;
      targets.push(...groupTargets(group, at, listening).filter((one) => isBelieved(one, value)));
      continue;
    }
    const direct = directTarget(value, value.place === at ? null : at, upstreams, listening);
    if (direct !== null) targets.push({ ...direct, upstream: null, down: false, backup: false });
  }
  return targets;
}

/** Counts the servers of an upstream; `true`: they are not followed, and who would pass to them is unknown. */
function isTooMuch(pass: Node, servers: number, followed: Followed): boolean {
  if (followed.made + servers > followed.most) followed.cut ??= pass;
  else followed.made += servers;
  return followed.cut !== null;
}

/** A server outside of an upstream: an address, or what a template makes of one. `null`: there is none that counts. */
function directTarget(
  value: PossibleValue,
  through: Place | null,
  upstreams: Upstreams,
  listening: Context,
): DirectTarget | null {
  const { text, place } = value;
  const written = readAddress(text, listening);
  const joined =
    through === null && written?.kind === "tcp" && written.port === null
      ? (listening.joined.get(written.host) ?? null)
      : null;
  const address = joined !== null && written?.kind === "tcp" ? { ...written, port: joined } : written;
  if (address === null) {
    const found = templateTarget(text, place, through, listening.possible);
    if (found !== null && found.pools.length > 0) return found;
    return hostTarget(text, place, through, listening.listeners);
  }
  // nginx refuses an upstream's name with a port; a name without one can only be an upstream that is not in the tree.
  if (address.kind === "tcp" && (address.port === null || (through === null && upstreams.has(address.host))))
    return null;
  const found = target(address, place, through, listening);
  return isBelieved(found, value) ? found : null;
}

/** A value put together from choices that may exclude each other counts only if a pool listens there. */
function isBelieved({ pools }: DirectTarget, { sure }: PossibleValue): boolean {
  return sure || pools.length > 0;
}

function readAddress(text: string, { directory }: Context): Address | null {
  const relative = directory === undefined ? null : relativeSocket(text);
  return relative === null ? nginxAddress(text) : inDirectory(relative, directory ?? null);
}

function groupTargets(group: Node, through: Place, listening: Context): readonly Target[] {
  const [name] = group.directive.args;
  const upstream = name === undefined ? "" : shownWord(group, name);
  const targets = upstreamServers(group).flatMap((server) => {
    const found = serverTarget(server, through, listening);
    return found === null ? [] : [{ ...found, upstream, down: server.down, backup: server.backup }];
  });
  // A template may add more servers, and one of them may answer.
  return group.directive.gap ? targets.filter(({ pools }) => pools.length > 0) : targets;
}

function serverTarget({ node, address: text, open }: UpstreamServer, through: Place, listening: Context) {
  const at = argumentPlace(node, 0);
  const address = readAddress(text, listening);
  if (address === null) {
    const found = templateTarget(text, at, through, listening.possible);
    return found !== null && found.pools.length > 0
      ? found
      : (hostTarget(text, at, through, listening.listeners) ?? found);
  }
  // In an upstream nginx uses port 80 where none is written.
  const full: Address = address.kind === "tcp" ? { ...address, port: address.port ?? 80 } : address;
  const found = target(full, at, through, listening);
  // A server that may be down is as unknown as one that a template fills in.
  return open && found.pools.length === 0 ? { ...found, address: unknownAddress(at) } : found;
}

function target(address: Address, place: Place, through: Place | null, listening: Context): DirectTarget {
  const { met, possible, sameDirectory } = listening;
  const real: Address =
    address.kind === "tcp" || isRelative(address)
      ? address
      : { kind: "unix", path: sameDirectory(address.path) };
  const near = unique(
    [real, ...addressesBehind(real, listening.machines)].flatMap((one) => met.get(meetingPoint(one)) ?? []),
  );
  const spot = real.kind === "unix" ? listening.spotOf(real.path) : null;
  const volume = spot === null ? [] : (met.get(spot) ?? []);
  const sure = [...volume, ...near.filter((listener) => isReached(real, spot, listener, listening))];
  const pools = unique(sure.map(({ pool }) => pool));
  const chosen = pools.length > 0 ? null : chosenTarget(real, place, through, possible);
  if (chosen !== null) return chosen;
  const found = { address: real, place, through, pools, assumed: false };
  if (pools.length > 0)
    return real.kind === "tcp" && !isLocal(real) && !listening.described
      ? { ...found, assumed: named(near, real) }
      : found;
  if (isLocal(real)) {
    // The socket of another container is there where a volume is that nothing tells of. And where nothing
    // tells that nginx runs in a container, PHP-FPM of an image may be what runs beside it.
    const others = near.filter(
      ({ machine, address: listen }) =>
        machine !== null && (real.kind === "unix" || !listening.described) && reaches(real, listen),
    );
    return { ...found, ...guessed(others.map(({ pool }) => pool)) };
  }
  const host = real.kind === "tcp" ? real.host : "";
  const machine = listening.machines.find(({ names }) => names?.includes(host));
  if (machine !== undefined) {
    return listening.described && portAt(machine, real) !== null ? { ...found, closed: machine } : found;
  }
  // Another container of the project has the name.
  return listening.neighbours.has(host) ? found : { ...found, ...guessed(byPort(real, near)) };
}

function guessed(pools: readonly Pool[]): Pick<DirectTarget, "pools" | "assumed"> {
  return { pools, assumed: pools.length > 0 };
}

/** Whether a name was what led to a pool of a machine. */
function named(near: readonly Listener[], { host }: TcpAddress): boolean {
  return near.some(({ machine }) => machine?.names?.includes(host) === true);
}

/** Whether a connection of nginx to this address surely gets to the listener. `spot`: the place of a socket in a volume. */
function isReached(
  real: Address,
  spot: string | null,
  { address, machine }: Listener,
  { described }: Context,
): boolean {
  if (machine === null) return reaches(real, address);
  if (machine.sharesNetwork && real.kind === "tcp" && reaches(real, address)) return true;
  // A socket is in both containers where a volume is; without one it is another file of the same name.
  if (real.kind === "unix") return spot === null && !described && reaches(real, address);
  return (
    machine.names?.includes(real.host) === true &&
    address.kind === "tcp" &&
    real.port !== null &&
    address.port === portAt(machine, real) &&
    !isLoopbackOnly(address)
  );
}

/**
 * The pools that may be at a service name (`php:9000`), which is another container: the one pool of the tree
 * that listens on this port for other machines is taken to run in it.
 */
function byPort(address: Address, listeners: readonly Listener[]): readonly Pool[] {
  if (address.kind === "unix") return [];
  const pools = listeners
    .filter(
      (listener) =>
        listener.address.kind === "tcp" &&
        listener.address.port === address.port &&
        !isLoopbackOnly(listener.address) &&
        listener.machine?.names == null,
    )
    .map(({ pool }) => pool);
  if (pools.length <= 1) return pools;
  // With several containers, the one whose directory has the service's name: `services/php82/` for
  // `php82:9000`.
  const named = pools.filter(({ section }) => section.span.file.path.split("/").includes(address.host));
  return named.length === 1 ? named : [];
}

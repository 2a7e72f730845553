/** From what a log line names to the configuration: server, location, `fastcgi_pass`, pool. */

import { serversOf } from "../evidence/meetings.js";
import type { Pool } from "../fpm/types.js";
import type { LoggedRequest } from "../logs/line.js";
import { type Address, nginxAddress, reaches } from "../model/address/address.js";
import { allPools, type Binding, type Host, type Target } from "../model/host.js";
import { chooseLocation } from "../nginx/location/choose.js";
import { argument, childrenNamed } from "../nginx/tree/nodes.js";
import type { Node } from "../nginx/types.js";
import { grouped, unique } from "../source/collect.js";
import { perKey } from "../source/memo.js";

/** What a line is about, as far as the files tell. */
export interface Joined {
  readonly host: Host;
  /** `null`: the line names no server, or one that the files do not have. */
  readonly server: Node | null;
  /** The location that answers; `null`: unknown. */
  readonly location: Node | null;
  /** The locations that hand requests to that address; empty: none does. */
  readonly bindings: readonly Binding[];
  /** Where the requests go in these; several for an address that several name. */
  readonly targets: readonly Target[];
  /** The pools that answer there, or the one that the line names; empty: unknown, or there is none. */
  readonly pools: readonly Pool[];
}

/** What a line says of where it happened. */
export interface Named {
  readonly request: LoggedRequest | null;
  /** As it is written in the line: `unix:/run/php/a.sock`, `127.0.0.1:9000`; `null`: none. */
  readonly address: string | null;
  /** A pool of PHP-FPM; `null`: none. */
  readonly pool: string | null;
}

export function join(host: Host, { request, address, pool }: Named): Joined {
  const servers = request === null ? [] : serversNamed(host, request.server, request.host);
  const meant = addressOf(request?.upstream ?? "") ?? addressOf(address ?? "");
  const inServers =
    servers.length === 0 ? host.bindings : host.bindings.filter(({ server }) => isOneOf(server, servers));
  const path = request?.path ?? "";
  const reached =
    meant === null ? [] : inServers.filter(({ targets }) => targets.some((one) => leadsTo(one, meant)));
  const fitting = reached.length > 0 ? reached : meant === null || hasOnlyNames(inServers) ? inServers : [];
  const bindings = likely(fitting, servers, path);
  const targets = bindings.flatMap((binding) =>
    reached.length === 0 || meant === null
      ? binding.targets
      : binding.targets.filter((one) => leadsTo(one, meant)),
  );
  const location = bindings[0]?.location ?? locationOf(servers, path);
  const server = bindings[0]?.server ?? servers[0] ?? null;
  const known = pool === null ? [] : allPools(host).filter(({ name }) => name === pool);
  const pools = pool === null ? unique(targets.flatMap((target) => target.pools)) : known;
  if (pool === null || request !== null) return { host, server, location, bindings, targets, pools };
  // The line is of PHP-FPM: whoever hands requests to that pool is meant.
  const own = host.bindings.filter((binding) =>
    binding.targets.some((one) => one.pools.some((p) => known.includes(p))),
  );
  return {
    host,
    server: null,
    location: own[0]?.location ?? null,
    bindings: own,
    targets: own.flatMap((one) => one.targets),
    pools,
  };
}

function isOneOf(server: Node | null, servers: readonly Node[]): boolean {
  return server !== null && servers.includes(server);
}

/** Servers whose first name is that; without a name those that have the `Host` among their names, else all without names. */
function serversNamed(host: Host, name: string, asked: string): readonly Node[] {
  const first = byFirstName(host).get(name) ?? [];
  if (first.length < 2 || name !== "") return first;
  const named = serversOf(host)
    .map(({ server }) => server)
    .filter((server) => namesOf(server).includes(asked));
  return named.length > 0 ? named : first;
}

const byFirstName = perKey((host: Host) =>
  grouped(serversOf(host).map(({ server }) => [firstName(server), server] as const)),
);

function namesOf(server: Node): readonly string[] {
  return childrenNamed(server, "server_name").flatMap(({ directive }) =>
    directive.args.map(({ text }) => text),
  );
}

function firstName(server: Node): string {
  const [first] = childrenNamed(server, "server_name");
  const name = first === undefined ? "" : (argument(first, 0) ?? "");
  // nginx writes a name that begins with a dot, or with its wildcard, as it is there.
  return name === '""' ? "" : name.toLowerCase();
}

/** `fastcgi://unix:/run/a.sock:`, `fastcgi://10.0.0.1:9000`, `unix:/run/a.sock`; `null`: none, or it cannot be read. */
export function addressOf(text: string): Address | null {
  const bare = text.replace(/^[a-z]{1,10}:\/\//, "");
  if (bare === "") return null;
  return nginxAddress(bare.startsWith("unix:") ? bare.replace(/:$/, "") : bare.replace(/\/.*$/s, ""));
}

export function leadsTo({ address }: Target, meant: Address): boolean {
  return reaches(address, meant) || reaches(meant, address);
}

/** Names are looked up, and the log has numbers. */
function hasOnlyNames(bindings: readonly Binding[]): boolean {
  const targets = bindings.flatMap((binding) => binding.targets);
  return targets.length > 0 && targets.every((one) => one.address.kind === "tcp" && !isNumeric(one));
}

/** Whether nginx's log names it as the files do: a socket, or an address that is no name. */
export function isNumeric({ address }: Target): boolean {
  return address.kind !== "tcp" || /^[\d.:a-f]+$/.test(address.host);
}

/** Those of the location that the path leads to, or of the one for scripts that it falls back to; all where none does. */
function likely(bindings: readonly Binding[], servers: readonly Node[], path: string): readonly Binding[] {
  if (bindings.length < 2) return bindings;
  for (const uri of [path, `${path.replace(/\/[^/]*$/, "")}/index.php`, "/index.php"]) {
    const location = uri === "" ? null : locationOf(servers, uri);
    const own = bindings.filter((binding) => binding.location === location);
    if (own.length > 0) return own;
  }
  return bindings;
}

function locationOf(servers: readonly Node[], path: string): Node | null {
  for (const server of servers) {
    const choice = path.startsWith("/") ? chooseLocation(server, path) : null;
    if (choice !== null && !("unclear" in choice) && choice.location !== null) return choice.location;
  }
  return null;
}

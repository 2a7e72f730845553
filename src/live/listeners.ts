import type { HostFilesystem } from "../host/filesystem.js";
import { fieldIn, textOf } from "../host/text.js";
import { type Address, meetingPoint, reaches } from "../model/address/address.js";
import type { Host } from "../model/host.js";
import {
  type KernelConnection,
  type KernelListen,
  tcpConnections,
  tcpListens,
  unixConnections,
  unixListens,
} from "../model/listen/kernel-sockets.js";
import { listenAddress } from "../model/listen/nginx-listens.js";
import { poolListens } from "../model/listen/pool-listens.js";
import { pidsOf } from "../model/machine/processes.js";
import { argument, everywhere } from "../nginx/tree/nodes.js";
import { grouped } from "../source/collect.js";
import type { FpmFacts, ListenerFacts, NginxFacts, ProcessFacts } from "./facts.js";
import type { Machine } from "./machine.js";
import { descriptorsOf, socketsIn } from "./processes.js";

/** The sockets that wait for connections, and the connections that pools have. */

/** Of Unix sockets by path, as `ss` prints them: how many wait, and how many may. */
export type Queues = ReadonlyMap<string, { readonly waiting: number; readonly most: number }>;

/** Every address on which the files say that somebody listens, or that nginx connects to. */
function configuredAddresses(host: Host): readonly Address[] {
  const targets = host.bindings.flatMap((one) => one.targets.map(({ address }) => address));
  const { listens, status } = poolListens(host);
  const own = listens.flatMap(({ address }) => address ?? []);
  const ports = host.nginx === null ? [] : everywhere(host.nginx.root, "listen");
  const nginx = ports.flatMap((node) => listenAddress(argument(node, 0) ?? "") ?? []);
  return [...targets, ...own, ...[...status.values()].flat(), ...nginx];
}

/** Who listens on the addresses of both halves, and what is connected to the pools. `net`: whose tables of the kernel. */
export function listenersOf(
  host: Host,
  { fs, later }: Machine,
  net: string,
  nginx: readonly NginxFacts[],
  fpm: readonly FpmFacts[],
  queues: Queues,
): readonly ListenerFacts[] {
  const wanted = configuredAddresses(host);
  const paths = new Set(wanted.flatMap((one) => (one.kind === "unix" ? [one.path] : [])));
  const ports = new Set(wanted.flatMap((one) => (one.kind === "tcp" ? [one.port] : [])));
  const found: readonly KernelListen[] = [
    ...tcpListens(fs, net).filter(({ address }) => ports.has(address.port)),
    ...unixListens(fs, net).filter(({ address }) => paths.has(address.path)),
  ];
  const passed = ofPools(host);
  const now = connectionsOf(fs, net, passed);
  const then = later === null ? null : connectionsOf(later, "/proc/net", passed);
  const daemons = grouped(ownersOf(nginx, fpm));
  const strange = new Set(found.map(({ inode }) => inode).filter((inode) => !daemons.has(inode)));
  const strangers = grouped(strange.size === 0 ? [] : strangersOf(fs, strange));
  const points = grouped(found.map((one) => [meetingPoint(one.address), one] as const));
  return found.map((listen) => {
    const { address, inode } = listen;
    const queue = address.kind === "unix" ? queues.get(address.path) : undefined;
    const own = (all: Connections): readonly KernelConnection[] =>
      (all.get(meetingPoint(address)) ?? []).filter((one) => reaches(one.address, address));
    const held = own(now);
    // A path stays in the table when its file is removed and another socket takes its place.
    const alone = points.get(meetingPoint(address))?.length === 1;
    const counted =
      address.kind === "unix" && alone && isPassed(passed, address) ? waitingIn(held).length : null;
    const taken = held.flatMap((one) => one.inode ?? []);
    return {
      address,
      inode,
      waiting: queue?.waiting ?? listen.waiting ?? counted,
      most: queue?.most ?? null,
      taken,
      later: then === null ? null : stillSo(taken, waitingIn(held), own(then)),
      owners: daemons.get(inode) ?? strangers.get(inode) ?? [],
    };
  });
}

/** Addresses that are looked at for their connections: those of pools, and not those of nginx. */
interface Passed {
  readonly ports: ReadonlySet<number>;
  readonly paths: ReadonlySet<string>;
}

function ofPools(host: Host): Passed {
  const addresses = [
    ...host.bindings.flatMap((one) => one.targets.map(({ address }) => address)),
    ...poolListens(host).listens.flatMap(({ address }) => address ?? []),
  ];
  return {
    ports: new Set(addresses.flatMap((one) => (one.kind === "tcp" ? (one.port ?? []) : []))),
    paths: new Set(addresses.flatMap((one) => (one.kind === "unix" ? one.path : []))),
  };
}

function isPassed({ ports, paths }: Passed, address: Address): boolean {
  return address.kind === "unix" ? paths.has(address.path) : address.port !== null && ports.has(address.port);
}

/** By the meeting points of their addresses. */
type Connections = ReadonlyMap<string, readonly KernelConnection[]>;

function connectionsOf(fs: HostFilesystem, net: string, { ports, paths }: Passed): Connections {
  const all = [...tcpConnections(fs, net, ports), ...unixConnections(fs, net, paths)];
  return grouped(all.map((one) => [meetingPoint(one.address), one] as const));
}

function waitingIn(connections: readonly KernelConnection[]): readonly KernelConnection[] {
  return connections.filter(({ inode }) => inode === null);
}

function stillSo(
  taken: readonly string[],
  waiting: readonly KernelConnection[],
  then: readonly KernelConnection[],
): ListenerFacts["later"] {
  const [held, names] = [
    new Set(then.map(({ inode }) => inode)),
    new Set(waitingIn(then).map(({ name }) => name)),
  ];
  const hidden = waiting.some(({ name }) => name === null) && names.has(null);
  return {
    taken: taken.filter((inode) => held.has(inode)),
    waiting: hidden ? null : waiting.filter(({ name }) => name !== null && names.has(name)).length,
  };
}

type Owned = readonly [inode: string, owner: ListenerFacts["owners"][number]];

function ownersOf(nginx: readonly NginxFacts[], fpm: readonly FpmFacts[]): readonly Owned[] {
  const ofNginx = nginx.flatMap(({ master, workers, ours }) =>
    ownedBy([master, ...workers], {
      name: "nginx",
      daemon: ours ? "nginx" : null,
      master: null,
      orphan: false,
    }),
  );
  const ofFpm = fpm.flatMap(({ master, workers, index }) =>
    ownedBy([master, ...workers], {
      name: "php-fpm",
      daemon: "php-fpm",
      master: index,
      orphan: false,
    }),
  );
  return [...ofNginx, ...ofFpm];
}

function ownedBy(processes: readonly ProcessFacts[], who: Omit<Owned[1], "pid">): readonly Owned[] {
  return processes.flatMap(({ pid, sockets }) =>
    (sockets ?? []).map((inode): Owned => [inode, { pid, ...who }]),
  );
}

/** Asks all other processes, where something is listened on that neither daemon holds. */
function strangersOf(fs: HostFilesystem, wanted: ReadonlySet<string>): readonly Owned[] {
  return pidsOf(fs).flatMap((pid) =>
    socketsIn(descriptorsOf(fs, pid) ?? [])
      .filter((inode) => wanted.has(inode))
      .map((inode): Owned => {
        const name = textOf(fs, `/proc/${pid}/comm`).trim();
        return [inode, { pid: Number(pid), name, daemon: null, master: null, orphan: isOrphan(fs, pid) }];
      }),
  );
}

/** Whether it has the title of a worker of PHP-FPM, and what started it is no master. */
function isOrphan(fs: HostFilesystem, pid: string): boolean {
  if (!textOf(fs, `/proc/${pid}/cmdline`).startsWith("php-fpm: pool ")) return false;
  const parent = fieldIn(textOf(fs, `/proc/${pid}/status`), "PPid") ?? "";
  return !textOf(fs, `/proc/${parent}/cmdline`).startsWith("php-fpm: master process");
}

import type { HostFilesystem } from "../../host/filesystem.js";
import { textOf } from "../../host/text.js";
import { socketPath, type TcpAddress, type UnixAddress } from "../address/address.js";
import { canonicalHost } from "../address/canonical.js";

/** The sockets that wait for connections, as the kernel of a running machine lists them. */

/** One of them. */
export interface KernelListen<A = TcpAddress | UnixAddress> {
  readonly address: A;
  /** The number by which `/proc/PID/fd` names it. */
  readonly inode: string;
  /** Connections that nobody has accepted yet; `null`: this table does not tell. */
  readonly waiting: number | null;
}

/** TCP ports on which the machine listens; empty where the host is no running machine. `net`: which process's view. */
export function tcpListens(fs: HostFilesystem, net = "/proc/net"): readonly KernelListen<TcpAddress>[] {
  return [`${net}/tcp`, `${net}/tcp6`].flatMap((path) =>
    textOf(fs, path)
      .split("\n")
      .flatMap((line) => {
        const [, local = "", , state, queues = "", , , , , inode = ""] = line.trim().split(/\s+/);
        const [, host, port] = /^([0-9A-F]+):([0-9A-F]{4})$/.exec(local) ?? [];
        if (host === undefined || port === undefined || state !== LISTEN) return [];
        const address: TcpAddress = { kind: "tcp", host: hostOf(host), port: Number.parseInt(port, 16) };
        const waiting = Number.parseInt(queues.split(":")[1] ?? "", 16);
        return [{ address, inode, waiting: Number.isNaN(waiting) ? null : waiting }];
      }),
  );
}

/** The kernel's number for a TCP socket that waits for connections. */
const LISTEN = "0A";

/** What `listen` sets on a Unix socket: the flag, and the state. */
const WAITS = /^[0-9a-f]+: [0-9A-F]+ [0-9A-F]+ 00010000 0001 01 +(\d+) (\/.*)$/i;

/** Unix sockets with a path that somebody listens on. A path stays here when its file is removed. */
export function unixListens(fs: HostFilesystem, net = "/proc/net"): readonly KernelListen<UnixAddress>[] {
  return textOf(fs, `${net}/unix`)
    .split("\n")
    .flatMap((line) => {
      const [, inode, path] = WAITS.exec(line) ?? [];
      if (inode === undefined || path === undefined) return [];
      return [{ address: { kind: "unix", path: socketPath(path) } as const, inode, waiting: null }];
    });
}

/** A connection to a socket of this machine, as its listening side has it. */
export interface KernelConnection<A = TcpAddress | UnixAddress> {
  /** Where it was connected to. */
  readonly address: A;
  /** The number by which `/proc/PID/fd` of the process that took it names it; `null`: nobody has taken it yet. */
  readonly inode: string | null;
  /** Tells it from others of its address for as long as it lasts; `null`: the kernel hides that from the reader. */
  readonly name: string | null;
}

/** Connections to some TCP ports. `net`: which process's view, or a table that was kept. */
export function tcpConnections(
  fs: HostFilesystem,
  net: string,
  ports: ReadonlySet<number>,
): readonly KernelConnection<TcpAddress>[] {
  return [`${net}/tcp`, `${net}/tcp6`].flatMap((path) =>
    textOf(fs, path)
      .split("\n")
      .flatMap((line) => {
        const [, host = "", hex = "", peer = "", inode = ""] = HOLDS.exec(line) ?? [];
        const port = Number.parseInt(hex, 16);
        if (!ports.has(port)) return [];
        const address: TcpAddress = { kind: "tcp", host: hostOf(host), port };
        return [{ address, inode: inode === "0" ? null : inode, name: peer }];
      }),
  );
}

/**
 * A connection that lasts, or whose client has hung up while the answer is still made. Those that were closed on this
 * side belong to no process either, and are in other states.
 */
const HOLDS =
  /^ *\d+: ([0-9A-F]+):([0-9A-F]{4}) ([0-9A-F]+:[0-9A-F]{4}) 0[18] [0-9A-F]+:[0-9A-F]+ [0-9A-F]+:[0-9A-F]+ [0-9A-F]+ +\d+ +\d+ (\d+) /;

/** The address in the kernel's memory, the state and the number of a connection to a Unix socket with a path. */
const TAKEN_OR_WAITS = /^([0-9a-f]+): [0-9A-F]+ [0-9A-F]+ 00000000 0001 0[23] +(\d+) (\/.*)$/i;

/** Connections to some Unix sockets. */
export function unixConnections(
  fs: HostFilesystem,
  net: string,
  paths: ReadonlySet<string>,
): readonly KernelConnection<UnixAddress>[] {
  return textOf(fs, `${net}/unix`)
    .split("\n")
    .flatMap((line) => {
      const [, at = "", inode, written] = TAKEN_OR_WAITS.exec(line) ?? [];
      const path = written === undefined ? "" : socketPath(written);
      if (inode === undefined || !paths.has(path)) return [];
      return [
        {
          address: { kind: "unix", path } as const,
          inode: inode === "0" ? null : inode,
          name: /^0+$/.test(at) ? null : at,
        },
      ];
    });
}

/**
 * An address as the kernel prints it: each four bytes as one number, in the byte order of the machine,
 * which is read as little-endian.
 */
function hostOf(hex: string): string {
  const bytes = [...hex.matchAll(/(..)(..)(..)(..)/g)].flatMap(([, a, b, c, d]) => [d, c, b, a]);
  if (bytes.length === 4) return bytes.map((byte) => Number.parseInt(byte ?? "", 16)).join(".");
  if (bytes.every((byte) => byte === "00")) return "*";
  return canonicalHost(`[${(bytes.join("").match(/.{4}/g) ?? []).join(":")}]`);
}

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

import type { HostFilesystem } from "../host/filesystem.js";
import { glob } from "../host/glob.js";
import { type Address, reaches, socketPath, type TcpAddress } from "./address.js";
import { type Assignment, assignmentsOf } from "./assignments.js";
import { canonicalHost } from "./canonical.js";
import type { Host } from "./host.js";
import { textOf } from "./text.js";

/** Programs besides nginx and the pools that were read: php-cgi, containers, another PHP-FPM. */

/** Whether another program listens at an address of this machine, by its files or by the kernel of the live host. */
export function othersListen({ fs }: Pick<Host, "fs">, address: Address): boolean {
  if (startedElsewhere(fs, address) || handedOn(fs, address)) return true;
  return address.kind === "tcp" && kernelListens(fs).some((listen) => reaches(address, listen));
}

const UNITS = [
  "/etc/systemd/system",
  "/run/systemd/system",
  "/usr/lib/systemd/system",
  "/lib/systemd/system",
];

/** A unit that starts something else with this address as an argument, or that listens for it. */
function startedElsewhere(fs: HostFilesystem, address: Address): boolean {
  return startLines(fs).some(({ value }) => value.split(/[\s"']+/).some((word) => names(word, address)));
}

const known = new WeakMap<HostFilesystem, readonly Assignment[]>();

function startLines(fs: HostFilesystem): readonly Assignment[] {
  const lines =
    known.get(fs) ??
    UNITS.flatMap((directory) => ["service", "socket"].flatMap((kind) => glob(fs, `${directory}/*.${kind}`)))
      .flatMap((path) => assignmentsOf(fs, path))
      .filter(
        ({ key, value }) => key === "ListenStream" || (key === "ExecStart" && !/^\S*php-fpm/.test(value)),
      );
  known.set(fs, lines);
  return lines;
}

/** HAProxy and stunnel, which hand on what they take to other machines. */
function handedOn(fs: HostFilesystem, address: Address): boolean {
  return [...glob(fs, "/etc/haproxy/*.cfg"), ...glob(fs, "/etc/stunnel/*.conf")]
    .flatMap((path) => [...textOf(fs, path).matchAll(/^\s*(?:bind\s|accept\s*=)\s*(\S+)/gm)])
    .some(([, word = ""]) => names(word, address));
}

/** `/run/php.sock`, `unix:/run/php.sock`, `--socket=/run/php.sock`; `9000`, `127.0.0.1:9000`, `9000:9000`. */
function names(word: string, address: Address): boolean {
  if (address.kind === "tcp") return word.split(/[:=]/).includes(String(address.port));
  const path = word.slice(word.indexOf("/"));
  return word.includes("/") && socketPath(path) === address.path;
}

/** TCP ports on which the machine listens; only the live host tells. */
function kernelListens(fs: HostFilesystem): readonly TcpAddress[] {
  return ["/proc/net/tcp", "/proc/net/tcp6"].flatMap((path) =>
    textOf(fs, path)
      .split("\n")
      .flatMap((line) => {
        const [, local, port, state] =
          /^\s*\d+: ([0-9A-F]+):([0-9A-F]{4}) [0-9A-F]+:[0-9A-F]{4} ([0-9A-F]{2}) /.exec(line) ?? [];
        if (local === undefined || port === undefined || state !== LISTEN) return [];
        return [{ kind: "tcp", host: hostOf(local), port: Number.parseInt(port, 16) } as const];
      }),
  );
}

/** The kernel's number for a socket that waits for connections. */
const LISTEN = "0A";

/** The kernel prints each four bytes of an address as one number in its own order of bytes, which is taken for little-endian. */
function hostOf(hex: string): string {
  const bytes = [...hex.matchAll(/(..)(..)(..)(..)/g)].flatMap(([, a, b, c, d]) => [d, c, b, a]);
  if (bytes.length === 4) return bytes.map((byte) => Number.parseInt(byte ?? "", 16)).join(".");
  if (bytes.every((byte) => byte === "00")) return "*";
  return canonicalHost(`[${(bytes.join("").match(/.{4}/g) ?? []).join(":")}]`);
}

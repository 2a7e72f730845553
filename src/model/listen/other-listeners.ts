import type { HostFilesystem } from "../../host/filesystem.js";
import { glob } from "../../host/glob.js";
import { UNIT_DIRECTORIES } from "../../host/system-directories.js";
import { textOf } from "../../host/text.js";
import { type Address, reaches, socketPath, type TcpAddress } from "../../model/address/address.js";
import type { Host } from "../../model/host.js";
import { assignmentsOf } from "../../model/machine/unit-file.js";
import { perKey } from "../../source/memo.js";
import { tcpListens } from "./kernel-sockets.js";

/** Programs other than nginx and the pools that were read: php-cgi, containers, another PHP-FPM. */

/**
 * Whether another program listens on an address of this machine, by its files or by the kernel of the live
 * host.
 */
export function othersListen({ fs }: Pick<Host, "fs">, address: Address): boolean {
  const { words, ports } = othersOf(fs);
  if (words.some((word) => names(word, address))) return true;
  return address.kind === "tcp" && ports.some((listen) => reaches(address, listen));
}

interface Others {
  /** What may be the address of another program. */
  readonly words: readonly string[];
  readonly ports: readonly TcpAddress[];
}

const othersOf = perKey(
  (fs: HostFilesystem): Others => ({
    words: [...started(fs), ...handedOn(fs)],
    ports: tcpListens(fs).map(({ address }) => address),
  }),
);

/** The arguments of units that start another program, and the addresses that units listen on. */
function started(fs: HostFilesystem): readonly string[] {
  return UNIT_DIRECTORIES.flatMap((directory) =>
    ["service", "socket"].flatMap((kind) => glob(fs, `${directory}/*.${kind}`)),
  )
    .flatMap((path) => assignmentsOf(fs, path))
    .filter(({ key, value }) => key === "ListenStream" || (key === "ExecStart" && !/^\S*php-fpm/.test(value)))
    .flatMap(({ value }) => value.split(/[\s"']+/));
}

/** The addresses on which HAProxy and stunnel listen, to pass connections on to other machines. */
function handedOn(fs: HostFilesystem): readonly string[] {
  return [...glob(fs, "/etc/haproxy/*.cfg"), ...glob(fs, "/etc/stunnel/*.conf")]
    .flatMap((path) => [...textOf(fs, path).matchAll(/^[ \t]*(?:bind[ \t]|accept[ \t]*=)[ \t]*(\S+)/gm)])
    .map(([, word = ""]) => word);
}

/** `/run/php.sock`, `unix:/run/php.sock`, `--socket=/run/php.sock`; `9000`, `127.0.0.1:9000`, `9000:9000`. */
function names(word: string, address: Address): boolean {
  if (address.kind === "tcp") return word.split(/[:=]/).includes(String(address.port));
  const path = word.slice(word.indexOf("/"));
  return word.includes("/") && socketPath(path) === address.path;
}

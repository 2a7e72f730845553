import type { HostFilesystem } from "../../host/filesystem.js";
import { directoryOf, nameOf } from "../../host/path.js";
import { type Address, socketPath } from "./address.js";

/** Sockets behind links of the tree. */

/** The address with the path behind links of the tree; what is not a path stays. */
export function realAddress(fs: HostFilesystem, address: Address): Address {
  return address.kind === "unix" ? { ...address, path: realSocket(fs, address.path) } : address;
}

/** The path behind links of the tree's own directories, so that two ways to one directory compare equal. */
function realSocket(fs: HostFilesystem, path: string): string {
  const directory = fs.entry(directoryOf(path));
  return directory.kind === "directory" ? socketPath(`${directory.path}/${nameOf(path)}`) : path;
}

/** Who connects follows a link in the socket's own place, too. One that leads to no pool stays what it is. */
export function dialledSocket(fs: HostFilesystem, path: string, sockets: ReadonlySet<string>): string {
  const linked = linkedSocket(fs, path);
  const real = realSocket(fs, socketPath(linked));
  return linked.startsWith("/") && sockets.has(real) ? real : realSocket(fs, path);
}

/** The path to which the links lead, the one in the socket's own place among them. */
function linkedSocket(fs: HostFilesystem, path: string): string {
  const entry = fs.entry(path);
  // The socket itself is rarely in the tree, and neither is its directory.
  return entry.kind === "outside" ? entry.target : "path" in entry ? entry.path : path;
}

/** All ways to write an address that nginx dials: as it is, and behind its links. */
export function dialledAs(fs: HostFilesystem, address: Address): readonly Address[] {
  if (address.kind === "tcp") return [address];
  const linked = realSocket(fs, socketPath(linkedSocket(fs, address.path)));
  return [address, realAddress(fs, address), { kind: "unix", path: linked }];
}

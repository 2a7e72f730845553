import type { Host } from "../host.js";
import { type Assignment, assignmentsOf, dropIns } from "../machine/unit-file.js";

/** Settings of the kernel that the host's own files give. */

/** Where sysctl looks for its settings, the first of two files of one name winning. */
export const SYSCTL_DIRECTORIES: readonly string[] = [
  "/etc/sysctl.d",
  "/run/sysctl.d",
  "/usr/local/lib/sysctl.d",
  "/usr/lib/sysctl.d",
  "/lib/sysctl.d",
];

/** What sysctl reads last; systemd reads it only through the link that Debian makes. */
export const SYSCTL_FILE = "/etc/sysctl.conf";

/** The most connections that may wait for one socket, whatever its backlog says; `null`: no file of the tree says it. */
export function somaxconn({ fs }: Host): { readonly value: number; readonly set: Assignment } | null {
  const files = [...dropIns(fs, SYSCTL_DIRECTORIES), SYSCTL_FILE];
  const last = files
    .flatMap((path) => assignmentsOf(fs, path))
    .filter(({ key }) => key.replace(/^-/, "").replaceAll("/", ".") === "net.core.somaxconn")
    .at(-1);
  return last !== undefined && /^\d+$/.test(last.value) ? { value: Number(last.value), set: last } : null;
}

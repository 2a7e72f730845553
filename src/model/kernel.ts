import { type Assignment, assignmentsOf, dropIns } from "./assignments.js";
import type { Host } from "./host.js";

/** Settings of the kernel that the host's own files give. */

/** The most connections that may wait for one socket, whatever its backlog says; `null`: no file of the tree says it. */
export function somaxconn({ fs }: Host): { readonly value: number; readonly set: Assignment } | null {
  const directories = [
    "/etc/sysctl.d",
    "/run/sysctl.d",
    "/usr/local/lib/sysctl.d",
    "/usr/lib/sysctl.d",
    "/lib/sysctl.d",
  ];
  // sysctl reads the one file last; systemd reads it only through the link that Debian makes.
  const files = [...dropIns(fs, directories), "/etc/sysctl.conf"];
  const last = files
    .flatMap((path) => assignmentsOf(fs, path))
    .filter(({ key }) => key.replace(/^-/, "").replaceAll("/", ".") === "net.core.somaxconn")
    .at(-1);
  return last !== undefined && /^\d+$/.test(last.value) ? { value: Number(last.value), set: last } : null;
}

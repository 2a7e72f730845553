import { SYSCTL_DIRECTORIES, SYSCTL_FILE } from "../../host/system-directories.js";
import type { Host } from "../host.js";
import { type Assignment, assignmentsOf, dropIns } from "../machine/unit-file.js";

/** Settings of the kernel that are in the host's files. */

/**
 * The most connections that may wait for one socket, whatever its backlog says; `null`: no file in the tree
 * sets it.
 */
export function somaxconn({ fs }: Host): { readonly value: number; readonly set: Assignment } | null {
  const files = [...dropIns(fs, SYSCTL_DIRECTORIES), SYSCTL_FILE];
  const last = files
    .flatMap((path) => assignmentsOf(fs, path))
    .filter(({ key }) => key.replace(/^-/, "").replaceAll("/", ".") === "net.core.somaxconn")
    .at(-1);
  return last !== undefined && /^\d+$/.test(last.value) ? { value: Number(last.value), set: last } : null;
}

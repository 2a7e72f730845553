import type { HostFilesystem } from "../../host/filesystem.js";
import { textOf } from "../../host/text.js";

/** Which user runs a process, and which program: anybody can give a process of their own any name. */

/** The user that a process runs as in every respect; `null`: it changes users, or is gone. */
export function userIn(status: string): string | null {
  // Real, effective, saved and file system user: for a program with set-user-ID they differ.
  const [, ...users] = /^Uid:\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s*$/m.exec(status) ?? [];
  const [user] = users;
  return user !== undefined && users.every((one) => one === user) ? user : null;
}

/** Whether root, or the user of this process, runs the process of this `/proc/PID/status`. */
export function isTrusted(fs: HostFilesystem, status: string): boolean {
  const user = userIn(status);
  return user !== null && (user === "0" || user === userIn(textOf(fs, "/proc/self/status")));
}

/**
 * The path of the program that a process runs, as the kernel names it, with " (deleted)" at the end if
 * the file has been replaced since. `null`: this process is not allowed to know.
 */
export function programOf(fs: HostFilesystem, pid: string): string | null {
  const entry = fs.entry(`/proc/${pid}/exe`);
  const found = entry.kind === "file" || (entry.kind === "missing" && entry.dangling);
  return found ? entry.path : null;
}

import type { HostFilesystem } from "../../host/filesystem.js";
import { textOf } from "../../host/text.js";

/** Who runs a process, and which program: anybody may give a process of their own any name. */

/** The user as whom a process runs in every respect; `null` for one that changes users, or is gone. */
export function userIn(status: string): string | null {
  // Real, effective, saved, and that for files: of a program with set-user-ID they differ.
  const [, ...users] = /^Uid:\s*(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s*$/m.exec(status) ?? [];
  const [user] = users;
  return user !== undefined && users.every((one) => one === user) ? user : null;
}

/** Whether root, or the user who asks, runs the process of this `/proc/PID/status`. */
export function isTrusted(fs: HostFilesystem, status: string): boolean {
  const user = userIn(status);
  return user !== null && (user === "0" || user === userIn(textOf(fs, "/proc/self/status")));
}

/**
 * The path of the program that a process runs, as the kernel names it: it has " (deleted)" at the end
 * where the file was replaced since. `null`: this process may not know.
 */
export function programOf(fs: HostFilesystem, pid: string): string | null {
  const entry = fs.entry(`/proc/${pid}/exe`);
  const found = entry.kind === "file" || (entry.kind === "missing" && entry.dangling);
  return found ? entry.path : null;
}

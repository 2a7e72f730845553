import { lstatSync, type Stats } from "node:fs";
import { type Account, asAccount } from "./as-account.js";
import { diskFilesystem } from "./disk.js";
import { mayOpen, pathBytes, roomAt } from "./door.js";
import type { HostFilesystem } from "./filesystem.js";

/** What the running machine tells of its files, whoever's mounts they are seen with. Nothing is followed, nothing is read. */

export interface FileStatus {
  readonly kind: "file" | "directory" | "socket" | "link" | "other";
  /** The twelve permission bits. */
  readonly mode: number;
  readonly user: number;
  readonly group: number;
  /** Seconds since 1970. */
  readonly changed: number;
  /** Whether it has an access control list; `null`: unknown. */
  readonly acl: boolean | null;
}

/** The machine's files as a process sees them; `null`: as this one does. Links are resolved below its root. */
export function filesSeenBy(pid: number | null): HostFilesystem {
  return diskFilesystem({ root: rootOf(pid), workingDirectory: "/" });
}

function rootOf(pid: number | null): string {
  return pid === null ? "/" : `/proc/${pid}/root`;
}

function pathOf(path: string, pid: number | null): string {
  return pid === null ? path : `${rootOf(pid)}${path}`;
}

/** What is at a path that has no link on its way; `null`: nothing, or this process may not look. */
export function seenFile(path: string, pid: number | null): FileStatus | null {
  try {
    const stat = lstatSync(pathBytes(pathOf(path, pid)), { throwIfNoEntry: false });
    if (stat === undefined) return null;
    const { uid, gid, mode, mtimeMs } = stat;
    return {
      kind: kindOf(stat),
      mode: mode & 0o7777,
      user: uid,
      group: gid,
      changed: mtimeMs / 1000,
      // Node cannot ask for access control lists.
      acl: null,
    };
  } catch {
    return null;
  }
}

function kindOf(stat: Stats): FileStatus["kind"] {
  if (stat.isFile()) return "file";
  if (stat.isDirectory()) return "directory";
  if (stat.isSocket()) return "socket";
  return stat.isSymbolicLink() ? "link" : "other";
}

/** The room on the disk that a directory is on; `null`: unknown. A file system without a fixed number of files has 0 of 0. */
export function roomFor(path: string): {
  readonly free: number;
  readonly size: number;
  readonly freeFiles: number | null;
  readonly files: number | null;
} | null {
  try {
    const room = roomAt(path);
    return room.files > 0 ? room : { ...room, freeFiles: null, files: null };
  } catch {
    return null;
  }
}

/**
 * Whether an account may open a file, or list a directory; `null`: it cannot be tried, as with the mounts of another
 * process, whose root the account itself may not pass.
 */
export function opensFor(path: string, account: Account): boolean | null {
  try {
    return asAccount(account, () => mayOpen(path))?.value ?? null;
  } catch {
    return null;
  }
}

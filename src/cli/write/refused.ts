/** The sentences that say why files were not changed. */
import { codeOf } from "../../host/system-error.js";
import { UsageError } from "../usage.js";

/** Runs `work`; what the system refuses becomes a sentence about `path`, after which nothing was changed. */
export function attempt<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw error instanceof UsageError ? error : unchanged(path, reasonOf(error));
  }
}

export function unchanged(path: string, reason: string): UsageError {
  return new UsageError(`${path}: ${reason}; nothing was changed`);
}

/** Where a file is a mount point, as container engines mount single files. */
export const MOUNTED = "cannot be replaced: the file itself is a mount point, as in containers";

const reasons: ReadonlyMap<string, string> = new Map([
  ["EACCES", "may not be written (permission denied)"],
  ["EPERM", "may not be written (operation not permitted)"],
  ["EROFS", "is on a filesystem that is mounted read-only"],
  ["ENOSPC", "cannot be written: no space left on the device"],
  ["EDQUOT", "cannot be written: the disk quota is used up"],
  ["EFBIG", "cannot be written: the file would be too large"],
  ["EBUSY", MOUNTED],
  ["EISDIR", "is a directory"],
  ["ELOOP", "is a link that leads to itself, or has become one"],
  ["ENOENT", "is not there"],
  ["ENOTDIR", "is not there"],
  ["ENXIO", "is not a regular file"],
]);

/** What the system refused, as the end of a sentence whose subject is the file. */
export function reasonOf(error: unknown): string {
  const code = codeOf(error);
  return reasons.get(code) ?? `cannot be written: ${code === "" ? String(error) : code}`;
}

import { wordMap } from "../source/word-map.js";

/** The name of a failed system call's error, such as `ENOENT`; empty for what is no such error. */
export function codeOf(error: unknown): string {
  return typeof error === "object" && error !== null && "code" in error ? String(error.code) : "";
}

/** Links that lead back to themselves: the same for everybody who follows them. */
export const TOO_MANY_LINKS = "Too many levels of symbolic links";

const reasons: ReadonlyMap<string, string> = wordMap({
  ENOENT: "No such file or directory",
  ENOTDIR: "Not a directory",
  EACCES: "Permission denied",
  EPERM: "Operation not permitted",
  EROFS: "Read-only file system",
  ENOSPC: "No space left on device",
  ELOOP: TOO_MANY_LINKS,
  ENAMETOOLONG: "File name too long",
  EIO: "Input/output error",
  EISDIR: "Is a directory",
});

/** What went wrong, as part of a sentence; `otherwise` for what is no such error. */
export function saidOf(error: unknown, otherwise: string): string {
  return reasons.get(codeOf(error))?.toLowerCase() ?? reasonOf(error, otherwise);
}

/** The same in the system's words; `otherwise` for what is no such error. */
export function reasonOf(error: unknown, otherwise: string): string {
  const code = codeOf(error);
  return reasons.get(code) ?? (code === "" ? otherwise : code);
}

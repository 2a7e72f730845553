import { encodeText } from "../source/bytes.js";
import { withoutEnd } from "../source/ends.js";

/** Paths of a host are POSIX paths whatever machine fpmlint runs on. */

/** Slashes in a row or at the end, `.` and `..`: most paths have none of them. */
const NOT_NORMAL = /\/\.{0,2}(?:\/|$)/;
const NOT_JOINED = /\/\.?(?:\/|$)/;

/** Resolves `.`, `..` and double slashes of an absolute path by its text alone; never climbs above `/`. */
export function normalizePath(path: string): string {
  if (path.startsWith("/") && !NOT_NORMAL.test(path)) return path;
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "" || part === ".") continue;
    if (part === "..") parts.pop();
    else parts.push(part);
  }
  return `/${parts.join("/")}`;
}

/** `path` when it is absolute, else `base/path`; normalised. */
export function resolvePath(base: string, path: string): string {
  return normalizePath(path.startsWith("/") ? path : `${base}/${path}`);
}

/**
 * As `resolvePath`, but `..` stays: only a look can tell where it leads, because what comes before it
 * may be a link, or missing.
 */
export function joinPath(base: string, path: string): string {
  const full = path.startsWith("/") ? path : `${base}/${path}`;
  if (full.startsWith("/") && !NOT_JOINED.test(full)) return full;
  const parts = full.split("/").filter((part) => part !== "" && part !== ".");
  return `/${parts.join("/")}`;
}

export function directoryOf(path: string): string {
  const slash = path.lastIndexOf("/");
  return slash <= 0 ? "/" : path.slice(0, slash);
}

export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** Whether `path` is `directory` or lies below it. Both absolute and normalised. */
export function isWithin(directory: string, path: string): boolean {
  return directory === "/" || path === directory || path.startsWith(`${directory}/`);
}

/** The path and every directory above it but `/`, the innermost first. */
export function withParents(path: string): readonly string[] {
  const parents: string[] = [];
  for (let at = path; at !== "/"; at = directoryOf(at)) parents.push(at);
  return parents;
}

/** Whether `path` is one of the directories or lies below one: as cheap for thousands of them as for one. */
export function isWithinAny(directories: ReadonlySet<string>, path: string): boolean {
  if (directories.size === 0) return false;
  if (directories.has("/") || directories.has(path)) return true;
  for (let at = path.lastIndexOf("/"); at > 0; at = path.lastIndexOf("/", at - 1)) {
    if (directories.has(path.slice(0, at))) return true;
  }
  return false;
}

/** The path without slashes at its end; of nothing but slashes one stays. */
export function withoutSlashes(path: string): string {
  return withoutEnd(path, "/") || path.slice(0, 1);
}

/** Bytewise order, as `glob(3)` sorts in the C locale (UTF-16 order differs from it above U+D800). */
export function byBytes(a: string, b: string): number {
  if (isPlain(a) && isPlain(b)) return a < b ? -1 : a > b ? 1 : 0;
  return Buffer.compare(encodeText(a), encodeText(b));
}

/** Whether code units are in the order of the bytes. */
function isPlain(text: string): boolean {
  return !/[\ud800-\uffff]/.test(text);
}

/** Sorts in place, bytewise; for very many paths. */
export function sortByBytes(paths: string[]): string[] {
  return paths.every(isPlain) ? paths.sort() : paths.sort(byBytes);
}

import { nameOf } from "../host/path.js";

/**
 * The command that gives a file a name which the pattern of an `include` matches; `null`: that takes more than one
 * more ending.
 */
export function renameFor(pattern: string, path: string): string | null {
  const end = /^\*(\.[\w.]+)$/.exec(nameOf(pattern))?.[1];
  return end === undefined ? null : `mv ${quotedPath(path)} ${quotedPath(path + end)}`;
}

/** A path as it is written in a sentence or a command. */
export function quotedPath(path: string): string {
  return /^[\w./-]+$/.test(path) ? path : JSON.stringify(path);
}

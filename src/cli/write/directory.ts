/** Directories that are held open while files in them are replaced. */
import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  lstatSync,
  openSync,
  type Stats,
  statSync,
} from "node:fs";
import { pathBytes } from "../../host/door.js";
import type { Step } from "./trust.js";

/** A directory that stays the same one, whatever happens to its path. */
export interface HeldDirectory {
  /** Absolute, without links, as it was when it was opened. */
  readonly path: string;
  /** The directories from `/` to this one, as they were then. */
  readonly way: readonly Step[];
  /** How to open, rename or remove a name in it. */
  at(name: string): string | Buffer;
  /** The path of a name in it for another process; `null` where there is /proc and it needs none. */
  named(name: string): string | null;
  /** Whether the path still leads to it. */
  isHere(): boolean;
  /** Makes new names in it survive a power failure, where the filesystem can. */
  sync(): void;
  close(): void;
}

/**
 * Linux's O_PATH: needs no right to read the directory. The same number wherever Node runs on Linux.
 */
const O_PATH = 0o10000000;
const DIRECTORY = constants.O_DIRECTORY | constants.O_NOFOLLOW;

/**
 * Opens a directory whose real path this is. Where there is /proc, each step is taken from the one
 * before by its descriptor, and so is each name in the directory: nothing can be swapped on the way.
 * Elsewhere names go through the path; the caller asks `isHere` before and after. Throws what the
 * system throws.
 */
export function holdDirectory(path: string): HeldDirectory {
  return process.platform === "linux" ? heldByDescriptor(path) : heldByPath(path);
}

function heldByDescriptor(path: string): HeldDirectory {
  let descriptor = openSync("/", O_PATH | DIRECTORY);
  if (!procLeadsTo(descriptor)) {
    closeSync(descriptor);
    return heldByPath(path);
  }
  try {
    const way = [stepOf("/", fstatSync(descriptor))];
    for (const [name, at] of steps(path)) {
      const next = openSync(through(descriptor, name), O_PATH | DIRECTORY);
      closeSync(descriptor);
      descriptor = next;
      way.push(stepOf(at, fstatSync(descriptor)));
    }
    const at = (name: string): string | Buffer => through(descriptor, name);
    return { ...held(path, way, descriptor, at), named: () => null };
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
}

function heldByPath(path: string): HeldDirectory {
  const way = ["/", ...steps(path).map(([, at]) => at)].map((at) => stepOf(at, lstatSync(pathBytes(at))));
  const descriptor = openSync(pathBytes(path), constants.O_RDONLY | DIRECTORY);
  const named = (name: string): string => (path === "/" ? `/${name}` : `${path}/${name}`);
  return { ...held(path, way, descriptor, (name) => pathBytes(named(name))), named };
}

function held(
  path: string,
  way: readonly Step[],
  descriptor: number,
  at: (name: string) => string | Buffer,
): Omit<HeldDirectory, "named"> {
  return {
    path,
    way,
    at,
    isHere: () => leadsTo(pathBytes(path), descriptor),
    sync: () => syncAt(at(".")),
    close: () => closeSync(descriptor),
  };
}

/** The names on the way to a path, each with the path so far. */
function steps(path: string): readonly (readonly [name: string, at: string])[] {
  const names = path.split("/").filter((name) => name !== "");
  return names.map((name, index) => [name, `/${names.slice(0, index + 1).join("/")}`]);
}

function stepOf(path: string, { uid, gid, mode }: Stats): Step {
  return { path, uid, gid, mode };
}

function through(descriptor: number, name: string): string | Buffer {
  return pathBytes(`/proc/self/fd/${descriptor}/${name}`);
}

function procLeadsTo(descriptor: number): boolean {
  try {
    return isSame(statSync(`/proc/self/fd/${descriptor}/.`), fstatSync(descriptor));
  } catch {
    return false;
  }
}

function leadsTo(path: string | Buffer, descriptor: number): boolean {
  try {
    return isSame(lstatSync(path), fstatSync(descriptor));
  } catch {
    return false;
  }
}

/** Whether two looks saw the same file. */
export function isSame(one: Stats, other: Stats): boolean {
  return one.ino === other.ino && one.dev === other.dev;
}

/** The files are there in any case, so a refusal is no error. */
function syncAt(directory: string | Buffer): void {
  try {
    const descriptor = openSync(directory, constants.O_RDONLY | constants.O_DIRECTORY);
    try {
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
  } catch {
    // Not every filesystem can, and not every directory may be read.
  }
}

/**
 * The one door: every file and directory that fpmlint reads is opened here.
 *
 * Links on the way are followed before (`disk.ts` resolves them inside the host's root, and for a path
 * that the user typed the kernel may); the last component is opened without following a link, without
 * waiting for a writer, and only a regular file is read, up to a limit. A reason never quotes what the
 * file holds.
 */
import {
  accessSync,
  closeSync,
  constants,
  type Dirent,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
  realpathSync,
  type Stats,
  statfsSync,
} from "node:fs";
import { dirname } from "node:path";
import { decodeBytes, encodeText } from "../source/bytes.js";
import { isWithin } from "./path.js";
import { codeOf, reasonOf } from "./system-error.js";

/** Bytes. Larger files are not configuration; reading one would only exhaust the memory. */
export const LARGEST_FILE = 64 * 1024 * 1024;

export type Opened =
  | { readonly kind: "bytes"; readonly bytes: Buffer }
  /** `code`: the system's, such as `ENOENT`; empty where the door itself refuses. */
  | { readonly kind: "refused"; readonly code: string; readonly reason: string };

/** Reads a regular file whose path has no link in it that may not be followed. Never throws. `limit`: in bytes. */
export function readRegular(path: string, limit: number = LARGEST_FILE): Opened {
  return read(path, limit, (stat) => stat.isFile());
}

/** The first bytes of a regular file, at most `length`, however large it is. Never throws. */
export function readStart(path: string, length: number): Opened {
  let descriptor: number | null = null;
  try {
    descriptor = openSync(pathBytes(path), constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW);
    const stat = fstatSync(descriptor);
    if (!stat.isFile()) return { kind: "refused", code: "", reason: "is not a regular file" };
    note(stat);
    const bytes = Buffer.alloc(Math.min(length, stat.size));
    return { kind: "bytes", bytes: bytes.subarray(0, readSync(descriptor, bytes, 0, bytes.length, 0)) };
  } catch (error) {
    return refused(error);
  } finally {
    if (descriptor !== null) closeSync(descriptor);
  }
}

/**
 * Reads a file that the user named on the command line: its links are followed wherever they lead, and
 * it may be a pipe, as in `--samples <(ps …)`; then this waits until the writer is done. Never throws.
 */
export function readTyped(path: string, limit: number = LARGEST_FILE): Opened {
  let real: string;
  try {
    // What /dev/fd/63 leads to has no path; the kernel alone can open it.
    real = /^\/(?:dev|proc)\//.test(path) ? path : realPath(path);
  } catch (error) {
    return refused(error);
  }
  return read(real, limit, (stat) => stat.isFile() || stat.isFIFO(), real === path);
}

/**
 * Reads a file that nobody named, such as the `fpmlint.json` of the working directory. It may be a link
 * to a file below its own directory, and to no other. `null`: there is none. Never throws. `limit`: in
 * bytes.
 */
export function readFound(path: string, limit: number = LARGEST_FILE): Opened | null {
  try {
    if (!lstatSync(path).isSymbolicLink()) return readRegular(path, limit);
    const [directory, real] = [realpathSync(dirname(path)), realpathSync(path)];
    if (isWithin(directory, real)) return readRegular(real, limit);
    return { kind: "refused", code: "", reason: "is a link out of its directory, which is not followed" };
  } catch (error) {
    return codeOf(error) === "ENOENT" && !isLink(path) ? null : refused(error);
  }
}

function isLink(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true;
}

/**
 * Opens a file of fpmlint's own that is to be executed, to be read in pieces. `null`: it is missing, a link or no
 * regular file, it belongs neither to the owner nor to root, or others may write it. Throws nothing. `owner`: a user's
 * number.
 */
export function openOwn(path: string, owner: number): OpenFile | null {
  const ours = ({ uid, mode }: Stats): boolean => (uid === owner || uid === 0) && (mode & 0o022) === 0;
  const opened = openPieces(path, "named", ours);
  return opened.kind === "open" ? opened : null;
}

/** All of a descriptor that is open, such as standard input; waits for a slow writer. Never throws. */
export function readDescriptor(descriptor: number, limit: number = LARGEST_FILE): Opened {
  try {
    note(fstatSync(descriptor));
    return bytesOf(descriptor, limit);
  } catch (error) {
    return refused(error);
  }
}

function read(path: string, limit: number, takes: (stat: Stats) => boolean, follow = false): Opened {
  let descriptor: number | null = null;
  try {
    const noFollow = follow ? 0 : constants.O_NOFOLLOW;
    descriptor = openSync(pathBytes(path), constants.O_RDONLY | constants.O_NONBLOCK | noFollow);
    const stat = fstatSync(descriptor);
    if (stat.isDirectory()) return { kind: "refused", code: "EISDIR", reason: "Is a directory" };
    if (!takes(stat)) return { kind: "refused", code: "", reason: "is not a regular file" };
    if (stat.isFile() && stat.size > limit) return tooLarge(limit);
    note(stat);
    return bytesOf(descriptor, limit, stat.size + 1);
  } catch (error) {
    return refused(error);
  } finally {
    if (descriptor !== null) closeSync(descriptor);
  }
}

/** A file that is read piece by piece, because it may be larger than the memory. */
export interface OpenFile {
  readonly kind: "open";
  /** Bytes when it was opened; 0 for a pipe. */
  readonly size: number;
  /** Whether any place of it can be read, as of a regular file and of no pipe. */
  readonly seekable: boolean;
  /** When it was changed last, in milliseconds since 1970. */
  readonly changed: number;
  /** The same text for the same file under any name, whatever is renamed. */
  readonly identity: string;
  /** Reads into `bytes`; answers how many came, 0 at the end. `at`: `null` goes on where it was. Throws what the system says. */
  read(bytes: Buffer, at: number | null): number;
  close(): void;
}

/**
 * Opens a file to be read in pieces. `named`: nobody typed the path, so no link is followed and only a regular file is
 * opened; `typed`: links are followed, and it may be a pipe. `takes`: what of the file else is wanted. Never throws.
 */
export function openPieces(
  path: string,
  how: "named" | "typed",
  takes: (stat: Stats) => boolean = () => true,
): OpenFile | Extract<Opened, { kind: "refused" }> {
  let descriptor: number | null = null;
  try {
    const follow = how === "typed" ? 0 : constants.O_NOFOLLOW;
    descriptor = openSync(pathBytes(path), constants.O_RDONLY | constants.O_NONBLOCK | follow);
    const stat = fstatSync(descriptor);
    if (stat.isDirectory()) throw Object.assign(new Error("Is a directory"), { code: "EISDIR" });
    if (!(stat.isFile() || (how === "typed" && stat.isFIFO())) || !takes(stat)) {
      closeSync(descriptor);
      return { kind: "refused", code: "", reason: "is not a regular file" };
    }
    note(stat);
    return openFile(descriptor, stat);
  } catch (error) {
    if (descriptor !== null) closeSync(descriptor);
    return refused(error);
  }
}

/** The same for a descriptor that is open, such as standard input. */
export function descriptorPieces(descriptor: number): OpenFile | Extract<Opened, { kind: "refused" }> {
  try {
    const stat = fstatSync(descriptor);
    if (stat.isDirectory()) return { kind: "refused", code: "EISDIR", reason: "Is a directory" };
    note(stat);
    return { ...openFile(descriptor, stat), close: () => undefined };
  } catch (error) {
    return refused(error);
  }
}

function openFile(descriptor: number, stat: Stats): OpenFile {
  // How much will come through a pipe nobody knows.
  if (!stat.isFile()) countRead(MUCH);
  return {
    kind: "open",
    size: stat.isFile() ? stat.size : 0,
    seekable: stat.isFile(),
    changed: stat.mtimeMs,
    identity: identity(stat),
    read: (bytes, at) =>
      at === null ? readSome(descriptor, bytes) : readSync(descriptor, bytes, 0, bytes.length, at),
    close: () => closeSync(descriptor),
  };
}

/** The names in a directory, without loss, in no order. Throws what the system says. */
export function namesIn(directory: string): readonly string[] {
  return readdirSync(pathBytes(directory), { encoding: "buffer" }).map(decodeBytes);
}

/** The same with what each name is. Throws what the system says. */
export function childrenIn(
  directory: string,
): readonly { name: string; kind: "file" | "directory" | "other" }[] {
  const entries = typedNamesIn(directory);
  // Some names are not UTF-8, and then each is asked for by its bytes.
  if (entries === null || entries.some(({ name }) => name.includes("\ufffd")))
    return namesIn(directory).map((name) => ({ name, kind: "other" }));
  return entries.map((entry) => ({
    name: entry.name,
    kind: entry.isFile() ? "file" : entry.isDirectory() ? "directory" : "other",
  }));
}

/**
 * `null`: not to be had. Where the kernel does not tell what a name is, Node looks at it, and when it is gone by then, as
 * a process of `/proc` that has just ended, there is no listing at all.
 */
function typedNamesIn(directory: string): readonly Dirent[] | null {
  try {
    return readdirSync(pathBytes(directory), { withFileTypes: true });
  } catch {
    return null;
  }
}

/** Whether the names in a directory may be read, without reading them. Throws what the system says where not. */
export function checkListing(directory: string): void {
  accessSync(pathBytes(directory), constants.R_OK);
}

/** Where a link leads, as it is written. Throws what the system says. */
export function linkTarget(path: string): string {
  return decodeBytes(readlinkSync(pathBytes(path), { encoding: "buffer" }));
}

/** The path without any link in it. Throws what the system says. */
export function realPath(path: string): string {
  // Only the native one takes bytes.
  return decodeBytes(realpathSync.native(pathBytes(path), { encoding: "buffer" }));
}

/** The room on the file system that a path is on, in bytes and files. Throws what the system says. */
export function roomAt(path: string): {
  readonly free: number;
  readonly size: number;
  readonly freeFiles: number;
  readonly files: number;
} {
  const { bavail, blocks, bsize, ffree, files } = statfsSync(pathBytes(path));
  return { free: bavail * bsize, size: blocks * bsize, freeFiles: ffree, files };
}

/** Whether this process, as it is now, may open a file to read it or list a directory. Nothing of it is read. */
export function mayOpen(path: string): boolean {
  try {
    closeSync(openSync(pathBytes(path), constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW));
    return true;
  } catch (error) {
    if (codeOf(error) === "EACCES" || codeOf(error) === "EPERM") return false;
    throw error;
  }
}

let noted: Set<string> | null = null;

/** From now on every file that is read is remembered, so that a command can tell what it must not write over. */
export function noteReads(): void {
  noted = new Set();
}

/** Whether the file was read since `noteReads`, under whatever name. */
export function wasRead(stat: Stats): boolean {
  return noted?.has(identity(stat)) === true;
}

function note(stat: Stats): void {
  if (stat.isFile()) noted?.add(identity(stat));
  countRead(stat.size);
}

/** Bytes of files, and what one more file counts. */
const MUCH = 512 * 1024;
const PER_FILE = 4 * 1024;

let counted = 0;
let muchIsRead: (() => void) | null = null;

/** Calls once, when more files were opened, or larger ones, than a host of a few sites has. */
export function whenMuchIsRead(call: () => void): void {
  muchIsRead = call;
}

function countRead(size: number): void {
  if (muchIsRead === null) return;
  counted += size + PER_FILE;
  if (counted <= MUCH) return;
  const call = muchIsRead;
  muchIsRead = null;
  call();
}

function identity({ dev, ino }: Stats): string {
  return `${dev}:${ino}`;
}

/** A path as the kernel takes it: bytes, where a name in it is not UTF-8. */
export function pathBytes(path: string): string | Buffer {
  return path.isWellFormed() ? path : encodeText(path);
}

const CHUNK = 64 * 1024;
const LARGEST_CHUNK = 16 * 1024 * 1024;

/**
 * Until the end, or one byte past the limit: files of /proc have no size, and a file may grow meanwhile. `expected`: as
 * many bytes are tried at first, one more than there are.
 */
function bytesOf(descriptor: number, limit: number, expected = 0): Opened {
  const chunks: Buffer[] = [];
  let length = 0;
  // A file of which the size is known is read at once.
  const all = expected > 1 ? expected - 1 : null;
  for (
    let size = expected > 1 ? expected : CHUNK;
    ;
    size = Math.min(Math.max(size * 2, CHUNK), LARGEST_CHUNK)
  ) {
    const chunk = Buffer.allocUnsafe(Math.min(size, limit + 1 - length));
    let filled = 0;
    for (let got = -1; got !== 0 && filled < chunk.length && filled !== all; filled += got)
      got = readSome(descriptor, filled === 0 ? chunk : chunk.subarray(filled));
    chunks.push(chunk.subarray(0, filled));
    length += filled;
    if (length > limit) return tooLarge(limit);
    if (filled < chunk.length) return { kind: "bytes", bytes: joined(chunks, length) };
  }
}

function joined(chunks: readonly Buffer[], length: number): Buffer {
  const [only] = chunks;
  return chunks.length === 1 && only !== undefined ? only : Buffer.concat(chunks, length);
}

/** A pipe that was opened without waiting answers EAGAIN while its writer is silent. */
function readSome(descriptor: number, chunk: Buffer): number {
  for (;;) {
    try {
      return readSync(descriptor, chunk);
    } catch (error) {
      if (codeOf(error) !== "EAGAIN") throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
    }
  }
}

function tooLarge(limit: number): Opened {
  return { kind: "refused", code: "EFBIG", reason: `File larger than ${limit / 1024 / 1024} MiB` };
}

function refused(error: unknown): Extract<Opened, { kind: "refused" }> {
  return { kind: "refused", code: codeOf(error), reason: reasonOf(error, "could not be read") };
}

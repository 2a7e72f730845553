/** Writes a report into a file that the user named: all of it, or the file stays as it was. */
import { randomBytes } from "node:crypto";
import {
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fstatSync,
  fsyncSync,
  lstatSync,
  openSync,
  renameSync,
  type Stats,
  unlinkSync,
  writeSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { wasRead } from "../../host/door.js";
import { codeOf, saidOf } from "../../host/system-error.js";
import { UsageError } from "../usage.js";

/** Names that the shell or the system gives to what is open already; they are links by their nature. */
const OPEN: readonly (readonly [RegExp, (found: RegExpExecArray) => number])[] = [
  [/^\/dev\/stdout$/, () => 1],
  [/^\/dev\/stderr$/, () => 2],
  [/^\/(?:dev\/fd|proc\/self\/fd)\/(\d{1,6})$/, ([, number]) => Number(number)],
];

/**
 * A regular file is replaced by one next to it that has its mode and, as far as the system allows, its
 * owner; a character device and what is open already (`/dev/stdout`, `>(…)`) are written to. A link, a
 * named pipe and a file that was read in this run are refused. `shown`: what messages call it. Throws UsageError.
 */
export function writeReport(path: string, shown: string, text: string): void {
  const bytes = Buffer.from(text);
  try {
    const open = openDescriptor(path);
    if (open === null) writeAt(path, shown, bytes);
    else writeAll(open, bytes);
  } catch (error) {
    throw error instanceof UsageError ? error : failed(shown, saidOf(error, "could not be written"));
  }
}

function writeAt(path: string, shown: string, bytes: Buffer): void {
  const now = lstatSync(path, { throwIfNoEntry: false });
  if (now?.isCharacterDevice() === true) {
    writeDevice(path, bytes);
  } else {
    if (now !== undefined) refuse(now, shown);
    replace(path, shown, bytes, now === undefined ? null : writable(path, shown));
  }
}

function openDescriptor(path: string): number | null {
  for (const [pattern, number] of OPEN) {
    const found = pattern.exec(path);
    if (found !== null) return number(found);
  }
  return null;
}

function refuse(stats: Stats, shown: string): void {
  if (stats.isSymbolicLink())
    throw failed(shown, "is a link, which is not followed: name the file that it leads to");
  if (stats.isDirectory()) throw failed(shown, "is a directory");
  if (!stats.isFile()) throw failed(shown, "is not a regular file");
  if (wasRead(stats)) throw failed(shown, "was read in this run, and the report would replace it");
}

/** The file that the name leads to, when it may be written. */
function writable(path: string, shown: string): Stats {
  const descriptor = openSync(path, constants.O_WRONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const stats = fstatSync(descriptor);
    refuse(stats, shown);
    return stats;
  } finally {
    closeSync(descriptor);
  }
}

function writeDevice(path: string, bytes: Buffer): void {
  const descriptor = openSync(path, constants.O_WRONLY | constants.O_NOFOLLOW | constants.O_NOCTTY);
  try {
    if (!fstatSync(descriptor).isCharacterDevice()) throw new Error("is not a character device any more");
    writeAll(descriptor, bytes);
  } finally {
    closeSync(descriptor);
  }
}

function replace(path: string, shown: string, bytes: Buffer, before: Stats | null): void {
  const temporary = join(dirname(path), `.fpmlint-${randomBytes(12).toString("hex")}.tmp`);
  const descriptor = create(temporary, shown);
  try {
    try {
      writeAll(descriptor, bytes);
      if (before !== null) likeBefore(descriptor, before);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(temporary, path);
  } catch (error) {
    remove(temporary);
    if (codeOf(error) === "EBUSY") throw failed(shown, "is itself a mount point, so it cannot be replaced");
    throw error;
  }
}

function remove(temporary: string): void {
  try {
    unlinkSync(temporary);
  } catch {
    // What went wrong before is what is said.
  }
}

function create(temporary: string, shown: string): number {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  try {
    return openSync(temporary, flags, 0o666);
  } catch (error) {
    const said = saidOf(error, "could not be written");
    const missing = ["ENOENT", "ENOTDIR"].includes(codeOf(error));
    throw failed(shown, missing ? said : `a file next to it cannot be created: ${said}`);
  }
}

function likeBefore(descriptor: number, { uid, gid, mode }: Stats): void {
  const own = fstatSync(descriptor);
  if (own.uid !== uid || own.gid !== gid) attemptOwner(descriptor, uid, gid);
  fchmodSync(descriptor, mode & 0o777);
}

/** Only root may give a file away; everybody else gets a report of their own. */
function attemptOwner(descriptor: number, uid: number, gid: number): void {
  try {
    fchownSync(descriptor, uid, gid);
  } catch (error) {
    if (codeOf(error) !== "EPERM") throw error;
  }
}

/** A pipe that does not wait is tried again until its reader has made room. */
function writeAll(descriptor: number, bytes: Buffer): void {
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(descriptor, bytes, at);
    } catch (error) {
      // As with standard output: whoever reads may stop early.
      if (codeOf(error) === "EPIPE") return;
      if (codeOf(error) !== "EAGAIN") throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
    }
  }
}

function failed(shown: string, reason: string): UsageError {
  return new UsageError(`${shown}: ${reason}`);
}

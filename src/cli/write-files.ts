/** Writes new texts of files that are there: all of them, or none as far as a filesystem allows. */
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
  readFileSync,
  realpathSync,
  renameSync,
  type Stats,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { isWithin } from "../host/path.js";
import { decodeBytes, encodeText } from "../source/bytes.js";
import { UsageError } from "./usage.js";

export interface FileChange {
  /** Absolute, on this machine. */
  readonly path: string;
  /** The text as `decodeBytes` reads it. */
  readonly before: string;
  readonly after: string;
}

/** What would end the process between two files, with some changed and temporary ones left. */
const SIGNALS = ["SIGHUP", "SIGINT", "SIGTERM"] as const;

/** The few moments are seen through: a signal that comes in them comes too late. */
const outlive = (): void => undefined;

/** A change whose target was looked at. */
interface Target extends FileChange {
  /** Behind every link. */
  readonly real: string;
  readonly bytes: Buffer;
  readonly newBytes: Buffer;
  readonly stats: Stats;
}

interface Written extends Target {
  readonly temporary: string;
}

/**
 * Each target, of each host below its root, is replaced at once by a file beside it that has its mode
 * and owner; a link stays and what it leads to is replaced. Throws UsageError, with nothing changed
 * unless the message names what was: a target that is not a regular file, leads out of `root`, is one
 * of another host or of the same one again, no longer has the text `before`, cannot hold `after`, or
 * cannot be written.
 */
export function writeHostsAtomically(
  hosts: readonly { readonly files: readonly FileChange[]; readonly root: string }[],
): void {
  const targets = hosts.flatMap(({ files, root }) => {
    const realRoot = attempt(root, () => realpathSync(root));
    return files.filter(({ before, after }) => before !== after).map((file) => look(file, realRoot));
  });
  const seen = new Map<string, string>();
  for (const { path, real } of targets) {
    const other = seen.get(real);
    seen.set(real, other ?? path);
    if (other === undefined) continue;
    if (other === path) throw unchanged(path, "belongs to several hosts, and each of them would change it");
    throw unchanged(path, `is the same file as ${other}`);
  }
  const left = new Set<string>();
  for (const signal of SIGNALS) process.on(signal, outlive);
  try {
    const written = targets.map((target): Written => ({ ...target, temporary: writeBeside(target, left) }));
    // Writing took a moment in which somebody may have saved the file.
    for (const target of written) ensureSame(target);
    renameAll(written, left);
  } finally {
    for (const temporary of left) remove(temporary);
    for (const signal of SIGNALS) process.off(signal, outlive);
  }
}

function look(file: FileChange, root: string): Target {
  const { path, before, after } = file;
  const real = attempt(path, () => realpathSync(path));
  if (!isWithin(root, real)) throw unchanged(path, `leads to ${real}, outside ${root}`);
  const { bytes, stats } = readTarget(path, real);
  if (stats.nlink > 1)
    throw unchanged(path, "has more than one name (hard links), and only one would change");
  if (!encodeText(before).equals(bytes)) throw hasChanged(path);
  const newBytes = encodeText(after);
  if (decodeBytes(newBytes) !== after)
    throw unchanged(path, "cannot hold the new text, which is no sequence of characters");
  return { ...file, real, bytes, newBytes, stats };
}

/**
 * Opened for writing, though it is only read: a directory that may be written is no leave to replace a
 * file that may not. Without waiting, so that a FIFO in its place does not hold the command up.
 */
function readTarget(path: string, real: string): { readonly bytes: Buffer; readonly stats: Stats } {
  const flags = constants.O_RDWR | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  return attempt(path, () => {
    // Before it is opened: to open a device may do something.
    if (!lstatSync(real).isFile()) throw unchanged(path, "is not a regular file");
    const descriptor = openSync(real, flags);
    try {
      const stats = fstatSync(descriptor);
      if (!stats.isFile()) throw unchanged(path, "is not a regular file");
      return { bytes: readFileSync(descriptor), stats };
    } finally {
      closeSync(descriptor);
    }
  });
}

/** Somebody may have edited or replaced the file. */
function ensureSame({ path, real, bytes, stats }: Target): void {
  const now = readTarget(path, real);
  if (now.stats.ino !== stats.ino || now.stats.dev !== stats.dev || !now.bytes.equals(bytes))
    throw hasChanged(path);
}

/** The new text in a file of its own in the target's directory; its name is noted in `left` before it is there. */
function writeBeside({ path, real, newBytes, stats }: Target, left: Set<string>): string {
  // The name matches no pattern of an `include`: PHP-FPM may read the directory at this moment.
  const temporary = join(dirname(real), `.fpmlint-${randomBytes(12).toString("hex")}.tmp`);
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  attempt(path, () => {
    const descriptor = openSync(temporary, flags, 0o600);
    left.add(temporary);
    try {
      writeFileSync(descriptor, newBytes);
      const own = fstatSync(descriptor);
      if (own.uid !== stats.uid || own.gid !== stats.gid) fchownSync(descriptor, stats.uid, stats.gid);
      // After the owner, whose change takes bits away.
      fchmodSync(descriptor, stats.mode & 0o7777);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
  });
  return temporary;
}

function renameAll(written: readonly Written[], left: Set<string>): void {
  const done: string[] = [];
  for (const { path, real, temporary } of written) {
    try {
      renameSync(temporary, real);
    } catch (error) {
      if (done.length === 0) throw unchanged(path, reasonOf(error));
      throw new UsageError(`${path}: ${reasonOf(error)}; already changed: ${done.join(", ")}`);
    }
    left.delete(temporary);
    done.push(path);
  }
  for (const directory of new Set(written.map(({ real }) => dirname(real)))) syncDirectory(directory);
}

/** So that the new name outlives a power failure. The files are there in any case, so a refusal is no error. */
function syncDirectory(directory: string): void {
  try {
    const descriptor = openSync(directory, constants.O_RDONLY);
    try {
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
  } catch {
    // Not every filesystem can, and not every directory may be read.
  }
}

function remove(temporary: string): void {
  try {
    unlinkSync(temporary);
  } catch {
    // What went wrong before is already said.
  }
}

function attempt<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw error instanceof UsageError ? error : unchanged(path, reasonOf(error));
  }
}

function unchanged(path: string, reason: string): UsageError {
  return new UsageError(`${path}: ${reason}; nothing was changed`);
}

function hasChanged(path: string): UsageError {
  return unchanged(path, "has changed since it was read");
}

const reasons: Readonly<Record<string, string>> = {
  EACCES: "may not be written (permission denied)",
  EPERM: "may not be written (operation not permitted)",
  EROFS: "is on a filesystem that is mounted read-only",
  ENOSPC: "cannot be written: no space left on the device",
  EDQUOT: "cannot be written: the disk quota is used up",
  EFBIG: "cannot be written: the file would be too large",
  EBUSY: "cannot be replaced: it is mounted there by itself, as containers do it",
  EISDIR: "is a directory",
  ELOOP: "is a link that leads to itself, or has become one",
  ENOENT: "is not there",
  ENOTDIR: "is not there",
  ENXIO: "is not a regular file",
};

function reasonOf(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  return reasons[code ?? ""] ?? `cannot be written: ${code ?? String(error)}`;
}

/** A file that is to change: looked at before, and again just before it is replaced. */
import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readFileSync,
  realpathSync,
  type Stats,
} from "node:fs";
import { pathBytes } from "../../host/door.js";
import { directoryOf, isWithin, nameOf } from "../../host/path.js";
import { decodeBytes, encodeText } from "../../source/bytes.js";
import { type HeldDirectory, isSame } from "./directory.js";
import { attempt, MOUNTED, unchanged } from "./refused.js";
import { unsafeWay } from "./trust.js";

export interface FileChange {
  /** Absolute, on this machine. */
  readonly path: string;
  /** The text as `decodeBytes` reads it. */
  readonly before: string;
  readonly after: string;
}

/** A change whose target was looked at. */
export interface WriteTarget extends FileChange {
  /** After every link. */
  readonly real: string;
  readonly directory: HeldDirectory;
  /** In the directory. */
  readonly name: string;
  readonly bytes: Buffer;
  readonly newBytes: Buffer;
  readonly stats: Stats;
}

/** What is known of this process and its machine. */
export interface Around {
  /** By its real path; the same one each time. */
  readonly hold: (path: string) => HeldDirectory;
  readonly mounts: ReadonlySet<string>;
  /** The user as whom files are opened; `null` on a system without users. */
  readonly user: number | null;
}

/** The path after every link. Throws what the system throws. */
export function realPath(path: string): string {
  return decodeBytes(realpathSync.native(pathBytes(path), { encoding: "buffer" }));
}

/** Throws UsageError for a file that must not or cannot change. */
export function look(file: FileChange, root: string, { hold, mounts, user }: Around): WriteTarget {
  const { path, before, after } = file;
  const real = attempt(path, () => realPath(path));
  if (!isWithin(root, real)) throw unchanged(path, `leads to ${real}, outside ${root}`);
  const directory = attempt(path, () => hold(directoryOf(real)));
  const name = nameOf(real);
  const { bytes, stats } = readTarget(path, directory, name);
  const unsafe = user === null ? null : unsafeWay(directory.way, { path: real, ...stats }, user);
  if (unsafe !== null) throw unchanged(path, unsafe);
  if (mounts.has(real)) throw unchanged(path, MOUNTED);
  if (stats.nlink > 1)
    throw unchanged(path, "has more than one name (hard links), and only one would change");
  if (!encodeText(before).equals(bytes)) throw hasChanged(path);
  const newBytes = encodeText(after);
  if (decodeBytes(newBytes) !== after)
    throw unchanged(path, "cannot hold the new text, which is not made of valid characters");
  return { ...file, real, directory, name, bytes, newBytes, stats };
}

/** Throws UsageError where somebody has edited or replaced the file, or moved its directory. */
export function ensureSame({ path, directory, name, bytes, stats }: WriteTarget): void {
  const now = readTarget(path, directory, name);
  if (!directory.isHere() || !isSame(now.stats, stats) || !now.bytes.equals(bytes)) throw hasChanged(path);
}

/**
 * A file opened for writing, though it is only read: a directory that may be written is no leave to
 * replace a file that may not. Without waiting, so that a FIFO in its place does not hold the command
 * up. Throws UsageError for what is not a regular file.
 */
export function withTarget<T>(
  path: string,
  directory: HeldDirectory,
  name: string,
  work: (descriptor: number, stats: Stats) => T,
): T {
  const flags = constants.O_RDWR | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  return attempt(path, () => {
    // Before it is opened: to open a device may do something.
    if (!lstatSync(directory.at(name)).isFile()) throw unchanged(path, "is not a regular file");
    const descriptor = openSync(directory.at(name), flags);
    try {
      const stats = fstatSync(descriptor);
      if (!stats.isFile()) throw unchanged(path, "is not a regular file");
      return work(descriptor, stats);
    } finally {
      closeSync(descriptor);
    }
  });
}

function readTarget(
  path: string,
  directory: HeldDirectory,
  name: string,
): Pick<WriteTarget, "bytes" | "stats"> {
  return withTarget(path, directory, name, (descriptor, stats) => ({
    bytes: readFileSync(descriptor),
    stats,
  }));
}

export function hasChanged(path: string): Error {
  return unchanged(path, "has changed since it was read");
}

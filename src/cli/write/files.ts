/** Writes new texts of files that are there: all of them, or none as far as a filesystem allows. */
import { closeSync, constants, fsyncSync, openSync, renameSync, writeFileSync } from "node:fs";
import { UsageError } from "../usage.js";
import { carryAttributes, ownAs } from "./attributes.js";
import { type HeldDirectory, holdDirectory, isSame } from "./directory.js";
import { remove, removeLeftovers, temporaryName } from "./leftovers.js";
import { mountPoints } from "./mounts.js";
import { attempt, reasonOf, unchanged } from "./refused.js";
import { holdingSignals } from "./signals.js";
import {
  ensureSame,
  type FileChange,
  hasChanged,
  look,
  realPath,
  type WriteTarget,
  withTarget,
} from "./target.js";

export type { FileChange } from "./target.js";

/** A file of ours in a directory. */
interface Temporary {
  readonly directory: HeldDirectory;
  readonly name: string;
}

interface Written extends WriteTarget {
  readonly temporary: Temporary;
}

/** The files of a host, and the directory of this machine that they must lie in. */
interface HostChange {
  readonly files: readonly FileChange[];
  readonly root: string;
}

/**
 * Each target, of each host below its root, is replaced at once by a file next to it that has its mode,
 * its owner and its attributes; a link stays and what it leads to is replaced. Answers a sentence for
 * each file of a killed run that stays. Throws UsageError, with nothing changed unless the message names
 * what was: a target that is not a regular file, leads out of `root`, lies where others could swap it,
 * is one of another host or of the same one again, no longer has the text `before`, cannot hold
 * `after`, or cannot be written.
 */
export function writeHostsAtomically(hosts: readonly HostChange[]): readonly string[] {
  const held = new Map<string, HeldDirectory>();
  try {
    const targets = lookAtAll(hosts, held);
    return holdingSignals(() => {
      const notes = leftovers(targets);
      replaceAll(targets);
      return notes;
    });
  } finally {
    for (const directory of held.values()) directory.close();
  }
}

function lookAtAll(hosts: readonly HostChange[], held: Map<string, HeldDirectory>): readonly WriteTarget[] {
  const hold = (path: string): HeldDirectory => {
    const directory = held.get(path) ?? holdDirectory(path);
    held.set(path, directory);
    return directory;
  };
  const around = { hold, mounts: mountPoints(), user: process.geteuid?.() ?? null };
  const targets = hosts.flatMap(({ files, root }) => {
    const realRoot = attempt(root, () => realPath(root));
    return files.filter(({ before, after }) => before !== after).map((file) => look(file, realRoot, around));
  });
  refuseTwice(targets);
  return targets;
}

function refuseTwice(targets: readonly WriteTarget[]): void {
  const seen = new Map<string, string>();
  for (const { path, real } of targets) {
    const other = seen.get(real);
    seen.set(real, other ?? path);
    if (other === undefined) continue;
    if (other === path) throw unchanged(path, "belongs to several hosts, and each of them would change it");
    throw unchanged(path, `is the same file as ${other}`);
  }
}

/** A run makes its files as the user who runs it, and gives them to the owner of the target. */
function leftovers(targets: readonly WriteTarget[]): readonly string[] {
  return [...new Set(targets.map(({ directory }) => directory))].flatMap((directory) => {
    const owners = targets.flatMap((one) => (one.directory === directory ? [one.stats.uid] : []));
    return removeLeftovers(directory, new Set([...owners, process.geteuid?.() ?? 0]));
  });
}

function replaceAll(targets: readonly WriteTarget[]): void {
  const left = new Set<Temporary>();
  try {
    const written = targets.map((target): Written => ({ ...target, temporary: writeBeside(target, left) }));
    // Writing took a moment in which somebody may have saved the file.
    for (const target of written) ensureSame(target);
    renameAll(written, left);
  } catch (error) {
    const stuck = [...left].flatMap(({ directory, name }) => remove(directory, name) ?? []);
    if (stuck.length === 0 || !(error instanceof UsageError)) throw error;
    throw new UsageError([error.message, ...stuck].join("\n"), error.status);
  }
}

/** The new text in a file of its own in the target's directory, noted in `left` before it is there. */
function writeBeside(target: WriteTarget, left: Set<Temporary>): Temporary {
  const { path, directory, newBytes, stats } = target;
  const temporary = { directory, name: temporaryName() };
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  attempt(path, () => {
    const descriptor = openSync(directory.at(temporary.name), flags, 0o600);
    left.add(temporary);
    try {
      // Before the text, which gives it a time of its own again.
      attributesOf(target, temporary, descriptor);
      writeFileSync(descriptor, newBytes);
      if (!ownAs(descriptor, stats))
        throw unchanged(path, "has an owner or a mode that the new file cannot be given");
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
  });
  return temporary;
}

function attributesOf(target: WriteTarget, temporary: Temporary, to: number): void {
  const { path, directory, name } = target;
  withTarget(path, directory, name, (from, stats) => {
    if (!isSame(stats, target.stats)) throw hasChanged(path);
    const why = carryAttributes(
      { descriptor: from, path: directory.named(name) },
      { descriptor: to, path: directory.named(temporary.name) },
    );
    if (why !== null) throw unchanged(path, why);
  });
}

function renameAll(written: readonly Written[], left: Set<Temporary>): void {
  const done: string[] = [];
  for (const { path, directory, name, temporary } of written) {
    try {
      if (!directory.isHere()) throw new UsageError(`${path}: ${MOVED}`);
      renameSync(directory.at(temporary.name), directory.at(name));
      left.delete(temporary);
      done.push(path);
      if (!directory.isHere()) throw new UsageError(`${path}: ${MOVED}`);
    } catch (error) {
      const said = error instanceof UsageError ? MOVED : reasonOf(error);
      if (done.length === 0) throw unchanged(path, said);
      throw new UsageError(`${path}: ${said}; already changed: ${done.join(", ")}`);
    }
  }
  for (const directory of new Set(written.map((one) => one.directory))) directory.sync();
}

const MOVED = "its directory was moved away while the files were being replaced";

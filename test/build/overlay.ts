import * as fs from "node:fs";
import * as path from "node:path";

/**
 * A fixture is a host as a directory. Most of them share the accounts, PHP-FPM's main file and the
 * pool, so a fixture may name a base in its `base.txt` and hold only what differs from it:
 *
 *     debian
 *     - etc/group
 *
 * The first line is a directory of `fixtures/base`. A file or link of the fixture replaces what the
 * base has at its path, and a line with `-` removes one of the base's files. Without a `base.txt`
 * the fixture is whole as it is.
 */
export const BASE_NOTE = "base.txt";

/** The files, links and empty directories of a host: the path in the host → where it is on the disk. */
export type Leaves = ReadonlyMap<string, string>;

/** The bases by name, as they are on the disk. */
export type Bases = ReadonlyMap<string, Leaves>;

/** Everything below a directory, in the order of its paths. */
export function leavesBelow(directory: string): Leaves {
  const leaves = new Map<string, string>();
  const visit = (below: string): void => {
    const entries = fs.readdirSync(path.join(directory, below), { withFileTypes: true });
    if (entries.length === 0 && below !== "") leaves.set(below, path.join(directory, below));
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const name = below === "" ? entry.name : `${below}/${entry.name}`;
      if (entry.isDirectory()) visit(name);
      else leaves.set(name, path.join(directory, name));
    }
  };
  visit("");
  return leaves;
}

/** The directories of `fixtures/base`; none when it is not there. */
export function basesIn(directory: string): Bases {
  if (!fs.existsSync(directory)) return new Map();
  return new Map(
    fs
      .readdirSync(directory)
      .sort()
      .map((name) => [name, leavesBelow(path.join(directory, name))]),
  );
}

/** A fixture with its base under it. Throws what is wrong with its `base.txt`. */
export function whole(own: Leaves, bases: Bases): Leaves {
  const note = own.get(BASE_NOTE);
  if (note === undefined) return own;
  const { name, removed } = readNote(fs.readFileSync(note, "utf8"), note);
  const base = bases.get(name);
  if (base === undefined)
    throw new Error(`${note}: no base is called "${name}"; there are ${[...bases.keys()].join(", ")}`);
  const kept = new Map([...own].filter(([file]) => file !== BASE_NOTE));
  for (const file of removed) {
    if (!base.has(file)) throw new Error(`${note}: base "${name}" has no ${file} to remove`);
    if (kept.has(file)) throw new Error(`${note}: ${file} is removed, and the fixture has it`);
  }
  const under = [...base].filter(([file]) => !removed.has(file) && !isReplaced(file, kept));
  return new Map([...under, ...kept].sort(([a], [b]) => (a < b ? -1 : 1)));
}

interface Note {
  readonly name: string;
  /** Paths of the base's files that the fixture does not have. */
  readonly removed: ReadonlySet<string>;
}

function readNote(text: string, file: string): Note {
  const [name = "", ...lines] = text.split("\n").filter((line) => line !== "");
  const wrong = lines.find((line) => !/^- \S/.test(line));
  if (wrong !== undefined) throw new Error(`${file}: "${wrong}" is not "- path"`);
  return { name, removed: new Set(lines.map((line) => line.slice(2))) };
}

/** Whether the fixture has something at the path, a directory there, or a file where the path needs a directory. */
function isReplaced(file: string, own: Leaves): boolean {
  const parts = file.split("/");
  const above = parts.map((_, index) => parts.slice(0, index + 1).join("/"));
  return above.some((one) => own.has(one)) || [...own.keys()].some((one) => one.startsWith(`${file}/`));
}

/** Writes a host into a new directory: copies, so that nothing done to it reaches the fixture. */
export function writeLeaves(leaves: Leaves, directory: string): void {
  fs.mkdirSync(directory, { recursive: true });
  const made = new Set([directory]);
  const make = (at: string): void => {
    if (made.has(at)) return;
    make(path.dirname(at));
    fs.mkdirSync(at);
    made.add(at);
  };
  for (const [name, from] of leaves) {
    const to = path.join(directory, name);
    const stat = fs.lstatSync(from);
    make(stat.isDirectory() ? to : path.dirname(to));
    if (stat.isSymbolicLink()) fs.symlinkSync(fs.readlinkSync(from), to);
    else if (stat.isFile()) fs.copyFileSync(from, to);
  }
}

/** What a fixture has to hold, for a host to be whole again on its base. */
export interface Overlay {
  /** The text of its `base.txt`; `null`: no base spares more than it costs. */
  readonly note: string | null;
  /** What differs from the base. */
  readonly own: Leaves;
}

/** Of all bases the one that leaves the least to hold. */
export function overlay(host: Leaves, bases: Bases): Overlay {
  const without: Overlay & { readonly cost: number } = { note: null, own: host, cost: host.size };
  const ways = [...bases].map(([name, base]) => {
    const own = new Map([...host].filter(([file, at]) => !isSame(at, base.get(file))));
    const removed = [...base.keys()].filter((file) => !host.has(file) && !isReplaced(file, own));
    const note = [name, ...removed.map((file) => `- ${file}`), ""].join("\n");
    // The note is a file too, and a line in it is half as much to read.
    return { note, own, cost: own.size + 1 + removed.length / 2 };
  });
  const { note, own } = [without, ...ways].reduce((best, one) => (one.cost < best.cost ? one : best));
  return { note, own };
}

/** Whether a file of the host is the base's, byte for byte and with its mode. */
export function isSame(file: string, base: string | undefined): boolean {
  if (base === undefined) return false;
  const [one, other] = [fs.lstatSync(file), fs.lstatSync(base)];
  if (!one.isFile() || !other.isFile()) return false;
  return (
    one.size === other.size &&
    (one.mode & 0o777) === (other.mode & 0o777) &&
    fs.readFileSync(file).equals(fs.readFileSync(base))
  );
}

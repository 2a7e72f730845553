import { createHash } from "node:crypto";
import * as fs from "node:fs";
import * as path from "node:path";
import { basesIn, type Leaves, leavesBelow, whole, writeLeaves } from "./overlay.js";

/**
 * Every fixture written out whole, once for all processes of a run. The copies are kept in
 * node_modules/.cache/fixtures; a fixture is written again when it or a base has changed.
 */

/** Told to the processes that a run starts: they need not look whether something changed. */
const SHARED = "FPMLINT_FIXTURES";

/** Part of the stamp: another number when the same sources are to be written out in another way. */
const FORMAT = "1";

/** Directories of `fixtures` without fixtures. `hosts` is not one of them: its hosts are copied as they are. */
export const NO_CATEGORIES: readonly string[] = ["applications", "base", "syntax"];

/**
 * The directory with the whole fixtures: `<category>/<rule>/<name>` and `hosts/<name>`, as below
 * `fixtures`. What is written there is lost; `expected.txt` is written to `sources()`.
 */
export function fixtures(): string {
  return process.env[SHARED] ?? writtenOut(process.cwd());
}

/** Writes the fixtures out if something changed, and tells this process and those that it starts where. */
export function shareFixtures(): void {
  process.env[SHARED] = writtenOut(process.cwd());
}

/** The `fixtures` that are in the repository, where most hold only what differs from their base. */
export function sources(top: string = process.cwd()): string {
  return path.join(top, "fixtures");
}

/** One fixture, whole, by its path below `fixtures`. Throws when it is not there. */
export function fixtureLeaves(name: string, top: string = process.cwd()): Leaves {
  return whole(leavesBelow(path.join(sources(top), name)), basesIn(path.join(sources(top), "base")));
}

/** The directory with the whole fixtures of the repository at `top`, after what has changed is written again. */
export function writtenOut(top: string): string {
  const from = sources(top);
  if (!fs.existsSync(from))
    throw new Error(`${from} is not there: the tests run from the top of the repository`);
  const found = namesIn(from);
  const bases = basesIn(path.join(from, "base"));
  const cache = path.join(top, "node_modules/.cache/fixtures");
  const copies = path.join(cache, "whole");
  fs.mkdirSync(copies, { recursive: true });
  const scratch = fs.mkdtempSync(path.join(cache, "new-"));
  const known = readStamps(cache);
  try {
    const ofBases = [...bases.values()].map(stampOf).join(" ");
    for (const name of found) {
      const own = leavesBelow(path.join(from, name));
      const at = path.join(copies, name);
      const stamp = `${stampOf(own)} ${ofBases}`;
      if (known.get(name) === withCopy(stamp, at)) continue;
      replace(at, whole(own, bases), path.join(scratch, name.replaceAll("/", " ")));
      known.set(name, withCopy(stamp, at));
    }
    const wanted = new Set(found);
    for (const name of namesIn(copies)) {
      if (wanted.has(name)) continue;
      fs.rmSync(path.join(copies, name), { recursive: true, force: true });
      known.delete(name);
    }
  } finally {
    const stamps = path.join(scratch, STAMPS);
    fs.writeFileSync(stamps, JSON.stringify(Object.fromEntries(known)));
    fs.renameSync(stamps, path.join(cache, STAMPS));
    fs.rmSync(scratch, { recursive: true, force: true });
  }
  return fs.realpathSync(copies);
}

/** The directories of all fixtures and hosts: their paths below `fixtures`. */
export function namesIn(from: string): readonly string[] {
  const below = (name: string): readonly string[] =>
    fs
      .readdirSync(path.join(from, name), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => path.join(name, entry.name))
      .sort();
  const categories = below("").filter((name) => !NO_CATEGORIES.includes(name));
  return categories.flatMap((category) =>
    category === "hosts" ? below(category) : below(category).flatMap(below),
  );
}

/** Of each fixture the stamp that it had when its copy was written. */
const STAMPS = "stamps.json";

function readStamps(cache: string): Map<string, string> {
  const file = path.join(cache, STAMPS);
  if (!fs.existsSync(file)) return new Map();
  return new Map(Object.entries(JSON.parse(fs.readFileSync(file, "utf8")) as Record<string, string>));
}

/** Another one whenever a file comes, goes or changes: the kernel notes the time, and nobody can set it. */
function stampOf(leaves: Leaves): string {
  const hash = createHash("sha256").update(FORMAT);
  for (const file of leaves.values()) {
    const { ino, size, mode, ctimeMs } = fs.lstatSync(file);
    hash.update(`${file}\0${ino} ${size} ${mode} ${ctimeMs}\0`);
  }
  return hash.digest("hex").slice(0, 16);
}

/** The stamp of one copy alone: what another run puts in its place is written again. */
function withCopy(stamp: string, at: string): string {
  return `${stamp} ${fs.lstatSync(at, { throwIfNoEntry: false })?.ino ?? "not there"}`;
}

/** By rename, so that nobody sees half of a fixture; another run may be faster with the same one. */
function replace(at: string, leaves: Leaves, made: string): void {
  writeLeaves(leaves, made);
  fs.mkdirSync(path.dirname(at), { recursive: true });
  try {
    if (fs.existsSync(at)) fs.renameSync(at, `${made} before`);
    fs.renameSync(made, at);
  } catch (error) {
    if (!fs.existsSync(at)) throw error;
  }
}

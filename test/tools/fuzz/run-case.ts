import { spawnSync } from "node:child_process";
import { type Random, random } from "../reality/random.js";
import type { Draw, FuzzCase, Sources } from "./case.js";
import { judge, type Verdict } from "./judge.js";
import { removeTree, writeTree } from "./tree.js";

const NOBODY = 65534;

/** A case is made from the seed, the kind and its number alone. */
export function drawCase(draw: Draw, kind: string, seed: number, number: number, sources: Sources): FuzzCase {
  return draw(randomOf(kind, seed, number), sources);
}

function randomOf(kind: string, seed: number, number: number): Random {
  let hash = 0x811c9dc5;
  for (const character of kind) hash = Math.imul(hash ^ character.charCodeAt(0), 0x01000193);
  return random((seed ^ hash) >>> 0, number);
}

/** Makes the tree in a directory of its own below `scratch`, judges the case and removes it again. */
export async function runFuzzCase(one: FuzzCase, scratch: string): Promise<Verdict> {
  const directory = `${scratch}/case`;
  removeTree(Buffer.from(directory));
  writeTree(directory, one.tree, makeFifo);
  const drop = one.unprivileged === true && process.geteuid?.() === 0;
  try {
    if (drop) becomeUser(NOBODY);
    return await judge(one, directory);
  } finally {
    if (drop) becomeUser(0);
    removeTree(Buffer.from(directory));
  }
}

function makeFifo(path: Buffer): void {
  // Names of any bytes do not pass through the arguments of a child, so those have no FIFO.
  spawnSync("mkfifo", ["--", path.toString()], { stdio: "ignore" });
}

/** The effective user of this process; files are opened with its rights. */
function becomeUser(id: number): void {
  if (id === 0) process.seteuid?.(id);
  process.setegid?.(id);
  if (id !== 0) process.seteuid?.(id);
}

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { rules } from "../../rules/index.js";
import { validators } from "../../src/validators.js";
import { runCommand } from "../support/run-command.js";
import { sample, saySample } from "../support/sample.js";
import { SHAPES, type Shape } from "./support/growth-shapes.js";
import { growthTree, wordsFor } from "./support/growth-tree.js";

/**
 * No input takes more than its length: four times as much text takes four times as long, not sixteen
 * times. Only what takes many seconds of CPU fails: 64 kB take a fraction of one. Every commit draws
 * other shapes of each reader; FPMLINT_SLOW=1 tries all of them.
 */

let top = "";

beforeEach(() => {
  top = mkdtempSync(join(tmpdir(), "fpmlint-growth-"));
});

afterEach(() => {
  rmSync(top, { recursive: true });
});

/** CPU seconds of this process for a tree in which one file has the shape. */
async function seconds(shape: Shape, size: number): Promise<number> {
  const tree = mkdtempSync(join(top, "tree-"));
  growthTree(tree, shape, size);
  const before = process.cpuUsage();
  const { status } = await runCommand(wordsFor(tree, shape), {
    rules,
    validators,
    workingDirectory: tree,
  });
  const { user, system } = process.cpuUsage(before);
  expect(status, shape.name).toBeLessThanOrEqual(3);
  rmSync(tree, { recursive: true });
  return (user + system) / 1e6;
}

/** A quadratic shape that takes this long takes hours at a megabyte. */
const LONG = 5;

/** On a busy machine the same work takes more CPU, never less: what seems long is measured again. */
async function least(shape: Shape, size: number): Promise<number> {
  let found = Number.POSITIVE_INFINITY;
  for (let tries = 0; tries < 3 && found > LONG; tries += 1)
    found = Math.min(found, await seconds(shape, size));
  return found;
}

async function grows(shape: Shape): Promise<string | null> {
  const large = await least(shape, 64_000);
  if (large <= LONG) return null;
  const small = await least(shape, 16_000);
  if (small > LONG) return `${shape.name}: ${small} s for 16 kB`;
  return large / small > 8 ? `${shape.name}: ${small} s for 16 kB, ${large} s for 64 kB` : null;
}

/** Of each reader, so that none is left out. */
const EACH = 1;

const readers = [...new Set(SHAPES.map(({ name }) => name.split(":")[0] ?? ""))];

test.each(readers)("%s", { timeout: 600_000 }, async (reader) => {
  const found: string[] = [];
  const all = SHAPES.filter(({ name }) => name.startsWith(`${reader}:`));
  const drawn = sample(all, EACH, reader);
  saySample(`shapes that grow, ${reader}`, drawn.length, all.length);
  for (const shape of drawn) {
    const grown = await grows(shape);
    if (grown !== null) found.push(grown);
  }
  expect(found).toEqual([]);
});

import * as fs from "node:fs";
import type { Random } from "../reality/random.js";
import { readTree, type TreeNode } from "./tree.js";

/** Trees to begin with. Each is read when it is first picked. */
export interface Seeds {
  /** How many there are. */
  readonly count: number;
  /** A copy of one of them. */
  pick(random: Random): Map<string, TreeNode>;
}

/** The trees of the fixtures: directories that hold `etc`, or what is expected of them. */
export function fixtureSeeds(directory: string): Seeds {
  return seedsOf(treesBelow(directory));
}

/** Each directory of the collection is one tree. */
export function corpusSeeds(directory: string): Seeds {
  if (!fs.existsSync(directory)) return seedsOf([]);
  const entries = fs.readdirSync(directory, { withFileTypes: true });
  return seedsOf(
    entries
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => `${directory}/${name}`)
      .sort(),
  );
}

function seedsOf(directories: readonly string[]): Seeds {
  const known = new Map<string, ReadonlyMap<string, TreeNode>>();
  return {
    count: directories.length,
    pick: (random) => {
      const directory = random.pick(directories);
      const tree = known.get(directory) ?? readTree(directory);
      known.set(directory, tree);
      return new Map(tree);
    },
  };
}

function treesBelow(directory: string): readonly string[] {
  const entries = fs.readdirSync(directory, { withFileTypes: true });
  if (entries.some(({ name }) => name === "etc" || name === "expected.txt")) return [directory];
  return entries
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort()
    .flatMap((name) => treesBelow(`${directory}/${name}`));
}

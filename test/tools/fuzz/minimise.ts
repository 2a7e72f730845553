import { decodeBytes } from "../../../src/source/bytes.js";
import type { FuzzCase } from "./case.js";
import type { Tree, TreeNode } from "./tree.js";
import { file } from "./tree.js";

/** Whether a smaller case still fails alike. */
export type Fails = (one: FuzzCase) => Promise<boolean>;

/** Leaves out files, then lines, then parts of the last lines, as long as the case fails; tries at most `tries` cases. */
export async function minimised(one: FuzzCase, fails: Fails, tries = 250): Promise<FuzzCase> {
  let left = tries;
  const still = async (smaller: FuzzCase): Promise<boolean> => {
    left -= 1;
    return left >= 0 && (await fails(smaller));
  };
  const paths = await fewer([...one.tree.keys()], (kept) => still(withTree(one, only(one.tree, kept))));
  let small = withTree(one, only(one.tree, paths));
  for (const path of paths) {
    const node = small.tree.get(path);
    if (node?.kind !== "file") continue;
    const put = (text: string): FuzzCase => withTree(small, new Map(small.tree).set(path, file(text)));
    small = put(await shorter(decodeBytes(node.bytes), (text) => still(put(text))));
  }
  const stdin = await shorter(small.stdin, (text) => still({ ...small, stdin: text }));
  return { ...small, stdin };
}

function withTree(one: FuzzCase, tree: Tree): FuzzCase {
  return { ...one, tree };
}

function only(tree: Tree, paths: readonly string[]): ReadonlyMap<string, TreeNode> {
  return new Map([...tree].filter(([path]) => paths.includes(path)));
}

async function shorter(text: string, fails: (text: string) => Promise<boolean>): Promise<string> {
  if (text === "") return text;
  const lines = await fewer(text.split("\n"), (kept) => fails(kept.join("\n")));
  if (lines.length > 3) return lines.join("\n");
  const words = await fewer(lines.join("\n").split(/(?<= )/), (kept) => fails(kept.join("")));
  return words.join("");
}

/** Drops halves, quarters … of the items while the rest fails. */
async function fewer<T>(
  items: readonly T[],
  fails: (kept: readonly T[]) => Promise<boolean>,
): Promise<readonly T[]> {
  let kept = items;
  for (let size = Math.ceil(kept.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = 0; at < kept.length; ) {
      const rest = [...kept.slice(0, at), ...kept.slice(at + size)];
      if (rest.length < kept.length && (await fails(rest))) kept = rest;
      else at += size;
    }
  }
  return kept;
}

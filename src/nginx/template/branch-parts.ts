import type { Range } from "../../source/ranges.js";
import type { Branch } from "../types.js";

export type BranchRange = Range & { readonly branch: Branch };

/** The parts of a file by the innermost branch that they are in, in order and apart; branches lie in each other. */
export function branchParts(branches: readonly BranchRange[]): readonly BranchRange[] {
  const parts: BranchRange[] = [];
  const open: BranchRange[] = [];
  let done = 0;
  const upTo = (end: number): void => {
    const inner = open.at(-1);
    if (inner !== undefined && done < end) parts.push({ start: done, end, branch: inner.branch });
    done = Math.max(done, end);
  };
  const closeBefore = (offset: number): void => {
    for (let last = open.at(-1); last !== undefined && last.end <= offset; last = open.at(-1)) {
      upTo(last.end);
      open.pop();
    }
  };
  for (const one of branches.toSorted((a, b) => a.start - b.start)) {
    closeBefore(one.start);
    upTo(one.start);
    open.push(one);
  }
  closeBefore(Infinity);
  return parts;
}

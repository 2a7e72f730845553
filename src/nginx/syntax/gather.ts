import type { NginxParseTreeNode } from "nginx-conf/dist/src/parser.js";
import { at, following, type Range } from "../../source/ranges.js";
import type { Template } from "../template/template.js";
import type { Branch, Directive, Word } from "../types.js";

/** What the reader noted about a node of the package's tree. */
export interface NodeNotes {
  readonly words: readonly Word[];
  end: number;
  closed: boolean;
}

/** Nobody nests blocks this deep. They are walked by recursion, which has a limit. */
const DEEPEST = 500;

interface Gathering {
  readonly marks: ReadonlyMap<NginxParseTreeNode, NodeNotes>;
  readonly template: Template | null;
  tooDeep: Word | null;
}

/**
 * Our directives from the package's tree. `tooDeep`: the name of the first block whose content was
 * skipped.
 */
export function gather(
  tree: NginxParseTreeNode,
  marks: ReadonlyMap<NginxParseTreeNode, NodeNotes>,
  template: Template | null,
): { readonly directives: readonly Directive[]; readonly tooDeep: Word | null } {
  const gathering: Gathering = { marks, template, tooDeep: null };
  const directives = toDirectives(gathering, tree, null, 0);
  return { directives, tooDeep: gathering.tooDeep };
}

function toDirectives(
  gathering: Gathering,
  node: NginxParseTreeNode,
  around: Branch | null,
  depth: number,
): readonly Directive[] {
  const { marks, template } = gathering;
  const directives: Directive[] = [];
  for (const child of node.children ?? []) {
    const mark = marks.get(child);
    const [name, ...args] = mark?.words ?? [];
    if (mark === undefined || name === undefined) continue;
    const branch = template?.branchAt(name.start) ?? null;
    const left = child.isBlock && !child.isVerbatim && depth >= DEEPEST;
    if (left) gathering.tooDeep ??= name;
    const inner = (): readonly Directive[] =>
      left || child.isVerbatim ? [] : toDirectives(gathering, child, branch, depth + 1);
    const block = child.isBlock || child.isVerbatim ? inner() : null;
    // A block that was not closed reaches as far as it was read.
    const end = Math.max(mark.end, block?.at(-1)?.end ?? 0);
    directives.push({
      name,
      args,
      start: name.start,
      end,
      block,
      truncated: !mark.closed || left,
      gap: block !== null && hasGap(template?.gaps ?? [], { start: name.start, end }, block),
      branch: isSame(branch, around) ? null : branch,
    });
  }
  return directives;
}

/** Whether one of the gaps is in a part of the file, but in none of the blocks there. */
export function hasGap(gaps: readonly Range[], part: Range, content: readonly Directive[]): boolean {
  let gap = following(gaps, part.start);
  if (gap === null || gap.start >= part.end) return false;
  const blocks = content.filter(({ block }) => block !== null);
  while (gap !== null && gap.start < part.end) {
    const inner: Directive | null = at(blocks, gap.start);
    if (inner === null) return true;
    gap = following(gaps, inner.end);
  }
  return false;
}

function isSame(a: Branch | null, b: Branch | null): boolean {
  return a?.condition === b?.condition && a?.index === b?.index;
}

import { at, following, type Range } from "../../source/ranges.js";
import type { Template } from "../template/template.js";
import type { Branch, Directive, Word } from "../types.js";
import type { ClosedBlock } from "./braces.js";

/** Nobody nests blocks this deep. They are walked by recursion, which has a limit. */
const DEEPEST = 500;

const NONE: readonly never[] = [];

/** A block whose `}` was not read yet. */
interface Open {
  readonly words: readonly Word[];
  /** One past its `{`. */
  readonly end: number;
  readonly content: Directive[];
  readonly branch: Branch | null;
  /** It is nested too deep, so that its content is dropped. */
  readonly skipped: boolean;
}

/**
 * The directives of one file, made while it is read: a file of a million directives should be in memory
 * once, not first as the package's nodes.
 */
export class Gathering {
  /** Those outside of all blocks. */
  readonly directives: Directive[] = [];
  /** The name of the first block whose content was skipped. */
  tooDeep: Word | null = null;
  private readonly template: Template | null;
  private readonly open: Open[] = [];

  constructor(template: Template | null) {
    this.template = template;
  }

  /** The name of the innermost block that is open. */
  block(): Word | null {
    return this.open.at(-1)?.words[0] ?? null;
  }

  /** A directive without a block; `end`: one past its `;`. */
  simple(words: readonly Word[], end: number): void {
    const [name] = words;
    const around = this.open.at(-1) ?? null;
    if (name === undefined || around?.skipped === true) return;
    const branch = this.branchOf(words, around);
    (around?.content ?? this.directives).push(new Simple(name, argumentsOf(words), end, branch));
  }

  /** A block of Lua, whose content is no directives; `end`: one past its `}`, or where reading stopped. */
  verbatim(words: readonly Word[], end: number, closed: boolean): void {
    this.add(words, end, NONE, !closed);
  }

  /** `end`: one past the `{`. */
  begin(words: readonly Word[], end: number): void {
    const skipped = this.open.length >= DEEPEST;
    if (skipped) this.tooDeep ??= words[0] ?? null;
    this.open.push({ words, end, content: [], branch: this.branchAt(words), skipped });
  }

  /** `end`: one past the `}`; `null`: reading stopped before it. */
  finish(end: number | null): void {
    const block = this.open.pop();
    if (block === undefined) return;
    const content = block.skipped ? NONE : block.content;
    // A block that was not closed reaches as far as it was read.
    const reach = Math.max(end ?? block.end, content.at(-1)?.end ?? 0);
    this.add(block.words, reach, content, end === null || block.skipped);
  }

  /** Blocks that are open now were cut off. */
  finishAll(): void {
    while (this.open.length > 0) this.finish(null);
  }

  /** The blocks that were closed so far. */
  closed(text: string): readonly ClosedBlock[] {
    const found: ClosedBlock[] = [];
    for (const directives of [this.directives, ...this.open.map(({ content }) => content)])
      addClosed(directives, text, found);
    return found;
  }

  private add(words: readonly Word[], end: number, block: readonly Directive[], truncated: boolean): void {
    const [name] = words;
    const around = this.open.at(-1) ?? null;
    if (name === undefined || around?.skipped === true) return;
    const { template } = this;
    (around?.content ?? this.directives).push({
      name,
      args: argumentsOf(words),
      start: name.start,
      end,
      block,
      truncated,
      gap: template !== null && hasGap(template.gaps, { start: name.start, end }, block),
      branch: this.branchOf(words, around),
    });
  }

  /** The branch of a template in which a directive stands within the block around it. */
  private branchOf(words: readonly Word[], around: Open | null): Branch | null {
    const branch = this.branchAt(words);
    return isSame(branch, around?.branch ?? null) ? null : branch;
  }

  private branchAt([name]: readonly Word[]): Branch | null {
    return this.template === null || name === undefined ? null : this.template.branchAt(name.start);
  }
}

/** A directive without a block. A file may have a million of them: they hold only what differs. */
class Simple implements Directive {
  readonly name: Word;
  readonly args: readonly Word[];
  readonly end: number;
  readonly branch: Branch | null;

  constructor(name: Word, args: readonly Word[], end: number, branch: Branch | null) {
    this.name = name;
    this.args = args;
    this.end = end;
    this.branch = branch;
  }

  get start(): number {
    return this.name.start;
  }

  get block(): null {
    return null;
  }

  get truncated(): false {
    return false;
  }

  get gap(): false {
    return false;
  }
}

function argumentsOf(words: readonly Word[]): readonly Word[] {
  return words.length === 1 ? NONE : words.slice(1);
}

function addClosed(directives: readonly Directive[], text: string, found: ClosedBlock[]): void {
  for (const { name, block, end, truncated } of directives) {
    if (block === null) continue;
    if (!truncated && text.charAt(end - 1) === "}") found.push({ name, close: end - 1 });
    addClosed(block, text, found);
  }
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

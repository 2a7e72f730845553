import { lineText, position, type SourceFile } from "../../source/file.js";
import type { Word } from "../types.js";

/**
 * Which brace is wrong if they do not balance: nginx notices only at the end of the file, people see it
 * in the indentation.
 */

/** A block that was closed. */
export interface ClosedBlock {
  readonly name: Word;
  /** Offset of its `}`. */
  readonly close: number;
}

/**
 * The block that is closed by the `}` of a block further out: the `}` missing at the end of the file is
 * probably its own.
 */
export function closedTooLate(file: SourceFile, blocks: Iterable<ClosedBlock>): ClosedBlock | null {
  return firstClosed(file, blocks, (open, close) => open.startsWith(close) && open !== close);
}

/** The block that is closed by the `}` of a block further in: that `}` is probably the one too many. */
export function closedTooEarly(file: SourceFile, blocks: Iterable<ClosedBlock>): ClosedBlock | null {
  return firstClosed(file, blocks, (open, close) => close.startsWith(open) && open !== close);
}

function firstClosed(
  file: SourceFile,
  blocks: Iterable<ClosedBlock>,
  odd: (open: string, close: string) => boolean,
): ClosedBlock | null {
  let first: ClosedBlock | null = null;
  for (const block of blocks) {
    const open = indentation(file, block.name.start);
    const close = indentation(file, block.close);
    if (open === null || close === null || !odd(open, close)) continue;
    if (first === null || block.close < first.close) first = block;
  }
  return first;
}

/** The spaces before a word that begins its line; `null`: it does not. */
function indentation(file: SourceFile, offset: number): string | null {
  const { line, column } = position(file, offset);
  const before = lineText(file, line).slice(0, column - 1);
  return /^[ \t]*$/.test(before) ? before : null;
}

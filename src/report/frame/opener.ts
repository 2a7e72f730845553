import type { SourceFile } from "../../source/file.js";
import { lineText } from "../../source/file.js";
import { once, perKey } from "../../source/memo.js";

/** A long way up the guess gets worse, and looking costs time on every finding. */
const MAX_DISTANCE = 300;
/** Nobody lays out a line of more characters for readers: what is above it says nothing of a block. */
const MAX_LINE = 1000;
const SECTION = /^[ \t]*\[[^\]]+\][ \t]*(?:[;#].*)?$/;
const OPENS = /\{[ \t]*(?:#.*)?$/;

function indentation(line: string): number {
  return line.length - line.trimStart().length;
}

/**
 * The line (1-based) that opens the block or section around a line, `null` when layout does not show it.
 *
 * It is read from indentation and brackets alone: the line is drawn next to the evidence to show
 * the reader where it is, and no claim rests on it. A file that is not indented gets none.
 */
export function opener(file: SourceFile, line: number): number | null {
  return once(openers(file), line, () => look(file, line));
}

/** By the line: many findings may be on one. */
const openers = perKey((_file: SourceFile) => new Map<number, number | null>());

function look(file: SourceFile, line: number): number | null {
  const own = lineText(file, line);
  if (SECTION.test(own)) return null;
  let indent = indentation(own);
  for (let above = line - 1; above >= Math.max(1, line - MAX_DISTANCE); above -= 1) {
    const text = lineText(file, above);
    if (text.length > MAX_LINE) return null;
    if (SECTION.test(text)) return above;
    const start = text.trimStart();
    if (start === "" || start.startsWith("#") || start.startsWith(";")) continue;
    if (indentation(text) >= indent) continue;
    if (OPENS.test(text)) return above;
    // Closed at a lower level: what is above is next to this line, not around it.
    if (start.startsWith("}")) return null;
    indent = indentation(text);
  }
  return null;
}

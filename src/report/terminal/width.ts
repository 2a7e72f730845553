import { lazily } from "../../source/memo.js";

/** Columns that text takes on a terminal, and breaking prose to a number of columns. */

// The blocks that terminals draw two columns wide (Unicode East Asian Width W and F), coarsely.
const wide = lazily(
  () =>
    /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{17000}-\u{18cff}\u{1b000}-\u{1b2ff}\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/u,
);
const zero = lazily(() => /[\p{Mn}\p{Me}\u1160-\u11ff]/u);

/** Columns of one character (a code point as a string). */
export function characterWidth(character: string): 0 | 1 | 2 {
  if (character < "\u0300") return 1;
  if (zero().test(character)) return 0;
  return wide().test(character) ? 2 : 1;
}

/** Columns of text that is already escaped: without control characters and tabs. */
export function displayWidth(text: string): number {
  let columns = 0;
  for (const character of text) columns += characterWidth(character);
  return columns;
}

/** Pads to a number of columns on the right. */
export function padColumns(text: string, columns: number): string {
  return text + " ".repeat(Math.max(0, columns - displayWidth(text)));
}

/**
 * Breaks between words; a word longer than `columns` is whole on its own line, so that it can be copied. `later`:
 * the columns of the lines after the first.
 */
export function wrap(text: string, columns: number, later = columns): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    const room = lines.length === 0 ? columns : later;
    if (line !== "" && displayWidth(line) + 1 + displayWidth(word) > room) {
      lines.push(line);
      line = word;
    } else {
      line = line === "" ? word : `${line} ${word}`;
    }
  }
  lines.push(line);
  return lines;
}

/** A sentence whose lines after the first are indented. */
export function hanging(text: string, columns: number, indent: number): readonly string[] {
  if (columns === Infinity) return [text];
  const [first = "", ...rest] = wrap(text, columns, columns - indent);
  return [first, ...rest.map((line) => " ".repeat(indent) + line)];
}

/** Rows of cells under each other, three spaces between the columns; the cells are escaped already. */
export function table(rows: readonly (readonly string[])[]): readonly string[] {
  const count = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from({ length: count }, (_, at) =>
    Math.max(...rows.map((row) => displayWidth(row[at] ?? ""))),
  );
  return rows.map((row) =>
    row
      .map((cell, at) => padColumns(cell, widths[at] ?? 0))
      .join("   ")
      .trimEnd(),
  );
}

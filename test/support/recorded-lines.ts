import { readFileSync } from "node:fs";

/** What nginx 1.22.1, PHP-FPM 8.2 and supervisord 4.2.5 wrote while each fault was made: the signature that was meant, and the line. */
export const recordedLines: readonly { readonly id: string; readonly line: string }[] = readFileSync(
  "test/causes/recorded-lines.txt",
  "utf8",
)
  .trimEnd()
  .split("\n")
  .map((row) => ({ id: row.slice(0, row.indexOf("\t")), line: row.slice(row.indexOf("\t") + 1) }));

/** The lines without their signatures. */
export const recordedTexts: readonly string[] = recordedLines.map(({ line }) => line);

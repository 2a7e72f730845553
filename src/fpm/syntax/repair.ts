/** What a line that FPM refuses was most likely meant to be. */
import { lineText, position, type SourceFile, sourceFile } from "../../source/file.js";
import { parseFpm } from "./parse.js";

/** Lines `from` to `to` of the file, and the line that replaces them; `null`: remove them. */
export interface Repair {
  readonly from: number;
  readonly to: number;
  readonly text: string | null;
}

/** `null`: there is no good guess. PHP-FPM can read every repair. */
export function repairLine(file: SourceFile, offset: number): Repair | null {
  const { line } = position(file, offset);
  // Old Mac line ends: the whole file is one line.
  if (lineText(file, line).includes("\r")) return null;
  const joined = overTwoLines(file, line);
  const repair = joined ?? { from: line, to: line, text: meant(lineText(file, line)) };
  if (repair.text === null) return isReserved(lineText(file, line)) ? repair : null;
  const read = parseFpm(sourceFile("", "", `${repair.text}\n`));
  return read.some(({ kind }) => kind === "fault") ? null : repair;
}

function isReserved(line: string): boolean {
  return /^\s*(?:true|on|yes|false|off|no|none|null)\s*=/i.test(line);
}

function meant(line: string): string | null {
  const text = line.replace(/^\uFEFF/, "").trim();
  if (text.startsWith("#")) return `;${text.slice(1)}`;
  const section = /^\[([^\]\s;]+)/.exec(text)?.[1];
  if (section !== undefined) return `[${section}]`;
  const [, key = "", value = ""] = /^([^\s=]+)\s*=\s*([^;]*)/.exec(text) ?? [];
  if (key !== "" && !isReserved(text)) return /["']/.test(value) ? null : `${key} = "${value.trim()}"`;
  const [, name, rest] = /^([a-z_][\w.]*(?:\[[^\]]*\])?)(?:\s*:\s*|\s+)(\S.*)$/i.exec(text) ?? [];
  return name === undefined || text.includes("=") ? null : `${name} = ${rest}`;
}

/** A quoted value that continues on the next line. */
function overTwoLines(file: SourceFile, line: number): Repair | null {
  const open = (number: number): boolean => lineText(file, number).split('"').length % 2 === 0;
  for (const from of [line, line - 1]) {
    if (from < 1 || !open(from) || !open(from + 1)) continue;
    const text = lineText(file, from).trim() + lineText(file, from + 1).trim();
    return { from, to: from + 1, text };
  }
  return open(line) ? { from: line, to: line, text: `${lineText(file, line).trim()}"` } : null;
}

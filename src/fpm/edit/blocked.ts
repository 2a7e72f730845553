/** Which files must not be edited, and why. */
import { sourceFile } from "../../source/file.js";
import { overlaps } from "../../source/ranges.js";
import { readMarks } from "../../source/template.js";
import { isTemplateName } from "../../source/template-names.js";
import { parseFpm } from "../syntax/parse.js";
import type { FpmMaster, Setting } from "../types.js";

/** A clause about "the file", without a full stop. */
export type Why = string;

/** What template languages put in brackets; even in a comment it means that a tool makes the file. */
const BRACKETS = /^(?:\{\{|\{%|\{#|\{!!|<%|<\?|[<{]\/?tmpl_|\$\{\w+:?[-=?+])/;
/** FPM's own variable, which its environment replaces, so not a template. */
const VARIABLE = /^\$\{\w+\}$/;

export interface Readers {
  /** Why the file at this path must not be edited; `null`: it may be. */
  blocked(path: string): Why | null;
}

/** Looks at a file only when it is to be edited, and only once. */
export function readersOf(masters: readonly FpmMaster[]): Readers {
  const known = new Map<string, Why | null>();
  const twice = new Map(masters.map((master) => [master, readTwice(master)]));
  return {
    blocked(path) {
      const answer = known.get(path);
      if (answer !== undefined) return answer;
      const why = lookAt(path, masters, twice);
      known.set(path, why);
      return why;
    },
  };
}

function lookAt(
  path: string,
  masters: readonly FpmMaster[],
  twice: ReadonlyMap<FpmMaster, ReadonlyMap<string, ReadonlySet<string>>>,
): Why | null {
  const readBy = masters.filter(({ files }) => files.some((file) => file.path === path));
  const [master] = readBy;
  const file = master?.files.find((one) => one.path === path);
  if (master === undefined || file === undefined) return "the file was not read";
  if (isTemplateName(path) || isTemplateText(file.text)) return "the file is a template";
  if (file.text.includes("\0")) return "the file has a NUL character, and PHP-FPM stops reading a line there";
  if (master.faults.some(({ place }) => place.span.file.path === path))
    return "the file has a line that PHP-FPM refuses";
  if (readBy.length > 1) return "the file is read by several PHP-FPM masters";
  const readers = [...(twice.get(master)?.get(path) ?? [])];
  if (readers.length > 1) return `the file is included by several pools (${readers.join(", ")})`;
  return readers.length === 1 ? `the file is read more than once by ${readers[0]}` : null;
}

/** Path of a file that is read several times → the sections that read it. */
function readTwice(master: FpmMaster): ReadonlyMap<string, ReadonlySet<string>> {
  const readers = new Map<string, string>();
  const found = new Map<string, Set<string>>();
  const note = ({ keyPlace }: Setting, reader: string): void => {
    const { file, start } = keyPlace.span;
    const place = `${start} ${file.path}`;
    const other = readers.get(place);
    readers.set(place, reader);
    if (other === undefined) return;
    const names = found.get(file.path) ?? new Set();
    found.set(file.path, names.add(other).add(reader));
  };
  for (const one of master.global) note(one, "[global]");
  for (const pool of master.pools) for (const one of pool.settings) note(one, pool.name);
  return found;
}

/**
 * A placeholder for a value, such as `__NAME__`, counts only in what FPM reads and outside the settings
 * whose values may contain such words themselves: comments and date formats are full of them.
 */
function isTemplateText(text: string): boolean {
  const marks = readMarks(text).filter(({ start, end }) => !VARIABLE.test(text.slice(start, end)));
  if (marks.length === 0) return false;
  if (marks.some(({ start, end, kind }) => kind !== "value" || BRACKETS.test(text.slice(start, end))))
    return true;
  return parseFpm(sourceFile("", "", text)).some((line) => {
    if (line.kind === "gap") return true;
    if (line.kind === "setting" && line.key === "access.format") return false;
    const start = line.kind === "setting" ? line.keyRange.start : line.range.start;
    return overlaps(marks, { start, end: line.range.end });
  });
}

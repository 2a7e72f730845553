/** Sizes of workers as `ps` prints them: one number of KiB a line, a table that names its columns, or lines of `ps aux`. */
import { grouped } from "../source/collect.js";
import { type Columns, columnsOf, isHeader, readRow } from "./ps-table.js";

export interface Samples {
  /** The resident size (RSS) of each worker, in bytes, in the order of the lines. It counts what the workers share in each of them. */
  readonly bytes: readonly number[];
  /** Those of the lines that name their pool, by its name. */
  readonly pools: ReadonlyMap<string, readonly number[]>;
  /** How many lines were about something that is no worker: the master, nginx, the `grep` itself. */
  readonly others: number;
  /** What should have been a size and is none. */
  readonly unread: readonly UnreadSample[];
}

export interface UnreadSample {
  /** Counted from 1. */
  readonly line: number;
  /** Without the blanks around it. */
  readonly text: string;
  /** What is wrong with it, and what would be right; no full stop. */
  readonly why: string;
}

/** Reads the output of `ps`. Blank lines, comments (`#`) and headers say nothing; every other line is counted once. */
export function readSamples(text: string): Samples {
  const bytes: number[] = [];
  const named: (readonly [pool: string, bytes: number])[] = [];
  const unread: UnreadSample[] = [];
  let others = 0;
  let columns: Columns | null = null;
  const lines = text.split(/\r\n|\n|\r/);
  for (const [index, raw] of lines.entries()) {
    // Also of a byte order mark.
    const line = raw.trim();
    if (line === "" || line.startsWith("#")) continue;
    if (isHeader(line)) {
      columns = columnsOf(line);
      continue;
    }
    const row = readRow(line, columns);
    const size = row.kind === "worker" ? kibibytes(row.size) : null;
    if (row.kind === "other") others += 1;
    else if (row.kind === "unread") unread.push({ line: index + 1, text: line, why: row.why });
    else if (typeof size === "number") {
      bytes.push(size);
      if (row.pool !== null) named.push([row.pool, size]);
    } else unread.push({ line: index + 1, text: line, why: size ?? "" });
  }
  return { bytes, pools: grouped(named), others, unread };
}

/** More is no worker; most likely the numbers are bytes. */
const MOST_KIB = 1024 ** 3;

/** Bytes of a number of KiB, or why it is none. */
function kibibytes(size: string): number | string {
  if (/^-\d/.test(size)) return "a size is not negative";
  if (/^\d+[.,]\d+$/.test(size)) return "not a whole number; ps prints whole KiB";
  if (/^\d+(?:[.,]\d+)?\s*[kmgt](?:i?b)?$/i.test(size))
    return "has a unit; a plain number of KiB is expected";
  if (!/^\d+$/.test(size)) return "not a number; ps prints whole KiB";
  const kib = Number(size);
  if (kib === 0) return "0 is not the size of a worker";
  if (kib > MOST_KIB) return "more than 1 TiB; KiB are expected, not bytes";
  return kib * 1024;
}

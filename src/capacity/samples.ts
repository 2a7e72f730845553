/** Sizes of workers as `ps` prints them: one number of KiB on each line, a table with a header, or lines of `ps aux`. */
import { grouped } from "../source/collect.js";
import type { Seen } from "./at-work.js";
import { type Columns, columnsOf, isHeader, type Row, readRow } from "./ps-table.js";

/** The command that lists the sizes of workers, which pool they are of, and whether they are at work. */
export const LISTING = "ps -eo pid,rss,stat,wchan:30,args";

/** The same with what each of them does not share, for root and procps-ng 4 or later. */
export const OWN_LISTING = "ps -eo pid,rss,uss,stat,wchan:30,args";

/** The sizes of workers in the output of `ps`. */
export interface Samples {
  /** The resident size (RSS) of each worker, in bytes, in the order of the lines. It counts shared memory in every worker. */
  readonly bytes: readonly number[];
  /** The workers in lines that name their pool, by its name. */
  readonly pools: ReadonlyMap<string, readonly Sample[]>;
  /** How many lines were about something other than a worker: the master, nginx, the `grep` itself. */
  readonly others: number;
  /** Lines that should have been sizes but are not. */
  readonly unread: readonly UnreadSample[];
}

/** A worker at one moment. */
export interface Sample extends Seen {
  /** The resident size (RSS), in bytes. */
  readonly bytes: number;
  /** What it does not share, or more: the columns USS or PSS, in bytes; `null`: not known. */
  readonly own: OwnSize | null;
}

/** Only root sees it, and only procps-ng 4 and later prints it. */
export interface OwnSize {
  readonly bytes: number;
  /** USS: no other process has these pages. PSS: also its part of the pages that others have, too. */
  readonly column: "USS" | "PSS";
}

/** A line that could not be read. */
export interface UnreadSample {
  /** Counted from 1. */
  readonly line: number;
  /** Without the spaces around it. */
  readonly text: string;
  /** What is wrong with it, and what would be right; no full stop. */
  readonly why: string;
}

/** Reads the output of `ps`. Empty lines, comments (`#`) and headers do not count; every other line counts once. */
export function readSamples(text: string): Samples {
  const bytes: number[] = [];
  const named: (readonly [pool: string, sample: Sample])[] = [];
  const unread: UnreadSample[] = [];
  let others = 0;
  let columns: Columns | null = null;
  let look = 0;
  const seen = new Set<string>();
  /** A new listing begins with a header, or where a process comes again. */
  const again = (): void => {
    if (seen.size > 0) look += 1;
    seen.clear();
  };
  const lines = text.split(/\r\n|\n|\r/);
  for (const [index, raw] of lines.entries()) {
    // This also removes a byte order mark.
    const line = raw.trim();
    if (line === "" || line.startsWith("#")) continue;
    if (isHeader(line)) {
      columns = columnsOf(line);
      again();
      continue;
    }
    const row = readRow(line, columns);
    if (row.kind === "other") others += 1;
    else if (row.kind === "unread") unread.push({ line: index + 1, text: line, why: row.why });
    else {
      const { size, pool, pid, doing } = row;
      const own = ownOf(row);
      const read = kibibytes(size);
      if (typeof read === "number") {
        bytes.push(read);
        if (pid !== null && seen.has(pid)) again();
        seen.add(pid ?? "");
        if (pool !== null) named.push([pool, { bytes: read, own, pid, doing, look }]);
      } else unread.push({ line: index + 1, text: line, why: read });
    }
  }
  return { bytes, pools: grouped(named), others, unread };
}

/** `ps` prints 0 where it may not know. */
function ownOf({ uss, pss }: Extract<Row, { kind: "worker" }>): OwnSize | null {
  const known = (text: string | null): number | null => {
    const bytes = text === null ? "" : kibibytes(text);
    return typeof bytes === "number" ? bytes : null;
  };
  const [unique, part] = [known(uss), known(pss)];
  if (unique !== null) return { bytes: unique, column: "USS" };
  return part === null ? null : { bytes: part, column: "PSS" };
}

/** No worker is larger; most likely the numbers are bytes. */
const MOST_KIB = 1024 ** 3;

/** The bytes of a number of KiB, or what is wrong with the number. */
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

/** Sizes of workers as `ps` prints them: one number of KiB on each line, a table with a header, or lines of `ps aux`. */
import { grouped } from "../source/collect.js";
import { type Columns, columnsOf, isHeader, readRow } from "./ps-table.js";

/** The sizes of workers in the output of `ps`. */
export interface Samples {
  /** The resident size (RSS) of each worker, in bytes, in the order of the lines. It counts shared memory in every worker. */
  readonly bytes: readonly number[];
  /** The sizes in lines that name their pool, by its name. */
  readonly pools: ReadonlyMap<string, readonly number[]>;
  /** The sizes of workers that are known to have been at work, by the name of their pool; empty where that is not known. */
  readonly busy: ReadonlyMap<string, readonly number[]>;
  /** Whether the lines tell which of the named workers were at work: they have the address space, and that of a master. */
  readonly tellsBusy: boolean;
  /** How many lines were about something other than a worker: the master, nginx, the `grep` itself. */
  readonly others: number;
  /** Lines that should have been sizes but are not. */
  readonly unread: readonly UnreadSample[];
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
  const named: NamedSample[] = [];
  const masters: number[] = [];
  const unread: UnreadSample[] = [];
  let others = 0;
  let columns: Columns | null = null;
  const lines = text.split(/\r\n|\n|\r/);
  for (const [index, raw] of lines.entries()) {
    // This also removes a byte order mark.
    const line = raw.trim();
    if (line === "" || line.startsWith("#")) continue;
    if (isHeader(line)) {
      columns = columnsOf(line);
      continue;
    }
    const row = readRow(line, columns);
    const size = row.kind === "worker" ? kibibytes(row.size) : null;
    if (row.kind === "master") masters.push(...mappedIn(row.mapped));
    if (row.kind === "other" || row.kind === "master") others += 1;
    else if (row.kind === "unread") unread.push({ line: index + 1, text: line, why: row.why });
    else if (typeof size === "number") {
      bytes.push(size);
      if (row.pool !== null) named.push({ pool: row.pool, size, mapped: mappedIn(row.mapped)[0] ?? null });
    } else unread.push({ line: index + 1, text: line, why: size ?? "" });
  }
  const byPool = (some: readonly NamedSample[]) =>
    grouped(some.map(({ pool, size }) => [pool, size] as const));
  const tellsBusy = masters.length > 0 && named.length > 0 && named.every(({ mapped }) => mapped !== null);
  const busy = tellsBusy ? named.filter(({ mapped }) => isBusy(mapped ?? 0, masters)) : [];
  return { bytes, pools: byPool(named), busy: byPool(busy), tellsBusy, others, unread };
}

interface NamedSample {
  readonly pool: string;
  readonly size: number;
  /** KiB of its address space; `null`: not known. */
  readonly mapped: number | null;
}

/** The KiB of an address space; none where the text is no number. */
function mappedIn(text: string | null): readonly number[] {
  return text !== null && /^\d+$/.test(text) ? [Number(text)] : [];
}

/** PHP takes memory for a request in pieces of at least 2 MiB, and gives most of it back when the request ends. */
const PIECE_KIB = 2048;

/**
 * Whether a worker holds memory for a request. It begins with the address space of its master, and grows
 * by what a request takes. Which of several masters is its own is not known: no larger one than itself.
 */
function isBusy(mapped: number, masters: readonly number[]): boolean {
  const base = masters.reduce((most, one) => (one <= mapped ? Math.max(most, one) : most), 0);
  return base > 0 && mapped - base >= PIECE_KIB;
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

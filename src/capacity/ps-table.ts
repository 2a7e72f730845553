import { type Doing, doingOf } from "./at-work.js";

/** Lines of `ps`: which column is the size, which program a line is about, and what that does. */

/** What a line says if it is not empty, a comment or a header. */
export type Row =
  | {
      readonly kind: "worker";
      /** The number as it is written. */
      readonly size: string;
      /** What it shares with no other process, as it is written; `null`: the table has no such column. */
      readonly uss: string | null;
      /** The same and its part of what it shares. */
      readonly pss: string | null;
      /** `null`: the line names none. */
      readonly pool: string | null;
      /** The number of the process as it is written; `null`: the line has none. */
      readonly pid: string | null;
      readonly doing: Doing;
    }
  | { readonly kind: "other" }
  | { readonly kind: "unread"; readonly why: string };

/** Where the columns of a table are, counted from the front. */
export interface Columns {
  readonly count: number;
  /** `null`: the table has no such column. */
  readonly rss: number | null;
  readonly uss: number | null;
  readonly pss: number | null;
  /** The number of the process; `null`: the table has no such column. */
  readonly pid: number | null;
  /** Whether it runs or sleeps; `null`: the table has no such column. */
  readonly state: number | null;
  /** Where in the kernel it sleeps; `null`: the table has no such column. */
  readonly waits: number | null;
  /** The column whose values may contain spaces, the last if there are several: `ps -o comm,args`. `null`: the table has none. */
  readonly command: number | null;
}

const NAME = /^%?[A-Z][A-Z_]*$/;
const SIZES = new Set(["RSS", "RSZ", "RSSIZE"]);
const OWN = new Set(["USS"]);
const PARTS = new Set(["PSS"]);
const PIDS = new Set(["PID"]);
const STATES = new Set(["STAT", "S", "STATE"]);
const WAITS = new Set(["WCHAN"]);
const COMMANDS = new Set(["COMMAND", "CMD", "COMM", "ARGS"]);

/** Whether a line names columns: `RSS` alone, or several names, one of them known. */
export function isHeader(line: string): boolean {
  const words = line.split(/\s+/);
  if (!words.every((word) => NAME.test(word))) return false;
  return words.some((word) => SIZES.has(word)) || (words.length > 1 && words.includes("PID"));
}

/** The columns that a header names. */
export function columnsOf(header: string): Columns {
  const names = header.split(/\s+/);
  const find = (known: ReadonlySet<string>): number | null => {
    const index = names.findLastIndex((name) => known.has(name));
    return index === -1 ? null : index;
  };
  const sizes = { rss: find(SIZES), uss: find(OWN), pss: find(PARTS) };
  const known = { ...sizes, pid: find(PIDS), state: find(STATES), waits: find(WAITS) };
  return { ...known, count: names.length, command: find(COMMANDS) };
}

/** What `ps` prints for the start of a process under `lstart`: the only other column with spaces. */
const DATE = /\b[A-Z][a-z]{2} [A-Z][a-z]{2} +\d{1,2} [\d:]{8} \d{4}\b/;

/** Reads a line; `columns`: of the last header above it, `null` if there was none. */
export function readRow(line: string, columns: Columns | null): Row {
  // A number alone is a size below any header.
  if (!/\s/.test(line) && columns?.count !== 1) return worker(line, null, SILENT);
  return columns === null ? withoutHeader(line) : inTable(line.replace(DATE, "date").split(/\s+/), columns);
}

/** What a line says of a process besides its size and program; `null`: nothing. */
interface Process {
  readonly pid: string | null;
  readonly state: string | null;
  readonly waits: string | null;
  readonly uss: string | null;
  readonly pss: string | null;
}

const SILENT: Process = { pid: null, state: null, waits: null, uss: null, pss: null };

function inTable(words: readonly string[], columns: Columns): Row {
  const { rss, command, count } = columns;
  const more = words.length - count;
  if (rss === null) return { kind: "unread", why: "the header above it names no RSS column" };
  if (more < 0) return { kind: "unread", why: "fewer words than the header above it has columns" };
  if (more > 0 && command === null) {
    return { kind: "unread", why: "more words than the header above it has columns" };
  }
  const at = (column: number): string =>
    words[command !== null && command < column ? column + more : column] ?? "";
  const maybe = (column: number | null): string | null => (column === null ? null : at(column));
  const process = {
    pid: maybe(columns.pid),
    state: maybe(columns.state),
    waits: maybe(columns.waits),
    uss: maybe(columns.uss),
    pss: maybe(columns.pss),
  };
  return command === null
    ? worker(at(rss), null, process)
    : about(words.slice(command, command + more + 1).join(" "), at(rss), process);
}

const NUMBER = String.raw`\d+(?:[.,]\d+)?`;
/** user pid %cpu %mem vsz rss tty stat start time command */
const AUX = new RegExp(
  String.raw`^\S+ +(\d+) +${NUMBER} +${NUMBER} +\d+ +(-?[\d.,]+) +\S+ +([A-Za-z]\S*) +\S+ +[\d:.-]+ +(.*)$`,
);

function withoutHeader(line: string): Row {
  const plain = line.replaceAll("\t", " ");
  const [, pid, rss, state, program] = AUX.exec(plain) ?? [];
  if (pid !== undefined && rss !== undefined && state !== undefined && program !== undefined)
    return about(program, rss, { ...SILENT, pid, state });
  // ps -o rss=,cmd=: a number, and the program that it is about.
  if (/^\d+ +[kmgt](?:i?b)?$/i.test(plain)) return worker(plain, null, SILENT);
  const [, first, command] = /^(\d+) +([^\d ].*)$/.exec(plain) ?? [];
  if (first !== undefined && command !== undefined && /^[^\s\d]*[a-z]/i.test(bare(command)))
    return about(command, first, SILENT);
  return {
    kind: "unread",
    why: "not a number alone, nor a line of ps aux; ps -o rss= prints the sizes alone",
  };
}

/** The command without what busybox and the trees of `ps f` print before it. */
function bare(command: string): string {
  return command.replace(/^(?:[|\s]*\\_ +)?(?:\{[^}]*\} +)?/, "");
}

function about(command: string, size: string, process: Process): Row {
  const program = bare(command).trim();
  const pool = /^php-fpm: pool (.+)$/.exec(program)?.[1];
  if (pool !== undefined) return worker(size, pool, process);
  // The bare name of the program does not tell a worker from the master.
  return /^php-fpm[\d.]*$/.test(program)
    ? worker(size, null, { ...process, state: null, waits: null })
    : { kind: "other" };
}

function worker(size: string, pool: string | null, { pid, state, waits, uss, pss }: Process): Row {
  return { kind: "worker", size, uss, pss, pool, pid, doing: doingOf(state, waits) };
}

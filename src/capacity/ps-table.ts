/** Lines of `ps`: which column is the size, and which program a line is about. */

/** What a line says if it is not empty, a comment or a header. */
export type Row =
  /**
   * `size`: the number as it is written. `pool`: `null` where the line names none. `mapped`: the size of its
   * address space as it is written, `null` where the line has none.
   */
  | {
      readonly kind: "worker";
      readonly size: string;
      readonly pool: string | null;
      readonly mapped: string | null;
    }
  /** The master, whose address space its workers begin with. */
  | { readonly kind: "master"; readonly mapped: string | null }
  | { readonly kind: "other" }
  | { readonly kind: "unread"; readonly why: string };

/** Where the columns of a table are, counted from the front. */
export interface Columns {
  readonly count: number;
  /** `null`: the table has no such column. */
  readonly rss: number | null;
  /** The size of the address space; `null`: the table has no such column. */
  readonly mapped: number | null;
  /** The column whose values may contain spaces, the last if there are several: `ps -o comm,args`. `null`: the table has none. */
  readonly command: number | null;
}

const NAME = /^%?[A-Z][A-Z_]*$/;
const SIZES = new Set(["RSS", "RSZ", "RSSIZE"]);
const MAPPED = new Set(["VSZ", "VSIZE"]);
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
  return { count: names.length, rss: find(SIZES), mapped: find(MAPPED), command: find(COMMANDS) };
}

/** What `ps` prints for the start of a process under `lstart`: the only other column with spaces. */
const DATE = /\b[A-Z][a-z]{2} [A-Z][a-z]{2} +\d{1,2} [\d:]{8} \d{4}\b/;

/** Reads a line; `columns`: of the last header above it, `null` if there was none. */
export function readRow(line: string, columns: Columns | null): Row {
  // A number alone is a size below any header.
  if (!/\s/.test(line) && columns?.count !== 1) return worker(line, null, null);
  return columns === null ? withoutHeader(line) : inTable(line.replace(DATE, "date").split(/\s+/), columns);
}

function inTable(words: readonly string[], { rss, mapped, command, count }: Columns): Row {
  const more = words.length - count;
  if (rss === null) return { kind: "unread", why: "the header above it names no RSS column" };
  if (more < 0) return { kind: "unread", why: "fewer words than the header above it has columns" };
  if (more > 0 && command === null) {
    return { kind: "unread", why: "more words than the header above it has columns" };
  }
  const at = (column: number): string =>
    words[command !== null && command < column ? column + more : column] ?? "";
  const space = mapped === null ? null : at(mapped);
  return command === null
    ? worker(at(rss), null, space)
    : about(words.slice(command, command + more + 1).join(" "), at(rss), space);
}

const NUMBER = String.raw`\d+(?:[.,]\d+)?`;
/** user pid %cpu %mem vsz rss tty stat start time command */
const AUX = new RegExp(
  String.raw`^\S+ +\d+ +${NUMBER} +${NUMBER} +(\d+) +(-?[\d.,]+) +\S+ +[A-Za-z]\S* +\S+ +[\d:.-]+ +(.*)$`,
);

function withoutHeader(line: string): Row {
  const plain = line.replaceAll("\t", " ");
  const [, mapped, rss, program] = AUX.exec(plain) ?? [];
  if (mapped !== undefined && rss !== undefined && program !== undefined) return about(program, rss, mapped);
  // ps -o rss=,cmd=: a number, and the program that it is about.
  if (/^\d+ +[kmgt](?:i?b)?$/i.test(plain)) return worker(plain, null, null);
  const [, first, command] = /^(\d+) +([^\d ].*)$/.exec(plain) ?? [];
  if (first !== undefined && command !== undefined && /^[^\s\d]*[a-z]/i.test(bare(command)))
    return about(command, first, null);
  return {
    kind: "unread",
    why: "not a number alone, nor a line of ps aux; ps -o rss= prints the sizes alone",
  };
}

/** The command without what busybox and the trees of `ps f` print before it. */
function bare(command: string): string {
  return command.replace(/^(?:[|\s]*\\_ +)?(?:\{[^}]*\} +)?/, "");
}

function about(command: string, size: string, mapped: string | null): Row {
  const program = bare(command).trim();
  const pool = /^php-fpm: pool (.+)$/.exec(program)?.[1];
  if (pool !== undefined) return worker(size, pool, mapped);
  if (program.startsWith("php-fpm: master process")) return { kind: "master", mapped };
  // The bare name of the program does not tell a worker from the master.
  return /^php-fpm[\d.]*$/.test(program) ? worker(size, null, mapped) : { kind: "other" };
}

function worker(size: string, pool: string | null, mapped: string | null): Row {
  return { kind: "worker", size, pool, mapped };
}

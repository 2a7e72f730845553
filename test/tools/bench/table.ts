import type { Cost, Measured } from "./measure.js";

export type Row = readonly string[];

/** One size of a shape: fpmlint, and the daemons where they can be asked. */
export interface Sized {
  readonly count: number;
  readonly own: Measured | undefined;
  readonly nginx: Measured | undefined;
  readonly fpm: Measured | undefined;
}

const NOTHING = "–";

/** The first row is the head; all but the first column are to the right. */
export function markdown([head = [], ...rows]: readonly Row[]): string {
  const line = (row: Row): string => `| ${row.join(" | ")} |`;
  const rule = head.map((_, i) => (i === 0 ? "---" : "---:"));
  return [line(head), line(rule), ...rows.map(line)].join("\n");
}

/** Columns of a shape: what each size cost, and what that is of others. `exponent`: of the CPU, since the size before. */
export function sizeRows(what: string, bare: Measured | undefined, sizes: readonly Sized[]): readonly Row[] {
  const head = [
    what,
    "CPU s",
    "wall s",
    "peak MiB",
    "exponent",
    "of bare node",
    "`nginx -t` CPU s",
    "its peak",
    "of `nginx -t`",
    "of `nginx -t` + `php-fpm -t`",
  ];
  const rows = sizes.map(({ count, own, nginx, fpm }, i): Row => {
    const before = sizes[i - 1];
    return [
      count.toLocaleString("en-US"),
      seconds(own),
      with2(costOf(own)?.wall),
      whole(costOf(own)?.peak),
      before === undefined ? NOTHING : with2(exponent(before, { count, own })),
      ratio(own, bare),
      seconds(nginx),
      whole(costOf(nginx)?.peak),
      ratio(own, nginx),
      ratio(own, both(nginx, fpm)),
    ];
  });
  return [head, ...rows];
}

/** A size of a log: fpmlint, a Node that only counts its lines, and ripgrep where it is there. */
export interface LogRow {
  /** Megabytes. */
  readonly size: number;
  readonly own: Measured | undefined;
  readonly counting: Measured | undefined;
  readonly ripgrep: Measured | undefined;
}

/** What each size of a log cost, how much that is in a second of CPU, and what it is of the others'. */
export function logRows(sizes: readonly LogRow[]): readonly Row[] {
  const head = [
    "MB",
    "CPU s",
    "MB per CPU s",
    "peak MiB",
    "counting in Node CPU s",
    "`rg -c` CPU s",
    "of `rg -c`",
  ];
  const rows = sizes.map(({ size, own, counting, ripgrep }): Row => {
    const cost = costOf(own);
    return [
      size.toLocaleString("en-US"),
      seconds(own),
      whole(cost === null ? null : size / cost.cpu),
      whole(cost?.peak),
      seconds(counting),
      seconds(ripgrep),
      ratio(own, ripgrep),
    ];
  });
  return [head, ...rows];
}

/** By which power of the size the CPU grows from one to the other: 1 is in proportion, 2 is quadratic. */
export function exponent(
  small: Pick<Sized, "count" | "own">,
  large: Pick<Sized, "count" | "own">,
): number | undefined {
  const [less, more] = [costOf(small.own), costOf(large.own)];
  if (less === null || more === null) return undefined;
  return Math.log(more.cpu / less.cpu) / Math.log(large.count / small.count);
}

export function seconds(one: Measured | undefined): string {
  const cost = costOf(one);
  if (cost === null) return one === undefined ? NOTHING : "failed";
  return cost.cpu < 1 ? cost.cpu.toFixed(3) : cost.cpu.toFixed(2);
}

/** How much CPU one took of what the other took. */
export function ratio(one: Measured | undefined, other: Measured | undefined): string {
  const [mine, theirs] = [costOf(one), costOf(other)];
  return mine === null || theirs === null ? NOTHING : (mine.cpu / theirs.cpu).toFixed(2);
}

function both(nginx: Measured | undefined, fpm: Measured | undefined): Measured | undefined {
  const [one, other] = [costOf(nginx), costOf(fpm)];
  if (one === null || other === null) return undefined;
  return { cpu: one.cpu + other.cpu, wall: one.wall + other.wall, peak: null };
}

function costOf(one: Measured | undefined): Cost | null {
  return one === undefined || "failed" in one ? null : one;
}

function with2(value: number | undefined): string {
  return value === undefined ? NOTHING : value.toFixed(2);
}

function whole(value: number | null | undefined): string {
  return value == null ? NOTHING : value.toFixed(0);
}

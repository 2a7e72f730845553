import { waitProbability } from "../../capacity/queue.js";
import { showSize } from "../../capacity/size.js";
import type { HostCapacity } from "../../sizing/result.js";
import { escapeText } from "../terminal/escape.js";
import { displayWidth } from "../terminal/width.js";

/** The pictures of a capacity report: how memory is divided, and how waiting falls with workers. */

interface Marks {
  readonly full: string;
  /** For parts next to each other, in order; repeated when there are more parts. */
  readonly parts: readonly string[];
  readonly reserve: string;
  readonly shared: string;
  readonly headroom: string;
  readonly free: string;
}

const UNICODE: Marks = {
  full: "█",
  parts: ["█", "▓", "▚", "▞"],
  reserve: "▒",
  shared: "▤",
  headroom: "░",
  free: "·",
};
const ASCII: Marks = {
  full: "#",
  parts: ["#", "%", "*", "+"],
  reserve: "=",
  shared: "@",
  headroom: "-",
  free: ".",
};

interface Part {
  readonly mark: string;
  readonly name: string;
  readonly bytes: number;
}

/** A bar as wide as the text, and what its marks mean. */
export function memoryBar(found: HostCapacity, unicode: boolean, width: number): readonly string[] {
  const marks = unicode ? UNICODE : ASCII;
  const parts = partsOf(found, marks);
  const columns = Math.max(20, Math.min(width - 4, 72));
  const total = parts.reduce((sum, { bytes }) => sum + bytes, 0);
  // Each part ends where its share of the sum ends, so that rounding errors do not add up.
  let [sum, bar] = [0, ""];
  for (const { mark, bytes } of parts) {
    sum += bytes;
    bar += mark.repeat(Math.max(0, Math.round((sum / total) * columns) - bar.length));
  }
  const legend = parts.map(({ mark, name, bytes }) => `${mark} ${escapeText(name)} ${showSize(bytes)}`);
  return [bar, ...rows(legend, width - 4)];
}

/** More pools than these share one part of the bar. */
const MOST_POOLS = 4;

function partsOf({ input, plan, pools }: HostCapacity, marks: Marks): readonly Part[] {
  const free = Math.round((input.memory - input.reserve) * input.headroom);
  const sizes = pools.map(({ name, worker, plan: one }) => ({
    name: shortened(name),
    bytes: one.max * worker.bytes,
  }));
  const shown = sizes.length > MOST_POOLS ? [{ name: `${sizes.length} pools`, bytes: plan.used }] : sizes;
  const all = [
    { mark: marks.reserve, name: "everything else", bytes: input.reserve },
    { mark: marks.shared, name: "shared", bytes: input.shared },
    ...shown.map((one, index) => ({ ...one, mark: marks.parts[index % marks.parts.length] ?? marks.full })),
    { mark: marks.free, name: "left over", bytes: plan.spare },
    { mark: marks.headroom, name: "stays free", bytes: free },
  ];
  return all.filter(({ bytes }) => bytes > 0);
}

/** Puts as many of the words on a line as fit. */
function rows(words: readonly string[], width: number): readonly string[] {
  const lines: string[] = [];
  for (const word of words) {
    const last = lines.at(-1);
    if (last !== undefined && displayWidth(last) + displayWidth(word) + 3 <= width)
      lines[lines.length - 1] = `${last}   ${word}`;
    else lines.push(word);
  }
  return lines;
}

/** How many rows a curve has at most. */
const CURVE_ROWS = 9;
const CURVE_COLUMNS = 40;

/** The part of requests that wait against the number of workers, from the first that can keep up to where hardly any waits. */
export function waitCurve(
  load: number,
  marked: ReadonlyMap<number, string>,
  unicode: boolean,
): readonly string[] {
  const { full } = unicode ? UNICODE : ASCII;
  const least = Math.floor(load) + 1;
  const last = Math.max(least + 1, ...[...marked.keys()].filter((count) => count <= least * 4));
  const step = Math.max(1, Math.ceil((last - least) / (CURVE_ROWS - 2)));
  const points = new Set([...marked.keys()]);
  for (let count = least; count <= last; count += step) points.add(count);
  const counts = [...points].sort((a, b) => a - b);
  const columns = String(counts.at(-1) ?? 0).length;
  return counts.map((count) => {
    const share = waitProbability(count, load);
    const bar = full.repeat(Math.round(share * CURVE_COLUMNS));
    const note = marked.get(count);
    return `${String(count).padStart(columns)}  ${bar}${bar === "" ? "" : " "}${percent(share)}${note === undefined ? "" : `  ${note}`}`;
  });
}

/** `45 %`; for very little only `below 0.1 %`. */
export function percent(share: number): string {
  const value = share * 100;
  if (value > 0 && value < 0.1) return "below 0.1 %";
  return `${Number(value.toFixed(value < 10 ? 1 : 0))} %`;
}

/** Writes the signs of the sums in ASCII. */
export function asciiLines(lines: readonly string[]): readonly string[] {
  return lines.map((line) => line.replaceAll("−", "-").replaceAll("×", "x"));
}

/** Cuts a name for a table: one as long as a page would push all numbers out of sight. */
export function shortened(text: string): string {
  const characters = [...text];
  return characters.length > MOST_CHARACTERS
    ? `${characters.slice(0, MOST_CHARACTERS - 3).join("")}...`
    : text;
}

const MOST_CHARACTERS = 60;

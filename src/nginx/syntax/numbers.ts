import { wordMap } from "../../source/word-map.js";
import { decimal } from "./literals.js";

/** How nginx reads numbers (ngx_parse.c, ngx_string.c), exact to the last bit; `null` for what it refuses. */

const LARGEST = 2n ** 63n - 1n;

/** Only digits. */
export function count(text: string): number | null {
  return decimal(text);
}

/** Bytes: digits, with or without `k` or `m`. */
export function size(text: string): bigint | null {
  return scaled(text, /^(\d+)([km]?)$/i);
}

/** Bytes: like a size, but also with `g`. */
export function offset(text: string): bigint | null {
  return scaled(text, /^(\d+)([kmg]?)$/i);
}

const FACTORS: ReadonlyMap<string, bigint> = wordMap({ "": 1n, k: 1024n, m: 1024n ** 2n, g: 1024n ** 3n });

function scaled(text: string, pattern: RegExp): bigint | null {
  const match = pattern.exec(text);
  if (match === null) return null;
  const factor = FACTORS.get((match[2] ?? "").toLowerCase()) ?? 1n;
  const value = BigInt(match[1] ?? "0");
  return value > LARGEST / factor ? null : value * factor;
}

/** Units in the only order that nginx allows. A space after a bare number is a unit of its own. */
const UNITS: readonly (readonly [unit: string, milliseconds: bigint])[] = [
  ["y", 31_536_000_000n],
  ["M", 2_592_000_000n],
  ["w", 604_800_000n],
  ["d", 86_400_000n],
  ["h", 3_600_000n],
  ["m", 60_000n],
  ["s", 1000n],
  ["ms", 1n],
  [" ", 1000n],
];
const SECONDS = 6;

/**
 * A time in milliseconds or in seconds. Slots of milliseconds have no years and months, those of seconds
 * no `ms`.
 */
export function time(text: string, slot: "ms" | "s"): bigint | null {
  let [rank, total] = [slot === "ms" ? 1 : -1, 0n];
  const pattern = /(\d*)(ms|[yMwdhms ]) */y;
  let rest = text;
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    rest = text.slice(pattern.lastIndex);
    const step = UNITS.findIndex(([unit]) => unit === match?.[2]);
    const taken = match[2] === " " ? rank < SECONDS : step > rank && !(match[2] === "ms" && slot === "s");
    if (!taken) return null;
    rank = step;
    total += BigInt(match[1] || "0") * (UNITS[step]?.[1] ?? 0n);
  }
  if (!/^\d*$/.test(rest) || !/\d/.test(text)) return null;
  total += BigInt(rest || "0") * 1000n;
  const value = slot === "ms" ? total : total / 1000n;
  return value > LARGEST ? null : value;
}

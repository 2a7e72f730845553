import { wordMap } from "../../source/word-map.js";
import { time } from "./numbers.js";

/** How nginx reads values (ngx_parse.c). `undefined`: nginx refuses it, or it is not a literal. */

/**
 * A time of the millisecond slots (`fastcgi_read_timeout`) in milliseconds: units in descending order, a
 * bare number is seconds.
 */
export function timeMs(text: string): number | undefined {
  const value = time(text, "ms");
  return value === null || value > Number.MAX_SAFE_INTEGER ? undefined : Number(value);
}

/** A size in bytes: digits and an optional `k` or `m`. `1g` is refused. */
export function sizeBytes(text: string): number | undefined {
  return scaled(text, /^(\d+)([kKmM]?)$/);
}

/** An offset in bytes (`client_max_body_size`): like a size, but also with `g`. */
export function offsetBytes(text: string): number | undefined {
  return scaled(text, /^(\d+)([kKmMgG]?)$/);
}

const FACTORS: ReadonlyMap<string, number> = wordMap({ "": 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 });

function scaled(text: string, pattern: RegExp): number | undefined {
  const match = pattern.exec(text);
  if (match === null) return undefined;
  const value = Number(match[1]) * (FACTORS.get((match[2] ?? "").toLowerCase()) ?? 1);
  return Number.isSafeInteger(value) ? value : undefined;
}

/** `on` or `off`, in any case. */
export function flag(text: string): boolean | undefined {
  const word = text.toLowerCase();
  return word === "on" ? true : word === "off" ? false : undefined;
}

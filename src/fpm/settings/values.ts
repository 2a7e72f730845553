/** How FPM reads a decoded value: what `fpm_conf_set_*` makes of it. */

import { toInt } from "../../php/grammar.js";
import { integerOf } from "../../source/digits.js";
import { wordMap } from "../../source/word-map.js";

/** The value FPM uses, or the part of its message that says why it refuses. */
export type Reading<T> =
  | { readonly ok: true; readonly value: T }
  /** FPM prints `unable to parse value for entry 'KEY': ` and this. */
  | { readonly ok: false; readonly refusal: string };

function read<T>(value: T): Reading<T> {
  return { ok: true, value };
}

function refuse(refusal: string): Reading<never> {
  return { ok: false, refusal };
}

/** A count. Empty and `-` are 0; a number that is too large silently wraps at 32 bits. */
export function readInteger(text: string): Reading<number> {
  if (!/^-?[0-9]*$/.test(text)) return refuse("is not a valid number (greater or equal than zero)");
  return read(toInt(text));
}

/** Seconds in each unit FPM knows. */
export const secondsOf: ReadonlyMap<string, number> = wordMap({ s: 1, m: 60, h: 3600, d: 86400 });

/**
 * Seconds. Only the last character is a suffix; `atoi` takes the leading number of the rest, so
 * `500ms` is 500 and `1.5m` is 60.
 */
export function readSeconds(text: string): Reading<number> {
  if (text === "") return refuse("invalid time value");
  const last = text.slice(-1);
  const unit = secondsOf.get(last);
  if (unit !== undefined) return read(Math.imul(toInt(text.slice(0, -1)), unit));
  if (last < "0" || last > "9") return refuse("unknown suffix used in time value");
  return read(toInt(text));
}

const yes: ReadonlySet<string> = new Set(["1", "yes", "true", "on"]);
const no: ReadonlySet<string> = new Set(["", "0", "no", "none", "false", "off"]);

/**
 * A switch, after the ini grammar has turned unquoted words into `1` and the empty string: quoted ones
 * are lower case.
 */
export function readBoolean(text: string): Reading<boolean> {
  if (yes.has(text)) return read(true);
  if (no.has(text)) return read(false);
  return refuse("invalid boolean value");
}

/**
 * A file mode as `strtoul(…, 8)` reads it: leading octal digits, 0 when there are none. FPM refuses
 * nothing here, so this is not a `Reading`. FPM treats an empty value as not set: 0660.
 */
export function readMode(text: string): number {
  if (text === "") return 0o660;
  const found = /^[ \t\n\v\f\r]*([+-]?)([0-7]+)/.exec(text);
  if (found?.[2] === undefined) return 0;
  const wide = integerOf(`0o${found[2]}`);
  const limit = 2n ** 64n;
  const saturated = wide >= limit ? limit - 1n : wide;
  return Number(BigInt.asUintN(32, found[1] === "-" && wide < limit ? -saturated : saturated));
}

const managers: ReadonlySet<string> = new Set(["static", "dynamic", "ondemand"]);

/** `static`, `dynamic` or `ondemand`, in any case. */
export function readProcessManager(text: string): Reading<string> {
  const lower = text.toLowerCase();
  return managers.has(lower) ? read(lower) : refuse("invalid process manager (static, dynamic or ondemand)");
}

/** A number of blocks, -1 for `unlimited`. */
export function readCoreLimit(text: string): Reading<number> {
  if (text.toLowerCase() === "unlimited") return read(-1);
  const count = readInteger(text);
  return count.ok && count.value < 0 ? refuse("must be greater than zero or 'unlimited'") : count;
}

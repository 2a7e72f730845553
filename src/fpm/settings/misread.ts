/** Values that FPM accepts silently, but reads as something other than they say. */

import { constantValue } from "../../php/constants.js";
import { integerOf } from "../../source/digits.js";
import type { FpmType } from "./facts.js";
import { readInteger, readSeconds, secondsOf } from "./values.js";

export interface Misread {
  readonly kind: "time" | "number" | "calculation";
  /** What FPM reads it as. */
  readonly as: string;
}

/** `raw`: as it is in the file; `value`: after PHP's ini grammar. `null`: FPM reads what it says. */
export function misread(raw: string, value: string, type: FpmType): Misread | null {
  if (calculates(raw)) return { kind: "calculation", as: value };
  if (type === "time") return misreadTime(value);
  if (type === "integer" || type === "core-limit") return misreadCount(value);
  return null;
}

function misreadTime(value: string): Misread | null {
  const reading = readSeconds(value);
  if (!reading.ok) return null;
  const unit = secondsOf.get(value.slice(-1));
  const body = (unit === undefined ? value : value.slice(0, -1)).trim();
  const plain = /^[+-]?[0-9]+$/.test(body);
  if (plain && exact(body) * BigInt(unit ?? 1) === BigInt(reading.value)) return null;
  return { kind: plain ? "number" : "time", as: `${reading.value}s` };
}

function misreadCount(value: string): Misread | null {
  const reading = readInteger(value);
  if (!reading.ok || value === "") return null;
  if (value !== "-" && exact(value) === BigInt(reading.value)) return null;
  return { kind: "number", as: String(reading.value) };
}

function exact(digits: string): bigint {
  return integerOf(digits.replace(/^\+/, ""));
}

/** Nobody calculates in a longer value; in characters. */
const LONGEST = 4096;

/**
 * Whether `|`, `&`, `^`, `~` or `!` outside quotes turned words that are not numbers into one: PHP
 * counts each of them as 0.
 */
export function calculates(raw: string): boolean {
  if (raw.length > LONGEST) return false;
  const bare = raw.replace(/"((?:\\[\s\S]|[^"\\])*)"|'([^']*)'/g, (_, double, single) => {
    const text: string = double ?? single ?? "";
    return /^\s*[+-]?[0-9]+\s*$/.test(text) ? text : "q";
  });
  if (!/[|&^~!]/.test(bare)) return false;
  const operands = bare.split(/[|&^~!()]+/).map((word) => word.trim());
  return operands.some((word) => word !== "" && !/^[+-]?[0-9]+$/.test(word) && !isNumeric(word));
}

function isNumeric(word: string): boolean {
  const constant = constantValue(word);
  return constant === null || (constant !== undefined && /^-?[0-9]*$/.test(constant));
}

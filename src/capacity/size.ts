/** Sizes of memory, shares and times as people write them: `8G`, `8GB`, `8GiB`, `512m`, plain bytes. All units are binary. */

import { wordMap } from "../source/word-map.js";

/** One MiB, in bytes. */
export const MIB = 1024 * 1024;

const UNITS: ReadonlyMap<string, number> = wordMap({
  "": 1,
  k: 1024,
  m: 1024 ** 2,
  g: 1024 ** 3,
  t: 1024 ** 4,
});

/** What `parseSize` takes, for a JSON schema; a number that is too small to be meant as bytes needs a unit. */
export const SIZE_PATTERN = "^([0-9]+(\\.[0-9]+)?\\s*([kKmMgGtT]([iI]?[bB]?)?|[bB])|0+|[0-9]{7,})$";

/** Bytes, a whole number above 0; `null`: not a size. */
export function parseSize(text: string): number | null {
  const [, number = "", unit = ""] = /^(\d+(?:\.\d+)?)\s*(?:([kmgt])(?:i?b?)|b)?$/i.exec(text.trim()) ?? [];
  const bytes = Math.floor(Number(number) * (UNITS.get(unit.toLowerCase()) ?? 1));
  return number === "" || !Number.isSafeInteger(bytes) || bytes < 1 ? null : bytes;
}

/**
 * What is wrong with a plain number that is too small to be meant as bytes, and what is most likely meant;
 * from 256 on, `free -m` may have printed it. `unit`: what such sizes are mostly given in. `null`: nothing is.
 */
export function bareSize(text: string, unit: "M" | "G"): string | null {
  const number = text.trim();
  const bytes = /^\d+(?:\.\d+)?$/.test(number) ? Number(number) : 0;
  if (bytes === 0 || bytes >= MIB) return null;
  const meant = `${number}${unit === "G" && bytes >= 256 ? "M" : unit}`;
  return `is ${number} ${bytes === 1 ? "byte" : "bytes"}; most likely ${meant} is meant`;
}

/** The same, but `0` is also allowed. */
export function parseSizeOrNone(text: string): number | null {
  return /^0+(?:\.0+)?\s*(?:[kmgt](?:i?b?)|b)?$/i.test(text.trim()) ? 0 : parseSize(text);
}

/** Shares as people write them, for a JSON schema: `20%`, below 100 %. */
export const SHARE_PATTERN = "^[0-9]{1,2}(\\.[0-9]+)?\\s*%$";

/** `20%` as 0.2; `null`: not a share below 100 %. */
export function parseShare(text: string): number | null {
  const [, number] = /^\s*(\d{1,2}(?:\.\d+)?)\s*%\s*$/.exec(text) ?? [];
  return number === undefined ? null : Number(number) / 100;
}

/**
 * `1.5 GiB`, `1071 MiB`, `512 KiB`: one decimal at most, and in GiB only where that is exact, so that
 * a sum can be checked.
 */
export function showSize(bytes: number): string {
  const kib = bytes / 1024;
  const gib = kib / 1024 ** 2;
  const shown = (size: number, unit: string): string => `${Number(size.toFixed(1))} ${unit}`;
  if (gib >= 1 && Number.isInteger(gib * 10)) return shown(gib, "GiB");
  if (kib >= 1024) return shown(kib / 1024, "MiB");
  return kib >= 1 ? shown(kib, "KiB") : `${bytes} bytes`;
}

/** `250 ms`, `1.5 s`, `below 0.1 ms`. */
export function showTime(seconds: number): string {
  if (seconds >= 1) return `${Number(seconds.toFixed(2))} s`;
  const milliseconds = seconds * 1000;
  if (milliseconds < 0.1) return "below 0.1 ms";
  return `${Number(milliseconds.toPrecision(milliseconds < 1 ? 1 : 3))} ms`;
}

const TIME_UNITS: ReadonlyMap<string, number> = wordMap({ ms: 0.001, s: 1, sec: 1, m: 60, min: 60, h: 3600 });

/** Seconds of `250ms`, `1.5s`, `2m`. `null`: not a time above 0, or without a unit. */
export function parseTime(text: string): number | null {
  const [, number = "", unit = ""] = /^(\d+(?:\.\d+)?)\s*(ms|s|min|m)$/i.exec(text.trim()) ?? [];
  const seconds = Number(number) * (TIME_UNITS.get(unit.toLowerCase()) ?? Number.NaN);
  return number !== "" && seconds > 0 && Number.isFinite(seconds) ? seconds : null;
}

/** Requests per second of `40/s`, `2400/min`, `40`. `null`: not a rate above 0. */
export function parseRate(text: string): number | null {
  const [, number = "", per = "s"] = /^(\d+(?:\.\d+)?)\s*(?:\/\s*(s|sec|m|min|h))?$/i.exec(text.trim()) ?? [];
  const seconds = TIME_UNITS.get(per.toLowerCase()) ?? Number.NaN;
  const rate = Number(number) / seconds;
  return number !== "" && rate > 0 && Number.isFinite(rate) ? rate : null;
}

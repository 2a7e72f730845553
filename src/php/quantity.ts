import { integerOf } from "../source/digits.js";
import { withoutEnd } from "../source/ends.js";
import { wordMap } from "../source/word-map.js";

const multipliers: ReadonlyMap<string, bigint> = wordMap({ k: 1n << 10n, m: 1n << 20n, g: 1n << 30n });
const largest = 2n ** 64n - 1n;

/**
 * Bytes of a PHP quantity such as `8M`: the leading integer, times the last character when that is
 * K, M or G in any case. Anything between is ignored, so `1.5G` is 1 GiB and `128MB` 128 bytes, as
 * in PHP; a value without digits is 0. A leading 0 makes it octal, 0x hexadecimal.
 */
export function parseIniBytes(value: string): number {
  const text = withoutEnd(value, " \t\n\r\v\f").replace(/^[ \t\n\r\v\f]+/, "");
  const found = /^([+-]?)(0x[0-9a-f]+|0o[0-7]+|0b[01]+|0[0-7]*|[0-9]+)/i.exec(text);
  if (found?.[2] === undefined) return 0;
  const digits = /^0[0-7]+$/.test(found[2]) ? `0o${found[2].slice(1)}` : found[2];
  const number = integerOf(digits);
  const magnitude = number > largest ? largest : number;
  const factor = multipliers.get(text.slice(-1).toLowerCase()) ?? 1n;
  return Number(BigInt.asIntN(64, (found[1] === "-" ? -magnitude : magnitude) * factor));
}

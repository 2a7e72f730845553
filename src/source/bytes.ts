import { lazily } from "./memo.js";

/**
 * Bytes as text and back, without loss. Files and file names are bytes to nginx, PHP-FPM and the
 * kernel; most are UTF-8. A byte that belongs to no UTF-8 sequence becomes one lone surrogate,
 * U+DC80 to U+DCFF, so that two names that differ never read alike and every text can be turned back
 * into the bytes it came from. Reports print a lone surrogate as an escape.
 */
export function decodeBytes(bytes: Uint8Array): string {
  try {
    return utf8().decode(bytes);
  } catch {
    return decodeMixed(bytes);
  }
}

/** A byte order mark is kept: nginx reads it as part of the first word. */
const utf8 = lazily(() => new TextDecoder("utf-8", { ignoreBOM: true, fatal: true }));

/** The bytes that `decodeBytes` made the text from. */
export function encodeText(text: string): Buffer {
  // latin1 takes the low byte of a code unit: of U+DC80 it is 0x80.
  return STRAY.test(text)
    ? Buffer.concat(text.split(STRAYS).map((part, i) => Buffer.from(part, i % 2 === 0 ? "utf8" : "latin1")))
    : Buffer.from(text);
}

/** How a message calls a character that nobody sees: `U+00A0`; what is not UTF-8 by its byte, `0x84`. */
export function characterName(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  const hex = (number: number): string => number.toString(16).toUpperCase();
  return code >= 0xdc80 && code <= 0xdcff ? `0x${hex(code - 0xdc00)}` : `U+${hex(code).padStart(4, "0")}`;
}

const STRAY = /(?<![\uD800-\uDBFF])[\uDC80-\uDCFF]/;
const STRAYS = /((?:(?<![\uD800-\uDBFF])[\uDC80-\uDCFF])+)/;

function decodeMixed(bytes: Uint8Array): string {
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true, fatal: true });
  const parts: string[] = [];
  let good = 0;
  let at = 0;
  while (at < bytes.length) {
    const length = sequenceLength(bytes, at);
    if (length > 0) {
      at += length;
      continue;
    }
    parts.push(decoder.decode(bytes.subarray(good, at)), String.fromCharCode(0xdc00 + (bytes[at] ?? 0)));
    at += 1;
    good = at;
  }
  parts.push(decoder.decode(bytes.subarray(good)));
  return parts.join("");
}

/** How many bytes the well-formed UTF-8 sequence at `at` has; 0: there is none (Unicode 16, table 3-7). */
function sequenceLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at] ?? 0;
  const second = bytes[at + 1] ?? 0;
  const follows = (offset: number): boolean => ((bytes[at + offset] ?? 0) & 0xc0) === 0x80;
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first <= 0xdf) return follows(1) ? 2 : 0;
  if (first >= 0xe0 && first <= 0xef) {
    const least = first === 0xe0 ? 0xa0 : 0x80;
    const most = first === 0xed ? 0x9f : 0xbf;
    return second >= least && second <= most && follows(2) ? 3 : 0;
  }
  if (first >= 0xf0 && first <= 0xf4) {
    const least = first === 0xf0 ? 0x90 : 0x80;
    const most = first === 0xf4 ? 0x8f : 0xbf;
    return second >= least && second <= most && follows(2) && follows(3) ? 4 : 0;
  }
  return 0;
}

/** A path as the kernel lists mounts: it writes spaces, tabs, line ends, `#` and backslashes as `\` and three octal digits. */
export function unescapedPath(word: string): string {
  if (!word.includes("\\")) return word;
  const bytes = encodeText(word).toString("latin1");
  const plain = bytes.replace(/\\([0-3][0-7]{2})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
  return decodeBytes(Buffer.from(plain, "latin1"));
}

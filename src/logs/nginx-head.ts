/** What a line of nginx's error log begins with: `2026/11/28 12:00:00 [error] 7#7: *1 `. */
import { type Block, byteBehindDigits } from "./part.js";
import { Stamp } from "./stamp.js";
import { slashTime } from "./time.js";

const BLANK = 32;
const HASH = 35;
const STAR = 42;
const SLASH = 47;
const COLON = 58;
const BRACKET = 91;
const CLOSING = 93;

/** `2026/11/28 12:00:00 `. */
const STAMP = 20;
const STAMPED = /^\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d$/;
const CLOCK_AT = 11;

/** The longest level of nginx, in letters. */
const LONGEST_LEVEL = 6;
/** Shorter lines are read otherwise; longer ones have eight bytes behind the time. */
const SHORTEST = 32;

/** Reads the beginnings of lines, most of which have the time and the level of the line before. */
export class NginxHead {
  /** Where the message begins. */
  from = 0;
  /** The level with its brackets, by fours. */
  first = 0;
  second = 0;
  /** The level without its brackets. */
  level = "";
  private levelLength = 0;
  /** Which bits of the numbers are of the level. */
  private firstMask = 0;
  private secondMask = 0;
  private readonly stamp = new Stamp(CLOCK_AT, (text) => (STAMPED.test(text) ? slashTime(text) : null));

  /** As `time.ts` counts; `null`: no line was read. */
  get time(): number | null {
    return this.stamp.time;
  }

  /** `false`: it is no such line, or one that has to be read otherwise. */
  read(block: Block, start: number, to: number): boolean {
    const { bytes } = block;
    if (
      to - start < SHORTEST ||
      bytes[start + 4] !== SLASH ||
      bytes[start + STAMP] !== BRACKET ||
      bytes[start + STAMP - 1] !== BLANK
    )
      return false;
    const from = this.messageAt(block, start, to);
    if (from === -1) return false;
    this.from = from;
    return this.stamp.isAt(block, start);
  }

  /** -1: it is no such line. */
  private messageAt(block: Block, start: number, to: number): number {
    const { bytes } = block;
    let at = this.levelEnd(block, start + STAMP);
    if (at === -1 || bytes[at] !== BLANK) return -1;
    at = digitsEnd(block, at + 1, 10, to);
    if (at === -1 || bytes[at] !== HASH) return -1;
    at = digitsEnd(block, at + 1, 10, to);
    if (at === -1 || bytes[at] !== COLON || bytes[at + 1] !== BLANK) return -1;
    at += 2;
    if (bytes[at] === STAR) {
      at = digitsEnd(block, at + 1, 20, to);
      if (at === -1 || bytes[at] !== BLANK) return -1;
      at += 1;
    }
    return at <= to ? at : -1;
  }

  /** Behind the bracket; -1: it is none, or longer than those of nginx. */
  private levelEnd({ bytes, words }: Block, at: number): number {
    // Before V8 has compiled it for speed, to take a list of two apart costs as much as all the rest.
    const one = words.getInt32(at, true);
    const other = words.getInt32(at + 4, true);
    if (
      this.levelLength === 0 ||
      (one & this.firstMask) !== this.first ||
      (other & this.secondMask) !== this.second
    ) {
      let end = at + 1;
      while (end <= at + LONGEST_LEVEL && isLetter(bytes[end] ?? 0)) end += 1;
      if (end === at + 1 || bytes[end] !== CLOSING) return -1;
      this.levelLength = end + 1 - at;
      this.firstMask = maskOf(this.levelLength);
      this.secondMask = maskOf(this.levelLength - 4);
      this.first = one & this.firstMask;
      this.second = other & this.secondMask;
      this.level = bytes.toString("latin1", at + 1, end);
    }
    return at + this.levelLength;
  }
}

/** The bits of so many bytes of four. */
function maskOf(bytes: number): number {
  return bytes >= 4 ? -1 : bytes <= 0 ? 0 : (1 << (bytes * 8)) - 1;
}

function isLetter(byte: number): boolean {
  return byte >= 97 && byte <= 122;
}

/** Where digits end, before the end of the line; -1: there are none, or more than so many. */
function digitsEnd(block: Block, from: number, most: number, to: number): number {
  const at = byteBehindDigits(block, from, to);
  return at > from && at - from <= most ? at : -1;
}

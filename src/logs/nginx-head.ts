/** What a line of nginx's error log begins with: `2026/11/28 12:00:00 [error] 7#7: *1 `. */
import { Block, byteBehindDigits, isDigit } from "./part.js";
import { slashTime } from "./time.js";

const BLANK = 32;
const HASH = 35;
const STAR = 42;
const SLASH = 47;
const ZERO = 48;
const COLON = 58;
const BRACKET = 91;
const CLOSING = 93;

/** `2026/11/28 12:00:00 `. */
const STAMP = 20;
const STAMPED = /^\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d $/;
/** `12:00:00 `. */
const CLOCK = 9;
/** The first three bytes of four. */
const THREE = 0xffffff;

/** The longest level of nginx, in letters. */
const LONGEST_LEVEL = 6;
/** Shorter lines are read otherwise; longer ones have eight bytes behind the time. */
const SHORTEST = 32;

/** Reads the beginnings of lines, most of which have the time and the level of the line before. */
export class NginxHead {
  /** As `time.ts` counts; `null`: no line was read. */
  time: number | null = null;
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
  private readonly stamp = new Block(Buffer.alloc(STAMP));
  /** When the day of the time began; `null`: it is unknown, or there is no line before. */
  private midnight: number | null = null;

  /** `false`: it is no such line, or one that has to be read otherwise. */
  read(block: Block, start: number, to: number): boolean {
    const { bytes } = block;
    if (to - start < SHORTEST || bytes[start + 4] !== SLASH || bytes[start + STAMP] !== BRACKET) return false;
    const from = this.messageAt(block, start, to);
    if (from === -1) return false;
    this.from = from;
    return this.isSameTime(block, start) || this.isNewTime(block, start);
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
    const [one, other] = [words.getInt32(at, true), words.getInt32(at + 4, true)];
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

  /** The seconds differ first. */
  private isSameTime({ words }: Block, start: number): boolean {
    const stamp = this.stamp.words;
    return (
      stamp.getInt32(16, true) === words.getInt32(start + 16, true) &&
      stamp.getInt32(12, true) === words.getInt32(start + 12, true) &&
      this.isSameDay(words, start) &&
      stamp.getInt32(8, true) === words.getInt32(start + 8, true)
    );
  }

  private isSameDay(words: DataView, start: number): boolean {
    const stamp = this.stamp.words;
    return (
      this.midnight !== null &&
      ((stamp.getInt32(8, true) ^ words.getInt32(start + 8, true)) & THREE) === 0 &&
      stamp.getInt32(4, true) === words.getInt32(start + 4, true) &&
      stamp.getInt32(0, true) === words.getInt32(start, true)
    );
  }

  private isNewTime({ bytes, words }: Block, start: number): boolean {
    const { stamp } = this;
    const clock = clockAt(bytes, start + STAMP - CLOCK);
    const isSameDay = clock !== -1 && this.isSameDay(words, start);
    for (let at = 0; at < STAMP; at += 4) stamp.words.setInt32(at, words.getInt32(start + at, true), true);
    if (isSameDay && this.midnight !== null) {
      this.time = this.midnight + clock;
      return true;
    }
    return this.isNewDay(clock);
  }

  /** `clock`: what `clockAt` says of the stamp. */
  private isNewDay(clock: number): boolean {
    const text = this.stamp.bytes.toString("latin1");
    const time = STAMPED.test(text) ? slashTime(text) : null;
    this.midnight = time === null || clock === -1 ? null : time - clock;
    this.time = time;
    return time !== null;
  }
}

/** `12:00:00 ` in milliseconds; -1: it is something else, or a second that a day has more. */
function clockAt(bytes: Buffer, at: number): number {
  const [hours, minutes, seconds] = [twoAt(bytes, at), twoAt(bytes, at + 3), twoAt(bytes, at + 6)];
  const isClock =
    bytes[at + 2] === COLON &&
    bytes[at + 5] === COLON &&
    bytes[at + 8] === BLANK &&
    hours < 24 &&
    minutes < 60 &&
    seconds < 60;
  return isClock ? ((hours * 60 + minutes) * 60 + seconds) * 1000 : -1;
}

/** Two digits; `NaN`: they are none. */
function twoAt(bytes: Buffer, at: number): number {
  const [one, other] = [bytes[at] ?? 0, bytes[at + 1] ?? 0];
  return isDigit(one) && isDigit(other) ? (one - ZERO) * 10 + other - ZERO : Number.NaN;
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

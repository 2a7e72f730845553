/** The times that lines begin with, as bytes: most are of the second of the line before, and nearly all of its day. */
import { Block, isDigit } from "./part.js";

const BLANK = 32;
const ZERO = 48;
const COLON = 58;

/** `12:00:00`, and bytes of the whole, which are compared by fours. */
const CLOCK = 8;
const LENGTH = 20;

export class Stamp {
  /** As `time.ts` counts; `null`: none was read. */
  time: number | null = null;
  private readonly last = new Block(Buffer.alloc(LENGTH));
  /** When the day of the time began; `null`: it is unknown, or there is no time yet. */
  private midnight: number | null = null;
  /** Which bits are of the day in the last four bytes that have some of it. */
  private readonly mask: number;

  /** `clock`: where the time of day begins, at 10 to 12. `read`: reads what is not of the day before; `null`: it is none. */
  constructor(
    private readonly clock: number,
    private readonly read: (text: string) => number | null,
  ) {
    this.mask = clock === 12 ? -1 : (1 << ((clock - 8) * 8)) - 1;
  }

  /** Whether there is a time, of which twenty bytes are in the block; what is behind it nobody looks at. */
  isAt(block: Block, start: number): boolean {
    return this.isSame(block, start) || this.isNew(block, start);
  }

  /** The seconds differ first. */
  private isSame({ words }: Block, start: number): boolean {
    const last = this.last.words;
    return (
      last.getInt32(16, true) === words.getInt32(start + 16, true) &&
      last.getInt32(12, true) === words.getInt32(start + 12, true) &&
      last.getInt32(8, true) === words.getInt32(start + 8, true) &&
      this.isSameDay(words, start)
    );
  }

  private isSameDay(words: DataView, start: number): boolean {
    const last = this.last.words;
    return (
      this.midnight !== null &&
      ((last.getInt32(8, true) ^ words.getInt32(start + 8, true)) & this.mask) === 0 &&
      last.getInt32(4, true) === words.getInt32(start + 4, true) &&
      last.getInt32(0, true) === words.getInt32(start, true)
    );
  }

  private isNew({ bytes, words }: Block, start: number): boolean {
    const { last } = this;
    const clock = clockAt(bytes, start + this.clock);
    const isSameDay = clock !== -1 && this.isSameDay(words, start);
    for (let at = 0; at < LENGTH; at += 4) last.words.setInt32(at, words.getInt32(start + at, true), true);
    if (!isSameDay || this.midnight === null) return this.isNewDay(clock);
    this.time = this.midnight + clock;
    return true;
  }

  /** `clock`: what `clockAt` says of it. */
  private isNewDay(clock: number): boolean {
    const time = this.read(this.last.bytes.toString("latin1", 0, this.clock + CLOCK));
    this.midnight = time === null || clock === -1 ? null : time - clock;
    this.time = time;
    return time !== null;
  }
}

/** `12:00:00` in milliseconds; -1: it is something else, or a second that a day has more. */
function clockAt(bytes: Buffer, at: number): number {
  const hours = twoAt(bytes, at);
  const minutes = twoAt(bytes, at + 3);
  const seconds = twoAt(bytes, at + 6);
  const isClock =
    bytes[at - 1] === BLANK &&
    bytes[at + 2] === COLON &&
    bytes[at + 5] === COLON &&
    hours < 24 &&
    minutes < 60 &&
    seconds < 60;
  return isClock ? ((hours * 60 + minutes) * 60 + seconds) * 1000 : -1;
}

/** Two digits; `NaN`: they are none. */
function twoAt(bytes: Buffer, at: number): number {
  const one = bytes[at] ?? 0;
  const other = bytes[at + 1] ?? 0;
  return isDigit(one) && isDigit(other) ? (one - ZERO) * 10 + other - ZERO : Number.NaN;
}

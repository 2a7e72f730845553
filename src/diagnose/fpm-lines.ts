/**
 * Lines of PHP-FPM's error log. Most are what workers said, again and again with other numbers: what they mean is worked
 * out once, and then their bytes tell.
 */
import { isSameForNumbers, recogniseLine } from "../causes/recognise.js";
import type { Match } from "../causes/signature.js";
import { ByteMap, SeenBefore } from "../logs/byte-map.js";
import { readLine, STDERR } from "../logs/line.js";
import { Needle } from "../logs/needle.js";
import { type Block, byteFrom, fourfold, Part } from "../logs/part.js";
import { textOf } from "../logs/scan.js";
import { Stamp } from "../logs/stamp.js";
import { monthTime } from "../logs/time.js";
import type { Group } from "./groups.js";
import type { Taker } from "./nginx-lines.js";

const DASH = 45;
const COLON = 58;
const OPENING = 91;
const CLOSING = 93;
const COLONS = fourfold(COLON);
const CLOSINGS = fourfold(CLOSING);

/** Where the time begins, and behind `[28-Nov-2026 12:00:00] ` the level. */
const TIME = 1;
const CLOCK_AT = 12;
const LEVEL = 23;
/** The longest level with what is behind it: `WARNING: `. */
const LONGEST_LEVEL = 9;
const STAMPED = /^\d\d-[A-Z][a-z][a-z]-\d{4} \d\d:\d\d:\d\d$/;

/** Lines that are told apart, and of how many numbers the longest is made. */
const MOST = 16_384;
const LONGEST = 160;

const POOL = new Needle(": [pool ");

interface Known {
  /** `null`: it means nothing that is known. */
  readonly group: Group | null;
}

export class FpmLines {
  private readonly stamp = new Stamp(CLOCK_AT, (text) => (STAMPED.test(text) ? monthTime(text, 0) : null));
  private readonly known = new ByteMap<Known>(MOST);
  private readonly seen = new SeenBefore();
  private readonly part = new Part(LONGEST);

  constructor(private readonly taker: Taker) {}

  /** A line of a block. `false`: it is no such line, or one that has to be read otherwise. */
  take(block: Block, start: number, to: number, source: string): boolean {
    const { bytes } = block;
    if (
      to - start < LEVEL + LONGEST_LEVEL ||
      bytes[start] !== OPENING ||
      bytes[start + 3] !== DASH ||
      bytes[start + LEVEL - 2] !== CLOSING ||
      !this.stamp.isAt(block, start + TIME)
    )
      return false;
    const { time } = this.stamp;
    if (time === null) return false;
    if (!this.taker.isWanted(time)) return true;
    this.read(block, start + LEVEL, to);
    const known = this.known.get(this.part);
    if (known === undefined) return this.whole(textOf(bytes.subarray(start, to)), source);
    if (known.group !== null) this.taker.count(known.group, time);
    return true;
  }

  /** The level, and the pool as it is written, and the rest without its numbers. */
  private read(block: Block, from: number, to: number): void {
    const { part } = this;
    const colon = byteFrom(block, from, COLONS, from + LONGEST_LEVEL);
    part.clear();
    part.addBetween(block, from, colon);
    let at = colon;
    if (POOL.begins(block, colon, to)) {
      at = byteFrom(block, colon + POOL.length, CLOSINGS, to);
      part.addBetween(block, colon + POOL.length, at);
    }
    part.addNumbered(block, at, to);
  }

  private whole(text: string, source: string): boolean {
    const line = readLine(text, 0);
    // What looks like a line of nginx that goes on in the next one.
    if (line === null || text.includes(STDERR)) return false;
    const match = recogniseLine(line);
    const group = match === null ? null : this.taker.take(match, line, text, source);
    const isOfShape = match === null || (group !== null && this.isAllOf(match));
    if (isOfShape && this.seen.again(this.part) && isSameForNumbers(line))
      this.known.set(this.part, { group });
    return true;
  }

  /** Whether nothing but its group is needed of lines that match so: no event is among them, and no path. */
  private isAllOf(match: Match): boolean {
    return !this.taker.isWhole(match) && !match.parts.has("script");
  }
}

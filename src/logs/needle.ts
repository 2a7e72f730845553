/** Places in lines. They are sought in steps as long as what is sought, or by the system's own search. */
import { Block, MULTIPLIER } from "./part.js";

/** Some bytes that are sought, as Horspool does: a byte that is not in them lets all of their length be skipped. */
export class Needle {
  readonly length: number;
  private readonly first: number;
  private readonly last: number;
  /** Its bytes by fours, the first four, and the last four, which may be some of them again. */
  private readonly words: Int32Array;
  private readonly start: number;
  private readonly end: number;
  /** How far the place moves for a byte that is where the last one is sought, and where the first one is. */
  private readonly forth: Uint8Array;
  private readonly back: Uint8Array;
  /** Each four of its bytes that follow one another, where the first bits of their product with a number say. */
  private readonly fours: Int32Array;
  private readonly shift: number;

  /** `text`: four to 255 characters, each of which is a byte. */
  constructor(text: string) {
    const { bytes, words } = new Block(Buffer.from(text, "latin1"));
    const last = bytes.length - 1;
    this.length = bytes.length;
    this.first = bytes[0] ?? 0;
    this.last = bytes[last] ?? 0;
    this.words = Int32Array.from({ length: bytes.length >> 2 }, (_, at) => words.getInt32(at * 4, true));
    this.start = words.getInt32(0, true);
    this.end = words.getInt32(bytes.length - 4, true);
    this.forth = new Uint8Array(256).fill(bytes.length);
    this.back = new Uint8Array(256).fill(bytes.length);
    for (let at = 0; at < last; at += 1) this.forth[bytes[at] ?? 0] = last - at;
    for (let at = last; at > 0; at -= 1) this.back[bytes[at] ?? 0] = at;
    const fours = Array.from({ length: bytes.length - 3 }, (_, at) => words.getInt32(at, true));
    ({ table: this.fours, shift: this.shift } = tableOf(fours));
  }

  /** Where they begin in a part of a block; -1: they are not there. */
  find({ bytes, words }: Block, from: number, end: number): number {
    const { forth, last, length } = this;
    for (let at = from + length - 1; at < end; ) {
      const byte = bytes[at] ?? 0;
      if (byte === last && this.isAt(words, at - length + 1)) return at - length + 1;
      at += forth[byte] ?? 1;
    }
    return -1;
  }

  /** The last such place. */
  findLast({ bytes, words }: Block, from: number, end: number): number {
    const { back, first } = this;
    for (let at = end - this.length; at >= from; ) {
      const byte = bytes[at] ?? 0;
      if (byte === first && this.isAt(words, at)) return at;
      at -= back[byte] ?? 1;
    }
    return -1;
  }

  /**
   * Whether they are anywhere in a part of a block. Wherever they begin, one of some fours of bytes is theirs, and to look
   * at these, the places of which are known beforehand, takes less than to skip.
   */
  isIn(block: Block, from: number, end: number): boolean {
    const { fours, shift } = this;
    const { words } = block;
    const step = this.length - 3;
    for (let at = from + step - 1; at <= end - 4; at += step) {
      const word = words.getInt32(at, true);
      if (fours[Math.imul(word, MULTIPLIER) >>> shift] === word)
        return this.find(block, at - step + 1, end) !== -1;
    }
    return false;
  }

  /** Whether they are at a place of a block, before an end. */
  begins({ words }: Block, at: number, end: number): boolean {
    return end - at >= this.length && this.isAt(words, at);
  }

  private isAt(block: DataView, at: number): boolean {
    if (block.getInt32(at, true) !== this.start || block.getInt32(at + this.length - 4, true) !== this.end)
      return false;
    const { words } = this;
    for (let place = 1; place < words.length; place += 1)
      if (block.getInt32(at + place * 4, true) !== words[place]) return false;
    return true;
  }
}

/** A table in which each of some numbers has a place of its own; a place without one has the number of another place. */
function tableOf(numbers: readonly number[]): { readonly table: Int32Array; readonly shift: number } {
  const [first = 0] = numbers;
  for (let bits = 6; ; bits += 1) {
    const shift = 32 - bits;
    const table = new Int32Array(1 << bits).fill(first);
    for (const number of numbers) table[Math.imul(number, MULTIPLIER) >>> shift] = number;
    if (numbers.every((number) => table[Math.imul(number, MULTIPLIER) >>> shift] === number))
      return { table, shift };
  }
}

/**
 * Finds one byte in a block again and again, always further on. The system's own search is by far the fastest, and to
 * remember what it found keeps it from going through the block for each line that lacks the byte.
 */
export class Finder {
  private at = -1;

  constructor(private readonly byte: number) {}

  /** For another block. */
  reset(): void {
    this.at = -1;
  }

  /** The next place; the end of the block where there is none. Never asked for a place before the last one. */
  next(bytes: Buffer, from: number): number {
    if (this.at >= from) return this.at;
    const found = bytes.indexOf(this.byte, from);
    this.at = found === -1 ? bytes.length : found;
    return this.at;
  }
}

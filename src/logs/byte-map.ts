/**
 * Parts of lines as bytes: to make a text of each part costs more than all the rest. Bytes are read four at a time, and
 * a place is sought in steps as long as what is sought, because to look at each byte once takes longer than ripgrep
 * takes for a whole file.
 */

/** Lines, with their bytes one by one and four at a time. */
export class Block {
  readonly words: DataView;

  constructor(readonly bytes: Buffer) {
    this.words = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }
}

/** Entries in one place of the table; who chooses what lines say might choose parts that have the same. */
const MOST_SAME = 4;

const FIRST_PLACES = 16;
const FIRST_WORDS = 256;

// What an entry begins with; its bytes follow, by fours.
const HASH = 0;
const NEXT = 1;
const LENGTH = 2;
const VALUE = 3;
const HEAD = 4;

/**
 * Whole numbers by parts of lines. All of an entry is in one place of the memory: to fetch it from several takes longer
 * than to compare it.
 */
export class ByteIndex {
  /** By the last bits of the hash, as many as a power of two: where the first entry begins; 0: there is none. */
  private table = new Int32Array(FIRST_PLACES);
  private entries = new Int32Array(FIRST_WORDS);
  private end = 1;
  private size = 0;

  /** `most`: entries; when there are more, all are forgotten. `longest`: bytes of a part; longer ones are not kept. */
  constructor(
    private readonly most: number,
    private readonly longest: number,
  ) {}

  get isFull(): boolean {
    return this.size >= this.most;
  }

  /** -1: there is none. */
  get(block: Block, part: Part): number {
    const { entries, table } = this;
    const { hash, from, to } = part;
    const length = to - from;
    for (let at = table[hash & (table.length - 1)] ?? 0; at !== 0; at = entries[at + NEXT] ?? 0)
      if (
        entries[at + HASH] === hash &&
        entries[at + LENGTH] === length &&
        isSame(entries, at + HEAD, block, part)
      )
        return entries[at + VALUE] ?? -1;
    return -1;
  }

  /** Answers whether it is kept. `value`: not negative. */
  set({ bytes, words }: Block, { hash, from, to }: Part, value: number): boolean {
    const length = to - from;
    if (length > this.longest) return false;
    if (this.isFull) this.forget();
    if (this.size >= this.table.length) this.widen();
    const slot = hash & (this.table.length - 1);
    const next = this.table[slot] ?? 0;
    if (this.depth(next) >= MOST_SAME) return false;
    const at = this.end;
    this.end += HEAD + ((length + 3) >> 2);
    this.makeRoom();
    this.entries.set([hash, next, length, value], at);
    let own = at + HEAD;
    let place = from;
    for (; place < to - 3; place += 4) {
      this.entries[own] = words.getInt32(place, true);
      own += 1;
    }
    if (place < to) this.entries[own] = lastWord(bytes, place, to);
    this.table[slot] = at;
    this.size += 1;
    return true;
  }

  private makeRoom(): void {
    if (this.end <= this.entries.length) return;
    const wide = new Int32Array(Math.max(this.end, this.entries.length * 2));
    wide.set(this.entries);
    this.entries = wide;
  }

  private depth(first: number): number {
    let count = 0;
    for (let at = first; at !== 0; at = this.entries[at + NEXT] ?? 0) count += 1;
    return count;
  }

  forget(): void {
    this.table = new Int32Array(FIRST_PLACES);
    this.entries = new Int32Array(FIRST_WORDS);
    this.end = 1;
    this.size = 0;
  }

  private widen(): void {
    const { entries } = this;
    const table = new Int32Array(this.table.length * 4);
    for (let at = 1; at < this.end; at += HEAD + (((entries[at + LENGTH] ?? 0) + 3) >> 2)) {
      const slot = (entries[at + HASH] ?? 0) & (table.length - 1);
      entries[at + NEXT] = table[slot] ?? 0;
      table[slot] = at;
    }
    this.table = table;
  }
}

function isSame(entries: Int32Array, at: number, { bytes, words }: Block, { from, to }: Part): boolean {
  let own = at;
  let place = from;
  for (; place < to - 3; place += 4) {
    if (entries[own] !== words.getInt32(place, true)) return false;
    own += 1;
  }
  return place === to || entries[own] === lastWord(bytes, place, to);
}

/** What is known of parts of lines. */
export class ByteMap<V> {
  private readonly index: ByteIndex;
  private values: V[] = [];

  /** As for `ByteIndex`. */
  constructor(most: number, longest: number) {
    this.index = new ByteIndex(most, longest);
  }

  /** `undefined`: nothing. */
  get(block: Block, part: Part): V | undefined {
    const place = this.index.get(block, part);
    return place === -1 ? undefined : this.values[place];
  }

  set(block: Block, part: Part, value: V): void {
    if (this.index.isFull) {
      this.index.forget();
      this.values = [];
    }
    if (this.index.set(block, part, this.values.length)) this.values.push(value);
  }
}

/** The last bytes of a part, of which there are less than four. */
function lastWord(bytes: Buffer, from: number, to: number): number {
  let word = 0;
  for (let at = to - 1; at >= from; at -= 1) word = (word << 8) | (bytes[at] ?? 0);
  return word;
}

/** A part of a block. */
export class Part {
  hash = 0;
  from = 0;
  to = 0;

  /**
   * From a place to where one of two bytes is, given four times in a number; `false`: there is none, and the part goes to
   * the end.
   */
  until({ bytes, words }: Block, from: number, one: number, other: number, end: number): boolean {
    let hash = 0;
    let at = from;
    for (; at < end - 3; at += 4) {
      const word = words.getInt32(at, true);
      // A byte of it is zero where the byte is the one, or the other.
      const a = word ^ one;
      const b = word ^ other;
      if ((((a - ONES) & ~a) | ((b - ONES) & ~b)) & EIGHTHS) break;
      hash = mixed(hash, word);
    }
    let last = at;
    for (; last < end; last += 1) {
      const byte = bytes[last];
      if (byte === (one & 255) || byte === (other & 255)) break;
    }
    // It is among the next four, or there are not four more.
    if (at < last) hash = mixed(hash, lastWord(bytes, at, last));
    this.is(hash, from, last);
    return last < end;
  }

  /** From one place to another. */
  between({ bytes, words }: Block, from: number, to: number): void {
    let hash = 0;
    let at = from;
    for (; at < to - 3; at += 4) hash = mixed(hash, words.getInt32(at, true));
    if (at < to) hash = mixed(hash, lastWord(bytes, at, to));
    this.is(hash, from, to);
  }

  private is(hash: number, from: number, to: number): void {
    const sum = mixed(hash, to - from);
    this.hash = sum ^ (sum >>> 16);
    this.from = from;
    this.to = to;
  }
}

/** A byte four times. */
export function fourfold(byte: number): number {
  return Math.imul(byte, ONES);
}

const ONES = 0x01010101;
/** The eighth bit of each byte. */
const EIGHTHS = 0x80808080 | 0;

function mixed(hash: number, word: number): number {
  return Math.imul(((hash << 5) | (hash >>> 27)) ^ word, MULTIPLIER);
}

/** 2 to the power of 32, divided by the golden ratio. */
const MULTIPLIER = 0x9e3779b9 | 0;

/** Of parts that came before, so that one that comes once is not kept. May forget. */
export class SeenBefore {
  private readonly hashes = new Int32Array(SLOTS);

  /** Whether it came before; the next time it did. */
  again({ hash }: Part): boolean {
    const slot = hash & (SLOTS - 1);
    if (this.hashes[slot] === hash) return true;
    this.hashes[slot] = hash;
    return false;
  }
}

/** A power of two. */
const SLOTS = 65_536;

/** Some bytes that are sought, as Horspool does: a byte that is not in them lets all of their length be skipped. */
export class Needle {
  readonly length: number;
  private readonly first: number;
  private readonly last: number;
  /** Its bytes by fours, and the last four, which may be some of them again. */
  private readonly words: Int32Array;
  private readonly end: number;
  /** How far the place moves for a byte that is where the last one is sought, and where the first one is. */
  private readonly forth: Uint8Array;
  private readonly back: Uint8Array;

  /** `text`: four to 255 characters, each of which is a byte. */
  constructor(text: string) {
    const { bytes, words } = new Block(Buffer.from(text, "latin1"));
    const last = bytes.length - 1;
    this.length = bytes.length;
    this.first = bytes[0] ?? 0;
    this.last = bytes[last] ?? 0;
    this.words = Int32Array.from({ length: bytes.length >> 2 }, (_, at) => words.getInt32(at * 4, true));
    this.end = words.getInt32(bytes.length - 4, true);
    this.forth = new Uint8Array(256).fill(bytes.length);
    this.back = new Uint8Array(256).fill(bytes.length);
    for (let at = 0; at < last; at += 1) this.forth[bytes[at] ?? 0] = last - at;
    for (let at = last; at > 0; at -= 1) this.back[bytes[at] ?? 0] = at;
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

  /** Whether they are at a place of a block, before an end. */
  begins({ words }: Block, at: number, end: number): boolean {
    return end - at >= this.length && this.isAt(words, at);
  }

  private isAt(block: DataView, at: number): boolean {
    const { words } = this;
    for (let place = 0; place < words.length; place += 1)
      if (block.getInt32(at + place * 4, true) !== words[place]) return false;
    return block.getInt32(at + this.length - 4, true) === this.end;
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

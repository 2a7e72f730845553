/** What is known of parts of lines, by their bytes. */
import { type Part, textOfWords } from "./part.js";

/** Entries in one place of the table; who chooses what lines say might choose parts that have the same. */
const MOST_SAME = 4;

const FIRST_PLACES = 16;
const FIRST_WORDS = 64;

// What an entry begins with; its part follows.
const HASH = 0;
const NEXT = 1;
const SIZE = 2;
const VALUE = 3;
const HEAD = 4;

/** A link is where an entry begins, and behind that the first eight bits of its hash: few others have to be looked at. */
const TAG_BITS = 8;
const TAG = 0xff;
const TAG_SHIFT = 24;

/**
 * Whole numbers by parts of lines. All of an entry is in one place of the memory: to fetch it from several takes longer
 * than to compare it.
 */
export class ByteIndex {
  /** By the last bits of the hash, as many as a power of two: the link to the first entry; 0: there is none. */
  private table = new Int32Array(FIRST_PLACES);
  private entries = new Int32Array(FIRST_WORDS);
  private end = 1;
  private size = 0;

  /** `most`: entries; when there are more, all are forgotten. */
  constructor(private readonly most: number) {}

  get isFull(): boolean {
    return this.size >= this.most;
  }

  /** Where the entry of a part is; 0: there is none. */
  find({ hash, size, words }: Part): number {
    const { entries, table } = this;
    const tag = hash >>> TAG_SHIFT;
    for (let link = table[hash & (table.length - 1)] ?? 0; link !== 0; ) {
      const at = link >>> TAG_BITS;
      if (
        (link & TAG) === tag &&
        entries[at + HASH] === hash &&
        entries[at + SIZE] === size &&
        isSame(entries, at + HEAD, words, size)
      )
        return at;
      link = entries[at + NEXT] ?? 0;
    }
    return 0;
  }

  valueAt(at: number): number {
    return this.entries[at + VALUE] ?? 0;
  }

  setValueAt(at: number, value: number): void {
    this.entries[at + VALUE] = value;
  }

  /** The first text of a part of ASCII that is kept there. */
  textAt(at: number): string {
    return textOfWords(this.entries, at + HEAD);
  }

  /** Answers where it is kept; 0: it is not, as what is too long. */
  set({ hash, size, words, isTooLong }: Part, value: number): number {
    if (isTooLong) return 0;
    if (this.isFull) this.forget();
    if (this.size * 2 >= this.table.length) this.widen();
    const slot = hash & (this.table.length - 1);
    const next = this.table[slot] ?? 0;
    if (this.depth(next) >= MOST_SAME) return 0;
    const at = this.end;
    this.end += HEAD + size;
    this.makeRoom();
    const { entries } = this;
    entries[at + HASH] = hash;
    entries[at + NEXT] = next;
    entries[at + SIZE] = size;
    entries[at + VALUE] = value;
    for (let place = 0; place < size; place += 1) entries[at + HEAD + place] = words[place] ?? 0;
    this.table[slot] = linkTo(at, hash);
    this.size += 1;
    return at;
  }

  private makeRoom(): void {
    if (this.end <= this.entries.length) return;
    const wide = new Int32Array(Math.max(this.end, this.entries.length * 2));
    wide.set(this.entries);
    this.entries = wide;
  }

  private depth(first: number): number {
    let count = 0;
    for (let link = first; link !== 0; link = this.entries[(link >>> TAG_BITS) + NEXT] ?? 0) count += 1;
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
    for (let at = 1; at < this.end; at += HEAD + (entries[at + SIZE] ?? 0)) {
      const hash = entries[at + HASH] ?? 0;
      const slot = hash & (table.length - 1);
      entries[at + NEXT] = table[slot] ?? 0;
      table[slot] = linkTo(at, hash);
    }
    this.table = table;
  }
}

function linkTo(at: number, hash: number): number {
  return (at << TAG_BITS) | (hash >>> TAG_SHIFT);
}

function isSame(entries: Int32Array, at: number, words: Int32Array, size: number): boolean {
  for (let place = 0; place < size; place += 1) if (entries[at + place] !== words[place]) return false;
  return true;
}

/** What is known of parts of lines. */
export class ByteMap<V> {
  private readonly index: ByteIndex;
  private values: V[] = [];

  /** As for `ByteIndex`. */
  constructor(most: number) {
    this.index = new ByteIndex(most);
  }

  /** `undefined`: nothing. */
  get(part: Part): V | undefined {
    const at = this.index.find(part);
    return at === 0 ? undefined : this.values[this.index.valueAt(at)];
  }

  set(part: Part, value: V): void {
    if (this.index.isFull) {
      this.index.forget();
      this.values = [];
    }
    if (this.index.set(part, this.values.length) !== 0) this.values.push(value);
  }
}

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

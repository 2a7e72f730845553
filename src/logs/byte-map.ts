/** What is known of parts of lines, found by their bytes: to make a text of each part costs more than all the rest. */

interface Kept<V> {
  /** A character for each byte. */
  readonly bytes: string;
  readonly value: V;
}

/** Parts with one hash; who chooses what lines say might choose parts that have the same. */
const MOST_SAME = 4;

export class ByteMap<V> {
  private kept = new Map<number, readonly Kept<V>[]>();
  private size = 0;

  /** `most`: entries; when there are more, all are forgotten. `longest`: bytes of a part; longer ones are not kept. */
  constructor(
    private readonly most: number,
    private readonly longest: number,
  ) {}

  /** What is known of a part of some bytes; `undefined`: nothing. */
  get(block: Buffer, { hash, from, to }: Part): V | undefined {
    const same = this.kept.get(hash);
    if (same === undefined) return undefined;
    for (const { bytes, value } of same) if (isSame(bytes, block, from, to)) return value;
    return undefined;
  }

  set(block: Buffer, { hash, from, to }: Part, value: V): void {
    if (to - from > this.longest) return;
    if (this.size >= this.most) {
      this.kept = new Map();
      this.size = 0;
    }
    const same = this.kept.get(hash) ?? [];
    if (same.length >= MOST_SAME) return;
    this.kept.set(hash, [...same, { bytes: block.toString("latin1", from, to), value }]);
    this.size += 1;
  }
}

/** A part of a block. */
export class Part {
  /** FNV-1a. */
  hash = 0;
  from = 0;
  to = 0;

  /** From a place to where some bytes begin; `false`: they are not there, and the part goes to the end. */
  until(block: Buffer, from: number, sought: Uint8Array, end: number): boolean {
    const first = sought[0];
    let hash = BASIS;
    for (let at = from; at < end; at += 1) {
      const byte = block[at] ?? 0;
      if (byte === first && startsWith(block, sought, at, end)) return this.is(hash, from, at, true);
      hash = Math.imul(hash ^ byte, PRIME);
    }
    return this.is(hash, from, end, false);
  }

  /** From one place to another. */
  between(block: Buffer, from: number, to: number): void {
    let hash = BASIS;
    for (let at = from; at < to; at += 1) hash = Math.imul(hash ^ (block[at] ?? 0), PRIME);
    this.is(hash, from, to, true);
  }

  private is(hash: number, from: number, to: number, found: boolean): boolean {
    this.hash = hash;
    this.from = from;
    this.to = to;
    return found;
  }
}

const BASIS = 0x811c9dc5 | 0;
const PRIME = 0x01000193;

function isSame(kept: string, block: Buffer, from: number, to: number): boolean {
  if (kept.length !== to - from) return false;
  for (let at = 0; at < kept.length; at += 1) if (kept.charCodeAt(at) !== block[from + at]) return false;
  return true;
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

/** Bytes of a text, to be looked for. */
export function needle(text: string): Uint8Array {
  return Uint8Array.from(Buffer.from(text, "latin1"));
}

export function startsWith(block: Buffer, sought: Uint8Array, at: number, end: number): boolean {
  if (end - at < sought.length) return false;
  for (let place = 0; place < sought.length; place += 1)
    if (block[at + place] !== sought[place]) return false;
  return true;
}

/** Where some bytes begin, in a part of a block; -1: they are not there. */
export function find(block: Buffer, sought: Uint8Array, from: number, end: number): number {
  const first = sought[0];
  for (let at = from; at <= end - sought.length; at += 1)
    if (block[at] === first && startsWith(block, sought, at, end)) return at;
  return -1;
}

/** The last such place. */
export function findLast(block: Buffer, sought: Uint8Array, from: number, end: number): number {
  const first = sought[0];
  for (let at = end - sought.length; at >= from; at -= 1)
    if (block[at] === first && startsWith(block, sought, at, end)) return at;
  return -1;
}

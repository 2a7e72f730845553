import type { Random } from "../reality/random.js";

/** Changes of bytes. The second buffer is another file, to take parts from. */
type Mutator = (bytes: Buffer, other: Buffer, random: Random) => Buffer;

/** Bytes that mean something to one of the readers, or to none. */
const PARTS = [
  ...["{", "}", ";", '"', "'", "\\", "#", "$", "${", "=", "[", "]", "\n", "\r\n", "\r", "\t", " "],
  ...["{{", "}}", "{%", "%}", "<%", "%>", "<?php", "?>", "*", "?", "/", "..", "@", "~", "^", "|", "&", "!"],
  ...["\0", "\x1b[31m", "\x7f", "\x85", "\u2028", "\u202e", "\u200b", "\ufeff", "\u00a0", "é", "😀"],
].map((text) => Buffer.from(text));
const STRAY = [[0x80], [0xff], [0xc3], [0xe2, 0x80], [0xed, 0xa0, 0x80], [0xf0, 0x9f, 0x98], [0xc0, 0xaf]];
const INSERTED = [...PARTS, ...STRAY.map((bytes) => Buffer.from(bytes))];

function range(bytes: Buffer, random: Random, most = 80): readonly [start: number, end: number] {
  const start = random.int(0, bytes.length);
  return [start, Math.min(bytes.length, start + random.int(1, most))];
}

function replaced(bytes: Buffer, start: number, end: number, by: Buffer): Buffer {
  return Buffer.concat([bytes.subarray(0, start), by, bytes.subarray(end)]);
}

const flipBit: Mutator = (bytes, _other, random) => {
  const copy = Buffer.from(bytes);
  const at = random.int(0, Math.max(0, copy.length - 1));
  if (at < copy.length) copy[at] = (copy[at] ?? 0) ^ (1 << random.int(0, 7));
  return copy;
};

const anyByte: Mutator = (bytes, _other, random) => {
  const copy = Buffer.from(bytes);
  const at = random.int(0, Math.max(0, copy.length - 1));
  if (at < copy.length) copy[at] = random.int(0, 255);
  return copy;
};

const remove: Mutator = (bytes, _other, random) => {
  const [start, end] = range(bytes, random);
  return replaced(bytes, start, end, Buffer.alloc(0));
};

const repeat: Mutator = (bytes, _other, random) => {
  const [start, end] = range(bytes, random);
  const times = Array.from({ length: random.int(2, 12) }, () => bytes.subarray(start, end));
  return replaced(bytes, start, end, Buffer.concat(times));
};

const insert: Mutator = (bytes, _other, random) => {
  const at = random.int(0, bytes.length);
  return replaced(bytes, at, at, random.pick(INSERTED));
};

const swap: Mutator = (bytes, _other, random) => {
  const [start, end] = range(bytes, random);
  const [from, to] = range(bytes, random);
  if (end > from) return bytes;
  const parts = [
    [0, start],
    [from, to],
    [end, from],
    [start, end],
    [to, bytes.length],
  ] as const;
  return Buffer.concat(parts.map(([first, last]) => bytes.subarray(first, last)));
};

const truncate: Mutator = (bytes, _other, random) => bytes.subarray(0, random.int(0, bytes.length));

const splice: Mutator = (bytes, other, random) => {
  const [start, end] = range(bytes, random);
  const [from, to] = range(other, random, 400);
  return replaced(bytes, start, end, other.subarray(from, to));
};

const MUTATORS = [flipBit, anyByte, remove, repeat, insert, swap, truncate, splice];

/** The bytes with one to six changes. */
export function mutateBytes(bytes: Buffer, other: Buffer, random: Random): Buffer {
  let changed = bytes;
  for (let left = random.int(1, 6); left > 0; left -= 1)
    changed = random.pick(MUTATORS)(changed, other, random);
  return changed;
}

/**
 * Parts of lines as bytes: to make a text of each part costs more than all the rest. Bytes are read four at a time,
 * because to look at each of them once takes longer than ripgrep takes for a whole file.
 */

// Before what uses them: a constant is then a number in the code, and no variable that each step of a loop loads.
const ZERO = 48;
const NINE = 57;
const ROUND = 40;

const ONES = 0x01010101;
/** The eighth bit of each byte. */
const EIGHTHS = -0x7f7f7f80;
const ZEROS = 0x30303030;
const TENS = 0x0a0a0a0a;

/** 2 to the power of 32, divided by the golden ratio. */
export const MULTIPLIER = -0x61c88647;

/** Added to the length of a text behind which a number is. */
const NUMBER = 0x10000;
/** Added to the length of a text behind which more of the part is. */
const MORE = 0x20000;
const LENGTH = 0xffff;

/** Lines, with their bytes one by one and four at a time. */
export class Block {
  readonly words: DataView;

  constructor(readonly bytes: Buffer) {
    this.words = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }
}

/**
 * What is sought by: some numbers, and texts that are parts of a block. Of a text its length comes first, then its bytes
 * by fours and the rest of them, so that what was added in the same order is told apart.
 */
export class Part {
  /** How many there are is `size`; more than fit are not kept. */
  readonly words: Int32Array;
  size = 0;
  hash = 0;
  /** Where the last text begins and ends. */
  from = 0;
  to = 0;

  /** `longest`: numbers that are kept. */
  constructor(longest: number) {
    this.words = new Int32Array(longest);
  }

  /** Whether it has more numbers than are kept. */
  get isTooLong(): boolean {
    return this.size > this.words.length;
  }

  /** Begins anew. */
  clear(): void {
    this.size = 0;
    this.hash = 0;
  }

  add(word: number): void {
    this.words[this.size] = word;
    this.size += 1;
    this.hash = mixed(this.hash, word);
  }

  /**
   * Adds what is from a place to where one of two bytes is, given four times in a number; `false`: there is none, and the
   * text goes to the end.
   */
  addUntil(block: Block, from: number, one: number, other: number, end: number): boolean {
    const { bytes, words } = block;
    const own = this.words;
    let { hash } = this;
    let place = this.size + 1;
    let last = from;
    let rest = 0;
    for (; ; last += 4) {
      if (last > end - 4) {
        const at = last;
        while (last < end && bytes[last] !== (one & 255) && bytes[last] !== (other & 255)) last += 1;
        rest = lastWord(block, at, last);
        break;
      }
      const word = words.getInt32(last, true);
      // A byte of it is zero where the byte is the one, or the other; behind the first such byte others may seem to be.
      const a = word ^ one;
      const b = word ^ other;
      const found = (((a - ONES) & ~a) | ((b - ONES) & ~b)) & EIGHTHS;
      if (found !== 0) {
        const count = lowestByte(found);
        rest = word & firstBytes(count);
        last += count;
        break;
      }
      own[place] = word;
      place += 1;
      hash = mixed(hash, word);
    }
    this.finish(hash, place, from, last, rest);
    return last < end;
  }

  /** Adds what is from one place to another. */
  addBetween(block: Block, from: number, to: number): void {
    const { words } = block;
    const own = this.words;
    let { hash } = this;
    let place = this.size + 1;
    let at = from;
    for (; at < to - 3; at += 4) {
      const word = words.getInt32(at, true);
      own[place] = word;
      place += 1;
      hash = mixed(hash, word);
    }
    this.finish(hash, place, from, to, lastWord(block, at, to));
  }

  private finish(hash: number, place: number, from: number, to: number, rest: number): void {
    this.words[this.size] = to - from;
    this.words[place] = rest;
    this.size = place + 1;
    const sum = mixed(mixed(hash, rest), to - from);
    this.hash = sum ^ (sum >>> 16);
    this.from = from;
    this.to = to;
  }

  /** Adds the texts between the numbers of what is from one place to another. Some digits are kept, as `isKept` says. */
  addNumbered(block: Block, from: number, to: number): void {
    const { bytes, words } = block;
    const own = this.words;
    let { hash } = this;
    let head = this.size;
    let place = head + 1;
    let first = from;
    let at = from;
    for (;;) {
      let digits = 0;
      let rest = 0;
      for (; ; at += 4) {
        const isWhole = at <= to - 4;
        rest = isWhole ? words.getInt32(at, true) : lastWord(block, at, to);
        digits = digitsIn(rest);
        if (digits !== 0 || !isWhole) break;
        own[place] = rest;
        place += 1;
        hash = mixed(hash, rest);
      }
      at = digits === 0 ? to : at + lowestByte(digits);
      const length = at - first;
      const start = at;
      while (at < to && isDigit(bytes[at] ?? 0)) at += 1;
      const isNumber = at > start && !isKept(bytes, from, start, at);
      const what = length + (at === start ? 0 : isNumber ? NUMBER : MORE);
      rest &= firstBytes(length & 3);
      own[head] = what;
      own[place] = rest;
      hash = mixed(mixed(hash, rest), what);
      head = place + 1;
      place = head + 1;
      first = at;
      if (at === start) break;
      if (isNumber) continue;
      this.size = head;
      this.addBetween(block, start, at);
      own[head] = at - start + MORE;
      hash = mixed(hash, this.hash);
      head = this.size;
      place = head + 1;
    }
    this.size = head;
    this.hash = hash ^ (hash >>> 16);
    this.from = from;
    this.to = to;
  }

  /** A copy of what it is now. */
  kept(): Int32Array {
    return this.words.slice(0, this.size);
  }
}

/**
 * Whether a text that was added is at a place of a block as well. `at`: where its length is. Four more bytes have to be
 * behind it in the block.
 */
export function isTextAt(kept: Int32Array, at: number, { words }: Block, from: number): boolean {
  const length = (kept[at] ?? 0) & LENGTH;
  let place = at + 1;
  let own = from;
  for (const end = from + length - 7; own < end; own += 8) {
    const first = (kept[place] ?? 0) ^ words.getInt32(own, true);
    if ((first | ((kept[place + 1] ?? 0) ^ words.getInt32(own + 4, true))) !== 0) return false;
    place += 2;
  }
  if ((length & 4) !== 0) {
    if (kept[place] !== words.getInt32(own, true)) return false;
    place += 1;
    own += 4;
  }
  return ((words.getInt32(own, true) ^ (kept[place] ?? 0)) & firstBytes(length & 3)) === 0;
}

/** Whether the only text of a part has only characters of ASCII. */
export function isAscii({ size, words }: Part): boolean {
  let bits = 0;
  for (let at = 1; at < size; at += 1) bits |= words[at] ?? 0;
  return (bits & EIGHTHS) === 0;
}

/** Where texts are made. */
let made = new Block(Buffer.alloc(1024));

/** A text of ASCII that was added. `at`: where its length is. */
export function textOfWords(words: Int32Array, at: number): string {
  const length = (words[at] ?? 0) & LENGTH;
  if (made.bytes.length < length + 4) made = new Block(Buffer.alloc(length + 4));
  for (let place = 0; place <= length >> 2; place += 1)
    made.words.setInt32(place * 4, words[at + 1 + place] ?? 0, true);
  return made.bytes.toString("latin1", 0, length);
}

/** Where the text behind one is. */
export function nextText(kept: Int32Array, at: number): number {
  return at + 2 + (((kept[at] ?? 0) & LENGTH) >> 2);
}

/** A part that was added with its numbers left out, in the form in which it is compared: eight bytes at a time. */
export class Numbered {
  /** Of each text between numbers its length, with `NUMBER` where one is behind it. */
  private readonly lengths: Int32Array;
  /** All the texts by eights, one after the other. */
  private readonly eights: Float64Array;
  /** Of each what is left of it: four bytes where there are as many, and the last ones. */
  private readonly fours: Int32Array;
  private readonly rests: Int32Array;
  /** Whether equal eights are the same bytes: as numbers some differ from themselves, and zero is equal to minus zero. */
  readonly isComparable: boolean;

  /** `at`: where the first text is in what was added. */
  constructor(kept: Int32Array, at: number) {
    const texts = textsOf(kept, at).map(({ what, bytes }) => ({ what, words: new Block(bytes).words }));
    this.lengths = Int32Array.from(texts, ({ what }) => what);
    const eights = texts.flatMap(({ what, words }) =>
      Array.from({ length: (what & LENGTH) >> 3 }, (_, eight) => words.getFloat64(eight * 8, true)),
    );
    this.eights = Float64Array.from(eights);
    this.fours = Int32Array.from(texts, ({ what, words }) => words.getInt32(what & LENGTH & ~7, true));
    this.rests = Int32Array.from(texts, ({ what, words }) => words.getInt32(what & LENGTH & ~3, true));
    this.isComparable = eights.every((eight) => eight < 0 || eight > 0);
  }

  /** Where a part ends that differs at most in its numbers; -1: it is another. Ends before `to`. */
  endAt({ bytes, words }: Block, from: number, to: number): number {
    const { eights, lengths } = this;
    let own = from;
    let place = 0;
    for (let text = 0; ; text += 1) {
      const what = lengths[text] ?? 0;
      const end = own + (what & LENGTH);
      if (end > to - 4) return -1;
      for (; own < end - 7; own += 8) {
        if (words.getFloat64(own, true) !== eights[place]) return -1;
        place += 1;
      }
      if ((what & 4) !== 0) {
        if (words.getInt32(own, true) !== this.fours[text]) return -1;
        own += 4;
      }
      if (((words.getInt32(own, true) ^ (this.rests[text] ?? 0)) & firstBytes(what & 3)) !== 0) return -1;
      if (what <= LENGTH) return end;
      own = end;
      while (isDigit(bytes[own] ?? 0)) own += 1;
      if (own === end || own - end === KEPT_DIGITS) return -1;
    }
  }
}

/** The texts of a part that was added with its numbers left out, with the digits that are kept in them. */
function textsOf(kept: Int32Array, at: number): readonly { readonly what: number; readonly bytes: Buffer }[] {
  const texts: { readonly what: number; readonly bytes: Buffer }[] = [];
  let text = "";
  for (let from = at; from < kept.length; from = nextText(kept, from)) {
    const what = kept[from] ?? 0;
    text += textOfWords(kept, from);
    if (what >= MORE) continue;
    // With what may be read behind it.
    const bytes = Buffer.alloc(text.length + 4);
    bytes.write(text, "latin1");
    texts.push({ what: text.length + (what & NUMBER), bytes });
    text = "";
  }
  return texts;
}

/** A number of so many digits is the name of a temporary file. */
const KEPT_DIGITS = 10;

/** Whether digits are more than any number: ten of them, and those behind a bracket. */
function isKept(bytes: Buffer, from: number, start: number, end: number): boolean {
  return end - start === KEPT_DIGITS || (start > from && bytes[start - 1] === ROUND);
}

export function isDigit(byte: number): boolean {
  return byte >= ZERO && byte <= NINE;
}

/** The last bytes of a part, of which there are less than four. */
function lastWord({ bytes, words }: Block, from: number, to: number): number {
  const count = to - from;
  if (count <= 0) return 0;
  // With some bytes before them.
  if (to >= 4) return words.getInt32(to - 4, true) >>> ((4 - count) << 3);
  let word = 0;
  for (let at = to - 1; at >= from; at -= 1) word = (word << 8) | (bytes[at] ?? 0);
  return word;
}

/** A byte four times. */
export function fourfold(byte: number): number {
  return Math.imul(byte, ONES);
}

/** Where a byte is first, given four times in a number; the end where it is not. For what is a few bytes away. */
export function byteFrom({ bytes, words }: Block, from: number, byte: number, end: number): number {
  let at = from;
  for (; at <= end - 8; at += 8) {
    const first = words.getInt32(at, true) ^ byte;
    const found = (first - ONES) & ~first & EIGHTHS;
    if (found !== 0) return at + lowestByte(found);
    const second = words.getInt32(at + 4, true) ^ byte;
    const other = (second - ONES) & ~second & EIGHTHS;
    if (other !== 0) return at + 4 + lowestByte(other);
  }
  while (at < end && bytes[at] !== (byte & 255)) at += 1;
  return at;
}

/** Where the first byte is that is no digit; the end where there is none. */
export function byteBehindDigits({ bytes, words }: Block, from: number, end: number): number {
  let at = from;
  for (; at <= end - 4; at += 4) {
    const others = ~digitsIn(words.getInt32(at, true)) & EIGHTHS;
    if (others !== 0) return at + lowestByte(others);
  }
  while (at < end && isDigit(bytes[at] ?? 0)) at += 1;
  return at;
}

/** The eighth bit of each byte that is a digit. */
function digitsIn(word: number): number {
  const value = word ^ ZEROS;
  return ~(((value | EIGHTHS) - TENS) | value) & EIGHTHS;
}

/** Which byte of four, of which some have their eighth bit, is the first that has it. */
function lowestByte(bits: number): number {
  return (31 - Math.clz32(bits & -bits)) >> 3;
}

/** For so many bytes of four, less than four, a number that has all their bits. */
function firstBytes(count: number): number {
  return (1 << (count << 3)) - 1;
}

export function mixed(hash: number, word: number): number {
  return Math.imul(((hash << 5) | (hash >>> 27)) ^ word, MULTIPLIER);
}

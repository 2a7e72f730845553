/** How often something came: texts, most of which come as bytes of a log, and times. */
import { ByteIndex } from "../logs/byte-map.js";
import { detached } from "../logs/detached.js";
import { Block, isAscii, Part, textOfWords } from "../logs/part.js";
import { textOf } from "../logs/scan.js";
import { HOUR, MINUTE } from "../logs/time.js";

/** Characters of a text that are kept. */
const LONGEST = 300;

/** Of how many numbers the longest part is made that is known when it comes again. */
export const LONGEST_PART = 300;

/** Parts that are known again though their text is not their bytes. */
const MOST_FORMS = 1000;

/** Where texts are taken apart that do not come as bytes; of a character at most three. */
const scratch = new Block(Buffer.alloc(LONGEST * 3));
const part = new Part(LONGEST_PART);

/**
 * How often each of some texts came. Those of ASCII are known by their bytes, and are made texts when they are asked for:
 * a group has hundreds, and few are shown.
 */
export class Counts {
  /** Where each is counted that is known by its bytes. */
  private readonly places: ByteIndex;
  private forms = 0;
  /** The same by their characters. */
  private readonly others = new Map<string, number>();
  /** Whether some of ASCII are among the others. */
  private isCrowded = false;
  private readonly counts: number[] = [];
  /** Of each: where it is in `places`, or its text. */
  private readonly texts: (number | string)[] = [];

  /** `most`: distinct texts. */
  constructor(private readonly most: number) {
    this.places = new ByteIndex(most + MOST_FORMS);
  }

  /** One that is cut counts with others that begin like it. */
  add(text: string): void {
    this.raise(this.placeOfText(text));
  }

  /** The same for the only text of a part. */
  addPart(text: Part, block: Block): void {
    const place = this.places.get(text);
    this.raise(place === -1 ? this.placeOfPart(text, block) : place);
  }

  /** -1: there are too many texts. */
  private placeOfPart(text: Part, { bytes }: Block): number {
    const { from, to } = text;
    if (to - from <= LONGEST && isAscii(text)) return this.placeOfBytes(text);
    const place = this.placeOfText(textOf(bytes.subarray(from, to)));
    if (place !== -1 && this.forms < MOST_FORMS) {
      this.forms += 1;
      this.places.set(text, place);
    }
    return place;
  }

  private placeOfText(text: string): number {
    const cut = text.length > LONGEST ? text.slice(0, LONGEST) : text;
    const size = scratch.bytes.write(cut);
    if (size !== cut.length) return this.placeOfOther(detached(cut, LONGEST));
    part.clear();
    part.addBetween(scratch, 0, size);
    const known = this.places.get(part);
    return known === -1 ? this.placeOfBytes(part) : known;
  }

  /** Of one of ASCII that is not among `places`. */
  private placeOfBytes(text: Part): number {
    if (!this.isCrowded) {
      if (this.isFull) return -1;
      const at = this.places.set(text, this.counts.length);
      if (at !== 0) return this.begin(at);
      this.isCrowded = true;
    }
    return this.placeOfOther(textOfWords(text.words, 0));
  }

  private placeOfOther(text: string): number {
    const known = this.others.get(text);
    if (known !== undefined) return known;
    if (this.isFull) return -1;
    this.others.set(text, this.counts.length);
    return this.begin(text);
  }

  private begin(text: number | string): number {
    this.texts.push(text);
    return this.counts.push(0) - 1;
  }

  private raise(place: number): void {
    if (place !== -1) this.counts[place] = (this.counts[place] ?? 0) + 1;
  }

  get isFull(): boolean {
    return this.counts.length >= this.most;
  }

  get size(): number {
    return this.counts.length;
  }

  /** In the order in which they came first. */
  *[Symbol.iterator](): Generator<readonly [text: string, count: number]> {
    for (const [place, text] of this.texts.entries())
      yield [typeof text === "string" ? text : this.places.textAt(text), this.counts[place] ?? 0];
  }
}

/** Distinct minutes that are remembered. */
export const MOST_MINUTES = 3000;

/** How much came in each minute, or in each hour where it is spread over very many minutes. */
export class TimeCounts {
  step = MINUTE;
  /** Numbers of steps that something came in, in order, and how much did. */
  private steps: number[] = [];
  private counts: number[] = [];
  /** The one that was counted last, by its place and its time: most lines are of the same. */
  private last = 0;
  private from = 0;
  private to = 0;

  /** `most`: distinct steps; of more the steps become longer. */
  constructor(private readonly most: number = MOST_MINUTES) {}

  add(time: number): void {
    if (time < this.from || time >= this.to) this.find(time);
    const { counts, last } = this;
    counts[last] = (counts[last] ?? 0) + 1;
    if (counts.length > this.most) this.widen(this.step === MINUTE ? HOUR : this.step * 4);
  }

  /** Makes the step of a time the last one. */
  private find(time: number): void {
    const { counts, steps } = this;
    const own = Math.floor(time / this.step);
    const at = placeOf(steps, own);
    if (steps[at] !== own) {
      steps.splice(at, 0, own);
      counts.splice(at, 0, 0);
    }
    this.last = at;
    this.from = own * this.step;
    this.to = this.from + this.step;
  }

  private widen(step: number): void {
    const { counts, steps } = this;
    const [wide, sums]: [number[], number[]] = [[], []];
    for (const [at, count] of counts.entries()) {
      const own = Math.floor(((steps[at] ?? 0) * this.step) / step);
      if (wide.at(-1) === own) sums.push((sums.pop() ?? 0) + count);
      else {
        wide.push(own);
        sums.push(count);
      }
    }
    this.step = step;
    this.steps = wide;
    this.counts = sums;
    this.to = 0;
    this.from = 0;
  }

  /** How many steps something came in. */
  get size(): number {
    return this.steps.length;
  }

  /** Calls for the start of each step with its count, in order. */
  each(take: (time: number, count: number) => void): void {
    const { counts, step, steps } = this;
    for (let at = 0; at < steps.length; at += 1) take((steps[at] ?? 0) * step, counts[at] ?? 0);
  }

  /** The same as pairs. */
  entries(): readonly (readonly [time: number, count: number])[] {
    const entries: (readonly [number, number])[] = [];
    this.each((time, count) => entries.push([time, count]));
    return entries;
  }
}

/** Where a number is in ascending ones, or where it would be; most are behind all others. */
function placeOf(numbers: readonly number[], number: number): number {
  let high = numbers.length;
  if (high === 0 || (numbers[high - 1] ?? 0) < number) return high;
  let low = 0;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((numbers[middle] ?? 0) < number) low = middle + 1;
    else high = middle;
  }
  return low;
}

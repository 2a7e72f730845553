/** How often something came: texts, most of which come as bytes of a log, and times. */
import { ByteIndex } from "../logs/byte-map.js";
import { detached } from "../logs/detached.js";
import { Block, isAscii, Part, textOfWords } from "../logs/part.js";
import { textOf } from "../logs/scan.js";
import { HOUR, MINUTE } from "../logs/time.js";
import { firstPlace } from "../source/halving.js";

/** Characters of a text that are kept. */
const LONGEST = 300;

/** Of how many numbers the longest part is made that is known when it comes again. */
export const LONGEST_PART = 300;

/** Parts that are known again though their text is not their bytes. */
const MOST_FORMS = 1000;

/** Where texts are taken apart that do not come as bytes; of a character at most three. */
const scratch = new Block(Buffer.alloc(LONGEST * 3));
const part = new Part(LONGEST_PART);

/** More of one text are not counted. */
const MOST = 0x7fffffff;

/** Bytes that a text takes beside its characters, about. */
const TEXT_BYTES = 64;

/** Memory that several may take together, about: what a log says must not fill it. */
export class Room {
  /** `left`: bytes. */
  constructor(private left: number) {}

  get isEmpty(): boolean {
    return this.left <= 0;
  }

  take(bytes: number): void {
    this.left -= bytes;
  }
}

/**
 * How often each of some texts came. Those of ASCII are known by their bytes, and are made texts when they are asked for:
 * a group has hundreds, and few are shown.
 */
export class Counts {
  /** How often those came that are known by their bytes; of others which of them it is, as a negative number. */
  private readonly known: ByteIndex;
  private forms = 0;
  /** Which of the others each is, by its characters. */
  private readonly others = new Map<string, number>();
  /** How often they came. */
  private readonly counts: number[] = [];
  /** Whether some of ASCII are among the others. */
  private isCrowded = false;
  /** Whether one of ASCII has as many characters as are kept: longer ones count with it. */
  private anyCut = false;
  /** Of each: where it is in `known`, or its text. */
  private readonly texts: (number | string)[] = [];

  /** `most`: distinct texts. `room`: what they take; when it is empty only the first text is new. */
  constructor(
    private readonly most: number,
    private readonly room: Room = new Room(Number.POSITIVE_INFINITY),
  ) {
    this.known = new ByteIndex(most + MOST_FORMS);
  }

  /** One that is cut counts with others that begin like it. */
  add(text: string): void {
    const cut = text.length > LONGEST ? text.slice(0, LONGEST) : text;
    const size = scratch.bytes.write(cut);
    if (size !== cut.length) {
      this.addOther(detached(cut, LONGEST));
      return;
    }
    part.clear();
    part.addBetween(scratch, 0, size);
    this.addPart(part, scratch);
  }

  /** The same for the only text of a part. */
  addPart(text: Part, block: Block): void {
    const at = this.known.find(text);
    if (at !== 0) this.raise(at);
    else if (!this.isClosed) this.addNew(text, block);
  }

  private raise(at: number): void {
    const { counts, known } = this;
    const value = known.valueAt(at);
    if (value < 0) counts[-1 - value] = (counts[-1 - value] ?? 0) + 1;
    else if (value < MOST) known.setValueAt(at, value + 1);
  }

  private addNew(text: Part, { bytes }: Block): void {
    const { from, to } = text;
    const isOfBytes = to - from <= LONGEST && isAscii(text);
    if (isOfBytes && !this.isCrowded) {
      if (this.isFull) return;
      const at = this.known.set(text, 1);
      this.isCrowded = at === 0;
      if (at !== 0) {
        this.texts.push(at);
        this.room.take(TEXT_BYTES + to - from);
        this.anyCut ||= to - from === LONGEST;
        return;
      }
    }
    if (isOfBytes) this.addOther(textOfWords(text.words, 0));
    else this.addForm(text, textOf(bytes.subarray(from, to)));
  }

  /** Bytes that are not what they are shown as. */
  private addForm(text: Part, shown: string): void {
    const cut = shown.length > LONGEST ? shown.slice(0, LONGEST) : shown;
    this.add(cut);
    const other = this.others.get(detached(cut, LONGEST));
    if (other === undefined || this.forms >= MOST_FORMS) return;
    this.forms += 1;
    this.known.set(text, -1 - other);
  }

  private addOther(text: string): void {
    const { counts, others } = this;
    const known = others.get(text);
    if (known !== undefined) {
      counts[known] = (counts[known] ?? 0) + 1;
      return;
    }
    if (this.isFull) return;
    others.set(text, counts.length);
    counts.push(1);
    this.texts.push(text);
    this.room.take(TEXT_BYTES + text.length * 2);
  }

  get isFull(): boolean {
    const { length } = this.texts;
    return length >= this.most || (length > 0 && this.room.isEmpty);
  }

  /** Whether each that is counted is known by its bytes, and there will be no other. */
  private get isClosed(): boolean {
    return this.isFull && this.counts.length === 0 && !this.anyCut;
  }

  get size(): number {
    return this.texts.length;
  }

  /** In the order in which they came first. */
  *[Symbol.iterator](): Generator<readonly [text: string, count: number]> {
    for (const one of this.texts)
      yield typeof one === "string"
        ? [one, this.counts[this.others.get(one) ?? 0] ?? 0]
        : [this.known.textAt(one), this.known.valueAt(one)];
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
  private at = 0;
  private from = 0;
  private to = 0;
  // Numbers from the beginning: to make each an object of its own takes longer than to count.
  private earliest = Number.POSITIVE_INFINITY;
  private latest = Number.NEGATIVE_INFINITY;

  /** `most`: distinct steps; of more the steps become longer. */
  constructor(private readonly most: number = MOST_MINUTES) {}

  /** The earliest time, as `logs/time.ts` counts; `null`: none came. */
  get first(): number | null {
    return this.earliest > this.latest ? null : this.earliest;
  }

  /** The latest time. */
  get last(): number | null {
    return this.earliest > this.latest ? null : this.latest;
  }

  add(time: number): void {
    if (time < this.earliest) this.earliest = time;
    if (time > this.latest) this.latest = time;
    const isOther = time < this.from || time >= this.to;
    if (isOther) this.find(time);
    const { at, counts } = this;
    counts[at] = (counts[at] ?? 0) + 1;
    if (isOther && counts.length > this.most) this.widen(this.step === MINUTE ? HOUR : this.step * 4);
  }

  /** Makes the step of a time the last one. */
  private find(time: number): void {
    const { counts, steps } = this;
    const own = Math.floor(time / this.step);
    const at = placeOf(steps, own);
    if (at === steps.length) {
      steps.push(own);
      counts.push(0);
    } else if (steps[at] !== own) {
      steps.splice(at, 0, own);
      counts.splice(at, 0, 0);
    }
    this.at = at;
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

  /** The start of one of them, in order. */
  timeAt(at: number): number {
    return (this.steps[at] ?? 0) * this.step;
  }

  /** Starts of the steps with their counts, in order. */
  entries(): readonly (readonly [time: number, count: number])[] {
    return this.steps.map((own, at) => [own * this.step, this.counts[at] ?? 0] as const);
  }

  /** The first of the steps that begin at such a time; later ones do as well. Their number: none does. */
  firstWhere(isSuch: (time: number) => boolean): number {
    return firstPlace(this.steps.length, (at) => isSuch(this.timeAt(at)));
  }

  /** How much came in the steps from one to another. */
  sum(from: number, to: number): number {
    let sum = 0;
    for (let at = from; at < to; at += 1) sum += this.counts[at] ?? 0;
    return sum;
  }
}

/** Where a number is in ascending ones, or where it would be; most are behind all others. */
function placeOf(numbers: readonly number[], number: number): number {
  const { length } = numbers;
  if (length === 0 || (numbers[length - 1] ?? 0) < number) return length;
  return firstPlace(length, (at) => (numbers[at] ?? 0) >= number);
}

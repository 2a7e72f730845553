/** What messages of nginx's error log mean. Many lines say the same, or differ only in numbers: it is worked out once. */
import { isSameForNumbers, recogniseLine } from "../causes/recognise.js";
import type { Match } from "../causes/signature.js";
import { ByteMap, SeenBefore } from "../logs/byte-map.js";
import { CLIENT as CLIENT_WORDS, type LogLine, STDERR, STDERR_END } from "../logs/line.js";
import { type Finder, Needle } from "../logs/needle.js";
import type { NginxHead } from "../logs/nginx-head.js";
import { type Block, mixed, Numbered, Part } from "../logs/part.js";
import { textOf } from "../logs/scan.js";

/** What a message means. `G`: what is known of lines with its signature. */
export interface Meaning<G> {
  readonly match: Match;
  /** It may have had other numbers than this line. */
  readonly isOfOthers: boolean;
  readonly more: G;
}

/** Messages that differ only in their numbers. */
interface Shape<G> {
  /** The level, as the head of a line has it. */
  readonly first: number;
  readonly second: number;
  readonly message: Numbered;
  /** Whether nginx repeats in it what PHP said. */
  readonly isSaid: boolean;
  /** `null`: nothing that is known; `undefined`: for each number something else. */
  readonly meaning: Meaning<G> | null | undefined;
}

/** Messages that are remembered, and how many numbers the longest is made of. */
const MOST_MESSAGES = 16_384;
const LONGEST_MESSAGE = 160;
/** Places for shapes that came last: 2 to the power of 10. */
const LAST = 1024;
const LAST_BITS = 22;

// The places of a message that tell it from most others: of what PHP said those behind nginx's words.
const FIRST_STEP = 8;
const SAID_FROM = 28;
const SAID_STEP = 16;
const SHORTEST = 3 * FIRST_STEP + 4;

/** `Fast`, as `STDERR` begins. */
const SAID_FIRST = 0x74736146;

const SAID = new Needle(STDERR);
const SAID_END = new Needle(STDERR_END);
export const CLIENT = new Needle(CLIENT_WORDS);

export class Messages<G> {
  /** Where the message of the line that is being read ends. */
  to = 0;
  /** Whether nginx adds a client behind it. */
  hasClient = false;
  private from = 0;
  private slot = 0;
  /** The line has its shape; `null`: it is not known yet. */
  private found: Shape<G> | null = null;
  private readonly shapes = new ByteMap<Shape<G>>(MOST_MESSAGES);
  private readonly messages = new ByteMap<Meaning<G> | null>(MOST_MESSAGES);
  private readonly seenShapes = new SeenBefore();
  private readonly seen = new SeenBefore();
  /** Shapes that came last, by some of their bytes: what comes again is compared, and neither sought nor hashed. */
  private readonly last = Array.from({ length: LAST }, (): Shape<G> | undefined => undefined);
  private readonly shape = new Part(LONGEST_MESSAGE);
  private readonly message = new Part(LONGEST_MESSAGE);

  /** `comma`: finds in the same block. `moreOf`: what is known of lines that match so. */
  constructor(
    private readonly head: NginxHead,
    private readonly comma: Finder,
    private readonly moreOf: (match: Match) => G,
  ) {}

  /** Finds where the message of a line ends that begins where the head does; `false`: it goes on in the next line. */
  find(block: Block, to: number): boolean {
    const { from } = this.head;
    this.from = from;
    this.slot = slotOf(block, from, to);
    const last = this.last[this.slot];
    if (last !== undefined && this.isLast(last, block, to)) {
      this.found = last;
      this.hasClient = true;
      return true;
    }
    this.found = null;
    const said = SAID.begins(block, from, to) ? SAID_END.findLast(block, from, to) : from;
    if (said === -1) return false;
    const client = this.clientAt(block, said, to);
    this.hasClient = client !== -1;
    this.to = this.hasClient ? client : to;
    return true;
  }

  private isLast({ first, isSaid, message, second }: Shape<G>, block: Block, to: number): boolean {
    if (first !== this.head.first || second !== this.head.second) return false;
    const end = message.endAt(block, this.from, to);
    if (end === -1 || !CLIENT.begins(block, end, to)) return false;
    // What the client brought might end what PHP said once more.
    if (isSaid && SAID_END.isIn(block, end, to)) return false;
    this.to = end;
    return true;
  }

  /** Where the first `, client: ` of a part begins; -1: it is not there. */
  private clientAt(block: Block, from: number, to: number): number {
    const { comma } = this;
    for (let at = comma.next(block.bytes, from); at < to; at = comma.next(block.bytes, at + 1))
      if (CLIENT.begins(block, at, to)) return at;
    return -1;
  }

  /** What the message means that was found; `null`: nothing that is known. */
  meaning(block: Block): Meaning<G> | null {
    if (this.found?.meaning !== undefined) return this.found.meaning;
    const { from, head, message, shape, to } = this;
    shape.clear();
    shape.add(head.first);
    shape.add(head.second);
    shape.addNumbered(block, from, to);
    const known = this.shapes.get(shape);
    if (known === undefined) return this.meaningOfShape(block);
    if (known.meaning !== undefined) {
      if (known.message.isComparable) this.last[this.slot] = known;
      return known.meaning;
    }
    message.clear();
    message.add(head.first);
    message.add(head.second);
    message.addBetween(block, from, to);
    const before = this.messages.get(message);
    if (before !== undefined) return before;
    const found = this.workedOut(this.lineOf(block));
    if (this.seen.again(message)) this.messages.set(message, found);
    return found;
  }

  private meaningOfShape(block: Block): Meaning<G> | null {
    const { head, shape } = this;
    const line = this.lineOf(block);
    const found = this.workedOut(line);
    if (this.seenShapes.again(shape))
      this.shapes.set(shape, {
        first: head.first,
        second: head.second,
        message: new Numbered(shape.kept(), 2),
        isSaid: line.message.startsWith(STDERR),
        meaning: isSameForNumbers(line)
          ? found && { match: found.match, isOfOthers: true, more: found.more }
          : undefined,
      });
    return found;
  }

  /** What decides what the message means. */
  private lineOf({ bytes }: Block): LogLine {
    const message = textOf(bytes.subarray(this.from, this.to));
    return { by: "nginx", time: null, level: this.head.level, message, request: null };
  }

  private workedOut(line: LogLine): Meaning<G> | null {
    const match = recogniseLine(line);
    return match === null ? null : { match, isOfOthers: false, more: this.moreOf(match) };
  }
}

/** Where a shape would be that came last, by some bytes of a message. */
function slotOf({ words }: Block, from: number, to: number): number {
  if (from + SHORTEST > to) return 0;
  const first = words.getInt32(from, true);
  const at = first === SAID_FIRST ? from + SAID_FROM : from;
  const step = first === SAID_FIRST ? SAID_STEP : FIRST_STEP;
  if (at + 3 * step > to - 4) return 0;
  let hash = mixed(0, words.getInt32(at, true));
  hash = mixed(hash, words.getInt32(at + step, true));
  hash = mixed(hash, words.getInt32(at + 2 * step, true));
  return mixed(hash, words.getInt32(at + 3 * step, true)) >>> LAST_BITS;
}

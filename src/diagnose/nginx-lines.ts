/**
 * Lines of nginx's error log, many of which say the same: a line is taken apart as bytes and only as far as its group
 * needs, and what a message means is worked out once.
 */
import { isSameForNumbers, recogniseLine } from "../causes/recognise.js";
import type { Match } from "../causes/signature.js";
import { Block, ByteIndex, ByteMap, Finder, fourfold, Needle, Part, SeenBefore } from "../logs/byte-map.js";
import { type LogLine, nginxLine, STDERR } from "../logs/line.js";
import { textOf } from "../logs/scan.js";
import { slashTime } from "../logs/time.js";
import { once } from "../source/memo.js";
import type { Group } from "./groups.js";

/** Who wants to know what a line means. */
export interface Taker {
  /** Whether lines of that time are wanted. */
  isWanted(time: number): boolean;
  /** Whether more of lines with that message is needed than their groups need. */
  isWhole(match: Match): boolean;
  /** A line that is read whole; answers its group, `null` where it has none. */
  take(match: Match, line: LogLine, text: string, source: string): Group | null;
  /** One more line of a group. */
  count(group: Group, time: number): void;
}

/** A message that came before. */
interface Meaning {
  readonly match: Match;
  /** It may have had other numbers than this line. */
  readonly isOfOthers: boolean;
  readonly isWhole: boolean;
  /** By server and by upstream. */
  readonly groups: ByteMap<ByteMap<Known>>;
}

interface Known {
  readonly group: Group;
  /** Where each of its paths is counted. */
  readonly paths: ByteIndex;
}

/** Messages that are remembered, and the longest. */
const MOST_MESSAGES = 16_384;
const LONGEST_MESSAGE = 512;
/** Servers and upstreams of a signature, and their longest names. */
const MOST_NAMES = 2000;
const LONGEST_NAME = 300;
const MOST_PATHS = 400;
const MOST_LEVELS = 64;

/** `2026/11/28 12:00:00 `. */
const STAMP = 20;
const STAMPED = /^\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d $/;

// Each by itself: a constant is then a number in the code, and no variable that each step of a loop loads.
const BLANK = 32;
const QUOTE = 34;
const HASH = 35;
const ROUND = 40;
const STAR = 42;
const COMMA = 44;
const SLASH = 47;
const ZERO = 48;
const NINE = 57;
const COLON = 58;
const QUESTION = 63;
const BRACKET = 91;
const CLOSING = 93;

const COMMAS = fourfold(COMMA);
const QUOTES = fourfold(QUOTE);
const BLANKS = fourfold(BLANK);
const QUESTIONS = fourfold(QUESTION);

const SAID = new Needle(STDERR);
const SAID_END = new Needle('" while reading ');
const CLIENT = new Needle(", client: ");
const SERVER = new Needle(", server: ");
const REQUEST = new Needle(', request: "');
const UPSTREAM = new Needle('", upstream: "');

export class NginxLines {
  private readonly messages = new Map<number, ByteMap<Meaning | null>>();
  private readonly seen = new SeenBefore();
  private readonly shapes = new Shapes();
  private readonly groups = new Map<string, ByteMap<ByteMap<Known>>>();
  private block = new Block(Buffer.alloc(0));
  private start = 0;
  private readonly comma = new Finder(COMMA);
  private readonly quote = new Finder(QUOTE);
  private readonly stamp = new Block(Buffer.alloc(STAMP));
  private time: number | null = null;
  /** Whether lines of that time are wanted; `null`: nobody was asked. */
  private isWanted: boolean | null = null;
  /** The level of the line before, and what is known of messages with it. */
  private level = 0;
  private known = new ByteMap<Meaning | null>(0, 0);
  // Parts of the line that is being read.
  private readonly message = new Part();
  private readonly server = new Part();
  private readonly upstream = new Part();
  private readonly path = new Part();

  constructor(private readonly taker: Taker) {}

  /** A line that is a part of a block. `false`: it is no such line, or one that has to be read otherwise. */
  take(bytes: Buffer, start: number, to: number, source: string): boolean {
    if (to - start < 24 || bytes[start + 4] !== SLASH || bytes[start + STAMP] !== BRACKET) return false;
    const from = messageAt(bytes, start, to);
    if (from === -1) return false;
    if (bytes !== this.block.bytes || start < this.start) this.begin(bytes);
    this.start = start;
    const { block, message } = this;
    if (!this.isStamp(block, start)) this.stampAt(bytes, start);
    const { time } = this;
    if (time === null) return false;
    const said = SAID.begins(block, from, to) ? SAID_END.findLast(block, from, to) : from;
    if (said === -1) return false;
    const client = this.clientAt(block, said, to);
    message.between(block, from, client === -1 ? to : client);
    this.isWanted ??= this.taker.isWanted(time);
    if (!this.isWanted) return true;
    const meaning = this.meaningOf(block, start);
    if (meaning === null) return true;
    if (meaning.isWhole || client === -1) this.whole(meaning, bytes, start, to, source);
    else this.part(meaning, time, block, start, to, source);
    return true;
  }

  private begin(bytes: Buffer): void {
    this.block = new Block(bytes);
    this.comma.reset();
    this.quote.reset();
  }

  /** Where the first `, client: ` of a part begins; -1: it is not there. */
  private clientAt(block: Block, from: number, to: number): number {
    const { comma } = this;
    for (let at = comma.next(block.bytes, from); at < to; at = comma.next(block.bytes, at + 1))
      if (CLIENT.begins(block, at, to)) return at;
    return -1;
  }

  /** Whether a line has the time of the line before. The seconds differ first. */
  private isStamp({ words }: Block, start: number): boolean {
    const stamp = this.stamp.words;
    return (
      stamp.getInt32(16, true) === words.getInt32(start + 16, true) &&
      stamp.getInt32(12, true) === words.getInt32(start + 12, true) &&
      stamp.getInt32(8, true) === words.getInt32(start + 8, true) &&
      stamp.getInt32(4, true) === words.getInt32(start + 4, true) &&
      stamp.getInt32(0, true) === words.getInt32(start, true)
    );
  }

  private stampAt(bytes: Buffer, start: number): void {
    const { stamp } = this;
    for (let at = 0; at < STAMP; at += 1) stamp.bytes[at] = bytes[start + at] ?? 0;
    const text = stamp.bytes.toString("latin1");
    this.time = STAMPED.test(text) ? slashTime(text) : null;
    this.isWanted = null;
  }

  /** What is known of messages of a level. */
  private ofLevel(level: number): ByteMap<Meaning | null> {
    if (level === this.level) return this.known;
    if (this.messages.size > MOST_LEVELS) this.messages.clear();
    this.level = level;
    this.known = once(this.messages, level, () => new ByteMap(MOST_MESSAGES, LONGEST_MESSAGE));
    return this.known;
  }

  private meaningOf(block: Block, start: number): Meaning | null {
    const { message } = this;
    const { bytes } = block;
    // The level tells some messages apart, and is one of eight.
    const level = (bytes[start + 21] ?? 0) * 256 + (bytes[start + 22] ?? 0);
    const known = this.ofLevel(level);
    const before = known.get(block, message);
    if (before !== undefined) return before;
    const comesAgain = this.seen.again(message);
    const shape = this.shapes.of(bytes, message, level);
    const alike = shape?.meaning;
    if (alike !== undefined) {
      if (comesAgain) known.set(block, message, alike);
      return alike;
    }
    let levelEnd = start + 21;
    while (bytes[levelEnd] !== CLOSING) levelEnd += 1;
    const line = {
      by: "nginx" as const,
      time: null,
      level: bytes.toString("latin1", start + 21, levelEnd),
      message: textOf(bytes.subarray(message.from, message.to)),
      request: null,
    };
    const match = recogniseLine(line);
    const found =
      match === null
        ? null
        : {
            match,
            isOfOthers: false,
            isWhole: this.taker.isWhole(match),
            groups: this.groupsOf(match.signature.id),
          };
    if (comesAgain) known.set(block, message, found);
    if (shape?.comesAgain === true)
      this.shapes.set(isSameForNumbers(line) ? found && { ...found, isOfOthers: true } : undefined);
    return found;
  }

  private groupsOf(signature: string): ByteMap<ByteMap<Known>> {
    return once(this.groups, signature, () => new ByteMap(MOST_NAMES, LONGEST_NAME));
  }

  private whole(meaning: Meaning, bytes: Buffer, start: number, to: number, source: string): Group | null {
    const text = textOf(bytes.subarray(start, to));
    const line = nginxLine(text);
    if (line === null) return null;
    const match = meaning.isOfOthers ? recogniseLine(line) : meaning.match;
    return match === null ? null : this.taker.take(match, line, text, source);
  }

  /** As `nginxLine` reads it, without what no group needs. */
  private part(
    meaning: Meaning,
    time: number,
    block: Block,
    start: number,
    to: number,
    source: string,
  ): void {
    const { server, upstream, message } = this;
    const { bytes } = block;
    const at = SERVER.find(block, message.to, to);
    if (at === -1 || !this.serverAt(block, at + SERVER.length, to)) {
      this.whole(meaning, bytes, start, to, source);
      return;
    }
    const from = server.to + REQUEST.length;
    // The request has its end and the upstream in one place, as a rule.
    const close = Math.min(this.quote.next(bytes, from), to);
    const words = UPSTREAM.begins(block, close, to) ? close : UPSTREAM.find(block, close, to);
    if (words === -1) upstream.between(block, from, from);
    else upstream.until(block, words + UPSTREAM.length, QUOTES, QUOTES, to);
    const byUpstream = meaning.groups.get(block, server);
    const known = byUpstream?.get(block, upstream);
    if (known !== undefined) {
      this.taker.count(known.group, time);
      this.countPath(known, block, from, words === -1 ? close : words);
      return;
    }
    const group = this.whole(meaning, bytes, start, to, source);
    if (group === null) return;
    const own = byUpstream ?? new ByteMap<Known>(MOST_NAMES, LONGEST_NAME);
    own.set(block, upstream, { group, paths: new ByteIndex(MOST_PATHS, LONGEST_NAME) });
    if (byUpstream === undefined) meaning.groups.set(block, server, own);
  }

  /** From where the server's name begins; `false`: there is no request behind it. */
  private serverAt(block: Block, from: number, to: number): boolean {
    const { server } = this;
    if (!server.until(block, from, COMMAS, COMMAS, to)) return false;
    if (REQUEST.begins(block, server.to, to)) return true;
    const end = REQUEST.find(block, server.to, to);
    if (end !== -1) server.between(block, from, end);
    return end !== -1;
  }

  /** `words`: where the request ends. */
  private countPath({ group, paths }: Known, block: Block, from: number, words: number): void {
    const { bytes } = block;
    let space = from;
    while (space < words && bytes[space] !== BLANK) space += 1;
    if (space === words) return;
    const { path } = this;
    path.until(block, space + 1, BLANKS, QUESTIONS, words);
    if (path.to === path.from) return;
    let place = paths.get(block, path);
    if (place === -1) {
      if (group.paths.isFull) return;
      place = group.paths.placeOf(textOf(bytes.subarray(path.from, path.to)));
      if (place === -1) return;
      paths.set(block, path, place);
    }
    group.paths.raise(place);
  }
}

/** What messages mean that differ only in their numbers. */
class Shapes {
  private readonly known = new ByteMap<Shape>(MOST_MESSAGES, LONGEST_MESSAGE);
  private readonly seen = new SeenBefore();
  private readonly block = new Block(Buffer.alloc(LONGEST_MESSAGE + 2));
  private readonly part = new Part();

  /** Of a message; `null`: it is too long. */
  of(bytes: Buffer, message: Part, level: number): (Shape & { readonly comesAgain: boolean }) | null {
    if (message.to - message.from > LONGEST_MESSAGE) return null;
    const { block, part } = this;
    const own = block.bytes;
    own[0] = level >> 8;
    own[1] = level & 255;
    part.between(block, 0, withoutNumbers(bytes, message, own, 2));
    const known = this.known.get(block, part);
    if (known !== undefined) return { meaning: known.meaning, comesAgain: false };
    return { meaning: undefined, comesAgain: this.seen.again(part) };
  }

  /** What the message means for which was asked last; `undefined`: for each number something else. */
  set(meaning: Shape["meaning"]): void {
    this.known.set(this.block, this.part, { meaning });
  }
}

interface Shape {
  /** `null`: nothing that is known; `undefined`: for each number something else. */
  readonly meaning: Meaning | null | undefined;
}

/**
 * Copies a message without its numbers to a place; answers where it ends there. As `isSameForNumbers` has it, ten
 * digits and digits behind a bracket stay.
 */
function withoutNumbers(bytes: Buffer, { from, to }: Part, into: Buffer, place: number): number {
  let end = place;
  for (let at = from; at < to; ) {
    const byte = bytes[at] ?? 0;
    if (!isDigit(byte)) {
      into[end] = byte;
      end += 1;
      at += 1;
      continue;
    }
    const first = at;
    while (at < to && isDigit(bytes[at] ?? 0)) at += 1;
    if (at - first === 10 || (first > from && bytes[first - 1] === ROUND)) {
      bytes.copy(into, end, first, at);
      end += at - first;
    } else {
      into[end] = ZERO;
      end += 1;
    }
  }
  return end;
}

/** Where the message of `2026/11/28 12:00:00 [error] 7#7: *1 …` begins; -1: it is no such line. */
function messageAt(block: Buffer, start: number, to: number): number {
  let at = start + STAMP + 1;
  while (at < start + STAMP + 10 && isLetter(block[at] ?? 0)) at += 1;
  const letters = at - start - STAMP - 1;
  if (letters < 1 || letters > 8 || block[at] !== CLOSING || block[at + 1] !== BLANK) return -1;
  at = digitsEnd(block, at + 2, 10);
  if (at === -1 || block[at] !== HASH) return -1;
  at = digitsEnd(block, at + 1, 10);
  if (at === -1 || block[at] !== COLON || block[at + 1] !== BLANK) return -1;
  at += 2;
  if (block[at] === STAR) {
    at = digitsEnd(block, at + 1, 20);
    if (at === -1 || block[at] !== BLANK) return -1;
    at += 1;
  }
  return at <= to ? at : -1;
}

function isDigit(byte: number): boolean {
  return byte >= ZERO && byte <= NINE;
}

function isLetter(byte: number): boolean {
  return byte >= 97 && byte <= 122;
}

/** Where digits end; -1: there are none, or more than so many. */
function digitsEnd(block: Buffer, from: number, most: number): number {
  let at = from;
  while (isDigit(block[at] ?? 0)) at += 1;
  return at > from && at - from <= most ? at : -1;
}

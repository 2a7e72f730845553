/**
 * Lines of nginx's error log, many of which say the same: a line is taken apart as bytes and only as far as its group
 * needs, and what a message means is worked out once.
 */
import { recogniseLine } from "../causes/recognise.js";
import type { Match } from "../causes/signature.js";
import { ByteMap, find, findLast, needle, Part, SeenBefore, startsWith } from "../logs/byte-map.js";
import { type LogLine, nginxLine, STDERR } from "../logs/line.js";
import { textOf } from "../logs/scan.js";
import { slashTime } from "../logs/time.js";
import { once } from "../source/memo.js";
import type { Cell, Group } from "./groups.js";

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
  readonly isWhole: boolean;
  /** By server and by upstream. */
  readonly groups: ByteMap<ByteMap<Known>>;
}

interface Known {
  readonly group: Group;
  /** The counts of its paths. */
  readonly paths: ByteMap<Cell>;
}

/** Messages that are remembered, and the longest. */
const MOST_MESSAGES = 16_384;
const LONGEST_MESSAGE = 512;
/** Servers and upstreams of a signature, and their longest names. */
const MOST_NAMES = 2000;
const LONGEST_NAME = 300;
const MOST_PATHS = 400;

/** `2026/11/28 12:00:00`. */
const STAMP = 19;

const [BLANK, QUOTE, STAR, SLASH, ZERO, NINE, COLON, QUESTION, BRACKET, HASH] = [
  32, 34, 42, 47, 48, 57, 58, 63, 91, 35,
];

const HEAD_END = needle("] ");
const SAID = needle(STDERR);
const SAID_END = needle('" while reading ');
const CLIENT = needle(", client: ");
const SERVER = needle(", server: ");
const REQUEST = needle(', request: "');
const UPSTREAM = needle('", upstream: "');
const CLOSE = Uint8Array.of(QUOTE);
const SPACE = Uint8Array.of(BLANK);

export class NginxLines {
  private readonly messages = new Map<number, ByteMap<Meaning | null>>();
  private readonly seen = new SeenBefore();
  private readonly groups = new Map<string, ByteMap<ByteMap<Known>>>();
  private readonly stamp = Buffer.alloc(STAMP);
  private time: number | null = null;
  // Parts of the line that is being read.
  private readonly message = new Part();
  private readonly server = new Part();
  private readonly upstream = new Part();
  private readonly path = new Part();

  constructor(private readonly taker: Taker) {}

  /** A line that is a part of a block. `false`: it is no such line, or one that has to be read otherwise. */
  take(block: Buffer, start: number, to: number, source: string): boolean {
    if (to - start < 24 || block[start + 4] !== SLASH || block[start + 20] !== BRACKET) return false;
    const from = messageAt(block, start, to);
    if (from === -1) return false;
    const time = this.timeAt(block, start);
    if (time === null) return false;
    const { taker, message } = this;
    let hasTail = true;
    if (startsWith(block, SAID, from, to)) {
      const said = findLast(block, SAID_END, from, to);
      if (said === -1) return false;
      const client = find(block, CLIENT, said, to);
      hasTail = client !== -1;
      message.between(block, from, hasTail ? client : to);
    } else hasTail = message.until(block, from, CLIENT, to);
    if (!taker.isWanted(time)) return true;
    const meaning = this.meaningOf(block, start);
    if (meaning === null) return true;
    if (meaning.isWhole || !hasTail) this.whole(meaning, block, start, to, source);
    else this.part(meaning, time, block, start, to, source);
    return true;
  }

  private timeAt(block: Buffer, start: number): number | null {
    const { stamp } = this;
    // The seconds differ first.
    for (let at = STAMP - 1; at >= 0; at -= 1) {
      if (stamp[at] === block[start + at]) continue;
      block.copy(stamp, 0, start, start + STAMP);
      this.time = slashTime(stamp.toString("latin1"));
      break;
    }
    return this.time;
  }

  private meaningOf(block: Buffer, start: number): Meaning | null {
    const { message } = this;
    // The level tells some messages apart, and is one of eight.
    const level = (block[start + 21] ?? 0) * 256 + (block[start + 22] ?? 0);
    let known = this.messages.get(level);
    if (known === undefined) {
      if (this.messages.size > 64) this.messages.clear();
      known = new ByteMap(MOST_MESSAGES, LONGEST_MESSAGE);
      this.messages.set(level, known);
    }
    const before = known.get(block, message);
    if (before !== undefined) return before;
    const levelEnd = find(block, HEAD_END, start + 21, start + 32);
    const match = recogniseLine({
      by: "nginx",
      time: null,
      level: block.toString("latin1", start + 21, levelEnd),
      message: textOf(block.subarray(message.from, message.to)),
      request: null,
    });
    const found =
      match === null
        ? null
        : { match, isWhole: this.taker.isWhole(match), groups: this.groupsOf(match.signature.id) };
    if (this.seen.again(message)) known.set(block, message, found);
    return found;
  }

  private groupsOf(signature: string): ByteMap<ByteMap<Known>> {
    return once(this.groups, signature, () => new ByteMap(MOST_NAMES, LONGEST_NAME));
  }

  private whole(meaning: Meaning, block: Buffer, start: number, to: number, source: string): Group | null {
    const text = textOf(block.subarray(start, to));
    const line = nginxLine(text);
    return line === null ? null : this.taker.take(meaning.match, line, text, source);
  }

  /** As `nginxLine` reads it, without what no group needs. */
  private part(
    meaning: Meaning,
    time: number,
    block: Buffer,
    start: number,
    to: number,
    source: string,
  ): void {
    const { server, upstream, message } = this;
    const at = find(block, SERVER, message.to, to);
    if (at === -1 || !server.until(block, at + SERVER.length, REQUEST, to)) {
      this.whole(meaning, block, start, to, source);
      return;
    }
    const from = server.to + REQUEST.length;
    const words = find(block, UPSTREAM, from, to);
    if (words === -1) upstream.between(block, from, from);
    else upstream.until(block, words + UPSTREAM.length, CLOSE, to);
    const byUpstream = meaning.groups.get(block, server);
    const known = byUpstream?.get(block, upstream);
    if (known !== undefined) {
      this.taker.count(known.group, time);
      const close = words === -1 ? find(block, CLOSE, from, to) : words;
      this.countPath(known, block, from, close === -1 ? to : close);
      return;
    }
    const group = this.whole(meaning, block, start, to, source);
    if (group === null) return;
    const own = byUpstream ?? new ByteMap<Known>(MOST_NAMES, LONGEST_NAME);
    own.set(block, upstream, { group, paths: new ByteMap(MOST_PATHS, LONGEST_NAME) });
    if (byUpstream === undefined) meaning.groups.set(block, server, own);
  }

  /** `words`: where the request ends. */
  private countPath({ group, paths }: Known, block: Buffer, from: number, words: number): void {
    const space = find(block, SPACE, from, words);
    if (space === -1) return;
    let end = space + 1;
    while (end < words && block[end] !== BLANK && block[end] !== QUESTION) end += 1;
    if (end === space + 1) return;
    const { path } = this;
    path.between(block, space + 1, end);
    let cell = paths.get(block, path) ?? null;
    if (cell === null) {
      if (group.paths.isFull) return;
      cell = group.paths.cellOf(textOf(block.subarray(path.from, path.to)));
      if (cell === null) return;
      paths.set(block, path, cell);
    }
    cell.count += 1;
  }
}

/** Where the message of `2026/11/28 12:00:00 [error] 7#7: *1 …` begins; -1: it is no such line. */
function messageAt(block: Buffer, start: number, to: number): number {
  let at = start + 21;
  while (at < start + 30 && isLetter(block[at] ?? 0)) at += 1;
  if (!startsWith(block, HEAD_END, at, to)) return -1;
  at = digitsEnd(block, at + 2);
  if (block[at] !== HASH) return -1;
  at = digitsEnd(block, at + 1);
  if (block[at] !== COLON || block[at + 1] !== BLANK) return -1;
  at += 2;
  if (block[at] === STAR) {
    at = digitsEnd(block, at + 1);
    if (block[at] !== BLANK) return -1;
    at += 1;
  }
  return at <= to ? at : -1;
}

function isLetter(byte: number): boolean {
  return byte >= 97 && byte <= 122;
}

function digitsEnd(block: Buffer, from: number): number {
  let at = from;
  while ((block[at] ?? 0) >= ZERO && (block[at] ?? 0) <= NINE && at < from + 20) at += 1;
  return at;
}

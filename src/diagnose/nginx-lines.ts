/** Lines of nginx's error log: each is taken apart as bytes, and only as far as its group needs. */
import { withoutUri } from "../causes/proxied.js";
import { recogniseLine } from "../causes/recognise.js";
import type { Match } from "../causes/signature.js";
import { ByteMap } from "../logs/byte-map.js";
import { type LogLine, nginxLine } from "../logs/line.js";
import { mayGoOn } from "../logs/messages.js";
import { Finder, Needle } from "../logs/needle.js";
import { NginxHead } from "../logs/nginx-head.js";
import { type Block, byteFrom, fourfold, isTextAt, mixed, nextText, Part } from "../logs/part.js";
import { textOf } from "../logs/scan.js";
import { once } from "../source/memo.js";
import { LONGEST_PART } from "./counts.js";
import type { Group } from "./groups.js";
import { CLIENT, type Meaning, Messages } from "./messages.js";

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

/** What is known of lines with one signature. */
interface Places {
  readonly isWhole: boolean;
  /** By server and upstream. */
  readonly all: ByteMap<Known>;
  /** Those that came last, by some of the server's bytes: what comes again is compared, and neither sought nor hashed. */
  readonly last: (Known | undefined)[];
}

interface Known {
  /** Server and upstream as they were added to a part. */
  readonly place: Int32Array;
  /** The byte behind the upstream: a quote, or where its URI begins. */
  readonly behind: number;
  readonly group: Group;
}

/** Servers and upstreams of a signature, and of how many numbers the longest are made. */
const MOST_PLACES = 5000;
const LONGEST_PLACE = 160;
/** Places that came last: 2 to the power of 6. */
const LAST = 64;
const LAST_BITS = 26;
/** Bytes of a server's name by which they are told apart. */
const TELLING = 12;

const BLANK = 32;
const QUOTE = 34;
const COMMA = 44;
const QUESTION = 63;

/** `GET `. */
const GET = 0x20544547;

const COMMAS = fourfold(COMMA);
const QUOTES = fourfold(QUOTE);
const BLANKS = fourfold(BLANK);
const QUESTIONS = fourfold(QUESTION);

const SERVER = new Needle(", server: ");
const REQUEST = new Needle(', request: "');
const UPSTREAM = new Needle('", upstream: "');

export class NginxLines {
  private readonly groups = new Map<string, Places>();
  private readonly comma = new Finder(COMMA);
  private readonly head = new NginxHead();
  private readonly messages: Messages<Places>;
  /** The time of which it was asked last whether its lines are wanted; `null`: of none. */
  private asked: number | null = null;
  private isWanted = false;
  /** Where the request of the line that is being read begins and ends, and where its upstream does; -1: it has none. */
  private requestFrom = 0;
  private requestTo = 0;
  private upstreamFrom = 0;
  private upstreamTo = 0;
  private readonly place = new Part(LONGEST_PLACE);
  private readonly path = new Part(LONGEST_PART);

  constructor(private readonly taker: Taker) {
    this.messages = new Messages(this.head, this.comma, (match) =>
      once(this.groups, match.signature.id, () => ({
        isWhole: this.taker.isWhole(match),
        all: new ByteMap<Known>(MOST_PLACES),
        last: Array.from({ length: LAST }, () => undefined),
      })),
    );
  }

  /** Before the lines of another block. */
  begin(): void {
    this.comma.reset();
  }

  /** A line of a block. `false`: it is no such line, or one that has to be read otherwise. */
  take(block: Block, start: number, to: number, source: string): boolean {
    const { head, messages } = this;
    if (!head.read(block, start, to) || !messages.find(block, to)) return false;
    const { time } = head;
    if (time === null) return false;
    if (time !== this.asked) {
      this.asked = time;
      this.isWanted = this.taker.isWanted(time);
    }
    if (!this.isWanted) return true;
    const meaning = messages.meaning(block);
    if (meaning === null) return true;
    if (!messages.hasClient && mayGoOn(block.bytes.toString("latin1", start, to))) return false;
    if (meaning.more.isWhole || !messages.hasClient) this.whole(block, meaning, start, to, source);
    else this.part(block, meaning, time, start, to, source);
    return true;
  }

  private whole(
    { bytes }: Block,
    { isOfOthers, match }: Meaning<Places>,
    start: number,
    to: number,
    source: string,
  ): Group | null {
    const text = textOf(bytes.subarray(start, to));
    const line = nginxLine(text);
    if (line === null) return null;
    const own = isOfOthers ? recogniseLine(line) : match;
    return own === null ? null : this.taker.take(own, line, text, source);
  }

  /** As `nginxLine` reads it, without what no group needs. */
  private part(
    block: Block,
    meaning: Meaning<Places>,
    time: number,
    start: number,
    to: number,
    source: string,
  ): void {
    const { all, last } = meaning.more;
    const at = this.serverFrom(block, to);
    if (at === -1) {
      this.whole(block, meaning, start, to, source);
      return;
    }
    const slot = slotOf(block, at);
    const known = this.knownAt(block, last[slot], all, at, to);
    if (known !== undefined) {
      last[slot] = known;
      this.taker.count(known.group, time);
      this.countPath(block, known.group);
      return;
    }
    const group = this.whole(block, meaning, start, to, source);
    const { place } = this;
    if (group !== null && place.size > 0)
      all.set(place, { place: place.kept(), behind: block.bytes[this.upstreamTo] ?? 0, group });
  }

  /** Where the server's name begins, behind the client; -1: there is none with as many bytes behind it as tell it. */
  private serverFrom(block: Block, to: number): number {
    const { messages } = this;
    const comma = byteFrom(block, messages.to + CLIENT.length, COMMAS, to);
    const at = SERVER.begins(block, comma, to) ? comma : SERVER.find(block, messages.to, to);
    return at === -1 || at + SERVER.length + TELLING > to ? -1 : at + SERVER.length;
  }

  /** `undefined`: the place comes first, or there is no request behind it and `place` is empty. */
  private knownAt(
    block: Block,
    last: Known | undefined,
    all: ByteMap<Known>,
    at: number,
    to: number,
  ): Known | undefined {
    if (last !== undefined && this.isAt(block, last, at, to)) return last;
    const { place } = this;
    place.clear();
    const end = this.serverTo(block, at, to);
    if (end === -1) {
      place.clear();
      return undefined;
    }
    this.readRequest(block, end, to);
    if (this.upstreamFrom !== -1) {
      this.upstreamTo = upstreamEnd(block, this.upstreamFrom, to);
      place.addBetween(block, this.upstreamFrom, this.upstreamTo);
    }
    return all.get(place);
  }

  /** Whether a line has that server and that upstream. */
  private isAt(block: Block, { behind, place }: Known, from: number, to: number): boolean {
    const server = from + (place[0] ?? 0);
    if (
      server > to - REQUEST.length ||
      !isTextAt(place, 0, block, from) ||
      !REQUEST.begins(block, server, to)
    )
      return false;
    this.readRequest(block, server, to);
    const text = nextText(place, 0);
    const upstream = this.upstreamFrom;
    if (text === place.length || upstream === -1) return text === place.length && upstream === -1;
    const end = upstream + (place[text] ?? 0);
    return end <= to - 4 && isTextAt(place, text, block, upstream) && block.bytes[end] === behind;
  }

  /** Adds the server to the place, and answers where it ends; -1: there is no request behind it. */
  private serverTo(block: Block, from: number, to: number): number {
    const { place } = this;
    if (!place.addUntil(block, from, COMMAS, COMMAS, to)) return -1;
    if (REQUEST.begins(block, place.to, to)) return place.to;
    const end = REQUEST.find(block, place.to, to);
    place.clear();
    if (end !== -1) place.addBetween(block, from, end);
    return end;
  }

  /** From where the server's name ends. The request has its end and the upstream in one place, as a rule. */
  private readRequest(block: Block, server: number, to: number): void {
    const from = server + REQUEST.length;
    const close = byteFrom(block, from, QUOTES, to);
    const words = UPSTREAM.begins(block, close, to)
      ? close
      : UPSTREAM.isIn(block, close, to)
        ? UPSTREAM.find(block, close, to)
        : -1;
    this.requestFrom = from;
    this.requestTo = words === -1 ? close : words;
    this.upstreamFrom = words === -1 ? -1 : words + UPSTREAM.length;
  }

  private countPath(block: Block, { paths }: Group): void {
    const { path, requestFrom: from, requestTo: to } = this;
    const space = methodEnd(block, from, to);
    if (space === to) return;
    path.clear();
    path.addUntil(block, space + 1, BLANKS, QUESTIONS, to);
    if (path.to === path.from) return;
    paths.addPart(path, block);
  }
}

/** `fast`, as `fastcgi://` begins. */
const FASTCGI = 0x74736166;

/** Where the upstream ends; of what is no FastCGI a URI follows it, with what the client sent. */
function upstreamEnd(block: Block, from: number, to: number): number {
  const quote = byteFrom(block, from, QUOTES, to);
  if (quote - from > 4 && block.words.getInt32(from, true) === FASTCGI) return quote;
  return from + withoutUri(block.bytes.toString("latin1", from, quote)).length;
}

/** Where the first blank is. */
function methodEnd({ bytes, words }: Block, from: number, to: number): number {
  if (to - from > 4 && words.getInt32(from, true) === GET) return from + 3;
  let space = from;
  while (space < to && bytes[space] !== BLANK) space += 1;
  return space;
}

/** Where a place would be that came last, by the first bytes of the server's name and what is behind a short one. */
function slotOf({ words }: Block, at: number): number {
  const hash = mixed(mixed(0, words.getInt32(at, true)), words.getInt32(at + 4, true));
  return mixed(hash, words.getInt32(at + 8, true)) >>> LAST_BITS;
}

/**
 * Lines of nginx's error log, many of which say the same: a line is taken apart only as far as its group needs, and
 * what a message means is worked out once.
 */
import { recogniseLine } from "../causes/recognise.js";
import type { Match } from "../causes/signature.js";
import { detached } from "../logs/detached.js";
import { type LogLine, nginxLine, pathOf, STDERR } from "../logs/line.js";
import { slashTime } from "../logs/time.js";
import type { GroupIndex } from "./groups.js";

/** A message that came before. */
interface Meaning {
  readonly match: Match;
  readonly index: GroupIndex;
  /** It is also an event, or is asked about in a way that needs the whole line. */
  readonly isWhole: boolean;
}

/** Who wants to know what a line means. */
export interface Taker {
  /** Whether lines of that time are wanted. */
  isWanted(time: number): boolean;
  meaningOf(match: Match): Meaning;
  /** A line that is read whole. */
  whole(match: Match, line: LogLine, text: string, source: string): void;
  /** A line of which the parts that a group needs were read. */
  part(
    meaning: Meaning,
    where: { readonly server: string; readonly upstream: string; readonly path: string },
    time: number,
    text: string,
    source: string,
  ): void;
}

/** Messages that are remembered, and the longest. */
const MOST = 8192;
const LONGEST = 512;

const [ZERO, NINE, SLASH, BRACKET, HASH, COLON, STAR, SPACE] = [48, 57, 47, 91, 35, 58, 42, 32];

export class NginxLines {
  private readonly meanings = new Map<number, Map<string, Meaning | null>>();
  private stamp = "\0";
  private time: number | null = null;

  constructor(private readonly taker: Taker) {}

  /** `false`: it is no such line, or one that has to be read otherwise. */
  take(text: string, source: string): boolean {
    if (text.charCodeAt(4) !== SLASH || text.charCodeAt(20) !== BRACKET) return false;
    const from = messageAt(text);
    if (from === -1) return false;
    if (!text.startsWith(this.stamp)) {
      this.stamp = detached(text, 19);
      this.time = slashTime(this.stamp);
    }
    const { time, taker } = this;
    if (time === null) return false;
    const isSaid = text.startsWith(STDERR, from);
    const said = isSaid ? text.lastIndexOf('" while reading ') : from;
    if (said < from) return false;
    if (!taker.isWanted(time)) return true;
    const end = text.indexOf(", client: ", said);
    const message = text.slice(from, end === -1 ? text.length : end);
    // The level tells some messages apart, and is one of eight.
    const known = this.ofLevel(text.charCodeAt(21) * 128 + text.charCodeAt(22));
    let meaning = message.length > LONGEST ? undefined : known.get(message);
    if (meaning === undefined) {
      meaning = this.first(text);
      if (message.length <= LONGEST) {
        if (known.size >= MOST) known.clear();
        known.set(detached(message, LONGEST), meaning);
      }
    }
    if (meaning === null) return true;
    if (meaning.isWhole || end === -1) {
      const line = nginxLine(text);
      if (line !== null) taker.whole(meaning.match, line, text, source);
      return true;
    }
    taker.part(meaning, whereOf(text, end), time, text, source);
    return true;
  }

  private first(text: string): Meaning | null {
    const line = nginxLine(text);
    const match = line === null ? null : recogniseLine(line);
    return match === null ? null : this.taker.meaningOf(match);
  }

  private ofLevel(level: number): Map<string, Meaning | null> {
    const known = this.meanings.get(level) ?? new Map<string, Meaning | null>();
    if (known.size === 0 && this.meanings.size < 64) this.meanings.set(level, known);
    return known;
  }
}

/** Where the message of `2026/11/28 12:00:00 [error] 7#7: *1 …` begins; -1: it is no such line. */
function messageAt(text: string): number {
  let at = 21;
  while (at < 30 && text.charCodeAt(at) >= 97 && text.charCodeAt(at) <= 122) at += 1;
  if (!text.startsWith("] ", at)) return -1;
  at = digitsEnd(text, at + 2);
  if (text.charCodeAt(at) !== HASH) return -1;
  at = digitsEnd(text, at + 1);
  if (text.charCodeAt(at) !== COLON || text.charCodeAt(at + 1) !== SPACE) return -1;
  at += 2;
  if (text.charCodeAt(at) !== STAR) return at;
  at = digitsEnd(text, at + 1);
  return text.charCodeAt(at) === SPACE ? at + 1 : -1;
}

function digitsEnd(text: string, from: number): number {
  let at = from;
  while (text.charCodeAt(at) >= ZERO && text.charCodeAt(at) <= NINE && at < from + 20) at += 1;
  return at;
}

/** As `nginxLine` reads it, without what no group needs. */
function whereOf(
  text: string,
  end: number,
): { readonly server: string; readonly upstream: string; readonly path: string } {
  const server = text.indexOf(", server: ", end);
  const request = text.indexOf(', request: "', server === -1 ? end : server);
  if (request === -1) return { server: server === -1 ? "" : text.slice(server + 10), upstream: "", path: "" };
  const from = request + 12;
  const upstream = text.indexOf('", upstream: "', from);
  const space = text.indexOf(" ", from);
  const close = upstream === -1 ? text.indexOf('"', from) : upstream;
  const words = close === -1 ? text.length : close;
  const upstreamEnd = upstream === -1 ? -1 : text.indexOf('"', upstream + 14);
  return {
    server: server === -1 ? "" : text.slice(server + 10, request),
    upstream: upstreamEnd === -1 ? "" : text.slice(upstream + 14, upstreamEnd),
    path: space === -1 || space >= words ? "" : pathOf(text.slice(space + 1, words)),
  };
}

/** Lines in blocks of bytes, looked for before they are read. */
import { isAscii } from "node:buffer";
import { grouped } from "../source/collect.js";
import { type AccessFormat, LOST_DIGITS } from "./access.js";

const NEWLINE = 0x0a;
const RETURN = 0x0d;

/** What is kept of a line; the rest says nothing that is known. */
const LONGEST = 16 * 1024;

/** The text of a line, at the least cost. What is not UTF-8 is shown as such a character. */
export function textOf(bytes: Buffer): string {
  return isAscii(bytes) ? bytes.toString("latin1") : bytes.toString("utf8");
}

/** Goes through the lines of a block that are not empty. */
export class Extents {
  /** Where the line begins and ends, without its end. */
  from = 0;
  to = 0;
  private at = 0;

  constructor(private readonly block: Buffer) {}

  /** Goes to the next line; `false`: there is none. */
  next(): boolean {
    const { block } = this;
    while (this.at < block.length) {
      const from = this.at;
      const found = block.indexOf(NEWLINE, from);
      const end = found === -1 ? block.length : found;
      this.from = from;
      this.to = Math.min(end > from && block[end - 1] === RETURN ? end - 1 : end, from + LONGEST);
      this.at = end + 1;
      if (this.to > from) return true;
    }
    return false;
  }
}

/** Calls for every line of a block. */
export function eachLine(block: Buffer, take: (line: string) => void): void {
  for (const lines = new Extents(block); lines.next(); ) take(textOf(block.subarray(lines.from, lines.to)));
}

/** What is done with the lines of a block of an access log. */
export interface OnHit {
  /** A line that may have a lost request; each once, in order. */
  readonly take: (line: string) => void;
  /** The line before the first of them. */
  readonly before: (line: string) => void;
  /** A line of an error log, with its end; each once, in order. `null`: there are none, they are not looked for. */
  readonly error: ((line: Buffer) => void) | null;
}

/**
 * Calls for the lines of a block of an access log that may have a lost request; answers how many lines there are but for
 * those of an error log. `statuses`: those that are wanted, by their digits.
 */
export function eachHit(
  block: Buffer,
  format: AccessFormat,
  statuses: readonly string[],
  { take, before, error }: OnHit,
): number {
  const text = format.beforeStatus;
  if (text === "") {
    let lines = 0;
    eachLine(block, (line) => {
      lines += 1;
      take(line);
    });
    return lines;
  }
  const starts = new Set<number>();
  // By their first digit: a needle finds all that have it.
  for (const [head, tails] of grouped(statuses.map((one) => [one.charAt(0), one.slice(1)] as const))) {
    const needle = text + head;
    for (let at = block.indexOf(needle, 0, "latin1"); at !== -1; ) {
      const rest = at + needle.length;
      const isWanted = tails.some(
        (tail) => tail === "" || block.toString("latin1", rest, rest + tail.length) === tail,
      );
      if (isWanted) starts.add(block.lastIndexOf(NEWLINE, at) + 1);
      const end = isWanted ? block.indexOf(NEWLINE, at) : at;
      at = end === -1 ? -1 : block.indexOf(needle, end + 1, "latin1");
    }
  }
  const inOrder = [...starts].sort((a, b) => a - b);
  const [first = 0] = inOrder;
  if (first > 0) before(lineAt(block, first < 2 ? 0 : block.lastIndexOf(NEWLINE, first - 2) + 1));
  for (const start of inOrder) take(lineAt(block, start));
  return error === null ? countLines(block) : countOthers(block, error);
}

function lineAt(block: Buffer, start: number): string {
  const end = block.indexOf(NEWLINE, start);
  return textOf(block.subarray(start, Math.min(end === -1 ? block.length : end, start + LONGEST)));
}

/** The digits to look for, for statuses that were asked for; `null`: all that lose requests. */
export function digitsOf(statuses: ReadonlySet<number> | null): readonly string[] {
  return statuses === null ? LOST_DIGITS : [...statuses].map(String);
}

function countLines(block: Buffer): number {
  let lines = 0;
  for (let at = block.indexOf(NEWLINE); at !== -1; at = block.indexOf(NEWLINE, at + 1)) lines += 1;
  return lines;
}

const SLASH = 47;
const DASH = 45;
const COMMA = 44;
const OPENING = 91;

/** Calls for the lines that begin as those of nginx's and PHP-FPM's error logs and supervisord's do, and answers how many others there are. */
function countOthers(block: Buffer, error: (line: Buffer) => void): number {
  let others = 0;
  for (let at = 0; at < block.length; ) {
    const found = block.indexOf(NEWLINE, at);
    const end = found === -1 ? block.length : found + 1;
    const isNginx = block[at + 4] === SLASH && block[at + 7] === SLASH;
    const isOther =
      (block[at] === OPENING && block[at + 3] === DASH) ||
      (block[at + 4] === DASH && block[at + 19] === COMMA);
    if (isNginx || isOther) error(block.subarray(at, end));
    else others += 1;
    at = end;
  }
  return others;
}

/** The first line of a block. */
export function firstLine(block: Buffer): string {
  return lineAt(block, 0);
}

/** The last line of a block of whole lines. */
export function lastLine(block: Buffer): string {
  return lineAt(block, block.length < 2 ? 0 : block.lastIndexOf(NEWLINE, block.length - 2) + 1);
}

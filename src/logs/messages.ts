import { CLIENT, STDERR, STDERR_END } from "./line.js";

/** What nginx begins a line with, behind what syslog may have put before it. */
const BEGINS = /\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d \[/;
/** Characters in which it does. */
const NEAR = 300;

/** With what a message of several lines begins, and what is in its last line: errors of PHP, of Lua and of njs. */
const OPENINGS: readonly (readonly [begins: string, ends: string])[] = [
  [STDERR, STDERR_END],
  ["lua entry thread aborted: ", CLIENT],
  ["_by_lua*: ", CLIENT],
  ["js exception: ", CLIENT],
];

/** Lines and characters of a message that has no end: nginx cuts one of more than 2048 bytes. */
const MOST_LINES = 30;
const MOST_CHARACTERS = 65_536;

/** Whether a message of nginx without its end may go on in the next line. */
export function mayGoOn(message: string): boolean {
  return OPENINGS.some(([begins, ends]) => message.includes(begins) && !message.includes(ends));
}

/**
 * Puts lines of a log together to messages: an error of PHP, of Lua or of njs may have several lines, and what nginx adds
 * comes behind the last.
 */
export class MessageLines {
  private open: string | null = null;
  private lines = 0;
  /** What is in the last line of the open message. */
  private last = "";

  /** Whether more of a message is to come. */
  get isOpen(): boolean {
    return this.open !== null;
  }

  /** Takes in one more line, and answers what is whole now. */
  add(line: string): readonly string[] {
    if (this.open === null) return this.begin(line);
    if (BEGINS.test(line.slice(0, NEAR))) return [...this.end(), ...this.begin(line)];
    this.open += ` ${line.trim()}`;
    this.lines += 1;
    const isWhole = line.includes(this.last) || this.lines > MOST_LINES || this.open.length > MOST_CHARACTERS;
    return isWhole ? this.end() : [];
  }

  /** What has no end, where nothing comes any more. */
  end(): readonly string[] {
    const { open } = this;
    this.open = null;
    return open === null ? [] : [open];
  }

  private begin(line: string): readonly string[] {
    const opening = OPENINGS.find(([begins]) => line.includes(begins));
    if (opening === undefined || line.includes(opening[1]) || !BEGINS.test(line.slice(0, NEAR)))
      return [line];
    this.last = opening[1];
    this.open = line;
    this.lines = 1;
    return [];
  }
}

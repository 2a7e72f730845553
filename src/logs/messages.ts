import { STDERR, STDERR_END } from "./line.js";

/** What nginx begins a line with, behind what syslog may have put before it. */
const BEGINS = /\d{4}\/\d\d\/\d\d \d\d:\d\d:\d\d \[/;
/** Characters in which it does. */
const NEAR = 300;

/** Lines and characters of a message that has no end: nginx cuts one of more than 2048 bytes. */
const MOST_LINES = 30;
const MOST_CHARACTERS = 65_536;

/**
 * Puts lines of a log together to messages: one of PHP that nginx repeats may have several lines, and what nginx adds
 * comes behind the last.
 */
export class MessageLines {
  private open: string | null = null;
  private lines = 0;

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
    const isWhole =
      line.includes(STDERR_END) || this.lines > MOST_LINES || this.open.length > MOST_CHARACTERS;
    return isWhole ? this.end() : [];
  }

  /** What has no end, where nothing comes any more. */
  end(): readonly string[] {
    const { open } = this;
    this.open = null;
    return open === null ? [] : [open];
  }

  private begin(line: string): readonly string[] {
    if (!line.includes(STDERR) || line.includes(STDERR_END) || !BEGINS.test(line.slice(0, NEAR)))
      return [line];
    this.open = line;
    this.lines = 1;
    return [];
  }
}

/** Puts pieces of a log together to blocks of whole lines. */

/** A longer line is cut: no daemon writes one, and it must not fill the memory. */
const LONGEST_LINE = 1024 * 1024;
/** What is kept of a line that is longer. */
const KEPT = 64 * 1024;

const NEWLINE = 0x0a;

export class LineBlocks {
  /** The beginning of a line whose end has not come yet, in the pieces in which it came. */
  private rest: Buffer[] = [];
  private length = 0;
  /** The line that is being read is too long, and was cut. */
  private skipping = false;
  /** Lines that were cut. */
  cut = 0;

  /** Whether a line has begun whose end has not come yet. */
  get isInLine(): boolean {
    return this.length > 0;
  }

  /**
   * The whole lines that there are now, with their ends: a line that was begun before is a block by itself, so that no
   * other is copied. Valid until the next call.
   */
  *push(piece: Buffer): Generator<Buffer> {
    let bytes = piece;
    if (this.skipping) {
      const end = bytes.indexOf(NEWLINE);
      if (end === -1) return;
      this.skipping = false;
      bytes = bytes.subarray(end + 1);
    }
    const last = bytes.lastIndexOf(NEWLINE);
    if (last === -1) {
      yield* this.keep(bytes);
      return;
    }
    let from = 0;
    if (this.length > 0) {
      from = bytes.indexOf(NEWLINE) + 1;
      const line = Buffer.concat([...this.rest, bytes.subarray(0, from)]);
      this.forget();
      yield line;
    }
    if (last + 1 > from) yield bytes.subarray(from, last + 1);
    yield* this.keep(bytes.subarray(last + 1));
  }

  private *keep(bytes: Buffer): Generator<Buffer> {
    if (bytes.length === 0) return;
    this.rest.push(Buffer.from(bytes));
    this.length += bytes.length;
    if (this.length <= LONGEST_LINE) return;
    const line = Buffer.concat([Buffer.concat(this.rest).subarray(0, KEPT), Buffer.of(NEWLINE)]);
    this.forget();
    this.skipping = true;
    this.cut += 1;
    yield line;
  }

  private forget(): void {
    this.rest = [];
    this.length = 0;
  }

  /** What is left at the end: a last line without its end; `null`: nothing. */
  end(): Buffer | null {
    const rest = this.rest;
    const any = this.length > 0;
    this.forget();
    return any ? Buffer.concat(rest) : null;
  }
}

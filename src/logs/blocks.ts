/** Puts pieces of a log together to blocks of whole lines. */

/** A longer line is cut: no daemon writes one, and it must not fill the memory. */
const LONGEST_LINE = 1024 * 1024;
/** What is kept of a line that is longer. */
const KEPT = 64 * 1024;

const NEWLINE = 0x0a;

export class LineBlocks {
  private rest: Buffer = Buffer.alloc(0);
  /** The line that is being read is too long, and was cut. */
  private skipping = false;
  /** Lines that were cut. */
  cut = 0;

  /** The whole lines that there are now, with their ends; `null`: none yet. Valid until the next call. */
  push(piece: Buffer): Buffer | null {
    let bytes = piece;
    if (this.skipping) {
      const end = bytes.indexOf(NEWLINE);
      if (end === -1) return null;
      this.skipping = false;
      bytes = bytes.subarray(end + 1);
    }
    const last = bytes.lastIndexOf(NEWLINE);
    if (last === -1) return this.keep(bytes);
    const block =
      this.rest.length === 0
        ? bytes.subarray(0, last + 1)
        : Buffer.concat([this.rest, bytes.subarray(0, last + 1)]);
    this.rest = Buffer.from(bytes.subarray(last + 1));
    return block;
  }

  private keep(bytes: Buffer): Buffer | null {
    this.rest = Buffer.concat([this.rest, bytes]);
    if (this.rest.length <= LONGEST_LINE) return null;
    const line = Buffer.concat([this.rest.subarray(0, KEPT), Buffer.of(NEWLINE)]);
    this.rest = Buffer.alloc(0);
    this.skipping = true;
    this.cut += 1;
    return line;
  }

  /** What is left at the end: a last line without its end; `null`: nothing. */
  end(): Buffer | null {
    const rest = this.rest;
    this.rest = Buffer.alloc(0);
    return rest.length === 0 ? null : rest;
  }
}

import { fstatSync, type Stats, writeSync } from "node:fs";

/** What a text is written to; in UTF-8 unless an encoding is given. */
export interface Sink {
  write(text: string, encoding?: BufferEncoding): unknown;
  readonly isTTY: boolean;
  readonly columns: number;
  /** Whether an error came of it: its reader has ended, or the disk is full. What is said of that is in `main.ts`. */
  hasFailed(): boolean;
}

/**
 * Standard output, or standard error. Node's stream, which takes a while to load, is only asked for where it may be a
 * terminal, and where the system does not take all of a text at once: a slow reader, or none.
 */
export function sinkOf(descriptor: 1 | 2, stream: () => NodeJS.WriteStream): Sink {
  let failed = false;
  // Afterwards the stream looks as if no error had been.
  const heard = (): NodeJS.WriteStream =>
    stream().on("error", () => {
      failed = true;
    });
  let node = mayBeTerminal(descriptor) ? heard() : null;
  return {
    write(text, encoding) {
      if (node !== null) return node.write(text, encoding);
      const rest = writeNow(descriptor, Buffer.from(text, encoding));
      if (rest === null) return true;
      // From now on everything, so that it stays in order.
      node = heard();
      return node.write(rest);
    },
    isTTY: node?.isTTY === true,
    columns: node?.columns ?? 80,
    hasFailed: () => failed,
  };
}

/** Writes a text to standard output likewise, where nobody asks what that is. */
export function writeReady(text: string, stream: () => NodeJS.WriteStream): void {
  const rest = writeNow(1, Buffer.from(text));
  if (rest !== null) stream().write(rest);
}

/** What the system did not take; `null`: nothing is left. */
function writeNow(descriptor: number, bytes: Buffer): Buffer | null {
  let written = 0;
  try {
    while (written < bytes.length) written += writeSync(descriptor, bytes, written);
    return null;
  } catch {
    return bytes.subarray(written);
  }
}

function mayBeTerminal(descriptor: number): boolean {
  const stat = statOf(descriptor);
  return stat === null || (stat.isCharacterDevice() && stat.rdev !== NULL_DEVICE);
}

/** Of /dev/null in Linux: major 1, minor 3. */
export const NULL_DEVICE = 0x103;

/** `null`: there is no such descriptor. */
export function statOf(descriptor: number): Stats | null {
  try {
    return fstatSync(descriptor);
  } catch {
    return null;
  }
}

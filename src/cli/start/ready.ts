import { writeSync } from "node:fs";

/**
 * Writes a text to standard output. Node's stream, which takes a while to load, is only asked for where the system does
 * not take all of the text at once: a slow reader, or none.
 */
export function writeReady(text: string, stream: () => NodeJS.WritableStream): void {
  const bytes = Buffer.from(text);
  let written = 0;
  try {
    while (written < bytes.length) written += writeSync(1, bytes, written);
  } catch {
    stream().write(bytes.subarray(written));
  }
}

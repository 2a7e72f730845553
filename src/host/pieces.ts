import { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import type { OpenFile } from "./door.js";

/** Bytes that are read at once: what fits into a processor's own memory beside its work is read in a third of the time. */
const PIECE = 256 * 1024;

/** A place in a file, and the end of what is wanted of it. */
export interface Extent {
  readonly from: number;
  /** `null`: to its end, however it grows. */
  readonly to: number | null;
}

const WHOLE: Extent = { from: 0, to: null };

/**
 * The bytes of a file, piece by piece. A piece is valid until the next one is asked for. What is packed with gzip is
 * unpacked. Throws what the system says, and where what is packed is not whole.
 */
export async function* piecesOf(file: OpenFile, extent: Extent = WHOLE): AsyncGenerator<Buffer> {
  if (isPacked(file))
    yield* Readable.from(copies(plainPieces(file, WHOLE))).pipe(createGunzip({ chunkSize: 256 * 1024 }));
  else yield* plainPieces(file, extent);
}

/** Whether it is packed with gzip. Throws what the system says. */
export function isPacked(file: OpenFile): boolean {
  const first = Buffer.alloc(2);
  return file.seekable && file.read(first, 0) === 2 && first[0] === 0x1f && first[1] === 0x8b;
}

function* plainPieces(file: OpenFile, { from, to }: Extent): Generator<Buffer> {
  const bytes = Buffer.allocUnsafe(PIECE);
  let at = from;
  for (;;) {
    const room = to === null ? PIECE : Math.min(PIECE, to - at);
    if (room <= 0) return;
    const got = file.read(room === PIECE ? bytes : bytes.subarray(0, room), file.seekable ? at : null);
    if (got === 0) return;
    at += got;
    yield bytes.subarray(0, got);
  }
}

function* copies(pieces: Iterable<Buffer>): Generator<Buffer> {
  for (const piece of pieces) yield Buffer.from(piece);
}

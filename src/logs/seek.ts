/** Where in a log that grew with time the lines of a time begin. */

/** Bytes that are looked at for a line that has a time. */
const LOOKED_AT = 64 * 1024;

/** Parts that are small enough to be read whole. */
const SMALL = 1024 * 1024;

/** What can be read at any place. */
export interface Seekable {
  readonly size: number;
  read(bytes: Buffer, at: number | null): number;
}

/**
 * A place before which all lines are older, found by halving; 0 where the log is not in order. `timeOf`: the time of a
 * line, `null` where it has none.
 */
export function placeOf(file: Seekable, since: number, timeOf: (line: string) => number | null): number {
  let low = 0;
  let high = file.size;
  const first = timeAt(file, 0, timeOf);
  if (first === null || first >= since) return 0;
  // The latest time before the place and the earliest behind it: in a log that is in order they are in order.
  let before = first;
  let behind = Number.POSITIVE_INFINITY;
  while (high - low > SMALL) {
    const middle = Math.floor((low + high) / 2);
    const time = timeAt(file, middle, timeOf);
    if (time === null) return low;
    if (time < before || time > behind) return 0;
    if (time < since) {
      low = middle;
      before = time;
    } else {
      high = middle;
      behind = time;
    }
  }
  return low;
}

function timeAt(file: Seekable, at: number, timeOf: (line: string) => number | null): number | null {
  const bytes = Buffer.allocUnsafe(LOOKED_AT);
  const got = file.read(bytes, at);
  const lines = bytes.toString("latin1", 0, got).split("\n");
  for (const line of lines.slice(at === 0 ? 0 : 1, -1)) {
    const time = timeOf(line);
    if (time !== null) return time;
  }
  return null;
}

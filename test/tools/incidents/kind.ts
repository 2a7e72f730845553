import type { Need } from "./needs.js";
import type { Pair, PairOptions } from "./pair.js";

/** What may go wrong with a pair, and the cause that `fpmlint diagnose` has to name first. */
export interface Kind {
  readonly name: string;
  /** Ids of causes of which the first has to be one; none: nothing may be said. */
  readonly expected: readonly string[];
  /** Only on a Unix socket, or only on a port. Absent: on both. */
  readonly only?: "unix" | "tcp";
  /** What the machine has to allow. Absent: nothing that not every machine does. */
  readonly needs?: Need;
  /** What has to be in the evidence of the first cause. Absent: nothing in particular. */
  readonly tells?: string;
  readonly options?: Partial<PairOptions>;
  /** Makes it happen on a pair that runs. `many`: how many requests, as the seed says. */
  readonly happens: (pair: Pair, many: number) => Promise<unknown>;
}

export function plain(pair: Pair, many: number): Promise<unknown> {
  return pair.askMany("/index.php", many);
}

/** Asks the script to do something: see `pair.ts`. */
export function asking(query: string): (pair: Pair, many: number) => Promise<unknown> {
  return (pair, many) => pair.askMany(`/index.php?${query}`, many);
}

/** Sends bodies of so many bytes. */
export function sending(bytes: number, chunked = false): (pair: Pair, many: number) => Promise<unknown> {
  return (pair, many) =>
    Promise.all(Array.from({ length: many }, () => pair.ask("/index.php", Buffer.alloc(bytes), 0, chunked)));
}

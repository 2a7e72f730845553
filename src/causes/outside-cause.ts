/**
 * A cause that no configuration file shows: a crash, memory, the file system, the network, the
 * application. `fpmlint explain 502` lists these after the causes that rules find.
 */
export interface OutsideCause {
  /** Its name in JSON and in the table of signatures, never used for something else. */
  readonly id: string;
  /** The topics (`symptoms.ts`) that it causes: `502`, `blank page`. */
  readonly topics: readonly string[];
  /** Lower case, no full stop. */
  readonly cause: string;
  /** The lines that show it, by their ids in the table, the plainest first; none: nothing is logged. */
  readonly signatures: readonly string[];
  /** A command that checks for it. The reader fills in SOCKET, DOCROOT, HOST, NAME and PAGE. */
  readonly command: string;
  /** What to look for in that output; lower case, no full stop. */
  readonly tells: string;
}

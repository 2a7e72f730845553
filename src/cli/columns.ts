import type { World } from "./world.js";

/** Columns of text that goes to a file or a pipe, where nothing cuts lines and few people read wider ones. */
const PLAIN_WIDTH = 100;

/** Nobody has a wider terminal; a number beyond is a mistake. */
const WIDEST = 10_000;

export interface Columns {
  /** Columns of a line. */
  readonly width: number;
  /** Whether sentences are broken to them, too: not where a program may look for one. */
  readonly wrapped: boolean;
}

/**
 * The columns of what is written to `file`, or to standard output where that is `null`. `COLUMNS` says it for standard
 * output whatever that is; else a terminal knows.
 */
export function columnsOf({ env, stdout }: World, file: string | null = null): Columns {
  if (file !== null) return { width: PLAIN_WIDTH, wrapped: false };
  const said = /^[1-9][0-9]*$/.test(env.COLUMNS ?? "") ? Number(env.COLUMNS) : WIDEST + 1;
  if (said <= WIDEST) return { width: said, wrapped: true };
  return stdout.isTTY === true
    ? { width: stdout.columns ?? 80, wrapped: true }
    : { width: PLAIN_WIDTH, wrapped: false };
}

import type { HostsOptions } from "../read-hosts.js";
import { escapeText } from "../report/terminal/escape.js";
import { shortened } from "../source/ends.js";
import type { World } from "./world.js";

/** Milliseconds after which somebody who waits is told what is going on, and between two lines. */
const PATIENCE = 1000;
const BETWEEN = 100;

/** Back to the start of the line, and nothing in it. */
const CLEAR = "\r\x1b[K";

export type Watched = Pick<HostsOptions, "step">;

/**
 * Does the work, and shows where it is in one line of standard error that is gone at the end: only on a terminal, and
 * only after a second. `work` gets what the options of reading and linting take for it.
 */
export function withProgress<T>(world: World, quiet: boolean, work: (watched: Watched) => T): T {
  const { stderr, env, now } = world;
  if (quiet || stderr.isTTY !== true || env.TERM === "dumb") return work({});
  const start = now();
  let last: number | null = null;
  const room = (stderr.columns ?? 80) - 1;
  const step = (what: string): void => {
    const time = now();
    if (time - start < PATIENCE || (last !== null && time - last < BETWEEN)) return;
    last = time;
    stderr.write(CLEAR + shortened(escapeText(`fpmlint: ${what}`), room));
  };
  try {
    return work({ step });
  } finally {
    if (last !== null) stderr.write(CLEAR);
  }
}

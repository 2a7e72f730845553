/** Whether a worker of PHP-FPM has a request, by how the kernel says it runs or waits. */

/** What that says about it. */
export type Doing =
  /** It waits for something in the middle of a request. */
  | "waits"
  /** It computes or reads from a disk, maybe at the very start or end of a request. */
  | "runs"
  /** It waits for a request. */
  | "rest"
  /** A worker at rest and one with a request may both look like this. */
  | null;

/** Where the kernel has a process wait for something that only a request asks for: a time, an answer, a program, a lock. */
const REQUEST = [
  "hrtimer_nanosleep",
  "do_nanosleep",
  "poll_schedule_timeout",
  "do_sys_poll",
  "do_select",
  "anon_pipe_read",
  "pipe_read",
  "pipe_wait",
  "do_wait",
  "locks_lock_inode_wait",
  "flock_lock_inode_wait",
  "futex_wait",
];

/** Where it waits for a connection. Reading from one is in neither list: nginx may keep it open for the next request. */
const REST = [
  "skb_wait_for_more_packets",
  "__skb_wait_for_more_packets",
  "wait_for_more_packets",
  "skb_recv_datagram",
  "unix_accept",
  "inet_csk_accept",
  "inet_csk_wait_for_connect",
];

/** `ps l` prints no more of a name. */
const SHORT = 6;

/**
 * `state`: the column STAT or S; `waits`: WCHAN, the function of the kernel in which it sleeps; `null`: there
 * is no such column. A worker that sleeps may only wait for a request.
 */
export function doingOf(state: string | null, waits: string | null): Doing {
  if (state !== null && /^[RD]/.test(state)) return "runs";
  // Stopped, ended or not known.
  if (waits === null || (state !== null && !state.startsWith("S"))) return null;
  if (isOneOf(waits, REST)) return "rest";
  return isOneOf(waits, REQUEST) ? "waits" : null;
}

/** Compilers add to the names: `poll_schedule_timeout.constprop.0`. */
function isOneOf(name: string, known: readonly string[]): boolean {
  return known.some((one) => name.startsWith(one) || (name.length === SHORT && one.startsWith(name)));
}

/** A worker at one moment. */
export interface Seen {
  /** The number of the process as it is written, so that one that is seen again is the same; `null`: not known. */
  readonly pid: string | null;
  readonly doing: Doing;
  /** In which of several looks, one after the other, it was seen, from 0. */
  readonly look: number;
}

/** How many workers were seen: one that was looked at several times is one. */
export function workersIn(seen: readonly Pick<Seen, "pid">[]): number {
  const pids = seen.flatMap(({ pid }) => pid ?? []);
  return new Set(pids).size + seen.length - pids.length;
}

/** When all requests have just ended, their workers still run for a moment. In so many looks no moment is meant. */
const LOOKS = 3;

/**
 * How many workers were certainly in the middle of their requests. Of those that run it is certain in several
 * looks, or where at least as many wait: their requests did not all end just now.
 */
export function workersAtWork(seen: readonly Seen[]): number {
  const waiting = seen.filter(({ doing }) => doing === "waits");
  const running = seen.filter(({ doing }) => doing === "runs");
  const looks = new Set(running.map(({ look }) => look)).size;
  const certain = looks >= LOOKS || workersIn(waiting) >= workersIn(running);
  return workersIn(certain ? [...waiting, ...running] : waiting);
}

/**
 * Where the time of a run goes: `FPMLINT_TIMINGS=1` asks for it. Nobody measures until `startTimings` was
 * called, and until then `timed` costs one comparison.
 */

/** What one part of the work took by itself: the parts inside it have their own. */
export interface Timing {
  /** `rule pool/duplicate-name`. */
  readonly what: string;
  /** In the unit of the clock. */
  readonly time: number;
  /** How often it was done. */
  readonly times: number;
}

interface Watch {
  /** Any unit, from any start. */
  readonly clock: () => number;
  /** The parts that are being done, the innermost last. */
  readonly open: Spent[];
  readonly spent: Map<string, Spent>;
  /** When the innermost part was last begun or taken up again. */
  since: number;
}

interface Spent {
  time: number;
  times: number;
}

let watch: Watch | null = null;

/** Measures from now on. `rest`: what everything is called that no `timed` names. */
export function startTimings(clock: () => number, rest: string): void {
  const first = { time: 0, times: 1 };
  watch = { clock, open: [first], spent: new Map([[rest, first]]), since: clock() };
}

/** What was measured, the longest first, and no further measuring; nothing, where nothing was started. */
export function endTimings(): readonly Timing[] {
  const ended = watch;
  if (ended === null) return [];
  pass(ended);
  watch = null;
  return [...ended.spent].map(([what, spent]) => ({ what, ...spent })).sort((a, b) => b.time - a.time);
}

/** Does the work, whose time counts as that of `what`. */
export function timed<T>(what: string, work: () => T): T {
  return watch === null ? work() : measured(watch, what, work);
}

function measured<T>(running: Watch, what: string, work: () => T): T {
  const part = running.spent.get(what) ?? { time: 0, times: 0 };
  running.spent.set(what, part);
  pass(running);
  part.times += 1;
  running.open.push(part);
  try {
    return work();
  } finally {
    pass(running);
    running.open.pop();
  }
}

/** The time until now belongs to the innermost part. */
function pass(running: Watch): void {
  const now = running.clock();
  const inner = running.open[running.open.length - 1];
  if (inner !== undefined) inner.time += now - running.since;
  running.since = now;
}

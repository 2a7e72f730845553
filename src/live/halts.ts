import type { HostFilesystem } from "../host/filesystem.js";
import { fieldIn, textOf } from "../host/text.js";
import type { Halt, MachineFacts, ProcessFacts } from "./facts.js";

/**
 * Processes that were stopped. Who only looks, as `strace` and PHP-FPM's slow log, stops them for a moment, and
 * `cpulimit` again and again: so a second look has to find that they were not continued.
 */

/** What a text of `/proc/PID/status` says; `null`: it runs, or waits for something. */
export function haltIn(status: string): Halt | null {
  const state = fieldIn(status, "State") ?? "";
  if (!/^[Tt]\b/.test(state)) return null;
  const numbers = ["voluntary_ctxt_switches", "nonvoluntary_ctxt_switches"].map((name) =>
    Number(fieldIn(status, name) ?? Number.NaN),
  );
  const switches = numbers.reduce((sum, one) => sum + one, 0);
  const tracer = Number(fieldIn(status, "TracerPid") ?? 0);
  return Number.isNaN(switches) ? null : { tracer: tracer > 0 ? tracer : null, switches, lasts: null };
}

/** The same facts with what a later look at the processes says. */
export function withLater(facts: MachineFacts, later: HostFilesystem): MachineFacts {
  const again = <P extends ProcessFacts>(one: P): P => {
    const { halt, pid } = one;
    if (halt === null) return one;
    const text = textOf(later, `/proc/${pid}/status`);
    return { ...one, halt: { ...halt, lasts: haltIn(text)?.switches === halt.switches } };
  };
  return {
    ...facts,
    nginx: facts.nginx.map((one) => ({
      ...one,
      master: again(one.master),
      workers: one.workers.map(again),
      old: one.old.map(again),
    })),
    fpm: facts.fpm.map((one) => ({ ...one, master: again(one.master), workers: one.workers.map(again) })),
  };
}

/** Whether a second look is wanted. */
export function hasHalts({ nginx, fpm }: MachineFacts): boolean {
  return [...nginx, ...fpm].some(({ master, workers }) =>
    [master, ...workers].some(({ halt }) => halt !== null),
  );
}

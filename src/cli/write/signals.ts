/**
 * What ends a process by default and can be held back. The others are SIGKILL, those that tell of a
 * fault in the process itself, SIGPIPE, which Node ignores, and SIGUSR1, which is Node's own. A system
 * that does not know one of these never sends it.
 */
const SIGNALS = [
  "SIGHUP",
  "SIGINT",
  "SIGQUIT",
  "SIGALRM",
  "SIGTERM",
  "SIGUSR2",
  "SIGVTALRM",
  "SIGPROF",
  "SIGXCPU",
  "SIGXFSZ",
  "SIGIO",
  "SIGPWR",
  "SIGSTKFLT",
] as const;

/** A signal that comes in these few moments comes too late. */
const outlive = (): void => undefined;

/** Runs `work` to its end, even if a signal arrives that would end the process between two files. */
export function holdingSignals<T>(work: () => T): T {
  for (const signal of SIGNALS) process.on(signal, outlive);
  try {
    return work();
  } finally {
    for (const signal of SIGNALS) process.off(signal, outlive);
  }
}

/**
 * What must be undone even when a test is cut off: by a timeout, a failure of the runner, Ctrl-C.
 * Everything in here is synchronous, because nothing else runs any more while a process exits.
 */
const pending = new Set<() => void>();

let listening = false;

/** Gives back the clean-up as a function that runs it at most once. */
export function onExit(cleanup: () => void): () => void {
  listen();
  const once = (): void => {
    if (pending.delete(once)) cleanup();
  };
  pending.add(once);
  return once;
}

function listen(): void {
  if (listening) return;
  listening = true;
  const all = (): void => {
    // Last first: processes are started after the directory in which they write.
    for (const cleanup of [...pending].reverse()) cleanup();
  };
  process.once("exit", all);
  for (const [signal, number] of [
    ["SIGINT", 2],
    ["SIGTERM", 15],
    ["SIGHUP", 1],
  ] as const) {
    process.once(signal, () => {
      all();
      process.exit(128 + number);
    });
  }
}

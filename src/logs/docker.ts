/** What collects the output of containers puts around a line. */

/** `{"log":"…\n","stream":"stderr","time":"…"}`, as Docker's json-file has it. */
const WRAPPED = /^\{"log":"/;

/** `2026-11-28T12:00:00.123456789Z stderr F …`, as Kubernetes' runtimes write it. */
const CRI = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{1,9}(?:Z|[+-]\d\d:\d\d) std(?:out|err) [FP] /;

/** `web-1  | …`, as Compose shows it. */
const COMPOSE = /^[\w.-]{1,64} {1,40}\| /;

/** The line itself. */
export function unwrapped(line: string): string {
  if (WRAPPED.test(line)) {
    try {
      const { log } = JSON.parse(line) as { readonly log?: unknown };
      return typeof log === "string" ? log.replace(/\r?\n$/, "") : line;
    } catch {
      return line;
    }
  }
  const around = CRI.exec(line) ?? COMPOSE.exec(line);
  return around === null ? line : line.slice(around[0].length);
}

/** Whether a line has something around it. */
export function isWrapped(line: string): boolean {
  return WRAPPED.test(line) || CRI.test(line) || COMPOSE.test(line);
}

import { chmodSync } from "node:fs";

const NOBODY = 65534;

/**
 * Does the work as a user whom permissions bind: root opens everything. Whoever runs the tests as an
 * ordinary user is bound anyway. The work must not wait for anything, because the user is that of the
 * whole process. `directory`: one of root alone, that the user has to pass through.
 */
export function asNobody<T>(directory: string, work: () => T): T {
  if (process.getuid?.() !== 0) return work();
  chmodSync(directory, 0o755);
  process.seteuid?.(NOBODY);
  try {
    return work();
  } finally {
    process.seteuid?.(0);
  }
}

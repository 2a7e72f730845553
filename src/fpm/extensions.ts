import { type Effective, mapEffective } from "../source/effective.js";
import { setting } from "./settings/lookup.js";
import type { Pool } from "./types.js";

/**
 * `security.limit_extensions` as FPM reads it: parted at blanks and tabs only, so that `.php,.phtml`
 * is one ending. An empty list: every file may run.
 */
export function limitExtensions(pool: Pool): Effective<readonly string[]> {
  return mapEffective(setting(pool, "security.limit_extensions"), (text) =>
    (text ?? "").split(/[ \t]+/).filter((word) => word !== ""),
  );
}

/** Whether PHP runs a file that ends so; FPM compares the end of the path, in its own case. `true` also where only some files of that extension may run. */
export function mayRun(endings: readonly string[], extension: string): boolean {
  const some = (ending: string) => ending.endsWith(extension) && !ending.includes(",");
  return endings.length === 0 || endings.some((ending) => extension.endsWith(ending) || some(ending));
}

import { type Effective, mapEffective } from "../source/effective.js";
import { setting } from "./settings/lookup.js";
import type { Pool } from "./types.js";

/**
 * `security.limit_extensions` as FPM reads it: split at spaces and tabs only, so `.php,.phtml` is one
 * ending. An empty list: every file may run.
 */
export function limitExtensions(pool: Pool): Effective<readonly string[]> {
  return mapEffective(setting(pool, "security.limit_extensions"), (text) => splitExtensions(text ?? ""));
}

/** The endings of such a list. */
export function splitExtensions(list: string): readonly string[] {
  return list.split(/[ \t]+/).filter((word) => word !== "");
}

/**
 * Whether PHP runs a file with that extension. FPM compares the end of the path and respects case.
 * `true` also if only some files with the extension may run.
 */
export function mayRun(endings: readonly string[], extension: string): boolean {
  const some = (ending: string) => ending.endsWith(extension) && !ending.includes(",");
  return endings.length === 0 || endings.some((ending) => extension.endsWith(ending) || some(ending));
}

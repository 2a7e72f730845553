import { fpmPrefix } from "../fpm/layout.js";
import type { FpmInclude, FpmMaster } from "../fpm/types.js";
import type { Host } from "./host.js";

/** The path PHP-FPM opens: relative ones count from its prefix. */
export function includedPath(master: FpmMaster, { pattern }: FpmInclude): string {
  return pattern.startsWith("/") ? pattern : `${fpmPrefix(master.main?.path ?? null)}/${pattern}`;
}

/**
 * Whether what an `include` does not find is missing for sure, so that it is reported and not only
 * listed as not read: on a whole host, and there not in a directory like /home of which nothing was copied.
 */
export function isSurelyMissing(host: Host, master: FpmMaster, include: FpmInclude): boolean {
  if (!host.whole) return false;
  // No distribution keeps anything of PHP-FPM below the prefix itself, whether it was copied or not.
  if (!include.pattern.startsWith("/")) return master.main !== null;
  const [, top = ""] = include.pattern.split("/");
  return host.fs.entry(`/${top}`).kind === "directory";
}

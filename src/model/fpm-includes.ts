import type { FpmInclude, FpmMaster } from "../fpm/types.js";
import type { Host } from "./host.js";

/** The path that PHP-FPM opens: a relative one counts from PHP-FPM's prefix. */
export function includedPath(master: FpmMaster, { pattern }: FpmInclude): string {
  return pattern.startsWith("/") ? pattern : `${master.prefix ?? ""}/${pattern}`;
}

/**
 * Whether what an `include` does not find is surely missing, so that it is reported and not only
 * listed as not read: on a whole host, and not in a directory such as /home if nothing of that
 * directory was copied.
 */
export function isSurelyMissing(host: Host, master: FpmMaster, include: FpmInclude): boolean {
  if (!host.whole) return false;
  // No distribution keeps files of PHP-FPM below the prefix itself, so it does not matter what was copied.
  if (!include.pattern.startsWith("/")) return master.main !== null;
  const [, top = ""] = include.pattern.split("/");
  return host.fs.entry(`/${top}`).kind === "directory";
}

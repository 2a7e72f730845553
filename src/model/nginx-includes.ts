import type { IncludeProblem } from "../nginx/types.js";
import { looksFilledIn } from "../source/template-names.js";
import type { Host } from "./host.js";

/**
 * Whether nginx is sure to refuse what an `include` names, so that it is reported and not only
 * listed as not read. Without the main file nobody knows where relative paths count from. A file is
 * missing for sure only on a whole host, and there not in a directory like /home of which nothing
 * was copied.
 */
export function isSureFault(host: Host, { kind, log }: IncludeProblem, pattern: string): boolean {
  if (host.nginx?.hasMain !== true || log === null || kind === "unread") return false;
  if (kind === "refused") return true;
  return host.whole && !looksFilledIn(pattern) && holdsPartOf(host, pattern);
}

function holdsPartOf(host: Host, pattern: string): boolean {
  const [, top = ""] = pattern.split("/");
  return !pattern.startsWith("/") || host.fs.entry(`/${top}`).kind === "directory";
}

import type { IncludeProblem } from "../nginx/types.js";
import { looksFilledIn } from "../source/template-names.js";
import type { Host } from "./host.js";

/**
 * Whether nginx will surely refuse what an `include` names, so that it is reported and not only
 * listed as not read. Without the main file it is unknown where relative paths start. A file is
 * surely missing only on a whole host, and not in a directory such as /home if nothing of that
 * directory was copied.
 */
export function isSureFault(host: Host, { kind, log }: IncludeProblem, pattern: string): boolean {
  if (host.nginx?.hasMain !== true || log === null || kind === "unread") return false;
  if (kind === "refused") return true;
  return host.whole && !looksFilledIn(pattern) && holdsPartOf(host, pattern);
}

/** A directory of every host with the next one written onto it: `/etcnginx/`. No host has such a directory. */
const RUN_TOGETHER = /^(?:etc(?!d)|usr(?=local|share|lib)|var(?=www|lib|log|run)).+/;

function holdsPartOf(host: Host, pattern: string): boolean {
  const [, top = ""] = pattern.split("/");
  return !pattern.startsWith("/") || RUN_TOGETHER.test(top) || host.fs.entry(`/${top}`).kind === "directory";
}

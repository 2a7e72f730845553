import type { Group } from "./groups.js";

/** Pages that everybody asks for; nobody who looks for holes begins with one and stops. */
const ORDINARY: ReadonlySet<string> = new Set(["/", "/index.php"]);

/** What a site does to some requests all the time, and is no fault. */
const EVERYDAY: ReadonlySet<string> = new Set([
  "no-index",
  "forbidden-rule",
  "file-missing",
  "file-no-directory",
  "plain-http",
  "header-line-too-long",
  "uri-too-long",
]);

/**
 * Whether a group is worth a cause: each site has visitors that hang up and programs that look for scripts which are
 * not there. `predicted`: a finding predicts the lines.
 */
export function isWorth(
  { signature, count, paths }: Group,
  predicted: boolean,
  requests: number | null,
  asked: ReadonlySet<number> | null,
): boolean {
  if (signature.counts !== "request") return false;
  if (asked !== null) return true;
  if (signature.id === "client-gone-waiting") return requests !== null && count * 20 >= requests;
  if (predicted) return true;
  if (EVERYDAY.has(signature.id)) return false;
  if (signature.status !== 404) return true;
  const ordinary = [...paths].reduce((sum, [path, times]) => sum + (ORDINARY.has(path) ? times : 0), 0);
  return ordinary >= 2;
}

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
  "modsecurity-denied",
]);

/** What is known beside a group's lines. */
export interface Beside {
  /** A finding predicts the lines. */
  readonly predicted: boolean;
  /** Requests of the access logs; `null`: none was read. */
  readonly requests: number | null;
  /** The statuses that were asked for; `null`: all that lose requests. */
  readonly asked: ReadonlySet<number> | null;
  /** By server, how often ordinary pages were not found: one may be missing in several words. */
  readonly notFound: ReadonlyMap<string, number>;
}

/**
 * Whether a group is worth a cause: each site has visitors that hang up and programs that look for scripts which are
 * not there.
 */
export function isWorth(group: Group, { predicted, requests, asked, notFound }: Beside): boolean {
  const { signature, count } = group;
  if (signature.counts !== "request") return false;
  if (asked !== null) return true;
  if (signature.id === "client-gone-waiting") return requests !== null && count * 20 >= requests;
  if (predicted) return true;
  if (EVERYDAY.has(signature.id)) return false;
  if (signature.id === "extension-denied" && [...group.paths].every(([path]) => isProbe(path))) return false;
  if (signature.id === "root-gone" && isOfAnyName(group)) return false;
  if (signature.status !== 404) return true;
  return ordinaryOf(group) > 0 && (notFound.get(group.server) ?? 0) >= 2;
}

/** `/uploads/a.jpg/x.php` asks whether a file that is no script runs as one: that PHP-FPM refuses it is as it should be. */
function isProbe(path: string): boolean {
  return /\.[a-z\d]{1,5}\/[^/]{0,100}\.php$/i.test(path) && !/\.php\//i.test(path);
}

/** Whether the missing root is one for whatever name was asked for: each program that looks for hosts asks for some. */
function isOfAnyName({ parts, sample, server }: Group): boolean {
  const host = sample.line.request?.host.replace(/:\d{1,5}$/, "") ?? "";
  return host !== "" && host !== server && parts.get("file")?.includes(host) === true;
}

/** By server, how often ordinary pages were not found. */
export function ordinaryNotFound(groups: readonly Group[]): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  for (const group of groups)
    if (group.signature.status === 404)
      found.set(group.server, (found.get(group.server) ?? 0) + ordinaryOf(group));
  return found;
}

function ordinaryOf({ paths }: Group): number {
  return [...paths].reduce((sum, [path, times]) => sum + (ORDINARY.has(path) ? times : 0), 0);
}

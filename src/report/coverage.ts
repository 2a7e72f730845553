import type { Summary } from "../engine/finding.js";
import { escapeText } from "./terminal/escape.js";

/** `1 pool`, `2 pools`. */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}

function found(summary: Summary): string {
  const parts = [
    [summary.errors, "error"],
    [summary.warnings, "warning"],
    [summary.infos, "info"],
  ] as const;
  const words = parts.filter(([number]) => number > 0).map(([number, noun]) => count(number, noun));
  if (words.length === 0) words.push("no findings");
  if (summary.suppressed > 0) words.push(`${summary.suppressed} suppressed`);
  return words.join(", ");
}

function checked(summary: Summary): string[] {
  if (summary.files === 0) return ["nothing was checked"];
  const words = [count(summary.hosts, "host"), count(summary.files, "file")];
  const missing: string[] = [];
  if (summary.locations > 0) words.push(count(summary.locations, "PHP location"));
  else missing.push("no PHP location");
  if (summary.pools > 0) words.push(count(summary.pools, "pool"));
  else missing.push("no pool");
  const said = [`${words.join(", ")} checked`];
  // "0 pools checked" would read as if the join had been looked at and found clean.
  if (missing.length > 0) {
    said.push(`${missing.join(" and ")} found, so nginx and PHP-FPM could not be compared`);
  }
  return said;
}

/** Where the links of the command line led to, one line each. */
export function ledTo(links: Summary["links"]): readonly string[] {
  return links.map(({ path, target }) => escapeText(`${path} is a link to ${target}, which was read`));
}

/** What was found and what was looked at: the last line of text output. */
export function coverage(summary: Summary): string {
  const parts = [found(summary), ...checked(summary)];
  if (summary.incomplete.length > 0) parts.push(`${count(summary.incomplete.length, "place")} not checked`);
  return parts.join("; ");
}

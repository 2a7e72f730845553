import type { Summary } from "../engine/finding.js";
import { incompleteAt } from "../engine/incomplete.js";
import { grouped } from "../source/collect.js";
import { withCommas } from "../source/digits.js";
import { escapeText } from "./terminal/escape.js";

/** `1 pool`, `2 pools`. */
export function count(number: number, noun: string, several = `${noun}s`): string {
  return `${number} ${number === 1 ? noun : several}`;
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
  const open = summary.notCompared.length;
  if (summary.locations === 0) missing.push("no PHP location");
  else if (open === 0) words.push(count(summary.locations, "PHP location"));
  if (summary.pools > 0) words.push(count(summary.pools, "pool"));
  else missing.push("no pool");
  const said = [`${words.join(", ")} checked`];
  if (open > 0) said.push(notCompared(summary));
  // "0 pools checked" would read as if the join had been looked at and found clean.
  if (missing.length > 0) {
    said.push(`${missing.join(" and ")} found, so nginx and PHP-FPM could not be compared`);
  }
  if (summary.notEnabled > 0) said.push(`${count(summary.notEnabled, "site")} not enabled`);
  return said;
}

/** Reasons that are told in one line. */
const MOST_REASONS = 3;

/** `2 PHP locations compared; 1 not: php:9000 is another machine`. */
function notCompared({ compared, notCompared: open }: Summary): string {
  const reasons = [...grouped(open.map(({ reason, line }) => [reason, line] as const))].map(
    ([reason, lines]) =>
      lines.length === 1 || lines.length === open.length ? reason : `${reason} (${lines.length})`,
  );
  const more = reasons.length - MOST_REASONS;
  const said =
    reasons.slice(0, MOST_REASONS).map(escapeText).join(", ") + (more > 0 ? `, and ${more} more` : "");
  return compared > 0
    ? `${count(compared, "PHP location")} compared, ${open.length} not: ${said}`
    : `${count(open.length, "PHP location")} not compared: ${said}`;
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

/** So many places of one reason have a line each. */
const MOST_ALONE = 3;

/**
 * What was not checked, in order. More than three places of one reason are one line, which names the first three.
 * `line`: how one place is written; `also`: what is put behind it for the others.
 */
export function unreadLines(
  entries: Summary["incomplete"],
  line: (entry: Summary["incomplete"][number]) => string,
): readonly string[] {
  const groups = grouped(entries.map((entry) => [kindOf(entry), entry] as const));
  const said = new Set<string>();
  return entries.flatMap((entry) => {
    const kind = kindOf(entry);
    const same = groups.get(kind) ?? [];
    if (same.length <= MOST_ALONE) return [line(entry)];
    if (said.has(kind)) return [];
    said.add(kind);
    const [, ...others] = same;
    const named = others.slice(0, MOST_ALONE - 1).map((one) => escapeText(incompleteAt(one)));
    return [
      `${line(entry)} (also ${named.join(", ")}, and ${withCommas(others.length - named.length)} more)`,
    ];
  });
}

/** The same for entries that differ in names and lines only. */
function kindOf({ reason, fatal }: Summary["incomplete"][number]): string {
  const end = reason.indexOf(" (");
  const plain = end === -1 ? reason : reason.slice(0, end);
  return `${fatal} ${plain.slice(plain.lastIndexOf(": ") + 1).replace(/\d+/g, "")}`;
}

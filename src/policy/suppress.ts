import type { Draft } from "../engine/define.js";
import type { Finding } from "../engine/finding.js";
import { meansRule } from "../engine/schemas.js";
import { grouped } from "../source/collect.js";
import { type Place, place, position, type SourceFile } from "../source/file.js";
import { nearest } from "../source/spelling.js";
import type { Suppression } from "./comments.js";

/** What a suppression that silences nothing is reported as: the cases of `fpmlint/useless-suppression`. */
export type UselessCase = "useless" | "expired" | "no-reason" | "unknown-rule";

export interface Judged {
  readonly findings: readonly Finding[];
  /** Findings that a comment silenced. */
  readonly suppressed: number;
  readonly useless: readonly Draft<UselessCase>[];
}

export interface Policy {
  /** Every rule's id. */
  readonly ids: readonly string[];
  /** Rules that are off for a file are not judged there, so that nothing is said of what names them. */
  readonly isOff: (id: string, file: SourceFile) => boolean;
  /** `2026-11-28`; `null`: unknown, and then no suppression has expired. */
  readonly today: () => string | null;
}

/**
 * Takes out what comments silence. A finding is silenced at either of its ends; one that says the same
 * of several pools only where each of them is.
 */
export function suppress(
  findings: readonly Finding[],
  suppressions: readonly Suppression[],
  policy: Policy,
): Judged {
  if (suppressions.length === 0) return { findings, suppressed: 0, useless: [] };
  const valid = suppressions.filter((one) => one.reason !== null && !isExpired(one, policy.today));
  const byPlace = grouped(
    valid.map((one) => [spot(one.span.file.display, one.wholeFile ? WHOLE : one.line), one] as const),
  );
  const used = new Map<Suppression, Set<string>>();
  const kept = findings.filter((finding) => {
    const silencing = silencedBy(finding, byPlace);
    for (const [one, name] of silencing ?? []) used.set(one, (used.get(one) ?? new Set()).add(name));
    return silencing === null;
  });
  const useless = suppressions.flatMap((one) => uselessness(one, used.get(one) ?? new Set(), policy));
  return { findings: kept, suppressed: findings.length - kept.length, useless };
}

function isExpired({ until }: Suppression, today: () => string | null): boolean {
  if (until === null) return false;
  const day = today();
  return !isDate(until) || (day !== null && until < day);
}

function isDate(text: string): boolean {
  return /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(text));
}

type Silencing = readonly (readonly [by: Suppression, name: string])[];

/** In the place of a line. */
const WHOLE = "whole";

function spot(file: string, line: number | typeof WHOLE | null): string {
  return `${line} ${file}`;
}

function silencedBy(
  finding: Finding,
  byPlace: ReadonlyMap<string, readonly Suppression[]>,
): Silencing | null {
  const at = ({ span: { file, start } }: Place): Silencing => {
    const { line } = position(file, start);
    const found = [spot(file.display, WHOLE), spot(file.display, line)].flatMap(
      (key) => byPlace.get(key) ?? [],
    );
    return found.flatMap((by) => {
      const name = by.rules.find((word) => names(word, finding.rule));
      return name === undefined ? [] : [[by, name] as const];
    });
  };
  const alike = finding.related.filter((one) => one.alike === true);
  const others = [...finding.link, ...finding.related.filter((one) => one.alike !== true)];
  const first = [at(finding.at), ...others.map((one) => at(one.place))].flat();
  const rest = alike.map((one) => at(one.place));
  if (first.length === 0 || rest.some((found) => found.length === 0)) return null;
  return [...first, ...rest.flat()];
}

/** Whether a word of a comment means a rule: its id, or `category/*`. No comment silences all rules. */
function names(word: string, id: string): boolean {
  return word !== "*" && meansRule(word, id);
}

function uselessness(
  one: Suppression,
  used: ReadonlySet<string>,
  { ids, isOff, today }: Policy,
): readonly Draft<UselessCase>[] {
  const report = (kind: UselessCase, message: string, note: string): Draft<UselessCase> => ({
    case: kind,
    message,
    at: place(one.span.file, one.span.start, one.span.end),
    effect: "the comment reads as if something were silenced here, and nothing is",
    help: { ways: [], notes: [note] },
    names: one.rules,
  });
  const shown = one.rules.join(", ");
  if (one.reason === null)
    return [
      report("no-reason", "a suppression without a reason does not hold", 'write why after "--" at its end'),
    ];
  if (one.rules.length === 0)
    return [
      report(
        "unknown-rule",
        "a suppression that names no rule silences nothing",
        "write the rule's id after the first word",
      ),
    ];
  const unknown = one.rules.filter((word) => !ids.some((id) => names(word, id)));
  const wrong = unknown.map((word) => {
    const meant = nearest(word, ids);
    const note = meant === null ? "fpmlint rules lists the rules" : `did you mean ${meant}?`;
    return report("unknown-rule", `there is no rule "${word}"`, note);
  });
  if (one.until !== null && !isDate(one.until))
    return [...wrong, report("expired", `"${one.until}" is no date`, "write it as in 2027-01-31")];
  if (isExpired(one, today))
    return [
      ...wrong,
      report(
        "expired",
        `the suppression of ${shown} ended on ${one.until}`,
        "settle the finding, or write a later date",
      ),
    ];
  const idle = one.rules.filter((word) => {
    const meant = ids.filter((id) => names(word, id));
    return meant.length > 0 && !used.has(word) && !meant.every((id) => isOff(id, one.span.file));
  });
  if (idle.length === 0) return wrong;
  return [...wrong, report("useless", `nothing of ${idle.join(", ")} is found here`, "remove the comment")];
}

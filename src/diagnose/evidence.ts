import { outsideCause } from "../causes/outside-causes.js";
import type { Finding } from "../engine/finding.js";
import { showTime } from "../logs/time.js";
import { wordMap } from "../source/word-map.js";
import type { Verdict } from "./cause.js";
import type { Decided } from "./decided.js";
import type { Events } from "./events.js";
import type { Group } from "./groups.js";
import type { Joined } from "./join.js";

/** All that may tell why a group's lines were written. */
export interface Known {
  readonly group: Group;
  readonly joined: Joined | null;
  /** Findings that predict such lines there, the likeliest first. */
  readonly findings: readonly Finding[];
  readonly decided: readonly Decided[];
  readonly events: Events;
  /** The names of the pools; empty: unknown. */
  readonly pools: readonly string[];
}

/** A verdict from a finding: the files still say so. */
export function byFinding(finding: Finding, evidence: readonly string[] = []): Verdict {
  return {
    id: finding.rule,
    kind: "finding",
    title: finding.message,
    certain: finding.certain,
    evidence,
    check: null,
    tell: null,
  };
}

/** A verdict by a cause that no file shows. */
export function byOutside(
  id: string,
  kind: "event" | "outside",
  certain: boolean,
  evidence: readonly string[],
  tell: string | null = null,
): Verdict {
  const cause = outsideCause(id);
  return {
    id,
    kind,
    title: cause?.cause ?? id,
    certain,
    evidence,
    check: cause === null ? null : { run: cause.command, look: cause.tells },
    tell,
  };
}

/** The line names the limit itself. */
export function byItself({ signature }: Group, evidence: readonly string[] = []): Verdict {
  return {
    id: signature.id,
    kind: "setting",
    title: signature.means,
    certain: true,
    evidence,
    check: null,
    tell: null,
  };
}

export function unknown({ signature }: Group, tell: string, evidence: readonly string[] = []): Verdict {
  const first = signature.outside.map(outsideCause).find((one) => one !== null);
  return {
    id: "cannot-tell",
    kind: "unknown",
    title: signature.means,
    certain: false,
    evidence,
    check: first === undefined || first === null ? null : { run: first.command, look: first.tells },
    tell,
  };
}

/** Seconds. */
const UNITS: ReadonlyMap<string, number> = wordMap({ ms: 0.001, s: 1, m: 60, h: 3600, d: 86_400 });

/** The effective number of a setting that decides, in seconds or as a count; `null`: unknown. */
export function numberOf(known: Pick<Known, "decided">, name: string): number | null {
  const text = known.decided.find((one) => one.name === name)?.value ?? null;
  const [, number, unit = ""] = /^(\d{1,9})(ms|s|m|h|d)?$/.exec(text ?? "") ?? [];
  if (number === undefined) return null;
  return Number(number) * (UNITS.get(unit) ?? 1);
}

export function at(time: number | null): string {
  return time === null ? "at an unknown time" : `at ${showTime(time)}`;
}

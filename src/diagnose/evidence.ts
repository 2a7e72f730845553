import { outsideCause } from "../causes/outside-causes.js";
import type { Finding } from "../engine/finding.js";
import { showTime } from "../logs/time.js";
import { httpFact } from "../nginx/facts/directives.js";
import { timeMs } from "../nginx/syntax/values.js";
import { effectiveTime } from "../nginx/tree/effective.js";
import type { Verdict } from "./cause.js";
import type { Changed } from "./changes.js";
import { blocksOf, type Decided } from "./decided.js";
import type { Events } from "./events.js";
import type { Fills } from "./fill.js";
import type { FpmRequests } from "./fpm-requests.js";
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
  readonly fills: Fills;
  /** What PHP-FPM's access logs say. */
  readonly fpmRequests: FpmRequests;
  /** The names of the pools; empty: unknown. */
  readonly pools: readonly string[];
  /** The files, the one that was changed last at the end. */
  readonly changes: () => readonly Changed[];
  /** When the last request before the first line of the group went well, as `logs/time.ts` counts; `null`: unknown. */
  readonly good: number | null;
  /** The time of the earliest line of all logs; `null`: no line has one. */
  readonly begin: number | null;
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

/** Seconds of `fastcgi_read_timeout`, where it happened; nginx's default where that is unknown. */
export function readTimeout(joined: Joined | null): number {
  for (const block of joined === null ? [] : blocksOf(joined)) {
    const value = effectiveTime(block, "fastcgi_read_timeout");
    if (value.kind !== "unknown") return value.value / 1000;
  }
  return (timeMs(httpFact("fastcgi_read_timeout")?.default ?? "") ?? 0) / 1000;
}

export function at(time: number | null): string {
  return time === null ? "at an unknown time" : `at ${showTime(time)}`;
}

import type { Finding } from "../engine/finding.js";
import type { MachineFacts } from "../live/facts.js";
import type { Host } from "../model/host.js";
import type { Place } from "../source/file.js";

/** What a check of `fpmlint doctor` is, and what it answers. */

export const GROUPS = [
  ["basics", "basics"],
  ["reality", "configuration against reality"],
  ["resources", "resources"],
  ["requests", "requests and network"],
] as const;

export type Group = (typeof GROUPS)[number][0];

export interface Check {
  /** `<group>/<name>`; never changes. */
  readonly id: `${Group}/${string}`;
  /** What is right when it is silent, in a few words. */
  readonly title: string;
  /** Facts that it looks at. */
  readonly looksAt: string;
  readonly fires: string;
  readonly silent: string;
  /** When it cannot tell. */
  readonly cannotTell: string;
  /** A pure function. One answer for each thing that was looked at; none: there is nothing to look at. */
  judge(look: Look): readonly Answer[];
}

/** What a check sees. */
export interface Look {
  readonly host: Host;
  readonly facts: MachineFacts;
  /** What the linter says of the files: errors and warnings. */
  readonly findings: readonly Finding[];
}

export type Answer =
  /** `said`: what was seen, as a short sentence without a full stop. */
  | { readonly kind: "fine"; readonly said: string }
  | Wrong
  | { readonly kind: "unknown"; readonly why: string };

export interface Wrong {
  readonly kind: "wrong";
  /** `error`: requests fail now; `warning`: they will, or some do. */
  readonly severity: "error" | "warning";
  /** One sentence without a full stop. */
  readonly said: string;
  /** What was seen, each a short sentence without a full stop. */
  readonly evidence: readonly string[];
  /** The line of the configuration that it is about; `null`: none. */
  readonly place: Place | null;
  /** A command or a step that helps; `null`: the evidence says it all. */
  readonly fix: string | null;
}

export const STATUSES = ["ok", "warning", "error", "unknown", "skipped"] as const;

export type Status = (typeof STATUSES)[number];

export interface Checked {
  readonly check: Check;
  readonly status: Status;
  readonly answers: readonly Answer[];
}

export function fine(said: string): Answer {
  return { kind: "fine", said };
}

export function unknown(why: string): Answer {
  return { kind: "unknown", why };
}

/** `more`: what is known beside the sentence. */
export function wrong(
  severity: Wrong["severity"],
  said: string,
  more: Partial<Pick<Wrong, "evidence" | "place" | "fix">> = {},
): Answer {
  return { kind: "wrong", severity, said, evidence: [], place: null, fix: null, ...more };
}

/** Asks every check. An error of ours in one is said, and the others go on. */
export function examine(checks: readonly Check[], look: Look): readonly Checked[] {
  return checks.map((check) => {
    const answers = answersOf(check, look);
    return { check, answers, status: statusOf(answers) };
  });
}

function answersOf(check: Check, look: Look): readonly Answer[] {
  try {
    return check.judge(look);
  } catch (error) {
    const what = error instanceof Error ? error.message : String(error);
    return [unknown(`this check failed: ${what} (an error in fpmlint, please report it)`)];
  }
}

function statusOf(answers: readonly Answer[]): Status {
  const wrongs = answers.flatMap((one) => (one.kind === "wrong" ? [one.severity] : []));
  if (wrongs.includes("error")) return "error";
  if (wrongs.length > 0) return "warning";
  if (answers.some(({ kind }) => kind === "unknown")) return "unknown";
  return answers.length === 0 ? "skipped" : "ok";
}

export function groupOf({ id }: Check): Group {
  const name = id.slice(0, id.indexOf("/"));
  return GROUPS.find(([group]) => group === name)?.[0] ?? "basics";
}

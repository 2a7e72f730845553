import type { Finding } from "../engine/finding.js";
import type { Decided } from "./decided.js";
import type { Group } from "./groups.js";
import type { Joined } from "./join.js";

/** How a cause is known: see `docs/502.md`. */
export type CauseKind =
  /** The files still say so: a finding predicts these lines. */
  | "finding"
  /** Something else in the logs happened at the same times. */
  | "event"
  /** The line itself names the limit that was met. */
  | "setting"
  /** The line fits one cause that no file shows. */
  | "outside"
  /** It cannot be told. */
  | "unknown";

/** Why requests were lost. */
export interface Cause {
  /** A rule, a cause outside the configuration, or a signature, by its id. */
  readonly id: string;
  readonly kind: CauseKind;
  /** Lower case, no full stop. */
  readonly title: string;
  /** `false`: something else may be the cause. */
  readonly certain: boolean;
  /** Lines that are lost requests. */
  readonly requests: number;
  readonly groups: readonly Group[];
  /** `null`: no host was read, or nothing of it fits. */
  readonly joined: Joined | null;
  /** What speaks for it, a sentence each: lower case, no full stop. */
  readonly evidence: readonly string[];
  readonly findings: readonly Finding[];
  readonly decided: readonly Decided[];
  /** A command that checks, and what to look for; `null`: the finding's help says what to do. */
  readonly check: { readonly run: string; readonly look: string } | null;
  /** What to turn on, so that the next time it can be told; `null`: nothing. */
  readonly tell: string | null;
}

/** What one group comes from, before groups with the same cause are put together. */
export type Verdict = Pick<Cause, "id" | "kind" | "title" | "certain" | "evidence" | "check" | "tell">;

import type { LintResult } from "../../engine/finding.js";
import type { HostTopology } from "../../topology/document.js";
import type { CapacityReport } from "../capacity/document.js";
import type { Observed } from "./observed.js";

/** What `fpmlint report` draws: every form of it is made from this. */
export interface TopologyReport {
  readonly hosts: readonly ReportedHost[];
  readonly result: LintResult;
  /** When it was made, as `--stamp` says it; `null`: nobody asked. */
  readonly stamp: string | null;
  /** What happened, as other commands wrote it; the page alone shows it. */
  readonly observed: readonly Observed[];
  /** Of fpmlint. */
  readonly version: string;
}

export interface ReportedHost {
  readonly topology: HostTopology;
  /** What `fpmlint capacity` says of it; `null`: see `memoryReason`. */
  readonly memory: CapacityReport | null;
  /** Why the memory was not computed, in a sentence; `null`: it was. */
  readonly memoryReason: string | null;
}

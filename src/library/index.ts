/** The library: what `import … from "fpmlint"` gives. docs/library.md describes it. */
import { rules as all } from "../../rules/index.js";
import type { RuleInfo } from "./rules.js";

export type { Finding, Incomplete, LintResult, NotCompared, Related, Summary } from "../engine/finding.js";
export type { Help, Way } from "../engine/help.js";
export type { Severity, Symptom, When } from "../engine/rule.js";
export type { Config, HostEntry } from "../engine/schemas.js";
export type { TypedLink } from "../host/spec.js";
export type { LintOutcome, LintRefusal } from "../lint.js";
export type { Baseline, BaselineEntry } from "../policy/baseline.js";
export type { CapacityReport, PoolReport } from "../report/capacity/document.js";
export type { TextOptions } from "../report/text.js";
export { quiet } from "../report/text.js";
export type {
  OutcomeReport,
  TracedPoolReport,
  TracedWayReport,
  TraceReport,
} from "../report/trace/document.js";
export type { Place, Position, SourceFile, Span } from "../source/file.js";
export { position } from "../source/file.js";
export { version } from "../version.js";
export { type CapacityAnswer, capacity } from "./capacity.js";
export { type ConfigAnswer, checkConfig } from "./config.js";
export {
  type HostInfo,
  type HostsAnswer,
  type MasterInfo,
  type PassInfo,
  type PoolInfo,
  readHosts,
} from "./hosts.js";
export { lint } from "./lint.js";
export type { ByPool, CapacityOptions, LintOptions, ReadOptions, TraceOptions } from "./options.js";
export type { Refusal, Refused } from "./refusal.js";
export { json, text } from "./reports.js";
export type { RuleInfo } from "./rules.js";
export { type TraceAnswer, trace } from "./trace.js";

/** The catalogue. */
export const rules: readonly RuleInfo[] = all;

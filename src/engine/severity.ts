import type { Finding } from "./finding.js";
import type { Severity } from "./rule.js";

const GRAVITY: readonly Severity[] = ["error", "warning", "info"];

/** Below zero when `a` is graver. */
export function compareSeverity(a: Severity, b: Severity): number {
  return GRAVITY.indexOf(a) - GRAVITY.indexOf(b);
}

/** From which severity on a finding fails a run; `never`: none does. */
export type FailOn = Severity | "never";

/** Whether a finding fails a run. `failOn`: what the command line says; `null`: nothing, and its configuration decides. */
export function fails({ severity, failOn: own }: Finding, failOn: FailOn | null): boolean {
  const lowest = failOn ?? own ?? "warning";
  return lowest !== "never" && compareSeverity(severity, lowest) <= 0;
}

/** Gravest first, otherwise in the order given. */
export function gravestFirst(findings: readonly Finding[]): readonly Finding[] {
  return [...findings].sort((a, b) => compareSeverity(a.severity, b.severity));
}

import type { Finding } from "./finding.js";
import type { Severity } from "./rule.js";

const GRAVITY: readonly Severity[] = ["error", "warning", "info"];

/** Below zero when `a` is graver. */
export function compareSeverity(a: Severity, b: Severity): number {
  return GRAVITY.indexOf(a) - GRAVITY.indexOf(b);
}

/** Gravest first, otherwise in the order given. */
export function gravestFirst(findings: readonly Finding[]): readonly Finding[] {
  return [...findings].sort((a, b) => compareSeverity(a.severity, b.severity));
}

import { type Each, each, failure } from "../engine/failure.js";
import type { Finding, Incomplete } from "../engine/finding.js";

/** A whole report, and the findings that an error in fpmlint itself kept from being written. */
export interface Rendered {
  readonly text: string;
  readonly failures: readonly Incomplete[];
}

/** Writes each finding. One that fails is named with its message among the failures, and the others stay. */
export function renderEach<T>(findings: readonly Finding[], render: (finding: Finding) => T): Each<T> {
  return each(findings, render, ({ rule, severity, host, message }, error) =>
    failure(host, `a finding of ${rule} (${severity}: ${message}) could not be written`, error),
  );
}

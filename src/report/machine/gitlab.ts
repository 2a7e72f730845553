import type { Finding, LintResult } from "../../engine/finding.js";
import { stringify } from "../json.js";
import { type Rendered, renderEach } from "../rendered.js";
import { headline, linesOf, type Run } from "./common.js";

/**
 * GitLab's Code Quality report: an array of issues, each with its rule in the description, because
 * GitLab does not show `check_name`. `critical`: a daemon does not start, or ordinary requests fail.
 */
export function drawGitlab({ findings }: LintResult, run: Run): Rendered {
  const { done, failures } = renderEach(findings, (finding) => issue(finding, run));
  return { text: stringify(unique(done)), failures };
}

type Issue = ReturnType<typeof issue>;

function issue(finding: Finding, { named }: Run) {
  const { file, line, endLine } = linesOf(finding.at, named);
  return {
    description: `${finding.rule}: ${headline(finding, named)}`,
    check_name: finding.rule,
    fingerprint: finding.fingerprint,
    severity: severity(finding),
    location: { path: file, lines: { begin: line, end: endLine } },
  };
}

function severity({ severity: own }: Finding): "critical" | "minor" | "info" {
  return own === "error" ? "critical" : own === "warning" ? "minor" : "info";
}

/** Of two issues with one fingerprint GitLab shows the first only. */
function unique(issues: readonly Issue[]): readonly Issue[] {
  const seen = new Map<string, number>();
  return issues.map((one) => {
    const times = (seen.get(one.fingerprint) ?? 0) + 1;
    seen.set(one.fingerprint, times);
    return times === 1 ? one : { ...one, fingerprint: `${one.fingerprint}-${times}` };
  });
}

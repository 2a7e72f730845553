import type { Cause } from "../../diagnose/cause.js";
import type { Diagnosis } from "../../diagnose/diagnose.js";
import type { Notice } from "../../diagnose/notices.js";
import type { Finding, LintResult } from "../../engine/finding.js";
import type { Run } from "../machine/common.js";
import { drawSarif } from "../machine/sarif.js";
import { placesOf, type Reading } from "./text.js";

/** The causes that have a line of the configuration, there: as the finding that predicts them, or under their own id. */
export function diagnosisSarif({ causes, notices }: Diagnosis, { logs }: Reading, run: Run): string {
  const findings = [...causes.flatMap(findingOf), ...notices.flatMap(findingOfNotice)];
  const count = (severity: Finding["severity"]): number =>
    findings.filter((one) => one.severity === severity).length;
  const result: LintResult = {
    findings,
    summary: {
      errors: count("error"),
      warnings: count("warning"),
      infos: count("info"),
      suppressed: 0,
      hosts: 0,
      files: 0,
      locations: 0,
      pools: 0,
      compared: 0,
      notCompared: [],
      notEnabled: 0,
      incomplete: logs.flatMap(({ display, problem }) =>
        problem === null ? [] : [{ file: display, line: null, reason: problem, fatal: true }],
      ),
      links: [],
    },
  };
  return drawSarif(result, run).text;
}

function findingOf(cause: Cause): readonly Finding[] {
  const message = `${cause.title}: ${cause.requests} ${cause.requests === 1 ? "request" : "requests"} lost`;
  const [own] = cause.findings;
  if (own !== undefined) return [{ ...own, severity: "error", message }];
  const [first, ...rest] = placesOf(cause);
  if (first === undefined) return [];
  return [
    {
      rule: `diagnose/${cause.id}`,
      case: cause.kind,
      severity: "error",
      message,
      symptom: null,
      host: cause.joined?.host.name ?? "",
      at: first.place,
      label: null,
      link: [],
      related: rest.map(({ place, message: said }) => ({ place, message: said })),
      effect: cause.evidence.join("; "),
      help: { ways: [], notes: [] },
      certain: cause.certain,
      settle: null,
      fingerprint: `diagnose-${cause.id}`,
    },
  ];
}

function findingOfNotice({ id, said, evidence, next, place, pool }: Notice): readonly Finding[] {
  if (place === null) return [];
  return [
    {
      rule: `diagnose/${id}`,
      case: "notice",
      severity: "warning",
      message: said,
      symptom: null,
      host: "",
      at: place,
      label: null,
      link: [],
      related: [],
      effect: evidence.join("; "),
      help: { ways: [], notes: [next] },
      certain: true,
      settle: null,
      fingerprint: `diagnose-${id}-${pool ?? ""}`,
    },
  ];
}

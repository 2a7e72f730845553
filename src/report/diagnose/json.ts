import type { Cause } from "../../diagnose/cause.js";
import type { Diagnosis } from "../../diagnose/diagnose.js";
import { hoursOf } from "../../diagnose/hours.js";
import { shapeOf } from "../../diagnose/shape.js";
import { showTime } from "../../logs/time.js";
import { type Place, position } from "../../source/file.js";
import { helpLines } from "../help.js";
import { stringify } from "../json.js";
import { shownSample } from "./sample.js";
import { type Reading, topicOf } from "./text.js";

/** The same facts for programs. Keys are added, never changed. Times are those of the logs, which name no zone. */
export function diagnosisJson(
  diagnosis: Diagnosis,
  reading: Reading,
  meta: { readonly version: string },
): string {
  const { collector, logs, wanted, showRequests } = reading;
  const rate = collector.rates.perSecond;
  return stringify({
    version: 1,
    tool: { name: "fpmlint", version: meta.version },
    lost: diagnosis.lost,
    requests: diagnosis.requests,
    statuses: [...diagnosis.statuses].sort(([a], [b]) => a - b).map(([status, count]) => ({ status, count })),
    since: time(wanted.since),
    until: time(wanted.until),
    first: time(diagnosis.first),
    last: time(diagnosis.last),
    rate: rate === null ? null : { mean: round(rate.mean), peak: round(rate.peak) },
    pools: diagnosis.pools.map(({ pool, most, full, hours }) => ({
      name: pool,
      maxChildren: most,
      full,
      hours: hours.map((hour) => ({ at: time(hour.at), workers: hour.workers, full: hour.full })),
    })),
    notices: diagnosis.notices.map(({ id, pool, said, evidence, next, place }) => ({
      id,
      pool,
      said,
      evidence,
      next,
      ...placeJson(place),
    })),
    causes: diagnosis.causes.map((cause) => causeJson(cause, diagnosis, showRequests)),
    logs: logs.map(({ display, kind, bytes, problem }) => ({ file: display, kind, bytes, problem })),
    hosts: reading.hosts,
    uncounted: diagnosis.uncounted,
  });
}

function round(rate: number): number {
  return Math.round(rate * 100) / 100;
}

function time(at: number | null): string | null {
  return at === null ? null : showTime(at).replace(" ", "T");
}

function causeJson(cause: Cause, { first, last }: Diagnosis, whole: boolean): unknown {
  const shape = shapeOf(cause.groups, first, last);
  return {
    id: cause.id,
    kind: cause.kind,
    certain: cause.certain,
    title: cause.title,
    requests: cause.requests,
    when: shape.words,
    hours: hoursOf(cause.groups).map(({ at, count }) => ({ at: time(at), requests: count })),
    evidence: cause.evidence,
    explain: topicOf(cause),
    findings: cause.findings.map(({ rule, case: kind, severity, message, at, help, fingerprint }) => ({
      rule,
      case: kind,
      severity,
      message,
      ...placeJson(at),
      help: helpLines(help).join("\n"),
      fingerprint,
    })),
    decides: cause.decided.map(({ name, value, isDefault, place }) => ({
      name,
      value,
      isDefault,
      ...placeJson(place),
    })),
    pools: cause.joined?.pools.map(({ name }) => name) ?? [],
    check: cause.check,
    tell: cause.tell,
    groups: cause.groups.map((group) => ({
      signature: group.signature.id,
      by: group.signature.by,
      status: group.signature.status,
      server: group.server,
      upstream: group.upstream,
      pool: group.pool === "" ? null : group.pool,
      count: group.count,
      first: time(group.times.first),
      last: time(group.times.last),
      paths: [...group.paths]
        .sort(([, a], [, b]) => b - a)
        .slice(0, 10)
        .map(([path, count]) => ({ path, count })),
      line: whole ? group.sample.text : shownSample(group.sample, group.signature.id).text,
      log: group.sample.source,
    })),
  };
}

function placeJson(at: Place | null): {
  readonly file: string | null;
  readonly line: number | null;
  readonly column: number | null;
} {
  if (at === null) return { file: null, line: null, column: null };
  return { file: at.span.file.display, ...position(at.span.file, at.span.start) };
}

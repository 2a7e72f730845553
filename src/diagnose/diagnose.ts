/** From collected lines and hosts to causes, those with most lost requests first. */
import type { Signature } from "../causes/signature.js";
import { signatureTable } from "../causes/signatures/index.js";
import type { Finding } from "../engine/finding.js";
import { MINUTE } from "../logs/time.js";
import type { Host } from "../model/host.js";
import { groupBy, unique } from "../source/collect.js";
import { together } from "./alike.js";
import type { Cause, Verdict } from "./cause.js";
import type { Changed } from "./changes.js";
import type { AccessCounts, Collector } from "./collect.js";
import { decidedBy } from "./decided.js";
import { readTimeout } from "./evidence.js";
import type { PoolFill } from "./fill.js";
import type { Group } from "./groups.js";
import { type Joined, join } from "./join.js";
import type { JudgedHost } from "./judged-host.js";
import { type Notice, noticesOf } from "./notices.js";
import { predicting } from "./predicted.js";
import { refusalsOf } from "./refusals.js";
import { whyOf } from "./why.js";
import { isWorth, ordinaryNotFound } from "./worth.js";

export interface Diagnosis {
  readonly causes: readonly Cause[];
  /** Lost requests: as the access logs count them where they were read, else lines of the error logs. */
  readonly lost: number;
  /** Requests of the access logs; `null`: none was read. */
  readonly requests: number | null;
  /** Lost requests by their status, as the access logs have them. */
  readonly statuses: ReadonlyMap<number, number>;
  /** As `logs/time.ts` counts; `null`: nothing was lost, or no line has a time. */
  readonly first: number | null;
  readonly last: number | null;
  /** The pools of which PHP-FPM's log said how full they were. */
  readonly pools: readonly PoolFill[];
  /** What was seen, and lost no request as far as the logs tell. */
  readonly notices: readonly Notice[];
  /** Lines that are in no cause: there were more servers and upstreams than can be kept apart. */
  readonly uncounted: number;
}

/** `asked`: the statuses that were asked for; `null`: all that lose requests. */
export function diagnose(
  collected: Collector,
  hosts: readonly JudgedHost[],
  asked: ReadonlySet<number> | null,
): Diagnosis {
  // Where nginx's access log is missing, PHP-FPM's counts the requests.
  const access = collected.access.lines > 0 ? collected.access : collected.ofFpm;
  const requests = access.lines > 0 ? access.lines : null;
  const groups = collected.groups.all();
  const counted = requestsOf(groups);
  const judged = counted.map((group) => judge(group, collected, hosts));
  const notFound = ordinaryNotFound(counted);
  const worth = judged.filter(({ group, findings }) =>
    isWorth(group, { predicted: findings.length > 0, requests, asked, notFound }),
  );
  const causes = together(merged(withFollowing(worth)));
  const all = causes.length > 0 ? causes : fromAccess(access, hosts);
  const lines = causes.reduce((sum, one) => sum + one.requests, 0);
  const seen = [...access.lost.values()].reduce((sum, one) => sum + one, 0);
  const times = all.flatMap(({ groups }) =>
    groups.flatMap(({ times: { first, last } }) => [first ?? [], last ?? []].flat()),
  );
  const lost = Math.max(seen, lines);
  const fills = collected.fills.of(hosts.map(({ host }) => host));
  return {
    causes: [...all].sort(byLoss),
    lost: all.length === 0 ? 0 : lost,
    requests,
    statuses: access.lost,
    first: times.length > 0 ? Math.min(...times) : access.first,
    last: times.length > 0 ? Math.max(...times) : access.last,
    pools: fills,
    notices: [
      ...refusalsOf(collected.events, all),
      ...noticesOf(fills, collected.events, hosts, all, collected.pool),
    ],
    uncounted: collected.groups.others,
  };
}

/**
 * What PHP-FPM says of its workers, nginx has logged as a failed request; what PHP says of a script it has not where
 * PHP's log is the worker's output.
 */
function requestsOf(groups: readonly Group[]): readonly Group[] {
  const ofNginx = groups.filter(({ sample }) => sample.line.by === "nginx");
  if (ofNginx.length === 0) return groups;
  const known = new Set(ofNginx.map(({ signature }) => signature.id));
  return groups.filter(
    ({ sample, signature: { by, id, phase } }) =>
      sample.line.by === "nginx" || (by === "php" && phase === "script" && !known.has(id)),
  );
}

function byLoss(a: Cause, b: Cause): number {
  return b.requests - a.requests || Number(b.certain) - Number(a.certain) || (a.id < b.id ? -1 : 1);
}

interface Judged {
  readonly group: Group;
  readonly joined: Joined | null;
  readonly findings: readonly Finding[];
  readonly decided: ReturnType<typeof decidedBy>;
  readonly verdict: Verdict;
}

const NO_CHANGES = (): readonly Changed[] => [];

function judge(group: Group, collector: Collector, hosts: readonly JudgedHost[]): Judged {
  const found = hosts.map(({ host, findings, changes }) => {
    const joined = joinGroup(host, group);
    return {
      joined,
      changes,
      findings: predicting(findings, group.signature, joined),
      decided: decidedBy(group.signature, joined),
    };
  });
  const best =
    found.find(({ joined }) => joined.bindings.length > 0 || joined.pools.length > 0) ??
    found.find(({ joined }) => joined.server !== null) ??
    (found.length === 1 ? found[0] : undefined);
  const joined = best?.joined ?? null;
  const pools = group.pool === "" ? (joined?.pools ?? []).map(({ name }) => name) : [group.pool];
  const known = {
    group,
    joined,
    findings: best?.findings ?? [],
    decided: best?.decided ?? [],
    events: collector.events,
    fills: collector.fills,
    fpmRequests: collector.fpmRequests,
    pools,
    changes: best?.changes ?? NO_CHANGES,
    good: group.times.first === null ? null : collector.goodBefore(group.times.first),
    begin: collector.earliest,
  };
  return { ...known, verdict: whyOf(known) };
}

function joinGroup(host: Host, { parts, pool, sample }: Group): Joined {
  const socket = parts.get("socket");
  const address = socket === undefined ? (parts.get("address") ?? null) : `unix:${socket}`;
  return join(host, { request: sample.line.request, address, pool: pool === "" ? null : pool });
}

/** Lines that follow from others: why those were written is why these were. */
const FOLLOWS: ReadonlyMap<string, (other: Signature) => boolean> = new Map([
  // That no server of a group is tried has the cause that its servers failed for.
  ["no-live-upstreams", ({ phase, id }: Signature) => phase === "connect" && id !== "no-live-upstreams"],
  // Who waits too long hangs up.
  ["client-gone-waiting", ({ id }: Signature) => SLOW.has(id)],
]);

const SLOW: ReadonlySet<string> = new Set([
  "queue-full",
  "connect-timeout",
  "read-timeout",
  "read-timeout-body",
  "send-timeout",
]);

function withFollowing(all: readonly Judged[]): readonly Judged[] {
  return all.map((one) => {
    const isCause = FOLLOWS.get(one.group.signature.id);
    if (isCause === undefined || one.verdict.kind === "finding") return one;
    const other = all.find(
      ({ group }) =>
        group.server === one.group.server && isCause(group.signature) && isSameTime(group, one.group),
    );
    return other === undefined ? one : { ...one, verdict: other.verdict, joined: other.joined ?? one.joined };
  });
}

/** A timeout is as long as this at most, as a rule. */
const NEAR = 5 * MINUTE;

function isSameTime({ times: one }: Group, { times: other }: Group): boolean {
  if (one.first === null || one.last === null || other.first === null || other.last === null) return true;
  return one.first - NEAR <= other.last && other.first - NEAR <= one.last;
}

/** Groups with one cause in one pool, or at one location, are one. */
function merged(all: readonly Judged[]): readonly Cause[] {
  const key = ({ joined, verdict, group }: Judged): string => {
    const where = joined?.pools[0]?.name ?? joined?.bindings[0]?.label ?? group.upstream;
    return `${verdict.id}\0${verdict.kind === "finding" ? verdict.title : where}`;
  };
  return groupBy(all, key).map((same) => {
    const [{ verdict, joined, findings, decided }] = same;
    return {
      ...verdict,
      requests: same.reduce(
        (sum, { group }) => sum + (group.signature.counts === "request" ? group.count : 0),
        0,
      ),
      groups: same.map(({ group }) => group),
      joined,
      evidence: unique(same.flatMap((one) => one.verdict.evidence)).slice(0, 4),
      findings: verdict.kind === "finding" ? findings.filter(({ rule }) => rule === verdict.id) : [],
      decided,
    };
  });
}

/** Where no error log was read, what the access log alone can say of each status. */
function fromAccess(access: AccessCounts, hosts: readonly JudgedHost[]): readonly Cause[] {
  return [...access.lost].flatMap(([status, count]): readonly Cause[] => {
    const signature = signatureTable.get(`status-${status}`);
    const sample = access.samples.get(status);
    if (signature === null || sample === undefined) return [];
    if (status === 499 && count * 20 < access.lines) return [];
    const line = {
      by: "nginx" as const,
      time: sample.line.time,
      level: null,
      message: `status ${status}`,
      request: { server: "", method: sample.line.method, path: sample.line.path, upstream: "", host: "" },
    };
    const group: Group = {
      signature,
      server: "",
      upstream: "",
      pool: "",
      parts: new Map(),
      count,
      sample: { line, text: sample.text, source: sample.source },
      times: access.times,
      paths: access.paths,
      some: [],
    };
    const joined =
      hosts[0] === undefined ? null : join(hosts[0].host, { request: null, address: null, pool: null });
    return [
      {
        id: signature.id,
        kind: "unknown",
        title: signature.means,
        certain: false,
        requests: count,
        groups: [group],
        joined: null,
        evidence: clusters(access.seconds, readTimeout(joined)),
        findings: [],
        decided: [],
        check: null,
        tell: `nginx's error_log, which has the reason of each${access.seconds.length > 0 ? "" : "; and $request_time and $upstream_response_time in the log_format"}`,
      },
    ];
  });
}

/** Durations that are a limit tell which limit it was. */
function clusters(seconds: readonly number[], limit: number): readonly string[] {
  const near = seconds.filter((one) => Math.abs(one - limit) < 1).length;
  return near * 2 > seconds.length && seconds.length > 0
    ? [`${near} of ${seconds.length} took ${limit} s, which is fastcgi_read_timeout`]
    : [];
}

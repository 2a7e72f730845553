import { setting } from "../fpm/settings/lookup.js";
import { isLocal } from "../model/address/address.js";
import { maxChildren } from "../model/pool-size.js";
import { withCommas } from "../source/digits.js";
import type { Verdict } from "./cause.js";
import { ASKED } from "./events.js";
import { at, byFinding, byOutside, type Known, readTimeout } from "./evidence.js";

/** PHP-FPM says that it may start no more workers. */
const FULL = ["max-children", "process-max"] as const;

/** Nothing came within a limit of time: all workers were busy, or one script waits. */
export function whyTimeout(known: Known): Verdict {
  const { group, events, pools, findings } = known;
  const limit = readTimeout(known.joined);
  const none = withoutWorkers(known, limit);
  if (none !== null) return none;
  const full = events.of(FULL, pools);
  const during = events.share(group.some, full, limit * 1000 + 10_000, 0);
  if (during * 3 >= group.some.length && during > 0) {
    const [first] = events.near(group.some, full, limit * 1000 + 10_000, 0);
    const line =
      first?.id === "process-max" ? "process.max" : `pm.max_children = ${first?.parts.get("limit") ?? "?"}`;
    return byOutside("workers-busy", "event", true, [
      `${during} of ${group.some.length} came while all workers were busy: ${line} was reached ${at(first?.time ?? null)}`,
      ...findingLines(known),
    ]);
  }
  const frozen = findings.find(
    ({ rule }) =>
      rule === "timeout/reload-drops-requests" || rule === "timeout/read-zero" || rule === "pool/process-max",
  );
  const reloads = events.share(group.some, events.of(["reloading", ...ASKED]), limit * 1000 + 2000, 0);
  if (frozen?.rule === "timeout/reload-drops-requests" && reloads * 2 >= group.some.length && reloads > 0)
    return byFinding(frozen, [`${reloads} of ${group.some.length} were running when PHP-FPM reloaded`]);
  if (frozen !== undefined && frozen.rule !== "timeout/reload-drops-requests") return byFinding(frozen);
  const crowd = tooManyAtOnce(known, limit);
  const ran = whatRan(known, limit, crowd !== null);
  if (ran !== null) return ran;
  if (crowd !== null) return byOutside("workers-busy", "event", true, [crowd, ...findingLines(known)]);
  const slow = events.of(["slow", "terminated"], pools);
  const traced = events.near(group.some, slow, limit * 1000 + 5000, 5000);
  const [first] = traced;
  if (first !== undefined)
    return byOutside("script-waits", "event", true, [
      `PHP-FPM says that ${first.parts.get("script") ?? "a script"} ran for ${first.parts.get("seconds") ?? "too many"} seconds ${at(first.time)}`,
      ...findingLines(known),
    ]);
  return byOutside(
    "script-waits",
    "outside",
    group.paths.size <= 3,
    [...pathLine(known), ...findingLines(known)],
    "slowlog and request_slowlog_timeout = 5s in the pool: they name the function that waits",
  );
}

/** The code of a worker that could not become what its pool says. */
export const COULD_NOT_START = "70";

/** The pool has no worker, as each ends at once; `null`: nothing says so. */
function withoutWorkers({ group, events, pools }: Known, limit: number): Verdict | null {
  const ended = events.of(["child-code"], pools).filter(({ parts }) => parts.get("code") === COULD_NOT_START);
  const during = events.share(group.some, ended, limit * 1000 + 2000, 2000);
  if (during === 0 || during * 2 < group.some.length) return null;
  const verdict = byOutside("no-capabilities", "event", false, [
    `${during} of ${group.some.length} came while workers ended as soon as they were started, with code ${COULD_NOT_START}: ${ended.at(-1)?.message.slice(0, 120) ?? ""}`,
  ]);
  return {
    ...verdict,
    id: "child-start",
    title: "no worker of the pool can start, so nobody answers",
    tell: "catch_workers_output = yes in the pool: a worker says which step failed",
  };
}

/**
 * What PHP-FPM's access log says of the time: a request that ran for so long, or none; `null`: nothing. `isCrowded`:
 * there were more requests than workers, so one that ran for so long is not why the others waited.
 */
function whatRan(known: Known, limit: number, isCrowded: boolean): Verdict | null {
  const { group, fpmRequests, pools } = known;
  const { first, last } = group.times;
  if (first === null || last === null || !fpmRequests.isTimed(pools)) return null;
  // A request is logged with the time of its start; nginx gave up `limit` seconds after its own.
  const from = first - limit * 2000 - 2000;
  const long = fpmRequests.longer(pools, limit, from, last);
  const [longest] = long;
  if (longest !== undefined && isCrowded) return null;
  if (longest !== undefined)
    return byOutside("script-waits", "event", true, [
      `PHP-FPM's access log has ${long.length} of that time that ran for longer than ${limit} s, up to ${longest.seconds} s${longest.path === "" ? "" : ` (${longest.path})`}`,
      ...findingLines(known),
    ]);
  if (!fpmRequests.hasAll(pools, limit)) return null;
  if (!fpmRequests.anyBetween(pools, first - limit * 1000, last + limit * 1000)) return null;
  return byOutside("workers-busy", "event", true, [
    `no request of PHP-FPM's access log ran for ${limit} s at that time, so those that failed waited for a worker`,
    ...findingLines(known),
  ]);
}

function pathLine({ group }: Known): readonly string[] {
  const [top] = [...group.paths].sort(([, a], [, b]) => b - a);
  return top === undefined ? [] : [`${top[1]} of ${group.count} are requests for ${top[0]}`];
}

function findingLines({ findings }: Known): readonly string[] {
  return findings.slice(0, 1).map(({ rule, message }) => `${rule}: ${message}`);
}

/** A static pool says nowhere that it is full; more requests at once than it has workers cannot all be running. `null`: they can. */
function tooManyAtOnce({ group, joined }: Known, limit: number): string | null {
  const pools = joined?.pools ?? [];
  const workers = pools.map(maxChildren);
  if (workers.length === 0 || workers.includes(null)) return null;
  const most = workers.reduce<number>((sum, one) => sum + (one ?? 0), 0);
  const times = [...group.some].sort((a, b) => a - b);
  let from = 0;
  let crowd = 0;
  for (const [to, time] of times.entries()) {
    while ((times[from] ?? time) < time - limit * 1000) from += 1;
    crowd = Math.max(crowd, to - from + 1);
  }
  return crowd > most ? `${crowd} requests waited within ${limit} s, and the pool has ${most} workers` : null;
}

/** The queue of the socket was full, so all workers were busy; where it is tiny, that is why. */
export function whyQueueFull(known: Known): Verdict {
  const { fills, group, pools, findings } = known;
  const none = withoutWorkers(known, readTimeout(known.joined));
  if (none !== null) return none;
  const backlog = findings.find(({ rule }) => rule === "pool/backlog");
  if (backlog !== undefined) return byFinding(backlog, whenFull(known));
  const isStatic = (known.joined?.pools ?? []).some((pool) => {
    const pm = setting(pool, "pm");
    return pm.kind === "set" && pm.value === "static";
  });
  const quiet = fills.ownFull(pools) === 0 && isStatic;
  return byOutside("workers-busy", group.signature.id === "queue-full" ? "event" : "outside", true, [
    ...whenFull(known),
    ...(quiet ? ["the pool is static, and such a pool never logs that it is full"] : []),
  ]);
}

function whenFull({ events, fills, pools }: Known): readonly string[] {
  const last = events.of(FULL, pools).at(-1);
  return last === undefined
    ? []
    : [`the pool's workers were all busy, last ${at(last.time)} (${withCommas(fills.full(pools))} times)`];
}

/** No connection in time: a queue that is full, or packets that are dropped. */
export function whyConnectTimeout(known: Known): Verdict {
  const { findings, joined } = known;
  const [finding] = findings;
  if (finding !== undefined) return byFinding(finding, whenFull(known));
  const local = (joined?.targets ?? []).some(
    ({ address, pools }) => pools.length > 0 || (address.kind === "tcp" && isLocal(address)),
  );
  return local
    ? byOutside("workers-busy", "outside", true, [
        ...whenFull(known),
        "the program is on this machine, so its queue was full",
      ])
    : byOutside("firewall-drops", "outside", joined !== null, []);
}

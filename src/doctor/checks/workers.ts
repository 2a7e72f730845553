import { integer, seconds } from "../../fpm/pools.js";
import type { Pool } from "../../fpm/types.js";
import type { MachineFacts } from "../../live/facts.js";
import type { Address } from "../../model/address/address.js";
import { known, placeOf } from "../../source/effective.js";
import { type Answer, type Check, fine, type Look, unknown, wrong } from "../check.js";
import { type Full, type PoolFill, poolFills } from "../fill.js";
import { answerOf, isWhollyHeld, listenersAt, workersSaid } from "../seen.js";

/** From this part of the workers on, and of at least so many, a pool is nearly full. */
const NEARLY = 0.9;
const FEW = 5;

export const workers: Check = {
  id: "resources/workers",
  title: "each pool has a worker that is free",
  looksAt:
    "busy workers of the status page, or else those that hold a connection, against `pm.max_children` of the files; FastCGI's question for values, which a full pool does not answer; in a snapshot the same connections a second later",
  fires:
    "a pool has as many workers as it may have and none answers within a second, nobody took a connection that waited, or each held the same connection; all are busy by the status page, or nine of ten",
  silent:
    "the pool does not run, all its workers are stopped, or no location passes to it; all were busy for a moment, and one was free within a second",
  cannotTell:
    "the pool has no status page, and who is not root does not see its connections, or `fastcgi_keep_conn` lets idle workers hold some",
  judge(look) {
    return poolFills(look).flatMap((fill) =>
      fill.address === null || fill.workers === null || isWhollyHeld(look, fill.pool)
        ? []
        : [answerFor(look, fill, fill.address)],
    );
  },
};

function answerFor({ facts }: Look, fill: PoolFill, address: Address): Answer {
  const { pool, most, workers: count, busy, connected, full, status } = fill;
  const place = placeOf(integer(pool, "pm.max_children"));
  const fix = `fpmlint capacity says how many workers fit; ${whoKeepsThem(pool)}`;
  if (most === null) return unknown(`pm.max_children of pool ${pool.name} is not known`);
  if (full !== null)
    return wrong(
      "error",
      `pool ${pool.name} is full: ${most === 1 ? "its worker is" : `all ${most} workers are`} busy`,
      {
        evidence: [fullSaid(full, count ?? 0)],
        place,
        fix,
      },
    );
  if (status === null || busy === null) {
    if (connected !== null && (connected < most || isFreeSoon(facts, address))) {
      const said = `pool ${pool.name}: ${connected} of ${workersSaid(most)} held a connection`;
      return connected >= FEW && connected >= most * NEARLY
        ? wrong("warning", `pool ${pool.name} is nearly full`, { evidence: [said], place, fix })
        : fine(said);
    }
    if ((answerOf(facts, address)?.values ?? null) === null)
      return unknown(`pool ${pool.name} was not asked`);
    return unknown(`pool ${pool.name} has no status page that tells how many are busy`);
  }
  const evidence = [
    `${busy} of ${most} workers are busy`,
    ...(status.waiting ? [`${status.waiting} connections wait`] : []),
    ...(status.full ? [`all were busy ${status.full} times since the start`] : []),
  ];
  if (busy >= most)
    return wrong(
      "error",
      `pool ${pool.name} is full: ${most === 1 ? "its worker is" : `all ${most} workers are`} busy`,
      {
        evidence,
        place,
        fix,
      },
    );
  if (busy >= FEW && busy >= most * NEARLY)
    return wrong("warning", `pool ${pool.name} is nearly full`, { evidence, place, fix });
  return fine(`pool ${pool.name}: ${busy} of ${most} workers are busy`);
}

function fullSaid(full: Full, workers: number): string {
  switch (full.by) {
    case "silence":
      return `it has ${workersSaid(workers)}, and none answered within a second`;
    case "waiting":
      return `it has ${workersSaid(workers)}, and none took ${full.waiting === 1 ? "a connection that waited" : `${full.waiting} connections that waited`} for a second and longer`;
    case "held":
      return `${workers === 1 ? "its worker" : `each of its ${workers} workers`} held the same connection for a second and longer`;
  }
}

/** Whether a second was long enough for a worker to become free. */
function isFreeSoon(facts: MachineFacts, address: Address): boolean {
  return (
    answerOf(facts, address)?.values === "answered" ||
    listenersAt(facts, address).some(({ later }) => later !== null)
  );
}

/** Only a slow log names the scripts that keep workers, and a pool has none unless its files ask for it. */
function whoKeepsThem(pool: Pool): string {
  return known(seconds(pool, "request_slowlog_timeout")) === 0
    ? "slowlog and request_slowlog_timeout = 5s in the pool show which scripts keep them"
    : "the slow log, which fpmlint diagnose reads, shows which scripts keep them";
}

/** What the logs show where no cause of lost requests says so, here of pools that were full. */
import { setting } from "../fpm/settings/lookup.js";
import type { Pool } from "../fpm/types.js";
import { showTime } from "../logs/time.js";
import { maxChildren } from "../model/pool-size.js";
import { withCommas } from "../source/digits.js";
import { placeOf } from "../source/effective.js";
import type { Place } from "../source/file.js";
import type { Cause } from "./cause.js";
import { type Changed, wasChanged } from "./changes.js";
import type { Events } from "./events.js";
import type { PoolFill } from "./fill.js";
import type { JudgedHost } from "./judged-host.js";
import { hasRead, readsOf } from "./reads.js";

export interface Notice {
  readonly id:
    | "pool-full"
    | "pool-differs"
    | "nginx-refused"
    | "fpm-refused"
    | "workers-refused"
    | "connections-full";
  /** `null`: it is about none. */
  readonly pool: string | null;
  /** Lower case, no full stop. */
  readonly said: string;
  /** What it means, and what speaks against the files, a sentence each: lower case, no full stop. */
  readonly evidence: readonly string[];
  /** `pm.max_children` of the pool; `null`: no file has the pool, or several have one of this name. */
  readonly place: Place | null;
  /** What to do: lower case, no full stop. */
  readonly next: string;
}

/** Notices of pools, of those first that were full most often. `only`: the pool that was asked for; `null`: all. */
export function noticesOf(
  fills: readonly PoolFill[],
  events: Events,
  hosts: readonly JudgedHost[],
  causes: readonly Cause[],
  only: string | null,
): readonly Notice[] {
  return fills
    .filter(({ full, pool }) => full > 0 && (only === null || pool === only))
    .sort((a, b) => b.full - a.full)
    .flatMap((fill) => noticeOf(fill, events, hosts, causes) ?? []);
}

/** A pool of the files, with when these were changed. */
interface Own {
  readonly pool: Pool;
  readonly changes: JudgedHost["changes"];
}

function noticeOf(
  fill: PoolFill,
  events: Events,
  hosts: readonly JudgedHost[],
  causes: readonly Cause[],
): Notice | null {
  const { most, pool: name } = fill;
  const own = hosts.flatMap(({ host, changes }) =>
    host.pools.flatMap((pool): readonly Own[] => (pool.name === name ? [{ pool, changes }] : [])),
  );
  const same = own.filter(({ pool }) => maxChildren(pool) === most);
  const [only, ...others] = same.length > 0 ? same : own;
  const place =
    only === undefined || others.length > 0 ? null : placeOf(setting(only.pool, "pm.max_children"));
  const isOther = own.length > 0 && same.length === 0 && own.every(({ pool }) => maxChildren(pool) !== null);
  const said = `pool ${name} reached pm.max_children (${most}) ${howOften(fill)}`;
  if (isOther && only !== undefined) {
    const differs = others.length > 0 ? severalDiffer(own) : differsFrom(only, fill, events);
    return { id: "pool-differs", pool: name, said, ...differs, place };
  }
  if (causes.some((cause) => tellsOf(cause, name))) return null;
  return {
    id: "pool-full",
    pool: name,
    said,
    evidence: [
      "PHP-FPM wanted more workers than it may start: requests that find none free wait, and end as 504 or 502 when too many wait, or for too long",
    ],
    place,
    next: "fpmlint capacity says how many workers there is memory for; slowlog and request_slowlog_timeout in the pool show which scripts keep them",
  };
}

/** Whether a cause already says that the workers of the pool were busy. */
function tellsOf({ id, joined, groups }: Cause, name: string): boolean {
  const isAbout =
    joined?.pools.some((pool) => pool.name === name) === true || groups.some(({ pool }) => pool === name);
  return isAbout && (id === "workers-busy" || id.startsWith("pool/"));
}

function howOften({ first, full, last }: PoolFill): string {
  const often = full === 1 ? "once" : `${withCommas(full)} times`;
  if (first === null || last === null) return often;
  return first === last
    ? `${often}, at ${showTime(first)}`
    : `${often}, between ${showTime(first)} and ${showTime(last)}`;
}

const NOT_RELOADED = "reload PHP-FPM, so that it reads the file; fpmlint doctor says whether it has";
const MEANS_NOW = "nothing, if no such line comes with the number that the file has now";

function severalDiffer(own: readonly Own[]): Pick<Notice, "evidence" | "next"> {
  const numbers = own.map(({ pool }) => maxChildren(pool)).join(" and ");
  return {
    evidence: [
      `the files have several pools of this name, with ${numbers}: none was reloaded, or the line is of yet another`,
    ],
    next: NOT_RELOADED,
  };
}

/** The file has another number than the line. */
function differsFrom(
  { pool, changes }: Own,
  { last: time }: PoolFill,
  events: Events,
): Pick<Notice, "evidence" | "next"> {
  const written = setting(pool, "pm.max_children");
  const path = placeOf(written)?.span.file.path ?? null;
  const changed: Changed | null = changes().find((one) => one.path === path) ?? null;
  const now = `its file has ${maxChildren(pool) ?? "no number"}`;
  if (changed === null || time === null)
    return {
      evidence: [`${now}: it was changed, and PHP-FPM was not reloaded, or the line is of another pool`],
      next: NOT_RELOADED,
    };
  const read = readsOf(events, "php-fpm").findLast((one) => hasRead(one, changed));
  if (changed.time < time)
    return {
      evidence: [
        `${now}, and ${wasChanged(changed)}, before the last of these lines: PHP-FPM was not reloaded, or the line is of another pool`,
      ],
      next: NOT_RELOADED,
    };
  if (read?.time != null)
    return {
      evidence: [`${now}: ${wasChanged(changed)}, and PHP-FPM read it at ${showTime(read.time)}`],
      next: MEANS_NOW,
    };
  return {
    evidence: [`${now}: ${wasChanged(changed)}, and these logs show no reload of PHP-FPM since then`],
    next: NOT_RELOADED,
  };
}

import { showTime } from "../../capacity/size.js";
import { short } from "../../sizing/bounds.js";
import type { PoolLoad } from "../../sizing/load.js";
import type { HostCapacity, PoolCapacity } from "../../sizing/result.js";
import { escapeText } from "../terminal/escape.js";
import { table, wrap } from "../terminal/width.js";
import { shortened } from "./bars.js";

/** What memory allows, what the processors can use and what the requests need, side by side. */

const NAMES = { fits: "memory", useful: "cores", needed: "requests" } as const;

export function limitLines(found: HostCapacity, width: number): readonly string[] {
  const { pools, plan } = found;
  const head = ["pool", "memory allows", "the cores can use", "the requests need", "least"];
  const rows = pools.map(({ name, limits: { fits, useful, needed, least } }) => [
    shortened(name),
    String(fits.workers ?? "?"),
    useful.workers === null && useful.least !== null
      ? `${useful.least} to ${useful.most}`
      : shown(useful.workers),
    needed.workers === null && plan.overload !== null ? "no number is enough" : shown(needed.workers),
    NAMES[least],
  ]);
  const reasons = [
    // The sum of memory stands above where nothing else has a say.
    ...pools.flatMap((pool) =>
      pool.because === pool.limits.fits.because ? [] : [of(pool, NAMES.fits, pool.limits.fits.because)],
    ),
    ...reasonsFor(pools, "useful"),
    ...reasonsFor(pools, "needed"),
    ...pools.flatMap((pool) => (pool.load === null ? [] : [of(pool, "measured", loadInWords(pool.load))])),
  ];
  return [
    ...table([head, ...rows].map((row) => row.map(escapeText))),
    "",
    ...reasons.flatMap((reason) => wrap(escapeText(reason), width - 4)),
  ];
}

function shown(workers: number | null): string {
  return workers === null ? "?" : String(workers);
}

/** One line for all pools where it is the same for all. */
function reasonsFor(pools: readonly PoolCapacity[], limit: "useful" | "needed"): readonly string[] {
  const reasons = new Set(pools.map(({ limits }) => limits[limit].because));
  return reasons.size === 1
    ? [...reasons].map((because) => `${NAMES[limit]}: ${because}`)
    : pools.map((pool) => of(pool, NAMES[limit], pool.limits[limit].because));
}

function of({ name }: PoolCapacity, limit: string, because: string): string {
  return `${shortened(name)}, ${limit}: ${because}`;
}

/** `0.6 cores busy, 40 requests/s of 250 ms, 15 % of it computing, within 1 s`. */
function loadInWords({ seconds, cores, rate, mean, share }: PoolLoad): string {
  const requests =
    rate === null ? [] : [`${short(rate)} requests/s${mean === null ? "" : ` of ${showTime(mean)}`}`];
  const computing = share === null ? [] : [`${short(share * 100)} % of it computing`];
  const parts = [`${cores === 0 ? "no" : short(cores)} cores busy`, ...requests, ...computing];
  return `${parts.join(", ")}, within ${showTime(seconds)}`;
}

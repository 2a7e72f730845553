import { showSize } from "../capacity/size.js";
import { ASSUMED_WORKER, totalOf } from "../capacity/sum.js";
import { phpValue, setting } from "../fpm/pools.js";
import type { Pool } from "../fpm/types.js";
import type { Host } from "../model/host.js";
import { maxChildren } from "../model/pool-size.js";
import { parseIniBytes } from "../php/ini.js";
import { placeOf } from "../source/effective.js";
import type { RelatedReport } from "./rule.js";

/** The sum of all pools of a host against its memory, in bytes and in words. */

export interface SizedPool {
  readonly pool: Pool;
  readonly count: number;
  /** Of one worker. */
  readonly bytes: number;
}

/** Every pool with its `pm.max_children`; `null` when one of them is not known. */
export function sizedPools(host: Host, bytesOf: (pool: Pool) => number | null): readonly SizedPool[] | null {
  const found: SizedPool[] = [];
  for (const pool of host.pools) {
    const [count, bytes] = [maxChildren(pool), bytesOf(pool)];
    if (count === null || bytes === null) return null;
    found.push({ pool, count, bytes });
  }
  return found.length === 0 || host.masters.some(({ partial }) => partial) ? null : found;
}

/** What somebody measured, else what a worker is taken to need. */
export function workerSize({ workerSize: given }: Host): number {
  return given ?? ASSUMED_WORKER;
}

/** PHP's `memory_limit` of a pool: `Infinity` without limit, `null` when it is not known or no size. */
export function memoryLimit({ whole }: Host, pool: Pool): number | null {
  const value = phpValue(pool, "memory_limit");
  if (value.kind === "unknown" || value.value === null) return null;
  // Without any php.ini in the tree the default is only known where it would be there.
  if (value.kind === "default" && pool.master.ini.files.length === 0 && !whole) return null;
  if (!/^\s*-?\d+\s*[kmg]?\s*$/i.test(value.value)) return null;
  const bytes = parseIniBytes(value.value);
  return bytes < 0 ? Infinity : bytes === 0 ? null : bytes;
}

/** `5 × 63 MiB + 20 × 63 MiB = 1.5 GiB`. */
export function sumInWords(pools: readonly SizedPool[]): string {
  const terms = pools.slice(0, MOST_TERMS).map(({ count, bytes }) => `${count} × ${showSize(bytes)}`);
  const more = pools.length > MOST_TERMS ? ` + ${pools.length - MOST_TERMS} more pools` : "";
  return `${terms.join(" + ")}${more} = ${showSize(totalOf(pools))}`;
}

const MOST_TERMS = 6;

export function sharesOf(pools: readonly SizedPool[]): readonly RelatedReport[] {
  return pools.flatMap(({ pool, count, bytes }) => {
    const place = placeOf(setting(pool, "pm.max_children"));
    const share = `pool [${pool.name}]: ${count} × ${showSize(bytes)} = ${showSize(count * bytes)}`;
    return place === null ? [] : [{ place, message: share }];
  });
}

/** The counts that packages ship in `www.conf`: Debian's and Alpine's, and Red Hat's. */
const STOCK = new Set([5, 50]);

/** Whether nobody has chosen the sizes yet: one pool, as the distribution ships it. */
export function isStock(pools: readonly SizedPool[]): boolean {
  return pools.every(
    ({ pool, count }) =>
      STOCK.has(count) && pool.name === "www" && pool.section.span.file.path.endsWith("/www.conf"),
  );
}

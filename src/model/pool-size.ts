import { integer, setting } from "../fpm/pools.js";
import { readProcessManager } from "../fpm/settings/values.js";
import type { Pool } from "../fpm/types.js";
import { argument, childrenNamed } from "../nginx/tree/nodes.js";
import { type Effective, known } from "../source/effective.js";
import type { NginxHost } from "./host.js";

/** How many workers either daemon starts. `null` always means: not known. */

/** The values of `pm`. */
export type ProcessManager = "static" | "dynamic" | "ondemand";

/** The `pm` of a pool; `null`: also if PHP-FPM refuses it. */
export function processManager(pool: Pool): ProcessManager | null {
  const text = known(setting(pool, "pm"));
  const reading = text === undefined || text === null ? null : readProcessManager(text);
  const name = reading?.ok === true ? reading.value : null;
  return name === "static" || name === "dynamic" || name === "ondemand" ? name : null;
}

/** `pm.max_children`; `null`: also if PHP-FPM refuses it. */
export function maxChildren(pool: Pool): number | null {
  return positive(integer(pool, "pm.max_children"));
}

/** The number of workers that a pool starts with before any request comes. */
export function workersAtStart(pool: Pool): number | null {
  const max = maxChildren(pool);
  switch (processManager(pool)) {
    case "static":
      return max;
    case "ondemand":
      return 0;
    case "dynamic": {
      const [least, most] = [
        positive(integer(pool, "pm.min_spare_servers")),
        positive(integer(pool, "pm.max_spare_servers")),
      ];
      const start = integer(pool, "pm.start_servers");
      if (start.kind === "unknown" || least === null || most === null) return null;
      // What PHP-FPM computes when none is written.
      return start.value !== null && start.value > 0 ? start.value : least + Math.floor((most - least) / 2);
    }
    case null:
      return null;
  }
}

/** How a dynamic pool grows while all its workers are busy. */
export interface Growth {
  readonly start: number;
  readonly max: number;
  /** `pm.min_spare_servers`: as many are kept idle at least. */
  readonly spare: number;
  /** `pm.max_spawn_rate`. */
  readonly rate: number;
}

/** The most workers that are started at once: PHP-FPM doubles a number, from 1 on, until it reaches the rate. */
export function workersPerSecond({ spare, rate }: Pick<Growth, "spare" | "rate">): number {
  return Math.min(spare, 2 ** Math.ceil(Math.log2(Math.max(rate, 1))));
}

/** Seconds to grow from the first workers to all of them; PHP-FPM checks once a second. */
export function secondsToGrow(growth: Growth): number {
  const most = workersPerSecond(growth);
  let [count, seconds, step] = [growth.start, 0, 1];
  for (; step < most && count < growth.max; step *= 2) {
    count += step;
    seconds += 1;
  }
  return seconds + Math.ceil(Math.max(0, growth.max - count) / most);
}

/** How a pool grows; `null`: one of the numbers is not known. */
export function growthOf(pool: Pool): Growth | null {
  const [start, max] = [workersAtStart(pool), maxChildren(pool)];
  const spare = positive(integer(pool, "pm.min_spare_servers"));
  const rate = positive(integer(pool, "pm.max_spawn_rate"));
  return start === null || max === null || spare === null || rate === null
    ? null
    : { start, max, spare, rate };
}

function positive(value: Effective<number | null>): number | null {
  const number = known(value);
  return number === undefined || number === null || number < 1 ? null : number;
}

/** nginx's `worker_processes`; `auto` counts as `cores`, or as 1 if these are unknown. */
export function nginxWorkers({ root, hasMain }: NginxHost, cores: number | null = null): number | null {
  const written = childrenNamed(root, "worker_processes").at(-1);
  if (written === undefined) return hasMain && !root.partial ? 1 : null;
  const text = argument(written, 0) ?? "";
  if (text === "auto") return cores ?? 1;
  return /^\d+$/.test(text) && Number(text) > 0 ? Number(text) : null;
}

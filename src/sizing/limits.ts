import type { PoolPlan } from "../capacity/plan.js";
import { MOST_WORKERS } from "../capacity/recommend.js";
import { globalSetting, integer } from "../fpm/pools.js";
import { fpmDefault } from "../fpm/settings/facts.js";
import { readInteger } from "../fpm/settings/values.js";
import type { Host, NginxHost } from "../model/host.js";
import { growthOf, nginxWorkers, secondsToGrow } from "../model/pool-size.js";
import { nginxDefault } from "../nginx/facts/directives.js";
import { argument, childrenNamed } from "../nginx/tree/nodes.js";
import { known, placeOf } from "../source/effective.js";
import type { Backlog, NginxCapacity, PoolCapacity, PoolFacts, ProcessMax } from "./result.js";

/** What bounds the workers of a plan apart from memory: the queue, the ramp, `process.max`, nginx. */

/**
 * The queue of a pool. `most`: `net.core.somaxconn`. `null`: without a demand, where the workers cannot
 * keep up with it, or where it is unknown how long nginx waits, nothing can be said about queueing.
 */
export function backlogOf(
  { pool, readTimeout }: PoolFacts,
  { max, demand }: PoolPlan,
  most: number | null,
): Backlog | null {
  // A queue that grows without end is not answered with a length.
  if (demand?.waiting.mean === null) return null;
  if (pool === null || demand === null || readTimeout === null || readTimeout <= 0) return null;
  const size = known(integer(pool, "listen.backlog"));
  // -1 means as many as the kernel allows.
  const listen = size === undefined || size === null ? null : size < 0 ? most : size;
  return { worth: Math.floor((max * readTimeout) / demand.mean), listen, most };
}

/** Seconds to reach all workers of the plan: PHP-FPM starts some once a second, doubling up to the spare ones. */
export function rampOf({ pool }: PoolFacts, { settings, max }: PoolPlan): number | null {
  const [start, spare] = [settings["pm.start_servers"], settings["pm.min_spare_servers"]];
  if (typeof start !== "number" || typeof spare !== "number") return null;
  const own = pool === null ? null : growthOf(pool)?.rate;
  const rate = own ?? Number(fpmDefault("pm.max_spawn_rate", "pool", null) ?? 1);
  return secondsToGrow({ start, max, spare, rate });
}

/** Each `process.max` that would hold back workers of the plan. */
export function processMaxOf(host: Host, pools: readonly PoolCapacity[]): readonly ProcessMax[] {
  return host.masters.flatMap((master) => {
    const value = globalSetting(master, "process.max");
    const reading = value.kind === "set" ? readInteger(value.value ?? "") : null;
    const place = placeOf(value);
    if (place === null || reading?.ok !== true || reading.value <= 0) return [];
    const own = pools.filter(({ pool }) => pool?.master === master);
    // PHP-FPM reads only the low 32 bits of a larger number.
    const workers = Math.min(
      own.reduce((sum, { plan }) => sum + plan.max, 0),
      MOST_WORKERS,
    );
    return workers > reading.value ? [{ now: reading.value, recommended: workers, place, master }] : [];
  });
}

/** What nginx has room for; `null`: there is no nginx, or its numbers are unknown. */
export function nginxOf({ nginx }: Host, cores: number | null): NginxCapacity | null {
  if (nginx === null || (cores === null && isAuto(nginx))) return null;
  const workers = nginxWorkers(nginx, cores === null ? null : Math.ceil(cores));
  const [events] = childrenNamed(nginx.root, "events");
  if (workers === null || events === undefined || events.partial) return null;
  const written = childrenNamed(events, "worker_connections").at(-1);
  const standard = nginxDefault("worker_connections");
  const connections = Number(written === undefined ? standard : (argument(written, 0) ?? ""));
  return Number.isSafeInteger(connections) && connections > 0
    ? { workers, connections, requests: Math.floor((workers * connections) / 2) }
    : null;
}

/** Whether nginx starts one worker for each processor. */
function isAuto({ root }: NginxHost): boolean {
  const written = childrenNamed(root, "worker_processes").at(-1);
  return written !== undefined && argument(written, 0) === "auto";
}

/** The settings of a pool that go with a number of workers. */

export type Manager = "static" | "dynamic" | "ondemand";

/** What is written into the pool, in the order of FPM's own files; only what this `pm` reads. */
export type PoolSettings = Readonly<Record<string, string | number>>;

/** Of many pools on one host most may sleep; fewer can all be kept ready. */
const MANY_POOLS = 8;

export interface ManagedPool {
  /** What the pool has now; `null`: nothing that could be read. */
  readonly manager: Manager | null;
  /** Whether its size rests on workers that were measured, not on a guess. */
  readonly measured: boolean;
  /** Whether its workers are in use most of the time. */
  readonly busy: boolean;
}

/**
 * `static` for the one busy pool of a host whose workers were measured: nobody else wants the memory,
 * and no worker has to be started first. `ondemand` stays where many pools share a host and most of
 * them are so already. `dynamic` otherwise.
 */
export function managersFor(pools: readonly ManagedPool[]): readonly Manager[] {
  const sleeping = pools.filter(({ manager }) => manager === "ondemand").length;
  const mostSleep = pools.length >= MANY_POOLS && sleeping * 2 > pools.length;
  return pools.map(({ manager, measured, busy }) => {
    if (pools.length === 1 && measured && busy) return "static";
    return mostSleep && manager === "ondemand" ? "ondemand" : "dynamic";
  });
}

/** PHP-FPM keeps the number of workers in 32 bits, and refuses what it reads of a larger one. */
export const MOST_WORKERS = 2 ** 31 - 1;

/** Requests after which a worker is replaced where nobody chose a number: hours, not minutes. */
const REQUESTS = 1000;

/**
 * A set that PHP-FPM accepts. `requests`: the pool's `pm.max_requests`; 0 or `null` (its default, 0)
 * lets a worker grow for ever, and then its measured size does not hold. Idle workers of `ondemand`
 * end anyway. `spawnRate`: `pm.max_spawn_rate` in the place of one that only `dynamic` refuses;
 * `idleTimeout`: `pm.process_idle_timeout`, in seconds, in the place of one that only `ondemand`
 * refuses. `null`: what the pool has will do.
 */
export function settingsFor(
  pm: Manager,
  max: number,
  requests: number | null,
  spawnRate: number | null,
  idleTimeout: number | null = null,
): PoolSettings {
  const counts =
    pm === "dynamic"
      ? {
          "pm.start_servers": Math.ceil(max / 4),
          "pm.min_spare_servers": Math.ceil(max / 8),
          "pm.max_spare_servers": Math.ceil(max / 2),
          ...(spawnRate === null ? {} : { "pm.max_spawn_rate": spawnRate }),
        }
      : {};
  const kept = requests !== null && requests > 0 ? requests : pm === "ondemand" ? null : REQUESTS;
  const recycled = kept === null ? {} : { "pm.max_requests": kept };
  const idle = pm === "ondemand" && idleTimeout !== null ? { "pm.process_idle_timeout": idleTimeout } : {};
  return { pm, "pm.max_children": max, ...counts, ...idle, ...recycled };
}

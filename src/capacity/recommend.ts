/** The settings of a pool that suit a number of workers. */

/** The values of `pm`. */
export type Manager = "static" | "dynamic" | "ondemand";

/** The settings to write into the pool, in the order of PHP-FPM's own files; only those that this `pm` reads. */
export type PoolSettings = Readonly<Record<string, string | number>>;

/** With this many pools on a host most may sleep; fewer can all be kept ready. */
const MANY_POOLS = 8;

/** What the choice of `pm` depends on. */
export interface ManagedPool {
  /** The pool's `pm` now; `null`: not known. */
  readonly manager: Manager | null;
  /** Whether the size of its workers was measured, rather than guessed. */
  readonly measured: boolean;
  /** Whether its workers are in use most of the time. */
  readonly busy: boolean;
}

/**
 * The `pm` of each pool, in their order. `static` for the only pool of a host if it is busy and its
 * workers were measured: nothing else wants the memory, and no worker has to be started first.
 * `ondemand` stays where many pools share a host and most of them are already ondemand. Otherwise
 * `dynamic`.
 */
export function managersFor(pools: readonly ManagedPool[]): readonly Manager[] {
  const sleeping = pools.filter(({ manager }) => manager === "ondemand").length;
  const mostSleep = pools.length >= MANY_POOLS && sleeping * 2 > pools.length;
  return pools.map(({ manager, measured, busy }) => {
    if (pools.length === 1 && measured && busy) return "static";
    return mostSleep && manager === "ondemand" ? "ondemand" : "dynamic";
  });
}

/** The largest `pm.max_children`: PHP-FPM keeps it in 32 bits, and refuses what it reads of a larger one. */
export const MOST_WORKERS = 2 ** 31 - 1;

/** Requests after which a worker is replaced where nobody chose a number: hours, not minutes. */
const REQUESTS = 1000;

/**
 * Settings that PHP-FPM accepts. `requests`: the pool's `pm.max_requests`; 0 or `null` (its default, 0)
 * lets a worker grow forever, and then its measured size is no longer right. Idle workers of `ondemand`
 * end anyway. `spawnRate`: the `pm.max_spawn_rate` that replaces one that only `dynamic` refuses;
 * `idleTimeout`: the `pm.process_idle_timeout`, in seconds, that replaces one that only `ondemand`
 * refuses. `null`: what the pool has is fine.
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

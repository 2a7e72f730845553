import { showTime } from "../capacity/size.js";
import { keptByPool } from "../evidence/kept-connections.js";
import type { Pool } from "../fpm/types.js";
import type { Host } from "../model/host.js";
import { poolListens } from "../model/listen/pool-listens.js";
import type { HostPlan, PoolCapacity } from "./result.js";

/** What would break between nginx and the workers of a plan; sentences without a full stop. */

/** What meant "no limit" in PHP-FPM before -1 did; nobody means it as a number. */
const NO_LIMIT = 65535;

/** `1 worker`, `30 workers`. */
export function workersInWords(count: number): string {
  return `${count} ${count === 1 ? "worker" : "workers"}`;
}

/** What is wrong with the queues in front of the pools. */
export function queueWarnings(host: Host, { pools }: HostPlan): readonly string[] {
  const onSocket = new Map(
    poolListens(host).listens.map(({ pool, address }) => [pool, address?.kind === "unix"]),
  );
  return pools.flatMap((one) => {
    const { name, backlog } = one;
    if (backlog === null) return [];
    const { worth, listen, most } = backlog;
    const room = listen === null ? null : Math.min(listen, most ?? listen);
    const cut = listen !== null && listen !== NO_LIMIT && most !== null && most < listen;
    return [
      ...(cut
        ? [`listen.backlog of pool ${name} is ${listen}, but net.core.somaxconn cuts it to ${most}`]
        : []),
      ...(room !== null && room > worth ? inVain(one, room, worth, onSocket) : []),
    ];
  });
}

/** A full queue of a Unix socket refuses at once; on TCP nginx keeps trying, and a shorter queue fails no sooner. */
function inVain(
  { name, pool, readTimeout, plan: { max, demand } }: PoolCapacity,
  room: number,
  worth: number,
  onSocket: ReadonlyMap<Pool, boolean>,
): readonly string[] {
  if (demand === null) return [];
  const sum = `${workersInWords(max)} × ${showTime(readTimeout ?? 0)} / ${showTime(demand.mean)}`;
  const instead =
    pool !== null && onSocket.get(pool) === true
      ? `listen.backlog = ${Math.max(1, worth)} fails the others at once instead of late`
      : "the others wait in vain";
  return [
    `up to ${room} requests may queue for pool ${name}, but only ${worth} are answered before nginx gives up (${sum}): ${instead}`,
  ];
}

/** What nginx has too little room for, or holds too much of. */
export function nginxWarnings(host: Host, { pools, nginx: limits }: HostPlan): readonly string[] {
  const workers = pools.reduce((sum, { plan }) => sum + plan.max, 0);
  const few =
    limits !== null && limits.requests <= workers
      ? [
          `nginx has connections for ${limits.requests} requests at a time (worker_processes ${limits.workers} × worker_connections ${limits.connections} / 2), which is not more than the ${workersInWords(workers)}: raise worker_connections`,
        ]
      : [];
  if (host.nginx === null) return few;
  const kept = keptByPool(host, host.nginx);
  const factor = limits === null ? "keepalive, in each worker of nginx" : "keepalive × worker_processes";
  const pinned = pools.flatMap(({ name, pool, plan: { max } }) => {
    const sum = (pool === null ? [] : (kept.get(pool) ?? [])).reduce((total, { count }) => total + count, 0);
    const idle = sum * (limits?.workers ?? 1);
    return idle >= max && sum > 0
      ? [
          `nginx may keep ${idle} idle connections to pool ${name} (${factor}), each of which holds a worker, and the pool has ${workersInWords(max)}: keepalive must stay below that`,
        ]
      : [];
  });
  return [...few, ...pinned];
}

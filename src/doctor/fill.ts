import type { Pool } from "../fpm/types.js";
import { poolAddresses } from "../live/places.js";
import { type PoolStatus, statusPage } from "../live/status-page.js";
import type { Address } from "../model/address/address.js";
import type { Host } from "../model/host.js";
import { maxChildren } from "../model/pool-size.js";
import { effectiveFlag } from "../nginx/tree/effective.js";
import { perKey } from "../source/memo.js";
import type { Look } from "./check.js";
import { answerOf, listenersAt, runningFpm, workersOf } from "./seen.js";

type Seen = Pick<Look, "host" | "facts">;

/** How full a running pool was. */
export interface PoolFill {
  readonly pool: Pool;
  /** An address with which a location passes to it; `null`: none does. */
  readonly address: Address | null;
  /** `pm.max_children`; `null`: not known. */
  readonly most: number | null;
  /** Workers that run; `null`: its master does not run, or cannot be seen. */
  readonly workers: number | null;
  /** Those that answered a request, without the one that told it; `null`: nobody told. */
  readonly busy: number | null;
  /** Those that hold a connection; `null`: their sockets were hidden, or nginx may keep connections without a request. */
  readonly connected: number | null;
  /** There are as many workers as there may be, and this shows that all are busy; `null`: nothing does. */
  readonly full: Full | null;
  /** What its status page said; `null`: it has none, or none answered. */
  readonly status: PoolStatus | null;
}

/** What shows that a pool is full. */
export type Full =
  /** No worker answered within a second. */
  | { readonly by: "silence" }
  /** So many connections waited, and nobody took one for a second and longer. */
  | { readonly by: "waiting"; readonly waiting: number }
  /** Each worker held the same connection for a second and longer. */
  | { readonly by: "held" };

/** How full each pool of a host is, in the order of the host. */
export function poolFills(look: Seen): readonly PoolFill[] {
  const { host, facts } = look;
  const addresses = poolAddresses(host);
  const statuses = new Map(
    facts.pages.flatMap(({ key, pool, status }) =>
      key === "pm.status_path" && status !== null ? [[pool, status] as const] : [],
    ),
  );
  return host.pools.map((pool, number) => {
    const address = addresses.get(pool) ?? null;
    const most = maxChildren(pool);
    const running = runningFpm(look, pool.master) === null ? null : workersOf(look, pool);
    const workers = running?.length ?? null;
    const connected = address === null || running === null ? null : connectedOf(look, pool, address, running);
    const isWhole = most !== null && workers !== null && workers >= most;
    const full =
      address !== null && running !== null && isWhole ? fullBy(look, pool, address, running) : null;
    const status = statuses.get(number) ?? null;
    const own = statusPage(host, pool)?.counted === true ? 1 : 0;
    const told = status === null ? null : Math.max(0, status.active - own);
    return { pool, address, most, workers, busy: full !== null ? most : told, connected, full, status };
  });
}

type Workers = ReturnType<typeof workersOf>;

function fullBy(look: Seen, pool: Pool, address: Address, workers: Workers): Full | null {
  if (answerOf(look.facts, address)?.values === "silent") return { by: "silence" };
  const laters = listenersAt(look.facts, address).map(({ later }) => later);
  const waiting = laters.reduce((sum, later) => sum + (later?.waiting ?? 0), 0);
  if (waiting > 0) return { by: "waiting", waiting };
  if (workers.length === 0 || mayKeep(look.host, pool)) return null;
  const same = new Set(laters.flatMap((later) => later?.taken ?? []));
  return workers.every(({ sockets }) => sockets?.some((one) => same.has(one)) === true)
    ? { by: "held" }
    : null;
}

function connectedOf(look: Seen, pool: Pool, address: Address, workers: Workers): number | null {
  if (workers.some(({ sockets }) => sockets === null) || mayKeep(look.host, pool)) return null;
  const taken = new Set(listenersAt(look.facts, address).flatMap((one) => one.taken));
  return workers.filter(({ sockets }) => sockets?.some((one) => taken.has(one)) === true).length;
}

/** Pools to which nginx may keep a connection when a request is over: it holds a worker that does nothing. */
const kept = perKey(
  ({ bindings }: Host) =>
    new Set(
      bindings.flatMap(({ block, targets }) => {
        const keeps = effectiveFlag(block, "fastcgi_keep_conn");
        const isOff = keeps.kind !== "unknown" && !keeps.value;
        return isOff ? [] : targets.flatMap(({ pools }) => pools);
      }),
    ),
);

function mayKeep(host: Host, pool: Pool): boolean {
  return kept(host).has(pool);
}

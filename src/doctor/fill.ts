import type { Pool } from "../fpm/types.js";
import { poolAddresses } from "../live/places.js";
import { type PoolStatus, statusPage } from "../live/status-page.js";
import type { Address } from "../model/address/address.js";
import { maxChildren } from "../model/pool-size.js";
import type { Look } from "./check.js";
import { answerOf, runningFpm, workersOf } from "./seen.js";

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
  /** Nobody told because no worker answered, and there are as many as there may be. */
  readonly silent: boolean;
  /** What its status page said; `null`: it has none, or none answered. */
  readonly status: PoolStatus | null;
}

/** How full each pool of a host is, in the order of the host. */
export function poolFills(look: Pick<Look, "host" | "facts">): readonly PoolFill[] {
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
    const workers = runningFpm(look, pool.master) === null ? null : workersOf(look, pool).length;
    const values = address === null ? null : (answerOf(facts, address)?.values ?? null);
    const silent = most !== null && workers !== null && values === "silent" && workers >= most;
    const status = statuses.get(number) ?? null;
    const own = statusPage(host, pool)?.counted === true ? 1 : 0;
    const told = status === null ? null : Math.max(0, status.active - own);
    return { pool, address, most, workers, busy: silent ? most : told, silent, status };
  });
}

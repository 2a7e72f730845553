import type { Pool } from "../fpm/types.js";
import { textOf } from "../host/text.js";
import type { Host } from "../model/host.js";
import { onlineCores } from "../model/machine/cores.js";
import { type Kills, oomKills } from "../model/machine/kills.js";
import { type Measured, measure, othersUse } from "../model/machine/measured.js";
import { runningMasters } from "../model/machine/processes.js";
import type { PoolLoad } from "./load.js";
import { NOBODY, type SeenWorkers, smallWorkers, together } from "./small-workers.js";

/** What only the running machine can tell; all `null` for files elsewhere. */
export interface LiveHost {
  readonly live: boolean;
  readonly measured: Measured | null;
  /** What everything except PHP-FPM uses. */
  readonly others: { readonly bytes: number; readonly source: string } | null;
  readonly cores: { readonly count: number; readonly source: string } | null;
  /** Processes that the kernel has killed for want of memory; `null`: none that is known. */
  readonly kills: Kills | null;
  /** What the workers of each pool did while they were looked at; empty where nobody looked twice. */
  readonly loads: ReadonlyMap<Pool, PoolLoad>;
  /** Whether its small workers had a request when they were looked at. */
  readonly seen: SeenWorkers;
  /** `net.core.somaxconn`; `null`: not known. */
  readonly somaxconn: number | null;
}

/** What looks before this one told. */
export type Looked = Pick<LiveHost, "loads" | "seen">;

const NOT_LOOKED: Looked = { loads: new Map(), seen: NOBODY };

/** How many looks at the workers there are before this one. */
const LOOKS_BEFORE = 2;

/** Looks at the running machine; `live`: whether the host is this machine. */
export function liveHost({ fs, masters, memory }: Host, live: boolean, looked = NOT_LOOKED): LiveHost {
  if (!live)
    return { live, ...NOT_LOOKED, measured: null, others: null, cores: null, kills: null, somaxconn: null };
  const running = runningMasters(fs, masters);
  const limit = Number(textOf(fs, "/proc/sys/net/core/somaxconn").trim() || Number.NaN);
  return {
    live,
    measured: measure(running),
    others: memory === null ? null : othersUse(fs, running, memory),
    cores: onlineCores(fs, masters),
    kills: oomKills(fs, masters),
    loads: looked.loads,
    seen: together(looked.seen, smallWorkers(fs, running, LOOKS_BEFORE)),
    somaxconn: Number.isSafeInteger(limit) ? limit : null,
  };
}

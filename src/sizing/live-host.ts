import type { Pool } from "../fpm/types.js";
import { textOf } from "../host/text.js";
import type { Host } from "../model/host.js";
import { onlineCores } from "../model/machine/cores.js";
import { type Kills, oomKills } from "../model/machine/kills.js";
import { type Measured, measure, othersUse } from "../model/machine/measured.js";
import { runningMasters } from "../model/machine/processes.js";

import type { PoolLoad } from "./load.js";

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
  /** `net.core.somaxconn`; `null`: not known. */
  readonly somaxconn: number | null;
}

const NO_LOADS: LiveHost["loads"] = new Map();

/** Looks at the running machine; `live`: whether the host is this machine. */
export function liveHost({ fs, masters, memory }: Host, live: boolean, loads = NO_LOADS): LiveHost {
  if (!live)
    return { live, measured: null, others: null, cores: null, kills: null, loads: NO_LOADS, somaxconn: null };
  const running = runningMasters(fs, masters);
  const limit = Number(textOf(fs, "/proc/sys/net/core/somaxconn").trim() || Number.NaN);
  return {
    live,
    measured: measure(running),
    others: memory === null ? null : othersUse(fs, running, memory),
    cores: onlineCores(fs, masters),
    kills: oomKills(fs, masters),
    loads,
    somaxconn: Number.isSafeInteger(limit) ? limit : null,
  };
}

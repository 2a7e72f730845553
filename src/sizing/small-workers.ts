import { type Doing, doingOf, type Seen } from "../capacity/at-work.js";
import { MIB } from "../capacity/size.js";
import type { Pool } from "../fpm/types.js";
import type { HostFilesystem } from "../host/filesystem.js";
import { statFields, textOf } from "../host/text.js";
import { type RunningMaster, type RunningWorker, workersByPool } from "../model/machine/processes.js";

/** Which small workers of a running machine have a request: of larger ones nobody needs to know. */

/** A worker that has hardly served a request yet has about 4 MiB of its own: its size says nothing. */
export const FRESH = 8 * MIB;

/** The workers of a pool, some of them in several looks; of pools without small ones, none. */
export type SeenWorkers = (pool: Pool | null) => readonly Seen[];

export const NOBODY: SeenWorkers = () => [];

/** Those that have had no more so far than fresh ones. `look`: which of several it is, from 0. */
export function smallWorkers(
  fs: HostFilesystem,
  running: readonly RunningMaster[],
  look: number,
): SeenWorkers {
  const small = ({ taken: { peak } }: RunningWorker): boolean => peak !== null && peak < FRESH;
  const seen = new Map(
    [...workersByPool(running)].map(([pool, workers]) => [
      pool,
      workers.filter(small).map(({ pid }) => ({ pid, doing: doingNow(fs, pid), look })),
    ]),
  );
  return (pool) => (pool === null ? [] : (seen.get(pool) ?? []));
}

/** Who may not know where a process waits reads 0. */
function doingNow(fs: HostFilesystem, pid: string): Doing {
  const [state = ""] = statFields(textOf(fs, `/proc/${pid}/stat`));
  return doingOf(state, textOf(fs, `/proc/${pid}/wchan`).trim());
}

/** All looks together. */
export function together(...looks: readonly SeenWorkers[]): SeenWorkers {
  return (pool) => looks.flatMap((look) => look(pool));
}

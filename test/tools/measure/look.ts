import * as fs from "node:fs";
import { readMaster } from "../../../src/fpm/pools.js";
import { diskFilesystem } from "../../../src/host/disk.js";
import { measure, type PoolMeasure } from "../../../src/model/machine/measured.js";
import { runningMasters } from "../../../src/model/machine/processes.js";

/** A worker in bytes; `null`: the kernel does not tell. */
export interface Worker {
  readonly pid: string;
  readonly rss: number;
  /** Its own part and its share of what it shares with others. */
  readonly pss: number | null;
  readonly anon: number | null;
  readonly peak: number | null;
}

export interface Figures {
  readonly workers: readonly Worker[];
  /** What fpmlint makes of them. */
  readonly pool: PoolMeasure;
}

/** The workers of the master that reads this file, as they are now. */
export function look(main: string): Figures {
  // A filesystem answers the same again; only a new one sees what is now.
  const host = diskFilesystem({ root: "/", workingDirectory: "/" });
  const masters = [readMaster(host, main)];
  const running = runningMasters(host, masters);
  const workers = running.flatMap((one) => one.workers);
  const [pool] = measure(running).pools.values();
  if (pool === undefined) throw new Error(`no worker of ${main} runs`);
  return { pool, workers: workers.map(({ pid, taken }) => ({ pid, pss: pssOf(pid), ...taken })) };
}

function pssOf(pid: string): number | null {
  try {
    const kib = /^Pss:\s*(\d+) kB$/m.exec(fs.readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"))?.[1];
    return kib === undefined ? null : Number(kib) * 1024;
  } catch {
    return null;
  }
}

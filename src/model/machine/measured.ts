import type { FpmMaster, Pool } from "../../fpm/types.js";
import type { HostFilesystem } from "../../host/filesystem.js";
import { textOf } from "../../host/text.js";
import { HIGH, percentile } from "../../source/percentile.js";
import { ownGroups } from "./cgroups.js";
import type { MemorySize } from "./memory.js";
import {
  pidsOf,
  type RunningMaster,
  type RunningWorker,
  type Taken,
  takenBy,
  workersByPool,
} from "./processes.js";

/** The memory that running workers need, and that everything else on the host needs. */

/** What the running workers of a pool need; sizes in bytes. */
export interface PoolMeasure {
  /** How many workers were looked at, at least one. */
  readonly samples: number;
  /**
   * 95th percentile of the memory that belongs to a worker alone (RssAnon): one more worker needs that
   * much. `null`: a kernel before 4.5 does not tell.
   */
  readonly bytes: number | null;
  /**
   * The same for the most that the workers have had so far; at least `bytes`. A worker gives back what a
   * request took when that ends, so between requests `bytes` does not include it. `null`: as above.
   */
  readonly peak: number | null;
  /** What half of the workers have had at most; far below `peak` if one request was an exception. `null`: as above. */
  readonly typical: number | null;
  /** The 95th percentile of the resident size (VmRSS), which counts shared memory in every worker. */
  readonly rss: number;
  /** Whether each of them is known to run the program of its master. */
  readonly sameProgram: boolean;
}

/** What the running masters and workers of a host need. */
export interface Measured {
  /** Pools with running workers; the other pools have none. */
  readonly pools: ReadonlyMap<Pool, PoolMeasure>;
  /** The masters that run. */
  readonly masters: ReadonlySet<FpmMaster>;
  /**
   * Bytes of all masters and workers: the memory that belongs to each alone, and for each master once the
   * memory that they share. 0 when none runs; `null`: a kernel before 4.5 does not tell.
   */
  readonly fpmBytes: number | null;
}

/** Sums up what `runningMasters` found. */
export function measure(running: readonly RunningMaster[]): Measured {
  return {
    pools: new Map([...workersByPool(running)].map(([pool, workers]) => [pool, measureOf(workers)])),
    masters: new Set(running.map(({ master }) => master)),
    fpmBytes: sumOf(running.map(bytesOf)),
  };
}

function measureOf(workers: readonly Pick<RunningWorker, "taken" | "sameProgram">[]): PoolMeasure {
  const taken = workers.map((worker) => worker.taken);
  const figure = (of: (one: Taken) => number | null, share = HIGH): number | null => {
    const values = taken.map(of).filter((value) => value !== null);
    return values.length === taken.length ? percentile(values, share) : null;
  };
  return {
    samples: taken.length,
    bytes: figure(({ anon }) => anon),
    peak: figure(({ peak }) => peak),
    typical: figure(({ peak }) => peak, 0.5),
    rss: figure(({ rss }) => rss) ?? 0,
    sameProgram: workers.every((worker) => worker.sameProgram),
  };
}

function bytesOf({ taken, workers }: RunningMaster): number | null {
  const all = [taken, ...workers.map((worker) => worker.taken)];
  return sumOf([...all.map(({ anon }) => anon), Math.max(...all.map(({ shmem }) => shmem))]);
}

/** `null`: one of them is not known. */
function sumOf(values: readonly (number | null)[]): number | null {
  return values.reduce((sum, value) => (sum === null || value === null ? null : sum + value), 0);
}

/** Bytes that everything except PHP-FPM uses, and where that was read. */
export interface OthersUse {
  readonly bytes: number;
  /** For messages. */
  readonly source: string;
}

/**
 * What everything except PHP-FPM uses of this memory. In a control group or a unit that is the memory of
 * its other processes; on a machine it is the memory in use. fpmlint itself does not count. `null`: the
 * host does not tell.
 */
export function othersUse(
  fs: HostFilesystem,
  running: readonly RunningMaster[],
  memory: MemorySize,
): OthersUse | null {
  const groups = groupsOf(fs, memory, running);
  return groups === null ? besideFpm(fs, running) : besideInGroups(fs, running, groups);
}

/** The control groups whose limit this memory is; `null`: it is not the limit of a group. */
function groupsOf(
  fs: HostFilesystem,
  { source }: MemorySize,
  running: readonly RunningMaster[],
): readonly string[] | null {
  const [, first, second] =
    /^\/sys\/fs\/cgroup(?:\/memory(.*)\/memory\.limit_in_bytes|(.*)\/memory\.max)$/.exec(source) ?? [];
  const group = first ?? second;
  if (group !== undefined) return [group];
  // The limit of a unit is that of the group that its processes are in.
  return !/^Memory(?:Max|Limit) in /.test(source) || running.length === 0
    ? null
    : running.flatMap(({ pid }) => ownGroups(fs, pid, "memory"));
}

function besideInGroups(
  fs: HostFilesystem,
  running: readonly RunningMaster[],
  groups: readonly string[],
): OthersUse | null {
  const own = new Set([selfOf(fs), ...pidsIn(running)]);
  const inside = (pid: string): boolean =>
    groups.includes("") ||
    ownGroups(fs, pid, "memory").some((path) => groups.some((one) => `${path}/`.startsWith(`${one}/`)));
  const others = pidsOf(fs).filter((pid) => !own.has(pid) && inside(pid));
  // Threads of the kernel have no memory of their own.
  const bytes = sumOf(others.flatMap((pid) => takenBy(fs, pid) ?? []).map(({ anon }) => anon));
  return bytes === null ? null : { bytes, source: "RssAnon of the other processes in the control group" };
}

function besideFpm(fs: HostFilesystem, running: readonly RunningMaster[]): OthersUse | null {
  const text = textOf(fs, "/proc/meminfo");
  const kib = (name: string): number =>
    Number(new RegExp(`^${name}:\\s*(\\d+) kB$`, "m").exec(text)?.[1] ?? Number.NaN);
  const used = (kib("MemTotal") - kib("MemAvailable")) * 1024;
  const self = selfOf(fs);
  const own = sumOf([measure(running).fpmBytes, (self === null ? null : takenBy(fs, self)?.anon) ?? 0]);
  if (own === null || Number.isNaN(used)) return null;
  return {
    bytes: Math.max(0, used - own),
    source: "MemTotal − MemAvailable in /proc/meminfo, without PHP-FPM",
  };
}

function pidsIn(running: readonly RunningMaster[]): readonly string[] {
  return running.flatMap(({ pid, workers }) => [pid, ...workers.map((worker) => worker.pid)]);
}

/** This process: `/proc/self` is a link to it. */
function selfOf(fs: HostFilesystem): string | null {
  return /^\/proc\/(\d+)$/.exec(fs.entry("/proc/self").path)?.[1] ?? null;
}

import type { FpmMaster, Pool } from "../../fpm/types.js";
import type { HostFilesystem } from "../../host/filesystem.js";
import { joinPath } from "../../host/path.js";
import { textOf } from "../../host/text.js";
import { grouped } from "../../source/collect.js";
import { perKey } from "../../source/memo.js";
import { pidOf } from "./cgroups.js";
import { isTrusted, programOf, userIn } from "./process-owner.js";

/** The running masters of this host and their workers, found by the titles that PHP-FPM gives its processes. */

/** The memory of a process, in bytes. */
export interface Taken {
  /** All memory that it uses, including what it shares with others. */
  readonly rss: number;
  /** Its own memory: neither files nor shared memory. `null`: a kernel before 4.5 does not tell. */
  readonly anon: number | null;
  /** The most that its own memory has been, as far as the kernel tells; never below `anon`. `null`: as `anon`. */
  readonly peak: number | null;
  /** The part of the memory shared by a master and its workers that this process has touched. */
  readonly shmem: number;
}

/** A process that says it is a worker. */
export interface RunningWorker {
  readonly pid: string;
  /** The pool that it says it works for. */
  readonly pool: string;
  readonly taken: Taken;
  /** Whether it is known to run the same program as its master; if not, this process is not allowed to know. */
  readonly sameProgram: boolean;
}

/** A master process and its workers. */
export interface RunningMaster {
  readonly pid: string;
  readonly master: FpmMaster;
  readonly taken: Taken;
  readonly workers: readonly RunningWorker[];
}

/** The ids of all processes that this one can see. */
export function pidsOf(fs: HostFilesystem): readonly string[] {
  const entry = fs.entry("/proc");
  return entry.kind === "directory" ? entry.names.filter((name) => /^\d+$/.test(name)) : [];
}

/** A process outside of containers that says in its title which daemon it is of. */
export interface Titled {
  readonly pid: string;
  /** Without what is left of the command line behind it. */
  readonly title: string;
  /** The id of the process that started it; empty: it is gone. */
  readonly parent: string;
  /** Of `/proc/PID/status`. */
  readonly status: string;
}

/** The processes whose titles begin so: `php-fpm: `. Those in containers read files of their own and do not count. */
export function titledProcesses(fs: HostFilesystem, beginning: string): readonly Titled[] {
  return pidsOf(fs).flatMap((pid) => {
    // The title overwrites the command line and fills the rest of it.
    const [title = ""] = textOf(fs, `/proc/${pid}/cmdline`).split("\0");
    if (!title.startsWith(beginning)) return [];
    const status = textOf(fs, `/proc/${pid}/status`);
    const inContainer = /^NSpid:[ \t]*\d+[ \t]+\d/m.test(status);
    const parent = /^PPid:\s*(\d+)$/m.exec(status)?.[1] ?? "";
    return inContainer ? [] : [{ pid, title: title.trimEnd(), status, parent }];
  });
}

const byParent = perKey((processes: readonly Titled[]) =>
  grouped(processes.map((one) => [one.parent, one] as const)),
);

type Child = Titled & Pick<RunningWorker, "sameProgram">;

/** Those that a master started and that run its program; where that is hidden, all if root runs the master. */
export function childrenOf(
  fs: HostFilesystem,
  { pid: own, status }: Titled,
  processes: readonly Titled[],
): readonly Child[] {
  const program = programOf(fs, own);
  const byRoot = userIn(status) === "0";
  return (byParent(processes).get(own) ?? []).flatMap((one) => {
    const its = programOf(fs, one.pid);
    const sameProgram = its !== null && its === program;
    const hidden = its === null || program === null;
    return sameProgram || (hidden && byRoot) ? [{ ...one, sameProgram }] : [];
  });
}

/**
 * The processes of these masters. A master is recognised by the main file in its title, a relative
 * one by where it was started, and one whose title was cut off by the number in its pid file. Several
 * processes may run the same main file. Anybody can give a process these titles. So a master counts if
 * root or the user of this process runs it, and a worker if it runs the program of its master; where
 * that cannot be read, it is enough that root runs the master.
 */
export function runningMasters(fs: HostFilesystem, masters: readonly FpmMaster[]): readonly RunningMaster[] {
  const titled = titledProcesses(fs, "php-fpm: ");
  return titled.flatMap((one) => {
    const { pid, title, status } = one;
    const taken = takenIn(status);
    if (taken === null || !title.startsWith(MASTER) || !isTrusted(fs, status)) return [];
    const master = masters.find((candidate) => runs(fs, candidate, pid, title));
    if (master === undefined) return [];
    return [{ pid, master, taken, workers: childrenOf(fs, one, titled).flatMap(workerOf) }];
  });
}

/** The workers of each pool. One whose pool is no longer in the files keeps running until the next reload, and is left out. */
export function workersByPool(
  running: readonly RunningMaster[],
): ReadonlyMap<Pool, readonly RunningWorker[]> {
  return grouped(
    running.flatMap(({ master, workers }) =>
      workers.flatMap((worker) => {
        const pool = master.pools.find(({ name }) => name === worker.pool);
        return pool === undefined ? [] : [[pool, worker] as const];
      }),
    ),
  );
}

function workerOf(child: Child): readonly RunningWorker[] {
  const { pid, title, status, sameProgram } = child;
  const pool = /^php-fpm: pool (.+)$/.exec(title)?.[1];
  const taken = takenIn(status);
  return pool === undefined || taken === null ? [] : [{ pid, pool, taken, sameProgram }];
}

const MASTER = "php-fpm: master process (";

function runs(fs: HostFilesystem, master: FpmMaster, pid: string, title: string): boolean {
  const path = title.endsWith(")") ? title.slice(MASTER.length, -1) : "";
  if (!path.startsWith("/"))
    return pidOf(fs, master) === pid || (path !== "" && isStartedWith(fs, master, pid, path));
  // The title has the path as it was given to PHP-FPM, the model the path with all links followed.
  return master.main !== null && fs.entry(path).path === master.main.path;
}

function isStartedWith(fs: HostFilesystem, master: FpmMaster, pid: string, path: string): boolean {
  const from = startDirectory(fs, pid);
  return from !== null && fs.entry(joinPath(from, path)).path === master.main?.path;
}

/** The directory that a daemon was started in, which neither of them leaves; `null`: this process is not allowed to know. */
export function startDirectory(fs: HostFilesystem, pid: string): string | null {
  const entry = fs.entry(`/proc/${pid}/cwd`);
  return entry.path.startsWith("/proc/") ? null : entry.path;
}

/** The memory of a process; `null`: it is gone, a zombie, or a thread of the kernel. */
export function takenBy(fs: HostFilesystem, pid: string): Taken | null {
  return takenIn(textOf(fs, `/proc/${pid}/status`));
}

function takenIn(status: string): Taken | null {
  const bytes = (name: string): number | null => {
    const kib = new RegExp(`^${name}:\\s*(\\d+) kB$`, "m").exec(status)?.[1];
    return kib === undefined ? null : Number(kib) * 1024;
  };
  const [rss, anon] = [bytes("VmRSS"), bytes("RssAnon")];
  if (rss === null) return null;
  const shmem = bytes("RssShmem") ?? 0;
  // Files and shared memory hardly took more at the peak than they do now.
  const peak = (bytes("VmHWM") ?? rss) - (bytes("RssFile") ?? 0) - shmem;
  return { rss, anon, peak: anon === null ? null : Math.max(anon, peak), shmem };
}

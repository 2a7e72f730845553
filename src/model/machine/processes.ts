import type { FpmMaster } from "../../fpm/types.js";
import type { HostFilesystem } from "../../host/filesystem.js";
import { textOf } from "../../host/text.js";
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

interface Named {
  readonly pid: string;
  readonly title: string;
  readonly parent: string;
  readonly taken: Taken;
  /** Of `/proc/PID/status`. */
  readonly status: string;
}

/**
 * The processes of these masters. A master is recognised by the main file in its title; one that was
 * started with a relative path, or whose title was cut off, by the number in its pid file. Processes in
 * containers do not count, because they read files of their own. Several processes may run the same
 * main file. Anybody can give a process these titles. So a master counts if root or the user of this
 * process runs it, and a worker if it runs the program of its master; where that cannot be read, it is
 * enough that root runs the master.
 */
export function runningMasters(fs: HostFilesystem, masters: readonly FpmMaster[]): readonly RunningMaster[] {
  const named = pidsOf(fs).flatMap((pid) => namedProcess(fs, pid) ?? []);
  return named.flatMap((one) => {
    const { pid, title, taken, status } = one;
    if (!title.startsWith(MASTER) || !isTrusted(fs, status)) return [];
    const master = masters.find((candidate) => runs(fs, candidate, pid, title));
    if (master === undefined) return [];
    const children = named.filter(({ parent }) => parent === pid);
    return [{ pid, master, taken, workers: workersOf(fs, one, children) }];
  });
}

function workersOf(fs: HostFilesystem, master: Named, children: readonly Named[]): readonly RunningWorker[] {
  const program = programOf(fs, master.pid);
  const byRoot = userIn(master.status) === "0";
  return children.flatMap(({ pid, title, taken }) => {
    const pool = /^php-fpm: pool (.+)$/.exec(title)?.[1];
    if (pool === undefined) return [];
    const own = programOf(fs, pid);
    const sameProgram = own !== null && own === program;
    const hidden = own === null || program === null;
    return sameProgram || (hidden && byRoot) ? [{ pid, pool, taken, sameProgram }] : [];
  });
}

const MASTER = "php-fpm: master process (";

function runs(fs: HostFilesystem, master: FpmMaster, pid: string, title: string): boolean {
  const path = title.endsWith(")") ? title.slice(MASTER.length, -1) : "";
  if (!path.startsWith("/")) return pidOf(fs, master) === pid;
  // The title has the path as it was given to PHP-FPM, the model the path with all links followed.
  return master.main !== null && fs.entry(path).path === master.main.path;
}

/** A process of PHP-FPM outside of containers; `null`: another process, or one that is gone by now. */
function namedProcess(fs: HostFilesystem, pid: string): Named | null {
  // The title overwrites the command line and fills the rest of it.
  const [title = ""] = textOf(fs, `/proc/${pid}/cmdline`).split("\0");
  if (!title.startsWith("php-fpm: ")) return null;
  const status = textOf(fs, `/proc/${pid}/status`);
  const taken = takenIn(status);
  const inContainer = /^NSpid:[ \t]*\d+[ \t]+\d/m.test(status);
  const parent = /^PPid:\s*(\d+)$/m.exec(status)?.[1];
  return taken === null || inContainer || parent === undefined
    ? null
    : { pid, title: title.trimEnd(), parent, taken, status };
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

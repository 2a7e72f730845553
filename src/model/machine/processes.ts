import type { FpmMaster } from "../../fpm/types.js";
import type { HostFilesystem } from "../../host/filesystem.js";
import { textOf } from "../../host/text.js";
import { pidOf } from "./cgroups.js";
import { isTrusted, programOf, userIn } from "./process-owner.js";

/** The masters that run on this host and their workers, by the names that PHP-FPM gives its processes. */

/** What a process takes of memory, in bytes. */
export interface Taken {
  /** Everything in memory that it uses, also what it shares with others. */
  readonly rss: number;
  /** What is its own: neither a file nor shared memory. `null`: a kernel before 4.5 does not tell. */
  readonly anon: number | null;
  /** The most that its own part has been, as far as the kernel tells; never below `anon`. */
  readonly peak: number | null;
  /** Of the memory that a master shares with its workers, what this process has touched. */
  readonly shmem: number;
}

export interface RunningWorker {
  readonly pid: string;
  /** The pool that it says it works for. */
  readonly pool: string;
  readonly taken: Taken;
  /** Whether it is known to run the same program as its master; else this process may not know. */
  readonly sameProgram: boolean;
}

export interface RunningMaster {
  readonly pid: string;
  readonly master: FpmMaster;
  readonly taken: Taken;
  readonly workers: readonly RunningWorker[];
}

/** Every process that this one may see. */
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
 * The processes of these masters. A master is known by the main file in its title; one that was
 * started with a relative path, or whose title was cut off, by the number in its pid file. Processes of
 * containers are left out: they read files of their own. Several processes may run one main file.
 * Anybody may give a process these names: a master counts when root runs it, or the user who asks, and
 * a worker when it runs the program of its master. Where that cannot be read, root is enough.
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
  // The title has the path as it was given to PHP-FPM, the model the one behind every link.
  return master.main !== null && fs.entry(path).path === master.main.path;
}

/** A process of PHP-FPM outside of containers; `null` for others and for one that is gone by now. */
function namedProcess(fs: HostFilesystem, pid: string): Named | null {
  // The title overwrites the words of the command line and fills what is left of them.
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

/** What a process takes; `null` for one that is gone, a zombie, or a thread of the kernel. */
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
  // Files and shared memory were no more at the peak than they are now, or hardly.
  const peak = (bytes("VmHWM") ?? rss) - (bytes("RssFile") ?? 0) - shmem;
  return { rss, anon, peak: anon === null ? null : Math.max(anon, peak), shmem };
}

import type { FpmMaster } from "../fpm/types.js";
import type { HostFilesystem } from "../host/filesystem.js";
import { joinPath } from "../host/path.js";
import { fieldIn, kilobytesIn, statFields, textOf } from "../host/text.js";
import type { Host, NginxHost } from "../model/host.js";
import { isTrusted, programOf } from "../model/machine/process-owner.js";
import {
  childrenOf,
  runningMasters,
  startDirectory,
  takenBy,
  titledProcesses,
} from "../model/machine/processes.js";
import { PREFIXES } from "../nginx/facts/prefixes.js";
import { grouped, unique } from "../source/collect.js";
import { perKey } from "../source/memo.js";
import type { FpmFacts, Identity, NginxFacts, ProcessFacts, StalePid } from "./facts.js";
import { haltIn } from "./halts.js";
import { nginxPidFile, pidFileOf } from "./places.js";

/** The processes of nginx and PHP-FPM on a machine. */

/** When processes started, counted from the seconds since the machine did. */
export interface Clock {
  /** Seconds since 1970. */
  readonly now: number;
  /** Seconds since the machine started; `null`: unknown. */
  readonly up: number | null;
}

/** No machine has been up for so many seconds, a thousand years. */
const LONGEST_UP = 3.2e10;

export function clockOf(fs: HostFilesystem, now: number): Clock {
  const up = Number.parseFloat(textOf(fs, "/proc/uptime"));
  return { now, up: up >= 0 && up < LONGEST_UP ? up : null };
}

/** The kernel counts the start of a process in hundredths of a second. */
const TICK = 0.01;

/** More descriptors than these are only counted. */
const MOST_LOOKED_AT = 4096;

/** The kernel works long for the maps of a process, and of thousands of workers nobody asks for them. */
function masterFacts(fs: HostFilesystem, pid: string, clock: Clock): ProcessFacts {
  const maps = textOf(fs, `/proc/${pid}/maps`);
  return { ...processFacts(fs, pid, clock), libraries: maps === "" ? null : replacedIn(maps) };
}

function processFacts(fs: HostFilesystem, pid: string, clock: Clock): ProcessFacts {
  const status = textOf(fs, `/proc/${pid}/status`);
  const held = descriptorsOf(fs, pid);
  const program = programOf(fs, pid);
  const taken = takenBy(fs, pid);
  return {
    pid: Number(pid),
    identity: identityIn(status),
    started: startedAt(fs, pid, clock),
    replaced: program === null ? null : program.endsWith(DELETED),
    libraries: null,
    descriptors: held?.length ?? null,
    mostDescriptors: limitIn(textOf(fs, `/proc/${pid}/limits`)),
    open: held?.filter((target) => /^\/(?!dev\/|proc\/)/.test(target)) ?? null,
    sockets: held === null ? null : socketsIn(held),
    resident: taken?.rss ?? null,
    swapped: kilobytesIn(status, "VmSwap"),
    halt: haltIn(status),
  };
}

function stalePidIn(fs: HostFilesystem, path: string | null, pid: string): StalePid | null {
  const names = path === null ? "" : textOf(fs, path).trim();
  return path === null || names === pid || !/^\d{1,9}$/.test(names) ? null : { path, names: Number(names) };
}

/** What the kernel writes behind the name of a file that was removed. */
export const DELETED = " (deleted)";

/** What the kernel says of the links in `/proc/PID/fd`; `null`: the reader may not know. */
export function descriptorsOf(fs: HostFilesystem, pid: string): readonly string[] | null {
  const entry = fs.entry(`/proc/${pid}/fd`);
  if (entry.kind !== "directory") return null;
  const targets = entry.names.slice(0, MOST_LOOKED_AT).map((name) => fs.entry(`${entry.path}/${name}`));
  // A reader that may list them, and may not follow one, is told nothing.
  if (targets.some(({ kind }) => kind === "unreadable")) return null;
  return [...targets.map(({ path }) => path), ...entry.names.slice(MOST_LOOKED_AT).map(() => "")];
}

/** The kernel's numbers of the sockets among descriptors. */
export function socketsIn(held: readonly string[]): readonly string[] {
  return held.flatMap((target) => /(?:^|\/)socket:\[(\d+)\]$/.exec(target)?.[1] ?? []);
}

/** The account that counts when files are opened. */
function identityIn(status: string): Identity | null {
  const ids = (name: string): number[] =>
    (fieldIn(status, name) ?? "")
      .split(/\s+/)
      .filter((id) => /^\d+$/.test(id))
      .map(Number);
  const [user, group] = [ids("Uid")[1], ids("Gid")[1]];
  return user === undefined || group === undefined ? null : { user, group, groups: ids("Groups") };
}

/** Field 22 of the line. */
function startedAt(fs: HostFilesystem, pid: string, { now, up }: Clock): number | null {
  const stat = textOf(fs, `/proc/${pid}/stat`);
  const ticks = Number(statFields(stat)[19] ?? Number.NaN);
  return stat === "" || up === null || !(ticks * TICK < LONGEST_UP) ? null : now - up + ticks * TICK;
}

function limitIn(limits: string): number | null {
  const soft = /^Max open files\s+(\d+|unlimited)\s/m.exec(limits)?.[1];
  return soft === undefined || soft === "unlimited" ? null : Number(soft);
}

function replacedIn(maps: string): readonly string[] {
  const found = maps
    .split("\n")
    .filter((line) => line.endsWith(DELETED) && /\.so[.\d]* \(deleted\)$/.test(line))
    .map((line) => line.slice(line.indexOf("/"), -DELETED.length));
  return unique(found);
}

const NGINX_MASTER = "nginx: master process ";

/** The masters of nginx. A title can be given to any process: a master counts if root or the user of this process runs it. */
export function nginxProcesses(
  fs: HostFilesystem,
  nginx: NginxHost | null,
  main: string | null,
  clock: Clock,
): readonly NginxFacts[] {
  const titled = titledProcesses(fs, "nginx: ");
  return titled.flatMap((one): readonly NginxFacts[] => {
    const { pid, title, status } = one;
    if (!title.startsWith(NGINX_MASTER) || !isTrusted(fs, status)) return [];
    const workers = childrenOf(fs, one, titled).filter((child) =>
      child.title.startsWith("nginx: worker process"),
    );
    const old = workers.filter((worker) => worker.title.includes("shutting down"));
    const [written, prefix] = [/\s-c\s*(\S+)/, /\s-p\s*(\S+)/].map(
      (option) => option.exec(title)?.[1] ?? null,
    );
    return [
      {
        main: written ?? null,
        ours: nginx !== null && main !== null && isMain(fs, pid, { written, prefix }, main),
        master: masterFacts(fs, pid, clock),
        workers: workers
          .filter((worker) => !old.includes(worker))
          .map((worker) => processFacts(fs, worker.pid, clock)),
        old: old.map((worker) => processFacts(fs, worker.pid, clock)),
        stalePid: stalePidIn(fs, nginx === null ? null : nginxPidFile(nginx), pid),
      },
    ];
  });
}

/** What `-c` and `-p` say in a title. */
interface Options {
  readonly written: string | null | undefined;
  readonly prefix: string | null | undefined;
}

/** Without a file in the title it is the one that the program was built with, which is that of its package. */
function isMain(fs: HostFilesystem, pid: string, { written, prefix }: Options, main: string): boolean {
  const own = [fs.entry(main).path];
  if (written?.startsWith("/")) return own.includes(fs.entry(written).path);
  if (written == null && /^\/(?:etc|usr)\//.test(main)) return true;
  // A relative file counts from the prefix, and a relative prefix from where nginx was started.
  const given = prefix?.startsWith("/") ? prefix : joinPath(startDirectory(fs, pid) ?? "/", prefix ?? "");
  return (prefix == null ? PREFIXES : [given])
    .map((one) => joinPath(one, written ?? "conf/nginx.conf"))
    .some((path) => own.includes(fs.entry(path).path));
}

/** The masters of PHP-FPM that read files of the host, and their workers. */
export function fpmProcesses(
  fs: HostFilesystem,
  masters: readonly FpmMaster[],
  clock: Clock,
): readonly FpmFacts[] {
  return runningMasters(fs, masters).map(({ pid, master, workers }) => ({
    index: masters.indexOf(master),
    master: masterFacts(fs, pid, clock),
    workers: workers.map((one) => ({ ...processFacts(fs, one.pid, clock), pool: one.pool })),
    stalePid: stalePidIn(fs, pidFileOf(master), pid),
  }));
}

/** The nginx that runs with the host's main file; `null`: none does, or it cannot be seen. */
export function runningNginx(nginx: readonly NginxFacts[]): NginxFacts | null {
  return nginx.find(({ ours }) => ours) ?? null;
}

/** The running processes of a master; `null`: it does not run, or cannot be seen. */
export function runningMaster(
  { masters }: Pick<Host, "masters">,
  fpm: readonly FpmFacts[],
  master: FpmMaster,
): FpmFacts | null {
  return fpm.find(({ index }) => masters[index] === master) ?? null;
}

const byPool = perKey(({ workers }: FpmFacts) => grouped(workers.map((one) => [one.pool, one] as const)));

/** The running workers of a pool of that master. A host may have thousands of both. */
export function poolWorkers(running: FpmFacts, pool: string): readonly ProcessFacts[] {
  return byPool(running).get(pool) ?? [];
}

/** The main files of masters that read none of the host's. */
export function otherFpmMains(fs: HostFilesystem, known: readonly FpmFacts[]): readonly string[] {
  const own = new Set(known.map(({ master }) => String(master.pid)));
  return titledProcesses(fs, "php-fpm: ").flatMap(({ pid, title, status }) => {
    const main = /^php-fpm: master process \((\/[^)]*)\)/.exec(title)?.[1];
    return main !== undefined && !own.has(pid) && isTrusted(fs, status) ? [main] : [];
  });
}

import { fpmStateDirectory } from "../../fpm/layout.js";
import { globalSetting, type ReadOptions, readMaster, setting } from "../../fpm/pools.js";
import type { FpmMaster } from "../../fpm/types.js";
import type { HostFilesystem } from "../../host/filesystem.js";
import { glob } from "../../host/glob.js";
import { directoryOf, joinPath, nameOf, normalizePath, withParents } from "../../host/path.js";
import { UNIT_DIRECTORIES } from "../../host/system-directories.js";
import { textOf } from "../../host/text.js";
import { unique } from "../../source/collect.js";
import { known } from "../../source/effective.js";
import { isLiveHost } from "./live.js";
import { type RunningMaster, runningMasters, startDirectory } from "./processes.js";
import { fpmUnits } from "./systemd.js";
import { assignmentsOf } from "./unit-file.js";

/**
 * The prefix that PHP-FPM was started with (`-p`). The title of a running master has overwritten its command line and
 * environment, and it stays in the directory in which it was started. What it opened and bound by a relative path shows
 * the prefix, and so does the unit that starts it.
 */

export interface StartOptions extends ReadOptions {
  /** The kernel's files of the machine, where they are not among its own; absent: a live host has them. */
  readonly processes?: HostFilesystem;
}

/** Reads a master the same as started with a prefix; `null`: perhaps with one, which is not known. */
type Read = (prefix: string | null) => FpmMaster;

/** Reads a master with the prefix that it runs with or is started with, where relative paths make a difference. */
export function readAsStarted(fs: HostFilesystem, main: string, options: StartOptions): FpmMaster {
  const master = readMaster(fs, main, options);
  if (master.main === null || !hasRelative(master)) return master;
  const read: Read = (prefix) => readMaster(fs, main, { ...options, prefix });
  const processes = options.processes ?? (isLiveHost({ fs }) ? fs : null);
  const [running] = processes === null ? [] : runningMasters(processes, [master]);
  if (running !== undefined && processes !== null && isAsBuilt(processes, running)) return master;
  const seen = running === undefined || processes === null ? null : seenPrefix(processes, running, read);
  const told = seen ?? toldByUnits(fs, master);
  if (told === BUILT) return master;
  if (told != null) return read(told);
  return (told === null || running !== undefined) && findsNothing(master) ? read(null) : master;
}

/** Nothing was given: what PHP was built with counts. */
const BUILT = "";

function hasRelative(master: FpmMaster): boolean {
  return (
    master.includes.some(({ pattern }) => isRelative(pattern)) ||
    relativeGlobals(master).length > 0 ||
    relativeListens(master).length > 0
  );
}

function isRelative(path: string): boolean {
  return path !== "" && !path.startsWith("/");
}

function findsNothing({ includes }: FpmMaster): boolean {
  return includes.some(({ pattern, result }) => isRelative(pattern) && result.kind !== "files");
}

function relativeGlobals(master: FpmMaster): readonly string[] {
  return (["error_log", "pid"] as const)
    .map((key) => known(globalSetting(master, key)) ?? "")
    .filter((path) => isRelative(path) && path !== "syslog");
}

/** Sockets of pools without a `prefix` of their own. */
function relativeListens(master: FpmMaster): readonly string[] {
  return master.pools.flatMap((pool) => {
    const listen = known(setting(pool, "listen")) ?? "";
    const own = setting(pool, "prefix");
    return isRelative(listen) && !/^\d+$|:/.test(listen) && own.kind === "default" ? [listen] : [];
  });
}

/** Whether the log or the number of a running master is where it was built to have them. */
function isAsBuilt(fs: HostFilesystem, { pid, master }: RunningMaster): boolean {
  const state = fpmStateDirectory(master.main?.path ?? null);
  const open = openOf(fs, pid);
  return relativeGlobals(master).some((path) => {
    const whole = joinPath(state, path);
    return open.includes(whole) || textOf(fs, whole).trim() === pid;
  });
}

/** What a process has open; of none that the reader may not look at. */
function openOf(fs: HostFilesystem, pid: string): readonly string[] {
  const entry = fs.entry(`/proc/${pid}/fd`);
  return entry.kind === "directory"
    ? entry.names.slice(0, MOST).map((name) => fs.entry(`${entry.path}/${name}`).path)
    : [];
}

const MOST = 4096;

/** Paths of sockets that are listened on, by a process that has these open; of any process where that is hidden. */
function boundBy(fs: HostFilesystem, open: readonly string[]): readonly string[] {
  const own = new Set(open.flatMap((path) => /(?:^|\/)socket:\[(\d+)\]$/.exec(path)?.[1] ?? []));
  return textOf(fs, "/proc/net/unix")
    .split("\n")
    .flatMap((line) => {
      const [, inode = "", path = ""] =
        /^[\da-f]+: [\dA-F]+ [\dA-F]+ 00010000 0001 01 +(\d+) (\/.+)$/.exec(line) ?? [];
      return path !== "" && (own.size === 0 || own.has(inode)) ? [path] : [];
    });
}

/** What a running master shows of the prefix that it was started with; `null`: nothing. */
function seenPrefix(fs: HostFilesystem, running: RunningMaster, read: Read): string | null {
  const { pid, master } = running;
  const main = master.main?.path ?? "/";
  const likely = unique([...withParents(directoryOf(main)), startDirectory(fs, pid) ?? "/"]);
  const open = openOf(fs, pid);
  const opened = before(open, relativeGlobals(master));
  const [first, second] = opened;
  if (first !== undefined && second === undefined) return first;
  const numbered = likely.find((prefix) =>
    relativeGlobals(master).some((path) => textOf(fs, joinPath(prefix, path)).trim() === pid),
  );
  if (numbered !== undefined) return numbered;
  const listening = before(boundBy(fs, open), relativeListens(master));
  if (listening.length === 1) return listening[0] ?? null;
  // Of pools that it runs the files have to be there.
  const names = unique(running.workers.map(({ pool }) => pool));
  const explains = ({ pools, includes }: FpmMaster): boolean =>
    includes.every(({ pattern, result }) => !isRelative(pattern) || result.kind === "files") &&
    names.every((name) => pools.some((pool) => pool.name === name));
  if (names.length === 0 || explains(master)) return null;
  return likely.find((prefix) => explains(read(prefix))) ?? null;
}

/** The directories from which all of the relative paths lead to one of the whole ones. */
function before(whole: readonly string[], relative: readonly string[]): readonly string[] {
  const found = relative.flatMap((path) => {
    const end = `/${path.replace(/^(?:\.\/)+/, "")}`;
    return whole.filter((one) => one.endsWith(end)).map((one) => one.slice(0, -end.length) || "/");
  });
  return unique(found);
}

/** What a unit says of the prefix: `BUILT`, a directory, or `null`: only systemd knows. */
type Told = string | null;

/** What the units that start PHP-FPM with that main file say; `undefined`: none does, or none tells. */
function toldByUnits(fs: HostFilesystem, master: FpmMaster): Told | undefined {
  const own = fpmUnits(master);
  const told = UNIT_DIRECTORIES.flatMap((directory) => glob(fs, `${directory}/*.service`)).flatMap((unit) => {
    const command = assignmentsOf(fs, unit).findLast(
      ({ section, key }) => section === "Service" && key === "ExecStart",
    );
    if (command === undefined || !command.value.includes("php-fpm")) return [];
    const found = toldBy(fs, master, command.value, own.includes(nameOf(unit)));
    return found === undefined ? [] : [found];
  });
  const [first, ...others] = unique(told);
  return others.length > 0 ? null : first;
}

/** `isOwn`: the unit is that of the master by its name, should the command not name the main file. */
function toldBy(fs: HostFilesystem, master: FpmMaster, command: string, isOwn: boolean): Told | undefined {
  const option = (words: RegExp): string | null => words.exec(command)?.[1] ?? null;
  const prefix = option(/\s(?:--prefix(?:\s+|=)|-p\s*)["']?([^\s"']+)/);
  const written = option(/\s(?:--fpm-config(?:\s+|=)|-y\s*)["']?([^\s"']+)/);
  const main = written ?? (prefix === null ? null : `${prefix}/etc/php-fpm.conf`);
  const isMeant = main === null ? isOwn : main.startsWith("/") && fs.entry(main).path === master.main?.path;
  if (!isMeant) return undefined;
  // Options may be in a variable.
  if (prefix === null) return /\s["']?\$/.test(command) ? undefined : BUILT;
  return prefix.startsWith("/") && !/[$%]/.test(prefix) ? normalizePath(prefix) : null;
}

import { setting } from "../fpm/pools.js";
import type { FpmMaster, Pool } from "../fpm/types.js";
import { directoryOf } from "../host/path.js";
import { poolIdentity } from "../live/accounts.js";
import type {
  AnswerFacts,
  FpmFacts,
  Identity,
  ListenerFacts,
  MachineFacts,
  NginxFacts,
  PathFacts,
  ProcessFacts,
  Rights,
  Viewer,
} from "../live/facts.js";
import { addressKey, pidFileOf, poolNumber, type ReadFiles } from "../live/places.js";
import { poolWorkers, runningMaster, runningNginx } from "../live/processes.js";
import { type Address, meetingPoint, reaches } from "../model/address/address.js";
import type { Host } from "../model/host.js";
import { processManager } from "../model/pool-size.js";
import { grouped } from "../source/collect.js";
import { known } from "../source/effective.js";
import { perKey } from "../source/memo.js";
import type { Look } from "./check.js";

/** Small questions about the facts of a machine. */

type Seen = Pick<Look, "host" | "facts">;

const byPath = perKey(
  ({ paths }: MachineFacts) => new Map(paths.map((one) => [`${one.viewer} ${one.path}`, one] as const)),
);

/** What was seen of a path; `null`: nobody looked. */
export function pathSeen(facts: MachineFacts, path: string, viewer: Viewer = "reader"): PathFacts | null {
  return byPath(facts).get(`${viewer} ${path}`) ?? null;
}

/** The nginx that runs with the host's main file; `null`: none does, or it cannot be seen. */
export function ourNginx({ nginx }: MachineFacts): NginxFacts | null {
  return runningNginx(nginx);
}

/** The running processes of a master; `null`: it does not run, or cannot be seen. */
export function runningFpm({ host, facts }: Seen, master: FpmMaster): FpmFacts | null {
  return runningMaster(host, facts.fpm, master);
}

/** The running workers of a pool. */
export function workersOf(look: Seen, pool: Pool): readonly ProcessFacts[] {
  const running = runningFpm(look, pool.master);
  return running === null ? [] : poolWorkers(running, pool.name);
}

/** Whether a process is stopped and stays so. */
export function isHeld({ halt }: ProcessFacts): boolean {
  return halt?.lasts === true;
}

/** Whether all workers of a pool are, which `basics/stopped` says. */
export function isWhollyHeld(look: Seen, pool: Pool): boolean {
  const workers = workersOf(look, pool);
  return workers.length > 0 && workers.every(isHeld);
}

/** The masters that some location of the host needs; all, where nothing of nginx is known. */
export const neededMasters = perKey((host: Host): readonly FpmMaster[] => {
  if (host.nginx === null) return host.masters;
  const used = new Set(
    host.bindings.flatMap(({ targets }) => targets.flatMap(({ pools }) => pools.map(({ master }) => master))),
  );
  return host.masters.filter((master) => used.has(master));
});

const byPoint = perKey(({ listeners }: MachineFacts) =>
  grouped(listeners.map((one) => [meetingPoint(one.address), one] as const)),
);

export function listenersAt(facts: MachineFacts, address: Address): readonly ListenerFacts[] {
  const near = byPoint(facts).get(meetingPoint(address)) ?? [];
  return near.filter((one) => reaches(address, one.address));
}

export function answerOf({ answers }: MachineFacts, address: Address): AnswerFacts | null {
  const key = addressKey(address);
  return answers.find((one) => addressKey(one.address) === key) ?? null;
}

/** The main file of a master, as reports print it. */
export function masterName({ main, files }: FpmMaster): string {
  return main?.display ?? files[0]?.display ?? "PHP-FPM";
}

/** The program of a master's version, as its package calls its service. */
export function serviceName({ phpVersion }: FpmMaster): string {
  return phpVersion === null ? "php-fpm" : `php${phpVersion}-fpm`;
}

/** `www-data`; the number where the host has no such account. */
export function userName({ accounts }: Host, user: number): string {
  return accounts.user(String(user))?.name ?? String(user);
}

function groupName({ accounts }: Host, group: number): string {
  return accounts.group(String(group))?.name ?? String(group);
}

/** `/run/php is root:root 0700`. */
export function rightsSaid(host: Host, { path, mode, user, group, acl }: Rights): string {
  const digits = mode.toString(8).padStart(4, "0");
  const list = acl === true ? " with an access control list" : "";
  return `${path} is ${userName(host, user)}:${groupName(host, group)} ${digits}${list}`;
}

export function identityOfPool({ host, facts }: Look, pool: Pool): Identity | null {
  return poolIdentity(host, facts.fpm, pool);
}

/** `3 minutes`, `2 hours`, `5 days`. */
export function duration(seconds: number): string {
  const [size, unit] =
    seconds >= 172_800
      ? [86_400, "days"]
      : seconds >= 7200
        ? [3600, "hours"]
        : seconds >= 120
          ? [60, "minutes"]
          : [1, "seconds"];
  return `${Math.floor(seconds / size)} ${unit}`;
}

/** `2026-11-29 10:12`, in UTC. */
export function moment(at: number): string {
  return `${new Date(at * 1000).toISOString().slice(0, 16).replace("T", " ")} UTC`;
}

/** `1 worker`, `3 workers`. */
export function workersSaid(number: number): string {
  return number === 1 ? "1 worker" : `${number} workers`;
}

/** `1.5 GB`, `12 MB`. */
export function size(bytes: number): string {
  const [unit, name] = bytes >= 1e9 ? [1e9, "GB"] : bytes >= 1e6 ? [1e6, "MB"] : [1e3, "kB"];
  return `${Number((bytes / unit).toPrecision(2))} ${name}`;
}

/** A running daemon of the host: its master and the workers that take requests. */
export interface Daemon {
  readonly name: "nginx" | "PHP-FPM";
  readonly master: ProcessFacts;
  readonly processes: readonly ProcessFacts[];
}

export function daemonsOf(facts: MachineFacts): readonly Daemon[] {
  const named = (name: Daemon["name"], { master, workers }: NginxFacts | FpmFacts): Daemon => ({
    name,
    master,
    processes: [master, ...workers],
  });
  const nginx = ourNginx(facts);
  return [
    ...(nginx === null ? [] : [named("nginx", nginx)]),
    ...facts.fpm.map((one) => named("PHP-FPM", one)),
  ];
}

/** Clocks and file systems are this exact, in seconds. */
const SLACK = 2;
/** A file from further in the future came from a machine with another clock. */
const FUTURE = 60;

/** Files and links that were changed after a moment. */
export function changedSince(
  facts: MachineFacts,
  { files, directories }: ReadFiles,
  since: number,
): readonly { readonly path: string; readonly changed: number }[] {
  const searched = new Set(directories);
  const links = facts.paths.filter(
    ({ path, viewer, kind, own }) =>
      viewer === "reader" && kind === "other" && own === null && searched.has(directoryOf(path)),
  );
  const seen = [...files.flatMap((path) => pathSeen(facts, path) ?? []), ...links];
  return seen.flatMap(({ path, changed }) =>
    changed !== null && changed > since + SLACK && changed < facts.now + FUTURE ? [{ path, changed }] : [],
  );
}

/** The first of them, a sentence each, and how many more there are. */
export function changesSaid(changed: ReturnType<typeof changedSince>): readonly string[] {
  const more = changed.length - 5;
  return [
    ...changed.slice(0, 5).map(({ path, changed: at }) => `${path} was changed ${moment(at)}`),
    ...(more > 0 ? [`and ${more} more`] : []),
  ];
}

/** When the workers of nginx that take requests were started; `null`: unknown. */
export function nginxSince({ workers }: NginxFacts): number | null {
  return earliest(workers);
}

function earliest(processes: readonly ProcessFacts[]): number | null {
  const starts = processes.flatMap(({ started }) => started ?? []);
  return starts.length === 0 ? null : Math.min(...starts);
}

/**
 * When a master read its files last: as its status page says, or its file with its number, which it writes when it
 * starts and when it reloads; else not later than its oldest worker started. `null`: unknown.
 */
export function fpmSince(look: Look, running: FpmFacts, master: FpmMaster): number | null {
  const { host, facts } = look;
  const told = facts.pages.flatMap(({ pool, status }) =>
    host.pools[pool]?.master === master && status?.started != null ? [status.started] : [],
  );
  if (told.length > 0) return Math.max(...told);
  // What somebody else wrote tells nothing of a reload.
  const path = running.stalePid === null ? pidFileOf(master) : null;
  const written = path === null ? null : (pathSeen(facts, path)?.changed ?? null);
  const started = running.master.started;
  const oldest = earliest(running.workers) ?? started;
  if (written !== null && started !== null && written >= started - SLACK) return written;
  return oldest;
}

/** Whether a pool starts workers only when they are needed; `null`: unknown. */
export function isOnDemand(pool: Pool): boolean | null {
  return known(setting(pool, "pm")) == null ? null : processManager(pool) === "ondemand";
}

export function viewerOf(host: Host, pool: Pool): Viewer {
  return `pool ${poolNumber(host, pool)}`;
}

/** Why nothing of processes is known. */
export const NO_PROC = "no /proc shows the processes of this machine";

import { X509Certificate } from "node:crypto";
import type { HostFilesystem } from "../host/filesystem.js";
import type { FileStatus } from "../host/live.js";
import { directoryOf, nameOf, withParents } from "../host/path.js";
import { kilobytesIn, textOf } from "../host/text.js";
import type { Host } from "../model/host.js";
import { killsIn } from "../model/machine/kills.js";
import { pidsOf, takenBy } from "../model/machine/processes.js";
import { unique } from "../source/collect.js";
import { nginxIdentity, poolIdentity } from "./accounts.js";
import type {
  CertificateFacts,
  FpmFacts,
  Identity,
  MachineFacts,
  MemoryFacts,
  NginxFacts,
  PathFacts,
  Rights,
  SpaceFacts,
  Viewer,
} from "./facts.js";
import { listenersOf, type Queues } from "./listeners.js";
import type { Machine, Through, WantedPath } from "./machine.js";
import { isReadOnly } from "./mounts.js";
import { namedLogs } from "./named-logs.js";
import { certificatePaths, sessionDirectories, temporaryPaths, uploadDirectories } from "./places.js";
import {
  clockOf,
  fpmProcesses,
  nginxProcesses,
  otherFpmMains,
  poolWorkers,
  runningMaster,
  runningNginx,
} from "./processes.js";
import { wantedPaths } from "./wanted.js";

/** What programs and connections told, beside what the machine's files tell. */
export type Told = Pick<MachineFacts, "built" | "units" | "kernelLines" | "programs"> & {
  readonly queues: Queues;
};

/** What addresses, pages and names answer is asked afterwards. */
export type Asked = Pick<MachineFacts, "answers" | "pages" | "names">;

export const NOTHING_ASKED: Asked = { answers: [], pages: [], names: [] };

/** What a machine says about a host. `main`: nginx's main file. */
export function readFacts(host: Host, main: string | null, machine: Machine, told: Told): MachineFacts {
  const { fs, now, source } = machine;
  const clock = clockOf(fs, now);
  const nginx = nginxProcesses(fs, host.nginx, main, clock);
  const fpm = fpmProcesses(fs, host.masters, clock);
  const root = isRoot(fs);
  const proc = fs.entry("/proc/self/status").kind === "file" && fs.entry("/proc").kind === "directory";
  const net = networkOf(fs, nginx);
  return {
    version: 1,
    source,
    now,
    root,
    proc,
    // Everybody sees the first process, unless all but the own are hidden.
    hidden: proc && !root && textOf(fs, "/proc/1/status") === "",
    container: isContainer(fs),
    nginx,
    fpm,
    otherFpm: otherFpmMains(fs, fpm),
    network: textOf(fs, `${net}/unix`) !== "",
    listeners: listenersOf(host, machine, net, nginx, fpm, told.queues),
    paths: pathsOf(host, machine, told, nginx, fpm),
    spaces: spacesOf(host, machine, told),
    memory: memoryOf(fs, nginx, fpm),
    somaxconn: numberIn(textOf(fs, "/proc/sys/net/core/somaxconn")),
    certificates: certificatePaths(host).map(({ path }) => certificateAt(machine, path)),
    built: told.built,
    units: told.units,
    kernelLines: told.kernelLines,
    programs: told.programs,
    ...NOTHING_ASKED,
  };
}

function numberIn(text: string): number | null {
  return /^\s*\d+\s*$/.test(text) ? Number(text) : null;
}

function isRoot(fs: HostFilesystem): boolean {
  return /^Uid:\s*\d+\s+0\s/m.test(textOf(fs, "/proc/self/status"));
}

/** The files that container runtimes leave, and what the first process is. */
function isContainer(fs: HostFilesystem): boolean | null {
  const marks = ["/.dockerenv", "/run/.containerenv", "/run/systemd/container"];
  if (marks.some((path) => fs.entry(path).kind === "file")) return true;
  const first = textOf(fs, "/proc/1/comm").trim();
  if (first === "") return null;
  return /^(?:systemd|init|openrc-init|runit|s6-svscan|launchd)$/.test(first) ? false : null;
}

/** The network of nginx's workers, which may be another one than the reader's. */
function networkOf(fs: HostFilesystem, nginx: readonly NginxFacts[]): string {
  const pid = runningNginx(nginx)?.workers[0]?.pid;
  const own = pid === undefined ? null : `/proc/${pid}/net`;
  return own !== null && textOf(fs, `${own}/unix`) !== "" ? own : "/proc/net";
}

/** `unknown`: it may see other files than the reader, and nobody can look. */
type Sees = Through | "unknown";

interface Eyes {
  readonly identity: Identity | null;
  readonly sees: Sees;
}

function pathsOf(
  host: Host,
  machine: Machine,
  told: Told,
  nginx: readonly NginxFacts[],
  fpm: readonly FpmFacts[],
): readonly PathFacts[] {
  const known = new Map<Viewer, Eyes>([["reader", { identity: null, sees: null }]]);
  const eyesOf = (viewer: Viewer): Eyes => {
    const before = known.get(viewer);
    if (before !== undefined) return before;
    const eyes = viewer === "nginx" ? nginxEyes(host, machine, nginx) : poolEyes(host, machine, fpm, viewer);
    known.set(viewer, eyes);
    return eyes;
  };
  const wanted = wantedPaths(host, told.built);
  const found = wanted.map((one) => pathFacts(machine, one, eyesOf(one.viewer)));
  const links = found.flatMap(({ path, names }) => (names ?? []).map((name) => `${path}/${name}`));
  return [...found, ...links.flatMap((path) => linkFacts(machine, path) ?? [])];
}

function nginxEyes(host: Host, machine: Machine, nginx: readonly NginxFacts[]): Eyes {
  const running = runningNginx(nginx);
  return {
    identity: nginxIdentity(host, nginx),
    sees: mountsOf(machine, running?.workers[0]?.pid ?? running?.master.pid),
  };
}

function poolEyes(host: Host, machine: Machine, fpm: readonly FpmFacts[], viewer: Viewer): Eyes {
  const pool = host.pools[Number(viewer.slice("pool ".length))];
  if (pool === undefined) return { identity: null, sees: null };
  const running = runningMaster(host, fpm, pool.master);
  const worker = running === null ? undefined : poolWorkers(running, pool.name)[0];
  return {
    identity: poolIdentity(host, fpm, pool),
    sees: mountsOf(machine, worker?.pid ?? running?.master.pid),
  };
}

/** Whether a process has mounts of its own, as systemd's `PrivateTmp` gives a service. */
function mountsOf({ fs, source }: Machine, pid: number | undefined): Sees {
  if (pid === undefined) return null;
  const [own, other] = ["self", pid].map((one) => nameOf(fs.entry(`/proc/${one}/ns/mnt`).path));
  if (!/^mnt:\[/.test(own ?? "") || !/^mnt:\[/.test(other ?? "")) return "unknown";
  if (own === other) return null;
  return source === "live" ? pid : "unknown";
}

/** Directories that systemd gives services of their own. */
const PRIVATE = /^\/(?:tmp|var\/tmp)(?:\/|$)/;

function pathFacts(machine: Machine, { path, viewer, tried, listed }: WantedPath, eyes: Eyes): PathFacts {
  const through = eyes.sees === "unknown" ? null : eyes.sees;
  const fs = machine.view(through);
  const none = {
    path,
    viewer,
    kind: null,
    own: null,
    changed: null,
    names: null,
    empty: null,
    opened: null,
    readOnly: null,
  };
  if (fs === null || (eyes.sees === "unknown" && PRIVATE.test(path)))
    return { ...none, state: "hidden", real: path, above: [] };
  const entry = fs.entry(path);
  const real = entry.path;
  const above = unique([...withParents(directoryOf(path)), ...withParents(directoryOf(real))])
    .toSorted((a, b) => a.length - b.length)
    .flatMap((one) => rightsOf(machine, one, through) ?? []);
  if (entry.kind === "missing")
    return { ...none, state: machine.looked(real) ? "missing" : "hidden", real, above };
  const status = machine.status(real, through);
  if (status === null) return { ...none, state: "hidden", real, above };
  const { identity } = eyes;
  return {
    path,
    viewer,
    state: "there",
    real,
    kind: status.kind === "link" ? "other" : status.kind,
    own: rightsIn(real, status),
    above,
    changed: status.changed,
    names: listed && entry.kind === "directory" ? entry.names : null,
    empty: entry.kind === "directory" && viewer.startsWith("pool") ? machine.isEmpty(path, through) : null,
    // To open a device may do something.
    opened:
      tried && identity !== null && (status.kind === "file" || status.kind === "directory")
        ? machine.opens(real, through, identity)
        : null,
    readOnly:
      tried && status.kind === "directory" && eyes.sees !== "unknown"
        ? isReadOnly(machine.fs, eyes.sees, real)
        : null,
  };
}

/** Of a directory; `null`: it is none, or cannot be looked at. */
function rightsOf(machine: Machine, path: string, through: Through): Rights | null {
  const status = machine.status(path, through);
  return status?.kind === "directory" ? rightsIn(path, status) : null;
}

function rightsIn(path: string, { mode, user, group, acl }: FileStatus): Rights {
  return { path, mode, user, group, acl };
}

/** A link by itself, with the time at which it was made; `null`: it is none. */
function linkFacts(machine: Machine, path: string): PathFacts | null {
  const status = machine.status(path, null);
  if (status?.kind !== "link") return null;
  return {
    path,
    viewer: "reader",
    state: "there",
    real: path,
    kind: "other",
    own: null,
    above: [],
    changed: status.changed,
    names: null,
    empty: null,
    opened: null,
    readOnly: null,
  };
}

function spacesOf(host: Host, machine: Machine, { built }: Told): readonly SpaceFacts[] {
  const directories = [
    ...namedLogs(host).map(({ path }) => directoryOf(path)),
    ...[...sessionDirectories(host), ...uploadDirectories(host)].map(({ path }) => path),
    ...temporaryPaths(host, built).map(({ path }) => path),
  ];
  return unique(directories).flatMap((path) => {
    const space = machine.space(path);
    return space === null ? [] : [{ path, ...space }];
  });
}

/** The largest processes that are shown. */
const MOST_OTHERS = 3;

function memoryOf(fs: HostFilesystem, nginx: readonly NginxFacts[], fpm: readonly FpmFacts[]): MemoryFacts {
  const text = textOf(fs, "/proc/meminfo");
  const pressure = textOf(fs, "/proc/pressure/memory").split("\n");
  const percent = (who: "some" | "full"): number | null => {
    const line = pressure.find((one) => one.startsWith(`${who} `)) ?? "";
    const found = /\bavg60=(\d+\.\d+)/.exec(line)?.[1];
    return found === undefined ? null : Number(found);
  };
  const own = new Set(
    [...nginx, ...fpm].flatMap(({ master, workers }) => [master, ...workers].map(({ pid }) => String(pid))),
  );
  const others = pidsOf(fs)
    .filter((pid) => !own.has(pid))
    .flatMap((pid) => {
      const taken = takenBy(fs, pid);
      return taken === null ? [] : [{ pid: Number(pid), resident: taken.rss }];
    })
    .toSorted((a, b) => b.resident - a.resident)
    .slice(0, MOST_OTHERS)
    .map((one) => ({ ...one, name: textOf(fs, `/proc/${one.pid}/comm`).trim() }));
  return {
    total: kilobytesIn(text, "MemTotal"),
    available: kilobytesIn(text, "MemAvailable"),
    swapTotal: kilobytesIn(text, "SwapTotal"),
    swapFree: kilobytesIn(text, "SwapFree"),
    someWaits: percent("some"),
    allWait: percent("full"),
    kills: killsIn(
      fs,
      fpm.map(({ master }) => master.pid),
    ),
    others,
  };
}

function certificateAt({ fs, looked }: Machine, path: string): CertificateFacts {
  const entry = fs.entry(path);
  const answer = entry.kind === "file" ? entry.read() : null;
  const none = { path, from: null, to: null, names: [], selfSigned: null };
  if (entry.kind === "missing")
    return { ...none, problem: looked(entry.path) ? "no such file" : "it was not looked at" };
  if (answer === null || "unreadable" in answer)
    return { ...none, problem: answer?.unreadable ?? "it could not be read" };
  try {
    const read = new X509Certificate(answer.text);
    const [from, to] = [secondsOf(read.validFrom), secondsOf(read.validTo)];
    return { path, problem: null, from, to, names: namesIn(read), selfSigned: read.issuer === read.subject };
  } catch {
    return { ...none, problem: "it is no certificate" };
  }
}

/** The names of a certificate; the common name counts where there are no others. */
function namesIn({ subject, subjectAltName }: X509Certificate): readonly string[] {
  const names = [...(subjectAltName ?? "").matchAll(/(?:^|, )DNS:([^,"]+)/g)].map(([, name = ""]) => name);
  const common = /^CN=(.+)$/m.exec(subject)?.[1];
  const all = names.length === 0 && common !== undefined ? [common] : names;
  return all.map((name) => name.toLowerCase());
}

function secondsOf(date: string): number | null {
  const at = Date.parse(date);
  return Number.isNaN(at) ? null : at / 1000;
}

import * as fs from "node:fs";
import { dirname } from "node:path";
import { waitFor } from "../../daemons/processes.js";
import { onExit } from "../../support/exit.js";

/** A memory control group of our own. Sizes are bytes. */
export interface MemoryGroup {
  readonly path: string;
  readonly version: "v1" | "v2";
  /** What its processes use now: all of it, and of that what is their own and what they share. */
  now(): { readonly all: number; readonly anon: number; readonly shared: number };
  /** The most that they used so far, pages of files included. */
  peak(): number | null;
  /** How many processes the kernel has killed in it. */
  killed(): number;
  /** Ends what is left in it, and removes it. */
  remove(): Promise<void>;
}

let made = 0;

/**
 * Makes a group with this limit and so much swap: for the first version below the group that this process is
 * in, so that the limits around it go on to hold; for the second beside it, because there a group
 * with processes has no groups below. `why`: in words, where this machine does not let us.
 */
export function makeGroup(limit: number, swap = 0): MemoryGroup | { readonly why: string } {
  made += 1;
  const name = `fpmlint-measure-${process.pid}-${made}`;
  const tried = [first, second].map((place) => {
    const parent = place();
    return typeof parent === "string"
      ? parent
      : create(`${parent.path}/${name}`, parent.version, limit, swap);
  });
  const group = tried.find((one) => typeof one !== "string");
  return group === undefined || typeof group === "string" ? { why: tried.join("; ") } : group;
}

type Parent = { readonly path: string; readonly version: "v1" | "v2" };

function first(): Parent | string {
  const own = /^\d+:(?:.*,)?memory(?:,.*)?:(\/.*)$/m.exec(read("/proc/self/cgroup"))?.[1];
  const paths =
    own === undefined ? [] : [`/sys/fs/cgroup/memory${own === "/" ? "" : own}`, "/sys/fs/cgroup/memory"];
  const path = paths.find((one) => fs.existsSync(`${one}/memory.limit_in_bytes`));
  return path === undefined ? "no memory hierarchy of control groups v1" : { path, version: "v1" };
}

function second(): Parent | string {
  const own = /^0::(\/.*)$/m.exec(read("/proc/self/cgroup"))?.[1];
  for (let at = own; at !== undefined && at !== "/"; ) {
    at = dirname(at);
    const path = `/sys/fs/cgroup${at === "/" ? "" : at}`;
    if (read(`${path}/cgroup.subtree_control`).split(/\s/).includes("memory")) return { path, version: "v2" };
  }
  return "no group of control groups v2 around this process hands on memory";
}

function create(path: string, version: "v1" | "v2", limit: number, more: number): MemoryGroup | string {
  const settings = {
    v1: ["memory.limit_in_bytes", "memory.memsw.limit_in_bytes"],
    v2: ["memory.max", "memory.swap.max"],
  };
  try {
    fs.mkdirSync(path);
  } catch (error) {
    return `${path} cannot be made: ${error instanceof Error ? error.message : String(error)}`;
  }
  const remove = onExit(() => removeNow(path));
  try {
    const [memory = "", swap = ""] = settings[version];
    fs.writeFileSync(`${path}/${memory}`, String(limit));
    if (fs.existsSync(`${path}/${swap}`))
      fs.writeFileSync(`${path}/${swap}`, String(version === "v1" ? limit + more : more));
  } catch (error) {
    remove();
    return `${path} takes no limit: ${error instanceof Error ? error.message : String(error)}`;
  }
  return opened(path, version, remove);
}

function opened(path: string, version: "v1" | "v2", remove: () => void): MemoryGroup {
  const old = version === "v1";
  const stat = (key: string): number =>
    Number(new RegExp(`^${key} (\\d+)$`, "m").exec(read(`${path}/memory.stat`))?.[1] ?? 0);
  const whole = (file: string): number => Number(read(`${path}/${file}`).trim() || Number.NaN);
  return {
    path,
    version,
    now: () => ({
      all: whole(old ? "memory.usage_in_bytes" : "memory.current"),
      anon: stat(old ? "rss" : "anon"),
      shared: stat("shmem"),
    }),
    peak: () => {
      const most = whole(old ? "memory.max_usage_in_bytes" : "memory.peak");
      return Number.isNaN(most) ? null : most;
    },
    killed: () => {
      const text = read(`${path}/${old ? "memory.oom_control" : "memory.events"}`);
      return Number(/^oom_kill (\d+)$/m.exec(text)?.[1] ?? 0);
    },
    remove: async () => {
      for (const pid of pids(path)) kill(pid);
      await waitFor(() => pids(path).length === 0, 30_000);
      remove();
    },
  };
}

/** While this process exits nothing else runs, so that the wait for the last process is a busy one. */
function removeNow(path: string): void {
  for (let tries = 0; tries < 200; tries += 1) {
    for (const pid of pids(path)) kill(pid);
    try {
      fs.rmdirSync(path);
      return;
    } catch {
      if (!fs.existsSync(path)) return;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
    }
  }
  process.stderr.write(`${path} could not be removed\n`);
}

function pids(path: string): readonly number[] {
  return read(`${path}/cgroup.procs`).split("\n").filter(Boolean).map(Number);
}

function kill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It is gone by now.
  }
}

function read(file: string): string {
  try {
    return fs.readFileSync(file, "utf8");
  } catch {
    return "";
  }
}

import { spawn } from "node:child_process";
import * as fs from "node:fs";
import { connect } from "node:net";
import { onExit } from "../support/exit.js";

export interface Child {
  readonly pid: number;
  /** Everything it printed so far. */
  output(): string;
  exited(): boolean;
  stop(): Promise<void>;
}

const SETPRIV = "/usr/bin/setpriv";

/**
 * Starts a daemon in a process group of its own, so that its workers can be ended by that group's
 * number even when their master is gone. It prints to a file: `/dev/stderr` and
 * `/proc/self/fd/2`, which container images log to, cannot be opened when they are a socket, and
 * that is what Node gives to children.
 */
export function startChild(
  command: string,
  args: readonly string[],
  log: string,
  env: NodeJS.ProcessEnv,
): Child {
  const out = fs.openSync(log, "a");
  const [program, before] = endedWithTest(command);
  const child = spawn(program, [...before, ...args], {
    detached: true,
    stdio: ["ignore", out, out],
    cwd: "/",
    env,
  });
  fs.closeSync(out);
  let gone = child.pid === undefined;
  const done = new Promise<void>((resolve) => {
    child.once("error", () => resolve());
    child.once("exit", () => resolve());
  }).then(() => {
    gone = true;
  });
  const pid = child.pid ?? 0;
  const kill = onExit(() => signalGroup(pid, "SIGKILL"));
  return {
    pid,
    output: () => fs.readFileSync(log, "utf8"),
    exited: () => gone,
    stop: async () => {
      // The master first: it ends its workers and waits for them, so nobody is left to adopt.
      if (!gone) child.kill("SIGTERM");
      if (!(await waitFor(() => gone, 5000))) signalGroup(pid, "SIGKILL");
      await done;
      kill();
      await waitFor(() => groupMembers(pid).length === 0, 5000);
    },
  };
}

/** The usual limit of open files: with a far higher one nginx dies of an include loop without a word. */
const USUAL_LIMITS = ["/bin/sh", "-c", 'ulimit -S -n 1024; exec "$@"', "sh"] as const;

/** When the test process is killed outright, the kernel ends the daemon. */
function endedWithTest(command: string): readonly [program: string, before: readonly string[]] {
  const [shell, ...words] = USUAL_LIMITS;
  return fs.existsSync(SETPRIV)
    ? [SETPRIV, ["--pdeathsig", "TERM", shell, ...words, command]]
    : [shell, [...words, command]];
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  // 0 would mean the group of the test process itself.
  if (pid === 0) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // Nobody is left in it.
  }
}

/** Living processes of the group that the child with this id leads. */
export function groupMembers(group: number): readonly number[] {
  return fs.readdirSync("/proc").flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    const fields = stat(Number(name));
    return fields !== null && fields.group === group && fields.state !== "Z" ? [Number(name)] : [];
  });
}

/** Children of a process: nginx has them only when every address is bound. */
export function childrenOf(pid: number): readonly string[] {
  try {
    return fs.readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Boolean);
  } catch {
    return [];
  }
}

/** Children that run the same program: the script that starts a daemon that is not installed has others. */
export function workersOf(pid: number): readonly string[] {
  const own = nameOf(pid);
  return own === "sh" ? [] : childrenOf(pid).filter((child) => nameOf(child) === own);
}

function nameOf(pid: number | string): string | null {
  try {
    return fs.readFileSync(`/proc/${pid}/comm`, "utf8").trim();
  } catch {
    return null;
  }
}

function stat(pid: number): { readonly state: string; readonly group: number } | null {
  try {
    // The name in brackets may hold blanks and brackets itself.
    const [state = "", , group = ""] = fs
      .readFileSync(`/proc/${pid}/stat`, "utf8")
      .replace(/^.*\) /s, "")
      .split(" ");
    return { state, group: Number(group) };
  } catch {
    return null;
  }
}

/**
 * Whether the process waits for events. PHP-FPM registers its first ones when nothing can go wrong
 * any more; the empty poll is there before that, while the pid file is still to be written.
 */
export function waitsForEvents(pid: number): boolean {
  try {
    const directory = `/proc/${pid}`;
    return fs
      .readdirSync(`${directory}/fd`)
      .filter((fd) => fs.readlinkSync(`${directory}/fd/${fd}`).includes("[eventpoll]"))
      .some((fd) => fs.readFileSync(`${directory}/fdinfo/${fd}`, "utf8").includes("tfd:"));
  } catch {
    return false;
  }
}

export function accepts(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const end = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.once("connect", () => end(true));
    socket.once("error", () => end(false));
  });
}

/** Asks until the answer is yes; `false` when it never was within the time. */
export async function waitFor(ask: () => boolean | Promise<boolean>, timeoutMs: number): Promise<boolean> {
  const end = Date.now() + timeoutMs;
  for (;;) {
    if (await ask()) return true;
    if (Date.now() >= end) return false;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

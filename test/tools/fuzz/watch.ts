import { type ChildProcess, spawn } from "node:child_process";
import * as fs from "node:fs";
import { createInterface } from "node:readline";
import { onExit } from "../../support/exit.js";
import { caseAt, type Message, type Work } from "./work.js";

/** What a case may take before its process is ended. */
export interface Limits {
  /** Seconds of CPU after which it counts as endless. */
  readonly endless: number;
  /** Seconds without any CPU after which it counts as one that waits for ever. */
  readonly stuck: number;
  /** Bytes of memory of the process. */
  readonly memory: number;
}

const LIMITS: Limits = { endless: 30, stuck: 30, memory: 1.2 * 2 ** 30 };

/** Ticks of CPU time a second; 100 on every Linux. */
const TICKS = 100;
const PAGE = 4096;

/** Runs the work in a process of its own, which is ended and begun again after the case that it hangs or dies in. */
export async function watched(
  job: Work,
  program: string,
  hear: (message: Message) => void,
  limits = LIMITS,
): Promise<void> {
  let from: number | null = job.from;
  while (from !== null && (job.end === null || Date.now() < job.end))
    from = await once({ ...job, from }, program, hear, limits);
}

/** The place to go on from; `null` when all is done. */
async function once(
  job: Work,
  program: string,
  hear: (message: Message) => void,
  limits: Limits,
): Promise<number | null> {
  const child = spawn(
    process.execPath,
    ["--max-old-space-size=1024", program, "--work", JSON.stringify(job)],
    {
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  const forget = onExit(() => child.kill("SIGKILL"));
  let place: number | null = null;
  const watch = watcher(child, limits);
  let complaint = "";
  child.stderr.on("data", (data) => {
    complaint = (complaint + String(data)).slice(-400);
  });
  createInterface({ input: child.stdout }).on("line", (line) => {
    const message = JSON.parse(line) as Message;
    if (message.say !== "begin") return hear(message);
    place = message.place;
    watch.begin();
  });
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  watch.stop();
  forget();
  if (code === 0) return null;
  if (place === null) throw new Error(`no case was begun: ${complaint}`);
  const failure =
    watch.why() ?? `died: ${code === null ? "by a signal" : `with ${code}`}: ${complaint.trim()}`;
  hear({ say: "failed", ...caseAt(place, job.kinds, job.first), failure, input: "    (not made smaller)" });
  return place + job.step;
}

interface Watcher {
  /** A case begins. */
  begin(): void;
  stop(): void;
  /** Why the process was ended; `null`: it was not. */
  why(): string | null;
}

function watcher(child: ChildProcess, limits: Limits): Watcher {
  let why: string | null = null;
  /** When the case began; `null` before the first: loading the code is no part of one. */
  let start: number | null = null;
  let seen = { cpu: 0, when: 0 };
  const end = (reason: string): void => {
    why ??= reason;
    child.kill("SIGKILL");
  };
  const look = (): void => {
    const usage = usageOf(child.pid);
    if (usage === null || start === null) return;
    if (usage.memory > limits.memory) end(`memory: ${Math.round(usage.memory / 2 ** 20)} MiB`);
    if (usage.cpu - start > limits.endless) end(`endless: ended after ${limits.endless} s of CPU`);
    if (usage.cpu > seen.cpu || usage.runs) seen = { cpu: usage.cpu, when: Date.now() };
    else if (Date.now() - seen.when > limits.stuck * 1000)
      end(`stuck: waits for something, ended after ${limits.stuck} s`);
  };
  const timer = setInterval(look, 200);
  return {
    begin: () => {
      start = usageOf(child.pid)?.cpu ?? 0;
      seen = { cpu: start, when: Date.now() };
    },
    stop: () => clearInterval(timer),
    why: () => why,
  };
}

interface Usage {
  /** Seconds. */
  readonly cpu: number;
  /** Bytes. */
  readonly memory: number;
  /** Whether it would go on if a core were free. */
  readonly runs: boolean;
}

/** `null` where there is no /proc or the process has ended. */
function usageOf(pid: number | undefined): Usage | null {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, "utf8");
    // From the third field on: the second is the name, in brackets, and may hold anything.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const number = (index: number): number => Number(fields[index] ?? 0);
    const cpu = (number(11) + number(12)) / TICKS;
    return { cpu, memory: number(21) * PAGE, runs: fields[0] === "R" };
  } catch {
    return null;
  }
}

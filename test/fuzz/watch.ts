import { type ChildProcess, spawn } from "node:child_process";
import * as fs from "node:fs";
import { createInterface } from "node:readline";
import { onExit } from "../support/exit.js";
import { caseAt, type Message, type Work } from "./work.js";

/** Seconds of CPU after which a case counts as endless. */
const ENDLESS = 30;
/** Seconds without any CPU after which a case counts as one that waits for ever. */
const STUCK = 30;
/** Bytes of memory that a case may make the process take. */
const MOST_MEMORY = 1.2 * 2 ** 30;

/** Ticks of CPU time a second; 100 on every Linux. */
const TICKS = 100;
const PAGE = 4096;

/** Runs the work in a process of its own, which is ended and begun again after the case that it hangs or dies in. */
export async function watched(job: Work, program: string, hear: (message: Message) => void): Promise<void> {
  let from: number | null = job.from;
  while (from !== null && (job.end === null || Date.now() < job.end))
    from = await once({ ...job, from }, program, hear);
}

/** The place to go on from; `null` when all is done. */
async function once(job: Work, program: string, hear: (message: Message) => void): Promise<number | null> {
  const child = spawn(
    process.execPath,
    ["--max-old-space-size=1024", program, "--work", JSON.stringify(job)],
    {
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  const forget = onExit(() => child.kill("SIGKILL"));
  let place: number | null = null;
  const watch = watcher(child);
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

function watcher(child: ChildProcess): Watcher {
  let why: string | null = null;
  let start = 0;
  let seen = { cpu: 0, when: Date.now() };
  const end = (reason: string): void => {
    why ??= reason;
    child.kill("SIGKILL");
  };
  const look = (): void => {
    const usage = usageOf(child.pid);
    if (usage === null) return;
    if (usage.memory > MOST_MEMORY) end(`memory: ${Math.round(usage.memory / 2 ** 20)} MiB`);
    if (usage.cpu - start > ENDLESS) end(`endless: ended after ${ENDLESS} s of CPU`);
    if (usage.cpu > seen.cpu) seen = { cpu: usage.cpu, when: Date.now() };
    else if (Date.now() - seen.when > STUCK * 1000) end(`stuck: waits for something, ended after ${STUCK} s`);
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

/** Seconds of CPU and bytes of memory of a process; `null` where there is no /proc or it has ended. */
function usageOf(pid: number | undefined): { readonly cpu: number; readonly memory: number } | null {
  try {
    const stat = fs.readFileSync(`/proc/${pid}/stat`, "utf8");
    // From the third field on: the second is the name, in brackets, and may hold anything.
    const fields = stat
      .slice(stat.lastIndexOf(")") + 2)
      .split(" ")
      .map(Number);
    return { cpu: ((fields[11] ?? 0) + (fields[12] ?? 0)) / TICKS, memory: (fields[21] ?? 0) * PAGE };
  } catch {
    return null;
  }
}

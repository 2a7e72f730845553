import { endTimings, startTimings, type Timing } from "../source/timings.js";
import type { World } from "./world.js";

/** What everything is that has no name of its own. */
const REST = "everything else";

/** Does the work; with `FPMLINT_TIMINGS=1` says afterwards on standard error where the time went. */
export async function withTimings(
  { env, stderr }: Pick<World, "env" | "stderr">,
  work: () => Promise<number>,
): Promise<number> {
  if (env.FPMLINT_TIMINGS !== "1") return work();
  const start = cpu();
  startTimings(cpu, REST);
  try {
    return await work();
  } finally {
    stderr.write(
      table([{ what: "start: Node, and loading fpmlint", time: start, times: 1 }, ...endTimings()]),
    );
  }
}

/** Milliseconds of all processors that this process has had, compiling and collecting garbage included. */
function cpu(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** One line a part: milliseconds, its part of all, how often, what. */
export function table(timings: readonly Timing[]): string {
  const all = timings.reduce((sum, { time }) => sum + time, 0);
  const line = (time: number, times: string, what: string): string =>
    `${time.toFixed(1).padStart(10)} ${((100 * time) / all).toFixed(1).padStart(5)} % ${times.padStart(8)}  ${what}\n`;
  const lines = [...timings]
    .sort((a, b) => b.time - a.time)
    .map(({ time, times, what }) => line(time, String(times), what));
  return `    CPU ms    share    times  what, without what has a line of its own\n${lines.join("")}${line(all, "", "all")}`;
}

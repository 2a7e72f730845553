/** Processes that a signal stopped, for good and for a moment. */
import { spawn } from "node:child_process";
import type { DoctorKind } from "./doctor-kinds.js";
import { type Pair, pause } from "./pair.js";

function signal(pids: readonly number[], name: NodeJS.Signals): void {
  for (const pid of pids) process.kill(pid, name);
}

/** Stopped until the look is over. */
const stopped =
  (of: (pair: Pair) => readonly number[]) =>
  async (pair: Pair): Promise<() => void> => {
    const pids = of(pair);
    signal(pids, "SIGSTOP");
    await pause(100);
    return () => signal(pids, "SIGCONT");
  };

/** Stopped and continued again and again, as `cpulimit` does it: by another process, as the look may be one that blocks. */
const nowAndThen =
  (of: (pair: Pair) => readonly number[]) =>
  async (pair: Pair): Promise<() => void> => {
    const pids = of(pair).join(" ");
    const loop = `while kill -STOP ${pids}; do sleep 0.09; kill -CONT ${pids}; sleep 0.01; done`;
    const limit = spawn("sh", ["-c", loop], { stdio: "ignore" });
    await pause(300);
    return () => {
      limit.kill("SIGKILL");
      for (const pid of of(pair)) process.kill(pid, "SIGCONT");
    };
  };

const master = ({ masters }: Pair): number => masters.fpm;
const first = (pair: Pair): readonly number[] => pair.workers().slice(0, 1);

export const stoppedKinds: readonly DoctorKind[] = [
  {
    name: "workers of PHP-FPM stopped",
    expected: ["basics/stopped"],
    happens: stopped((pair) => pair.workers()),
  },
  { name: "a worker of PHP-FPM stopped", expected: ["basics/stopped"], happens: stopped(first) },
  {
    name: "PHP-FPM's master stopped",
    expected: ["basics/stopped"],
    happens: stopped((pair) => [master(pair)]),
  },
  {
    name: "nginx's workers stopped",
    expected: ["basics/stopped"],
    happens: stopped((pair) => pair.workersOfNginx()),
  },
  {
    name: "nginx's master stopped",
    expected: ["basics/stopped"],
    happens: stopped(({ masters }) => [masters.nginx]),
  },
  {
    name: "a worker of several of nginx stopped",
    expected: ["basics/stopped"],
    options: { main: "worker_processes 3;" },
    happens: stopped((pair) => pair.workersOfNginx().slice(0, 1)),
  },
  {
    name: "stopped and continued, again and again",
    expected: [],
    // Who is asked in such a moment answers a moment later.
    happens: nowAndThen((pair) => [...pair.workers(), ...pair.workersOfNginx(), master(pair)]),
  },
  {
    name: "stopped and continued",
    expected: [],
    happens: async (pair) => {
      signal(pair.workers(), "SIGSTOP");
      await pause(100);
      signal(pair.workers(), "SIGCONT");
    },
  },
];

import { spawnSync } from "node:child_process";

/** A command that is measured. */
export interface Candidate {
  readonly command: readonly string[];
  /** Exit statuses that mean the work was done. */
  readonly done: readonly number[];
}

/** What a run took; the CPU is that of all processors, user and system. */
export interface Cost {
  /** Seconds. */
  readonly cpu: number;
  /** Seconds. */
  readonly wall: number;
  /** MiB; `null`: GNU time is not there, and nothing else tells. */
  readonly peak: number | null;
}

export type Measured = Cost | { readonly failed: string };

const TIME = "/usr/bin/time";
const tellsPeak = spawnSync(TIME, ["-f", "%M", "true"], { stdio: "ignore" }).status === 0;

/**
 * Medians of as many rounds, of which each runs every candidate once: a busy moment of the machine hits all alike. A
 * first round that is not counted warms up where there are several. `peaks`: also how much memory was taken, which
 * costs a process more.
 */
export function medians(
  rounds: number,
  candidates: readonly Candidate[],
  { peaks }: { readonly peaks: boolean },
): readonly Measured[] {
  const samples = candidates.map((): Measured[] => []);
  for (let round = rounds > 1 ? 0 : 1; round <= rounds; round++) {
    candidates.forEach((candidate, i) => {
      const before = samples[i]?.[0];
      if (before !== undefined && "failed" in before) return;
      const cost = measure(candidate, peaks && tellsPeak);
      if (round > 0 || "failed" in cost) samples[i]?.push(cost);
    });
  }
  return samples.map((all) => {
    const failed = all.find((one) => "failed" in one);
    if (failed !== undefined) return failed;
    const costs = all.filter((one) => "cpu" in one);
    const peak = costs.map((one) => one.peak).filter((one) => one !== null);
    return {
      cpu: median(costs.map((one) => one.cpu)),
      wall: median(costs.map((one) => one.wall)),
      peak: peak.length === 0 ? null : median(peak),
    };
  });
}

/** With certificates to load, a bare Node takes three times as long, and what fpmlint adds looks small beside it. */
const MAKES_NODE_LATE = { NODE_EXTRA_CA_CERTS: undefined, NODE_OPTIONS: undefined };

/** bash counts in milliseconds what its children took; GNU time, which knows the memory, in hundredths. */
function measure({ command, done }: Candidate, peak: boolean): Measured {
  const watched = peak ? [TIME, "-q", "-f", "%M", ...command] : command;
  const line = 'TIMEFORMAT="%3U %3S %3R"; time "$@" 3>&2 >/dev/null';
  const { status, stderr } = spawnSync("bash", ["--norc", "-c", line, "bash", ...watched], {
    stdio: ["ignore", "ignore", "pipe"],
    encoding: "utf8",
    env: { ...process.env, LC_ALL: "C", ...MAKES_NODE_LATE },
    maxBuffer: 64 * 1024 * 1024,
  });
  const lines = stderr.trimEnd().split("\n");
  const [user = Number.NaN, system = Number.NaN, wall = Number.NaN] = (lines.pop() ?? "")
    .split(" ")
    .map(Number);
  if (status === null || !done.includes(status))
    return { failed: `${command.join(" ")} ended with ${status}: ${lines.slice(-3).join(" / ")}` };
  return { cpu: user + system, wall, peak: peak ? Number(lines.pop()) / 1024 : null };
}

function median(samples: readonly number[]): number {
  const sorted = [...samples].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return ((sorted[Math.floor(middle)] ?? Number.NaN) + (sorted[Math.ceil(middle) - 1] ?? Number.NaN)) / 2;
}

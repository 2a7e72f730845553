import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeHost, writeHosts, writeNginx } from "./tree.js";

/** `npm run bench`. Only ratios are worth comparing: milliseconds belong to one machine on one day. */

interface Candidate {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
  /** Exit statuses that mean the work was done. */
  readonly done: readonly number[];
}

const built = join(process.cwd(), "dist/fpmlint.js");
const node = process.execPath;
const targetRatio = 2.0;

const nginx = ["nginx", "/usr/sbin/nginx", "/usr/local/sbin/nginx"].find(
  (name) => spawnSync(name, ["-v"], { stdio: "ignore" }).status === 0,
);

const folder = mkdtempSync(join(tmpdir(), "fpmlint-bench-"));
try {
  const ratio = startUp();
  sites();
  hosts();
  if (ratio > targetRatio) process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function startUp(): number {
  const [bare, help, version] = medians(30, [
    { name: "bare", command: [node, "-e", "0"], done: [0] },
    { name: "help", command: [node, built, "--help"], done: [0] },
    { name: "version", command: [node, built, "--version"], done: [0] },
  ]);
  const ratio = help / bare;
  const verdict = ratio > targetRatio ? "TOO SLOW" : "ok";
  table("start-up, 30 rounds", [
    ["node -e 0", ms(bare), "1.00"],
    ["fpmlint --help", ms(help), `${times(ratio)} (at most ${times(targetRatio)}: ${verdict})`],
    ["fpmlint --version", ms(version), times(version / bare)],
  ]);
  return ratio;
}

function sites(): void {
  const counts = [2000, 4000] as const;
  const lint = counts.map((count): Candidate => {
    const root = join(folder, `host-${count}`);
    writeHost(root, count);
    return { name: `fpmlint, ${count} sites`, command: [node, built, join(root, "etc")], done: [0, 1] };
  });
  const test = nginx === undefined ? [] : counts.map((count) => nginxTest(nginx, count));
  const [small = Number.NaN, large = Number.NaN, nginxSmall, nginxLarge] = medians(7, [...lint, ...test]);
  const compared = (mine: number, other: number | undefined): string =>
    other === undefined ? "" : `${times(mine / other)} of nginx -t`;
  table("a host with one shared snippet, 7 rounds", [
    ["fpmlint, 2000 sites", ms(small), compared(small, nginxSmall)],
    ["fpmlint, 4000 sites", ms(large), `${times(large / small)} of 2000 sites`],
    ...(nginxSmall === undefined || nginxLarge === undefined
      ? [["nginx -t", "", "no nginx on this machine"]]
      : [
          ["nginx -t, 2000 sites", ms(nginxSmall), ""],
          ["nginx -t, 4000 sites", ms(nginxLarge), `${times(nginxLarge / nginxSmall)} of 2000 sites`],
        ]),
  ]);
}

function hosts(): void {
  const counts = [150, 300] as const;
  const [small = Number.NaN, large = Number.NaN] = medians(
    7,
    counts.map((count): Candidate => {
      const root = join(folder, `repository-${count}`);
      writeHosts(root, count);
      return { name: `fpmlint, ${count} hosts`, command: [node, built, root], done: [0, 1] };
    }),
  );
  table("a repository of hosts with one shared snippet, 7 rounds", [
    ["fpmlint, 150 hosts", ms(small), ""],
    ["fpmlint, 300 hosts", ms(large), `${times(large / small)} of 150 hosts`],
  ]);
}

function nginxTest(nginx: string, count: number): Candidate {
  const root = join(folder, `nginx-${count}`);
  const main = writeNginx(root, count);
  const command = [nginx, "-t", "-q", "-e", "stderr", "-p", root, "-c", main] as const;
  return { name: `nginx -t, ${count} sites`, command: [...command], done: [0] };
}

/** Interleaved, so that a busy moment of the machine hits all alike; the first round only warms up. */
function medians<const T extends readonly Candidate[]>(
  rounds: number,
  candidates: T,
): { [K in keyof T]: number } {
  const samples = candidates.map((): number[] => []);
  for (let round = 0; round <= rounds; round++) {
    candidates.forEach((candidate, i) => {
      const time = measure(candidate);
      if (round > 0) samples[i]?.push(time);
    });
  }
  return samples.map(median) as { [K in keyof T]: number };
}

function measure({ name, command: [program, ...args], done }: Candidate): number {
  const start = performance.now();
  const { status, stderr } = spawnSync(program, args, {
    stdio: ["ignore", "ignore", "pipe"],
    encoding: "utf8",
  });
  const time = performance.now() - start;
  if (status === null || !done.includes(status)) throw new Error(`${name}: exit ${status}\n${stderr}`);
  return time;
}

function median(samples: readonly number[]): number {
  const sorted = [...samples].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return ((sorted[Math.floor(middle)] ?? Number.NaN) + (sorted[Math.ceil(middle) - 1] ?? Number.NaN)) / 2;
}

function table(title: string, rows: readonly (readonly string[])[]): void {
  const lines = rows.map(
    ([name = "", time = "", note = ""]) => `  ${name.padEnd(24)}${time.padStart(10)}  ${note}`,
  );
  console.log([title, ...lines.map((line) => line.trimEnd()), ""].join("\n"));
}

function ms(time: number): string {
  return `${time.toFixed(1)} ms`;
}

function times(ratio: number): string {
  return ratio.toFixed(2);
}

import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fpmCommand, nginxCommand } from "../../daemons/available.js";
import { onExit } from "../../support/exit.js";
import { type LogShape, logShapes, writeLog } from "./logs.js";
import { type Candidate, medians, type Measured as Outcome } from "./measure.js";
import { HELP, type Measured, type Options, readOptions } from "./options.js";
import { daemonFiles } from "./shapes.js";
import { logRows, markdown, type Row, ratio, seconds, sizeRows } from "./table.js";

/** `npm run bench`: see README.md beside it. */

const built = join(process.cwd(), "dist/fpmlint.js");
const node = process.execPath;
const hasRipgrep = spawnSync("rg", ["--version"], { stdio: "ignore" }).status === 0;
const bare: Candidate = { command: [node, "-e", "0"], done: [0] };

/** What any program in Node has to do at least with a log: it reads it and finds its lines. */
const COUNTING = `
  const fs = require("node:fs");
  const file = fs.openSync(process.argv[1], "r");
  const bytes = Buffer.allocUnsafe(128 * 1024);
  let lines = 0;
  for (let got; (got = fs.readSync(file, bytes)) > 0; ) {
    const piece = bytes.subarray(0, got);
    for (let at = piece.indexOf(10); at !== -1; at = piece.indexOf(10, at + 1)) lines += 1;
  }
  console.log(lines);
`;

const options = readOptions(process.argv.slice(2));
if ("wrong" in options) {
  process.stderr.write(`${options.wrong}\n`);
  process.exitCode = 2;
} else if ("help" in options) process.stdout.write(HELP);
else main(options);

function main({ start, logs, shapes, rounds }: Options): void {
  const folder = mkdtempSync(join(tmpdir(), "fpmlint-bench-"));
  const remove = onExit(() => rmSync(folder, { recursive: true, force: true }));
  try {
    say(versions());
    if (start) startUp(folder, rounds ?? 25);
    if (logs.length > 0) for (const shape of logShapes) readLogs(folder, shape, logs, rounds ?? 3);
    for (const measured of shapes) sizes(folder, measured, rounds);
  } finally {
    remove();
  }
}

/** What is compared, by what it calls itself. */
function versions(): string {
  const first = (command: string | null, ...words: readonly string[]): string | null => {
    if (command === null) return null;
    const { stdout, stderr } = spawnSync(command, words, { encoding: "utf8" });
    return `${stdout}${stderr}`.split("\n")[0] ?? null;
  };
  const said = [first(nginxCommand, "-v"), first(fpmCommand, "-v")];
  return [`Node ${process.versions.node}`, ...said.map((one) => one ?? "a daemon is missing")].join("; ");
}

function startUp(folder: string, rounds: number): void {
  const sites = ["a", "d"].map((name) => {
    const read = readOptions(["--shapes", name, "--sizes", "1"]);
    const shape = "shapes" in read ? read.shapes[0]?.shape : undefined;
    const root = join(folder, `start-${name}`);
    shape?.write(root, 1);
    return { name: `one site of shape ${name}`, words: [join(root, "etc")] };
  });
  const lines = [
    { name: "--version", words: ["--version"] },
    { name: "--help", words: ["--help"] },
    ...sites,
  ];
  const candidates = lines.map(
    ({ words }): Candidate => ({ command: [node, built, ...words], done: [0, 1] }),
  );
  const [base, ...costs] = medians(rounds, [bare, ...candidates], { peaks: false });
  const rows = lines.map(({ name }, i): Row => {
    const cost = costs[i];
    return [`\`fpmlint\` ${name}`, seconds(cost), ratio(cost, base)];
  });
  say(
    markdown([
      [`start, ${rounds} rounds`, "CPU s", "of bare node"],
      ["`node -e 0`", seconds(base), "1.00"],
      ...rows,
    ]),
  );
  complain([base, ...costs]);
}

/** One log at several sizes, against a Node that only counts its lines, and ripgrep, which looks for one thing in it. */
function readLogs(folder: string, shape: LogShape, sizes: readonly number[], rounds: number): void {
  const logs = sizes.map((size) => ({ size, path: join(folder, `${size}`, shape.name) }));
  for (const { size, path } of logs) writeLog(path, shape, size);
  try {
    const each = logs.map(({ path }) => [
      { command: [node, built, "diagnose", path], done: shape.done },
      { command: [node, "-e", COUNTING, path], done: [0] },
      ...(hasRipgrep ? [{ command: ["rg", "-c", "-F", shape.sought, path], done: [0, 1] }] : []),
    ]);
    const costs = medians(rounds, each.flat(), { peaks: true });
    const width = hasRipgrep ? 3 : 2;
    const rows = logs.map(({ size }, i) => ({
      size,
      own: costs[i * width],
      counting: costs[i * width + 1],
      ripgrep: hasRipgrep ? costs[i * width + 2] : undefined,
    }));
    const missing = hasRipgrep ? "" : "; ripgrep is not installed, so there is nothing to compare with";
    say(`${shape.name}: ${shape.describe}; ${rounds} rounds${missing}\n\n${markdown(logRows(rows))}`);
    complain(costs);
  } finally {
    for (const { path } of logs) rmSync(path, { force: true });
  }
}

/** One shape at all its sizes, against the daemons, in the same rounds. */
function sizes(folder: string, { shape, sizes: counts }: Measured, given: number | null): void {
  const roots = counts.map((count) => {
    const root = join(folder, `${shape.name}${count}`);
    shape.write(root, count);
    return root;
  });
  try {
    const rounds = given ?? roundsFor(counts);
    const each = roots.map((root) => [
      { command: [node, built, join(root, shape.path)], done: [0, 1] },
      ...(shape.isHost ? daemons(root) : []),
    ]);
    const [base, ...costs] = medians(rounds, [bare, ...each.flat()], { peaks: true });
    const width = each[0]?.length ?? 1;
    const measured = counts.map((count, i) => {
      const [own, nginx, fpm] = costs.slice(i * width, (i + 1) * width);
      return { count, own, nginx, fpm };
    });
    const title = `${shape.name}: ${shape.describe}; ${rounds === 1 ? "1 round" : `${rounds} rounds`}`;
    say(`${title}\n\n${markdown(sizeRows(shape.what, base, measured))}`);
    complain([base, ...costs]);
  } finally {
    for (const root of roots) rmSync(root, { recursive: true, force: true });
  }
}

/** nginx and then PHP-FPM, where they are there. */
function daemons(root: string): readonly Candidate[] {
  if (nginxCommand === null) return [];
  const prefix = join(root, daemonFiles.prefix);
  const test = [nginxCommand, "-t", "-q", "-e", "stderr", "-p", prefix, "-c", join(root, daemonFiles.nginx)];
  const fpm = ["-t", "-y", join(root, daemonFiles.fpm)];
  const other = fpmCommand === null ? [] : [{ command: [fpmCommand, ...fpm], done: [0] }];
  return [{ command: test, done: [0] }, ...other];
}

/** A long run needs fewer rounds: what disturbs it is smaller beside it. */
function roundsFor(counts: readonly number[]): number {
  const most = Math.max(...counts);
  return most <= 100 ? 15 : most <= 2000 ? 5 : 3;
}

function complain(outcomes: readonly (Outcome | undefined)[]): void {
  for (const one of outcomes) {
    if (one === undefined || !("failed" in one)) continue;
    process.stderr.write(`${one.failed}\n`);
    process.exitCode = 1;
  }
}

function say(text: string): void {
  process.stdout.write(`${text}\n\n`);
}

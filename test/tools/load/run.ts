import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { daemonsAvailable } from "../../daemons/available.js";
import { copyFixture, start } from "../../daemons/bench.js";
import { onExit } from "../../support/exit.js";
import { door } from "./drive.js";
import { writeHost } from "./host.js";
import { type Case, idle, measure, type Result, THRESHOLD, WARM_UP } from "./measure.js";

/** `npm run load`: see README.md beside it. */

const HELP = `npm run load -- [options]

Sends requests at random times to real nginx and PHP-FPM and compares how long they wait for a worker
with what fpmlint's arithmetic predicts. See test/tools/load/README.md.

  --seconds N    how long each case is measured (120)
  --seed S       equal seeds draw equal requests (1)
  --help         this text

Exit status: 0 when everything was measured, 1 when requests failed, 2 when nothing could be measured.
`;

interface Options {
  readonly seconds: number;
  readonly seed: number;
}

const SIZES = [
  { workers: 8, utilisation: 0.5 },
  { workers: 8, utilisation: 0.8 },
  { workers: 8, utilisation: 0.9 },
  { workers: 4, utilisation: 0.7 },
  { workers: 16, utilisation: 0.8 },
];

const CASES: readonly Case[] = [null, 3].flatMap((ratio) =>
  SIZES.map((size, index) => ({ ...size, ratio, pool: `${ratio === null ? "even" : "wide"}${index}` })),
);

try {
  const options = read(process.argv.slice(2));
  const { reason } = daemonsAvailable();
  if (options === null) process.stdout.write(HELP);
  else if (reason !== null) throw new Error(`Nothing can be measured: ${reason}.`);
  else await main(options);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
}

/** `null`: help is wanted. */
function read(args: readonly string[]): Options | null {
  const text = { type: "string" } as const;
  const options = { seconds: text, seed: text, help: { type: "boolean" } } as const;
  const { values } = parseArgs({ args: [...args], options });
  const whole = (name: "seconds" | "seed", usual: string, least: number): number => {
    const value = values[name] ?? usual;
    if (/^\d{1,9}$/.test(value) && Number(value) >= least) return Number(value);
    throw new Error(
      `--${name} takes a whole number from ${least} on, not ${JSON.stringify(value)}. See --help.`,
    );
  };
  if (values.help === true) return null;
  return { seconds: whole("seconds", "120", 1), seed: whole("seed", "1", 0) };
}

async function main(options: Options): Promise<void> {
  process.stderr.write(`seed ${options.seed}, ${WARM_UP + options.seconds} seconds\n`);
  const host = fs.mkdtempSync(join(tmpdir(), "fpmlint-load-"));
  const remove = onExit(() => fs.rmSync(host, { recursive: true, force: true }));
  writeHost(
    host,
    CASES.map(({ pool, workers }) => ({ name: pool, workers })),
  );
  const running = await start(await copyFixture(host));
  const [listen] = running.copy.listens;
  const doors = listen === undefined ? [] : CASES.map((one) => ({ one, way: door(listen, one.pool) }));
  try {
    if (!running.started || doors.length === 0)
      throw new Error(`The daemons did not start: ${running.output}`);
    const baselines: number[] = [];
    for (const { way } of doors) baselines.push(await idle(way));
    // All at the same time: sleeping costs no CPU, and each pool has a socket and workers of its own.
    const results = await Promise.all(
      doors.map(({ one, way }, index) => measure(one, index, way, options, baselines[index] ?? 0)),
    );
    process.stdout.write(table(results));
    if (results.some(({ failed }) => failed > 0)) process.exitCode = 1;
  } finally {
    for (const { way } of doors) way.close();
    await running.stop();
    remove();
  }
}

function table(results: readonly Result[]): string {
  const longer = `longer than ${THRESHOLD * 1000} ms`;
  const head = ["workers", "busy", "durations", "took", "requests", "failed", "idle", "P(wait)"];
  const above = [...head.map(() => ""), longer, "", "", "mean wait", "", ""];
  const below = [...head, ...["said", "ideal", "seen"], ...["said", "ideal", "seen"]];
  const milliseconds = (seconds: number): string => `${(seconds * 1000).toFixed(1)} ms`;
  const rows = results.map((one) => [
    String(one.case.workers),
    one.case.utilisation.toFixed(2),
    one.service,
    milliseconds(one.took),
    String(one.requests),
    String(one.failed),
    milliseconds(one.idle),
    one.probability.toFixed(3),
    ...[one.predicted, one.ideal, one.measured].map((waits) => waits.longer.toFixed(3)),
    ...[one.predicted, one.ideal, one.measured].map((waits) => milliseconds(waits.mean)),
  ]);
  const wide = [below, ...rows];
  const widths = below.map((_, column) => Math.max(...wide.map((row) => row[column]?.length ?? 0)));
  const padded = wide.map((row) => row.map((cell, column) => cell.padStart(widths[column] ?? 0)).join("  "));
  const starts = (column: number): number =>
    widths.slice(0, column).reduce((sum, width) => sum + width + 2, 0);
  const groups = above.reduce(
    (line, name, column) => (name === "" ? line : line.padEnd(starts(column)) + name),
    "",
  );
  return `${[groups, ...padded].join("\n")}\n`;
}

import { rules } from "../../../rules/index.js";
import { commandLine as runWords } from "../../../src/cli/command-line.js";
import { configsFor } from "../../../src/cli/config/load.js";
import { UsageError } from "../../../src/cli/usage.js";
import type { LintResult } from "../../../src/engine/finding.js";
import { type LintOutcome, lintWith } from "../../../src/lint.js";
import { json } from "../../../src/report/json.js";
import { quiet, text } from "../../../src/report/text.js";
import { decodeBytes, encodeText } from "../../../src/source/bytes.js";
import { validators } from "../../../src/validators.js";
import { version } from "../../../src/version.js";
import type { Ran } from "../../support/run-command.js";
import type { CapacityRun, DiagnoseRun, DoctorRun, FuzzCase, LintRun, TraceRun } from "./case.js";
import {
  around,
  different,
  FAILURE,
  jsonFault,
  resultFault,
  unsafe,
  withoutColours,
  writeFault,
} from "./oracles.js";
import { readTree } from "./tree.js";

/** What a case came to. */
export interface Verdict {
  /** What is wrong; begins with the name of the oracle and a colon. `null`: nothing. */
  readonly failure: string | null;
  /** The rules that fired. */
  readonly rules: readonly string[];
  /** Seconds of CPU of the slowest step: one lint, one command, one report. */
  readonly cpu: number;
}

/** Seconds of CPU of one step above which it is slow, and above which it fails. */
export const SLOW = 2;
const TOO_SLOW = 4;

/** Runs the case, whose tree is in the directory, and looks at everything that comes out. */
export async function judge(one: FuzzCase, directory: string): Promise<Verdict> {
  const clock = stopwatch();
  const fired: string[] = [];
  let failure: string | null = null;
  try {
    failure =
      one.run.kind === "lint"
        ? await judgeLint(one, one.run, directory, clock, fired)
        : one.run.kind === "capacity"
          ? await judgeCapacity(one, one.run, directory, clock)
          : one.run.kind === "trace"
            ? await judgeTrace(one, one.run, directory, clock)
            : one.run.kind === "diagnose"
              ? await judgeDiagnose(one, one.run, directory, clock)
              : await judgeDoctor(one, one.run, directory, clock);
  } catch (error) {
    failure = `exception: ${said(error)}`;
  }
  const { seconds, step } = clock.slowest();
  if (failure === null && seconds > TOO_SLOW) failure = `slow: ${step} takes ${seconds.toFixed(1)} s of CPU`;
  return { failure, rules: fired, cpu: seconds };
}

function said(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const at = error.stack?.split("\n").filter((line) => line.trim().startsWith("at ")) ?? [];
  return `${error.name}: ${error.message} ${at
    .slice(0, 2)
    .map((line) => line.trim())
    .join(" ")}`;
}

interface Stopwatch {
  /** The time of one step. */
  measured<T>(step: string, run: () => T): T;
  measuredLater<T>(step: string, run: () => Promise<T>): Promise<T>;
  slowest(): { readonly seconds: number; readonly step: string };
}

function stopwatch(): Stopwatch {
  let slowest = { seconds: 0, step: "" };
  const end = (step: string, start: NodeJS.CpuUsage): void => {
    const { user, system } = process.cpuUsage(start);
    const seconds = (user + system) / 1e6;
    if (seconds > slowest.seconds) slowest = { seconds, step };
  };
  return {
    measured: (step, run) => {
      const start = process.cpuUsage();
      try {
        return run();
      } finally {
        end(step, start);
      }
    },
    measuredLater: async (step, run) => {
      const start = process.cpuUsage();
      try {
        return await run();
      } finally {
        end(step, start);
      }
    },
    slowest: () => slowest,
  };
}

async function judgeLint(
  one: FuzzCase,
  run: LintRun,
  directory: string,
  clock: Stopwatch,
  fired: string[],
): Promise<string | null> {
  const outcome = clock.measured("lint", () => library(one, run, directory));
  const words = [
    ...["--format", "json", "--fail-on", "warning"],
    ...(run.nginxVersion === undefined ? [] : ["--nginx-version", run.nginxVersion]),
    ...(run.phpVersion === undefined ? [] : ["--php-version", run.phpVersion]),
    ...run.paths,
  ];
  const ran = await clock.measuredLater("command", () => command(words, one, directory));
  const wrong = commandFault(ran) ?? unsafe("standard output", ran.out);
  if (wrong !== null) return wrong;
  if (outcome === null || outcome.kind === "refused") {
    return ran.status === 2 ? null : `status: ${ran.status} for what is refused`;
  }
  for (const { rule } of outcome.result.findings) fired.push(rule);
  return (
    resultFault(outcome.result) ??
    different("not the same twice", json(outcome.result, { version }), ran.out) ??
    jsonFault(ran.out, ran.status, outcome.result) ??
    reportFault(outcome.result, clock)
  );
}

/** `null`: `fpmlint.json` is refused. */
function library(one: FuzzCase, run: LintRun, directory: string): LintOutcome | null {
  try {
    return lintWith(rules, validators, {
      paths: run.paths,
      workingDirectory: directory,
      configOf: configsFor(undefined, directory, validators).of,
      nginxVersion: run.nginxVersion ?? null,
      phpVersion: run.phpVersion ?? null,
      ...(run.paths.includes("-") ? { standardInput: one.stdin } : {}),
    });
  } catch (error) {
    if (error instanceof UsageError) return null;
    throw error;
  }
}

/** The reports for people, at several widths. */
function reportFault(result: LintResult, clock: Stopwatch): string | null {
  const drawn = (width: number, unicode: boolean, color = false): string =>
    clock.measured(`text of ${width} columns`, () => text(result, { width, unicode, color }));
  const plain = drawn(100, true);
  return (
    unsafe(
      "quiet",
      clock.measured("quiet", () => quiet(result)),
    ) ??
    unsafe("text", plain) ??
    unsafe("text of 40 columns", drawn(40, false)) ??
    unsafe("text of any width", drawn(Number.POSITIVE_INFINITY, true)) ??
    different("colours change the text", plain, withoutColours(drawn(100, true, true)))
  );
}

/** The command in this process; with columns on a terminal of that width. */
async function command(
  words: readonly string[],
  one: FuzzCase,
  directory: string,
  columns?: number,
): Promise<Ran> {
  let out = "";
  let err = "";
  const status = await runWords(words, {
    rules,
    validators,
    env: {},
    workingDirectory: directory,
    now: () => 0,
    standardInput: () => ({ kind: "bytes", bytes: encodeText(one.stdin) }),
    stdout: {
      write: (text, encoding) => (out += decoded(text, encoding)),
      ...(columns === undefined ? {} : { isTTY: true, columns }),
    },
    stderr: { write: (text) => (err += text) },
  });
  return { status, out, err };
}

/** A diff travels as bytes in latin1. */
function decoded(text: string, encoding?: BufferEncoding): string {
  return encoding === "latin1" ? decodeBytes(Buffer.from(text, "latin1")) : text;
}

function commandFault({ status, err }: Ran): string | null {
  if (FAILURE.test(err)) return `failure: ${err.trim()}`;
  if (status < 0 || status > 3) return `status: ${status}`;
  return unsafe("standard error", err);
}

async function judgeCapacity(
  one: FuzzCase,
  { words }: CapacityRun,
  directory: string,
  clock: Stopwatch,
): Promise<string | null> {
  const before = textsIn(directory);
  const run = () => clock.measuredLater("capacity", () => command(["capacity", ...words], one, directory));
  const first = await run();
  const after = textsIn(directory);
  const second = await run();
  const writes = words.includes("--write");
  const changed = [...after].some(([path, text]) => before.get(path) !== text);
  const diffs = words.includes("--diff");
  return (
    commandFault(first) ??
    commandFault(second) ??
    (diffs ? null : unsafe("standard output", first.out)) ??
    writeFault(writes ? before : after, after) ??
    (writes || changed
      ? null
      : different("not the same twice", first.out + first.err, second.out + second.err)) ??
    (changed && !writes ? "write: files changed without --write" : null) ??
    (changed && !isSettled(second)
      ? `write: the second run does not say "nothing to change": ${JSON.stringify((second.out + second.err).slice(-300))}`
      : null) ??
    documentFault(words, first) ??
    (writes ? null : await narrowFault(words, one, directory))
  );
}

function isSettled({ out, err }: { readonly out: string; readonly err: string }): boolean {
  return /nothing to change/.test(out + err);
}

async function judgeTrace(
  one: FuzzCase,
  { words }: TraceRun,
  directory: string,
  clock: Stopwatch,
): Promise<string | null> {
  const run = (more: readonly string[], columns?: number) =>
    clock.measuredLater("trace", () => command(["trace", ...more, ...words], one, directory, columns));
  const first = await run([]);
  const second = await run([]);
  const document = await run(["--format", "json"]);
  const narrow = await run([], 40);
  if (document.status === 0 || document.status === 3) JSON.parse(document.out);
  return (
    commandFault(first) ??
    commandFault(document) ??
    unsafe("standard output", first.out) ??
    unsafe("JSON", document.out) ??
    unsafe("standard output of 40 columns", withoutColours(narrow.out)) ??
    different("not the same twice", first.out + first.err, second.out + second.err) ??
    different("status of both formats", `${first.status}`, `${document.status}`) ??
    (first.status === 1 ? "status: 1 from trace" : null)
  );
}

async function judgeDiagnose(
  one: FuzzCase,
  { words }: DiagnoseRun,
  directory: string,
  clock: Stopwatch,
): Promise<string | null> {
  const run = (more: readonly string[], columns?: number) =>
    clock.measuredLater("diagnose", () => command(["diagnose", ...more, ...words], one, directory, columns));
  const first = await run([]);
  const second = await run([]);
  const whole = await run(["--show-requests"]);
  const document = await run(["--format", "json"]);
  const sarif = await run(["--format", "sarif"]);
  const narrow = await run([], 40);
  for (const { status, out } of [document, sarif]) if (status !== 2) JSON.parse(out);
  return (
    commandFault(first) ??
    commandFault(whole) ??
    commandFault(document) ??
    unsafe("standard output", first.out) ??
    unsafe("standard output with requests", whole.out) ??
    unsafe("JSON", document.out) ??
    unsafe("SARIF", sarif.out) ??
    unsafe("standard output of 40 columns", withoutColours(narrow.out)) ??
    different("not the same twice", first.out + first.err, second.out + second.err) ??
    different("status of both formats", `${first.status}`, `${document.status}`)
  );
}

async function judgeDoctor(
  one: FuzzCase,
  { words }: DoctorRun,
  directory: string,
  clock: Stopwatch,
): Promise<string | null> {
  const run = (more: readonly string[], columns?: number) =>
    clock.measuredLater("doctor", () => command(["doctor", ...more, ...words], one, directory, columns));
  const first = await run([]);
  const second = await run([]);
  const quiet = await run(["--quiet"]);
  const document = await run(["--format", "json"]);
  const metrics = await run(["--format", "prometheus"]);
  const narrow = await run([], 40);
  if (document.out !== "") JSON.parse(document.out);
  const failed = /an error in fpmlint/.exec(document.out);
  return (
    commandFault(first) ??
    commandFault(quiet) ??
    commandFault(document) ??
    (failed === null ? null : `failure: a check of doctor: ${around(document.out, failed.index)}`) ??
    unsafe("standard output", first.out) ??
    unsafe("quiet", quiet.out) ??
    unsafe("JSON", document.out) ??
    unsafe("metrics", metrics.out) ??
    unsafe("standard output of 40 columns", withoutColours(narrow.out)) ??
    different("not the same twice", first.out + first.err, second.out + second.err) ??
    different("status of both formats", `${first.status}`, `${document.status}`)
  );
}

/** On a narrow terminal, where a diff is for people, too. */
async function narrowFault(
  words: readonly string[],
  one: FuzzCase,
  directory: string,
): Promise<string | null> {
  const ran = await command(["capacity", ...words], one, directory, 40);
  return (
    commandFault(ran) ??
    unsafe("standard output of 40 columns", withoutColours(ran.out).replaceAll("\t", " "))
  );
}

function documentFault(words: readonly string[], { status, out }: Ran): string | null {
  if (words.includes("json") && (status === 0 || status === 3) && out !== "") JSON.parse(out);
  return status === 1 ? "status: 1 from capacity" : null;
}

function textsIn(directory: string): ReadonlyMap<string, string> {
  const files = [...readTree(directory)];
  return new Map(
    files.map(([path, node]) => [path, node.kind === "file" ? node.bytes.toString("latin1") : node.kind]),
  );
}

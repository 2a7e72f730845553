import { spawnSync } from "node:child_process";
import { statSync } from "node:fs";
import type { Collector } from "../../diagnose/collect.js";
import { showTime } from "../../logs/time.js";
import { decodeBytes } from "../../source/bytes.js";
import { notRead, type ReadLog } from "./read.js";

/** The program is never looked for elsewhere. */
const PROGRAM = "/usr/bin/journalctl";

/** Bytes of its answer. */
const LARGEST = 64 * 1024 * 1024;

/** With `--all` a message is printed whatever bytes are in it, and not as `[82B blob data]`. */
const COMMON = ["--no-pager", "--quiet", "--all", "--output=short-iso"];

/** It ends with status 1 where it knows no unit of those names. */
const NO_UNIT = "No data available";

/** Kinds of messages that the kernel hands to the audit daemon, where one runs, and to the journal as such. */
const AUDITED = ["AVC", "SECCOMP", "ANOM_ABEND"].map((name) => `_AUDIT_TYPE_NAME=${name}`);

/** PHP-FPM's units, whatever the distribution calls them, and the kernel. */
const QUESTIONS: readonly (readonly string[])[] = [
  ["--unit=php*-fpm*", "--unit=php-fpm*"],
  ["--dmesg"],
  AUDITED,
];

/** What was answered, or why nothing was. */
export type Answer = { readonly bytes: Buffer } | { readonly problem: string };

/** Asks the journal from a time on, as `logs/time.ts` counts; `null`: the last day. `ask`: runs the program with some words. */
export function readJournal(
  collector: Collector,
  since: number | null,
  ask: (words: readonly string[]) => Answer = asked,
): readonly ReadLog[] {
  return QUESTIONS.map((question) => {
    const display = `journalctl ${question.join(" ")}`;
    const begin = since === null ? "-1d" : showTime(since);
    const answer = ask([...COMMON, `--since=${begin}`, ...question]);
    if ("problem" in answer) return notRead(display, "lines", answer.problem);
    for (const line of decodeBytes(answer.bytes).split("\n")) if (line !== "") collector.line(line, display);
    collector.end(display);
    return { display, kind: "lines", bytes: answer.bytes.length, problem: null, end: null };
  });
}

function asked(words: readonly string[]): Answer {
  const problem = whyNot(PROGRAM);
  if (problem !== null) return { problem };
  const ran = spawnSync(PROGRAM, words, {
    env: { LC_ALL: "C", SYSTEMD_COLORS: "0" },
    stdio: ["ignore", "pipe", "pipe"],
    maxBuffer: LARGEST,
    timeout: 30_000,
  });
  return answerOf(ran);
}

/** How a program ended. */
interface Ran {
  readonly status: number | null;
  readonly stdout: Buffer;
  readonly stderr: Buffer;
  readonly error?: Error;
}

/** What a program has answered that ended so. */
export function answerOf({ error, status, stderr, stdout }: Ran): Answer {
  if (error === undefined && status === 0) return { bytes: stdout };
  const code = error !== undefined && "code" in error ? String(error.code) : `status ${status}`;
  const said =
    stderr
      ?.toString("latin1")
      .replace(/[^ -~]+/g, " ")
      .slice(0, 200)
      .trim() ?? "";
  if (error === undefined && status === 1 && said.endsWith(NO_UNIT)) return { bytes: stdout };
  return { problem: `journalctl gave no answer (${code}${said === "" ? "" : `: ${said}`})` };
}

/** Why a program is not started: it is not there, or somebody else than root may have changed it; `null`: it may be. */
export function whyNot(path: string): string | null {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return `there is no ${path} here`;
  const isRoots = stat.isFile() && stat.uid === 0 && (stat.mode & 0o022) === 0;
  return isRoots ? null : `${path} is not root's alone, so it is not started`;
}

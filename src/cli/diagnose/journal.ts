import { spawnSync } from "node:child_process";
import type { Collector } from "../../diagnose/collect.js";
import { showTime } from "../../logs/time.js";
import { decodeBytes } from "../../source/bytes.js";
import type { ReadLog } from "./read.js";

/** The program is never looked for elsewhere. */
const PROGRAM = "/usr/bin/journalctl";

/** Bytes of its answer. */
const LARGEST = 64 * 1024 * 1024;

const COMMON = ["--no-pager", "--quiet", "--output=short-iso"];

/** PHP-FPM's units, whatever the distribution calls them, and the kernel. */
const QUESTIONS: readonly (readonly string[])[] = [["--unit=php*-fpm*", "--unit=php-fpm*"], ["--dmesg"]];

/** Asks the journal from a time on, as `logs/time.ts` counts; `null`: the last day. */
export function readJournal(collector: Collector, since: number | null): readonly ReadLog[] {
  return QUESTIONS.map((question) => {
    const display = `journalctl ${question.join(" ")}`;
    const begin = since === null ? "-1d" : showTime(since);
    const ran = spawnSync(PROGRAM, [...COMMON, `--since=${begin}`, ...question], {
      env: { LC_ALL: "C", SYSTEMD_COLORS: "0" },
      stdio: ["ignore", "pipe", "pipe"],
      maxBuffer: LARGEST,
      timeout: 30_000,
    });
    if (ran.error !== undefined || ran.status !== 0) {
      const code =
        ran.error !== undefined && "code" in ran.error ? String(ran.error.code) : `status ${ran.status}`;
      const problem =
        code === "ENOENT" ? `there is no ${PROGRAM} here` : `journalctl gave no answer (${code})`;
      return { display, kind: "lines", bytes: 0, problem };
    }
    for (const line of decodeBytes(ran.stdout).split("\n")) if (line !== "") collector.line(line, display);
    return { display, kind: "lines", bytes: ran.stdout.length, problem: null };
  });
}

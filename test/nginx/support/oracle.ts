import { execFile } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { nginxCommand } from "../../daemons/available.js";

/** What `nginx -t` says of a main file. */
export interface Verdict {
  /** All of the files were read and every directive was taken. */
  readonly accepted: boolean;
  /** What stopped it, without the place; empty when nothing did. */
  readonly message: string;
  /** Where nginx says it is; `null` when it names no place. */
  readonly file: string | null;
  readonly line: number | null;
  /** The places of the warnings, in order: `<file>:<line>`. */
  readonly warnings: readonly string[];
  /** The files of `nginx -T`, in order; empty unless asked for. */
  readonly files: readonly string[];
}

/** Runs `nginx -t` (`-T`: with the files that it read) on a main file. Nothing is added to its directory. */
export async function ask(main: string, dump: "-t" | "-T" = "-t"): Promise<Verdict> {
  const directory = path.dirname(main);
  const args = [dump, "-c", main, "-p", directory, "-e", "stderr", "-g", `pid ${directory}.pid;`];
  const { stdout, stderr } = await output(args);
  const said = /\[(?:emerg|crit|alert)\] (?:\d+#\d+: )?(.*?)(?:\nnginx: |\n*$)/s.exec(stderr)?.[1] ?? "";
  const placed = /^(.*) in (\/.*):(\d+)$/s.exec(said);
  return {
    accepted: stderr.includes("syntax is ok"),
    message: placed?.[1] ?? said,
    file: placed?.[2] ?? null,
    line: placed?.[3] === undefined ? null : Number(placed[3]),
    warnings: [...stderr.matchAll(/\[warn\] .* in (\/.*:\d+)$/gm)].map(([, place = ""]) => place),
    files: [...stdout.matchAll(/^# configuration file (.*):$/gm)].map(([, file = ""]) => file),
  };
}

/** As bytes, one character each: nginx logs what it was given. */
export function bytes(text: string): string {
  return Buffer.from(text).toString("latin1");
}

function output(args: readonly string[]): Promise<{ stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    const options = { encoding: "latin1", maxBuffer: 64 * 1024 * 1024 } as const;
    // Few open files, so that a loop of includes ends soon; with very many nginx dies of it.
    const limited = ["-c", 'ulimit -n 64; exec "$@"', "sh", nginxCommand ?? "nginx", ...args];
    execFile("/bin/sh", limited, options, (_, stdout, stderr) => resolve({ stdout, stderr }));
  });
}

const PARALLEL = 4;

/** Judges every case, four at a time; each of the four has a directory of its own. Results in the order of the cases. */
export async function judgeAll<T, R>(
  cases: readonly T[],
  judge: (one: T, directory: string) => Promise<R>,
): Promise<readonly R[]> {
  const top = fs.mkdtempSync("/tmp/fpmlint-differential-");
  const results: R[] = [];
  let next = 0;
  const work = async (lane: number): Promise<void> => {
    const directory = path.join(top, `lane${lane}`);
    fs.mkdirSync(directory);
    for (let index = next++; index < cases.length; index = next++) {
      results[index] = await judge(cases[index] as T, directory);
    }
  };
  try {
    await Promise.all(Array.from({ length: PARALLEL }, (_, lane) => work(lane)));
    return results;
  } finally {
    fs.rmSync(top, { recursive: true, force: true });
  }
}

/** A shorter text that is still wrong: pieces are taken out as long as it stays so. */
export async function shortest(text: string, wrong: (text: string) => Promise<boolean>): Promise<string> {
  let best = text;
  for (let size = Math.ceil(best.length / 2); size >= 1; size = Math.floor(size / 2)) {
    for (let at = 0; at < best.length; ) {
      const shorter = best.slice(0, at) + best.slice(at + size);
      if (await wrong(shorter)) best = shorter;
      else at += size;
    }
  }
  return best;
}

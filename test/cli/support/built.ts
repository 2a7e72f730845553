import { type SpawnSyncOptions, spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

/** The built command. */
export const built = fileURLToPath(new URL("../../../dist/fpmlint.js", import.meta.url));

export interface BuiltRun {
  /** `null`: it was ended by a signal, as after the limit of a minute. */
  readonly status: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs a line of bash in a directory; `$F` is the built command. */
export function bash(line: string, cwd: string, options: SpawnSyncOptions = {}): BuiltRun {
  const { status, stdout, stderr } = spawnSync("bash", ["--norc", "-c", line], {
    cwd,
    timeout: 40_000,
    ...options,
    encoding: "utf8",
    env: { PATH: process.env.PATH, NODE: process.execPath, F: built, ...options.env },
  });
  return { status, out: stdout, err: stderr };
}

import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Incomplete } from "../../../src/engine/finding.js";
import type { Availability } from "../../daemons/available.js";

/** The built library and the built command under strace: what they ask the kernel for. */

const library = fileURLToPath(new URL("../../../dist/index.mjs", import.meta.url));
const command = fileURLToPath(new URL("../../../dist/fpmlint.js", import.meta.url));
const driver = fileURLToPath(new URL("./lint-all.mjs", import.meta.url));

export function straceAvailable(): Availability {
  const { status } = spawnSync("strace", ["-o", "/dev/null", "true"]);
  const reason = status === 0 ? null : "strace is not installed, or may trace nothing here";
  return { nginx: true, fpm: true, root: true, reason };
}

export interface Traced {
  /** What could not be read of each directory; `null`: nothing to lint. */
  readonly incomplete: readonly (readonly Incomplete[] | null)[];
  /** Every call that does more than look at a path. */
  readonly calls: readonly Call[];
}

export interface Call {
  /** The line of the trace. */
  readonly line: string;
  readonly name: string;
  /** Absolute; empty for a call without one. */
  readonly path: string;
  /** What was linted then; `null`: the program started or ended. */
  readonly directory: string | null;
}

/** Lints the directories in one process. `inject`: further words for strace, such as an error for one path. */
export function traced(directories: readonly string[], inject: readonly string[] = []): Traced {
  const { ran, trace } = underStrace([driver, library], { input: directories.join("\n"), inject });
  if (ran.status !== 0) throw new Error(`strace ended with ${ran.status}: ${ran.stderr}`);
  return {
    incomplete: JSON.parse(ran.stdout) as Traced["incomplete"],
    calls: inject.length > 0 ? [] : callsIn(trace),
  };
}

/** The built command, in a directory. The calls are all of one run, so that none has a directory. */
export function tracedCommand(
  words: readonly string[],
  cwd: string,
): { readonly status: number | null; readonly calls: readonly Call[] } {
  const { ran, trace } = underStrace([command, ...words], { cwd });
  return { status: ran.status, calls: callsIn(trace) };
}

function underStrace(
  program: readonly string[],
  { cwd, input = "", inject = [] }: { cwd?: string; input?: string; inject?: readonly string[] },
) {
  const scratch = mkdtempSync(join(tmpdir(), "fpmlint-strace-"));
  const output = join(scratch, "trace");
  try {
    // The kernel stops the program at these calls alone.
    const asked = ["-f", "--seccomp-bpf", "-qq", "-s", "4096", "-o", output];
    const what = inject.length > 0 ? inject : ["-e", `trace=${WATCHED}`];
    const ran = spawnSync("strace", [...asked, ...what, process.execPath, ...program], {
      cwd: cwd ?? scratch,
      // What a setting of Node would have it open is not ours.
      env: { PATH: process.env.PATH ?? "" },
      input,
      encoding: "utf8",
      maxBuffer: 64 * 1024 * 1024,
    });
    return { ran, trace: readFileSync(output, "latin1") };
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

/** All that opens, runs, connects or changes something; not every machine has each of them. */
const WATCHED = [
  ..."open openat openat2 open_by_handle_at creat execve execveat chdir chroot mount".split(" "),
  ..."mkdir mkdirat mknod mknodat rmdir unlink unlinkat rename renameat renameat2 link linkat".split(" "),
  ..."symlink symlinkat truncate chmod fchmodat chown lchown fchownat setxattr utimensat".split(" "),
]
  .map((name) => `?${name}`)
  .concat("socket", "connect", "bind", "sendto", "sendmsg", "sendmmsg")
  .join(",");

const MARK = "/fpmlint-mark/";

export function callsIn(trace: string): readonly Call[] {
  const found: Call[] = [];
  let directory: string | null = null;
  for (const line of trace.split("\n")) {
    const [, name, rest = ""] = /^(?:\d+\s+)?([a-z_0-9]+)\((.*)$/.exec(line) ?? [];
    if (name === undefined) continue;
    const path = /"((?:[^"\\]|\\.)*)"/.exec(rest)?.[1] ?? "";
    if (path.startsWith(MARK))
      directory = path.startsWith(`${MARK}root`) ? path.slice(MARK.length + 4) : null;
    else found.push({ line, name, path, directory });
  }
  return found;
}

/** git as a child process: it reads, and nothing of the repository is executed that `git status` would not. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, isAbsolute, join } from "node:path";
import { pathBytes } from "../../host/door.js";
import { decodeBytes } from "../../source/bytes.js";
import type { World } from "../world.js";

export type Answer =
  | { readonly kind: "said"; readonly out: Buffer }
  /** `said`: its first line about why, without "fatal: ". */
  | { readonly kind: "failed"; readonly said: string }
  /** There is no git on the path. */
  | { readonly kind: "missing" };

/** Asks git in a directory. Never throws. */
export type Git = (directory: string, words: readonly string[], input?: string) => Answer;

/** Bytes of one answer. */
const LARGEST = 256 * 1024 * 1024;

/** Of every call: no hook, no daemon of its own, no lock, no pager, nothing fetched. */
const CAREFULLY = [
  "--no-pager",
  "--no-optional-locks",
  "--literal-pathspecs",
  ...["core.fsmonitor=false", "core.hooksPath=/dev/null", "protocol.allow=never"].flatMap((one) => [
    "-c",
    one,
  ]),
];

/** Variables by which a hook, or the shell, says that another repository is meant than the one of the path. */
const OF_A_REPOSITORY =
  /^GIT_(?:DIR|WORK_TREE|INDEX_FILE|PREFIX|COMMON_DIR|NAMESPACE|OBJECT_DIRECTORY|ALTERNATE_OBJECT_DIRECTORIES|SHALLOW_FILE|GRAFT_FILE|REPLACE_REF_BASE|IMPLICIT_WORK_TREE|INTERNAL_SUPER_PREFIX|EXTERNAL_DIFF|TRACE.*|CONFIG_PARAMETERS|CONFIG)$/;

/** The git of this environment. */
export function gitOf(env: World["env"]): Git {
  let found: { readonly program: string; readonly env: World["env"] } | null | undefined;
  return (directory, words, input) => {
    found ??= found === undefined ? programOf(env) : null;
    if (found === null) return { kind: "missing" };
    const ran = spawnSync(found.program, [...CAREFULLY, ...words], {
      // Node takes bytes here, which its types do not say.
      cwd: pathBytes(directory) as string,
      env: found.env,
      input: input ?? "",
      stdio: "pipe",
      maxBuffer: LARGEST,
    });
    if (ran.error === undefined && ran.status === 0) return { kind: "said", out: ran.stdout };
    return { kind: "failed", said: reason(ran.error, ran.stderr ?? Buffer.alloc(0)) };
  };
}

function programOf(env: World["env"]): { readonly program: string; readonly env: World["env"] } | null {
  const program = programIn(env.PATH ?? "");
  if (program === null) return null;
  const kept = Object.entries(env).filter(([name]) => !OF_A_REPOSITORY.test(name));
  const own = { LC_ALL: "C", GIT_OPTIONAL_LOCKS: "0", GIT_TERMINAL_PROMPT: "0", GIT_NO_LAZY_FETCH: "1" };
  return { program, env: { ...Object.fromEntries(kept), ...own } };
}

function reason(error: Error | undefined, stderr: Buffer): string {
  const line = decodeBytes(stderr)
    .split("\n")
    .find((one) => /^(?:fatal|error): /.test(one));
  if (line !== undefined) return line.replace(/^\w+: /, "");
  return error?.message ?? decodeBytes(stderr).split("\n")[0] ?? "";
}

/** Only from directories with a full name: another one is a place in the tree that is read. */
function programIn(path: string): string | null {
  for (const directory of path.split(delimiter)) {
    if (isAbsolute(directory) && existsSync(join(directory, "git"))) return join(directory, "git");
  }
  return null;
}

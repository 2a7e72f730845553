/** What `--changed [REV]` means on the command line. */
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import type { Change, HostsOutcome } from "../lint.js";
import { count } from "../report/coverage.js";
import { changesOf, isRevision } from "./git/changes.js";
import type { Git } from "./git/git.js";
import { tell } from "./streams.js";
import { UsageError } from "./usage.js";
import type { World } from "./world.js";

/** In front of a revision that is a word of its own: it may be a path after all. No argument can hold it. */
const APART = "\0";

/**
 * The words with `--changed` and the word after it as one, so that an option without a value does not take a
 * path for one; what it took is told by `scopeOf`.
 */
export function withRevision(words: readonly string[]): readonly string[] {
  const joined: string[] = [];
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? "";
    if (word === "--") return [...joined, ...words.slice(at)];
    const next = words[at + 1];
    if (word !== "--changed") joined.push(word);
    else if (next === undefined || next.startsWith("-")) joined.push("--changed=");
    else {
      joined.push(`--changed=${APART}${next}`);
      at += 1;
    }
  }
  return joined;
}

/** What is linted, and what of it is wanted. */
export interface Scope {
  readonly paths: readonly string[];
  /** `null`: everything is wanted. */
  readonly change: Change | null;
}

/** `value`: what `--changed` was given; `undefined`: it was not. Throws UsageError. */
export function scopeOf(
  value: string | undefined,
  given: readonly string[],
  workingDirectory: string,
  git: Git,
): Scope {
  if (value === undefined) return { paths: given, change: null };
  const { revision, paths } = split(value, given, workingDirectory, git);
  if (paths.includes("-"))
    throw new UsageError("- is a text and no file: --changed needs the path of the files");
  return { paths, change: changesOf({ paths, revision, workingDirectory }, git) };
}

/** Paths that are named when several are skipped. */
const MOST_NAMED = 3;

/** Says what was passed over of the paths, and of the findings. */
export function sayPassed(
  { passed, unchanged }: Pick<Extract<HostsOutcome, { kind: "linted" }>, "passed" | "unchanged">,
  change: Change | null | undefined,
  world: World,
): void {
  for (const { kind, path, message } of passed.slice(0, MOST_NAMED))
    tell(world, `skipped: ${kind === "missing-path" ? `${path} was removed, as git knows` : message}`);
  if (passed.length > MOST_NAMED)
    tell(world, `skipped ${count(passed.length - MOST_NAMED, "more path")} alike`);
  if (change == null) return;
  const changed = `${count(change.paths.length, "file")} changed since ${change.since}`;
  const more = unchanged === 0 ? "" : `; ${count(unchanged, "finding")} elsewhere not shown`;
  tell(world, changed + more);
}

/** A word apart is a revision, unless only a path has that name; as git itself takes such words. */
function split(value: string, given: readonly string[], workingDirectory: string, git: Git) {
  if (!value.startsWith(APART)) return { revision: value === "" ? null : value, paths: given };
  const word = value.slice(APART.length);
  if (!existsSync(resolve(workingDirectory, word))) return { revision: word, paths: given };
  const revision = isRevision(word, given[0] ?? ".", workingDirectory, git);
  if (revision)
    throw new UsageError(
      `--changed ${word}: both a commit and a path have this name; write --changed=${word} or --changed -- ${word}`,
    );
  return { revision: null, paths: [word, ...given] };
}

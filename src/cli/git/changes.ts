/** What git says was changed, and what was there before. */
import { lstatSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathBytes } from "../../host/door.js";
import { mayMatter } from "../../host/names.js";
import { directoryOf } from "../../host/path.js";
import type { Past } from "../../host/revised.js";
import type { Change } from "../../lint.js";
import { decodeBytes } from "../../source/bytes.js";
import { UsageError } from "../usage.js";
import type { Answer, Git } from "./git.js";

/** Changes in the work trees around some paths. `revision`: `null` for HEAD. */
export interface Asked {
  readonly paths: readonly string[];
  readonly revision: string | null;
  readonly workingDirectory: string;
}

/**
 * What differs between the files as they are, untracked ones included, and the commit that the revision
 * and HEAD have in common; HEAD itself, where no revision is given. Throws UsageError.
 */
export function changesOf({ paths, revision, workingDirectory }: Asked, git: Git): Change {
  const tops = new Set(
    (paths.length === 0 ? ["."] : paths).map((path) => topAround(path, workingDirectory, git)),
  );
  const found = new Found();
  for (const top of tops) {
    const base = baseOf(top, revision, git);
    collect(top, base, git, found);
  }
  return { since: revision ?? "HEAD", paths: [...found.paths], pasts: found.pasts };
}

class Found {
  readonly paths = new Set<string>();
  readonly pasts = new Map<string, Past>();
}

/** Whether a revision names a commit of the work tree around a path; `false` also where there is no work tree. */
export function isRevision(word: string, path: string, workingDirectory: string, git: Git): boolean {
  const directory = existing(resolve(workingDirectory, path));
  return (
    !word.startsWith("-") &&
    git(directory, ["rev-parse", "--verify", "--quiet", `${word}^{commit}`]).kind === "said"
  );
}

/** Whether git knows what is no longer at a path: it is in the index still, or in HEAD. */
export function isRemoved(path: string, workingDirectory: string, git: Git): boolean {
  const absolute = resolve(workingDirectory, path);
  const directory = existing(absolute);
  const name = directory === "/" ? absolute.slice(1) : absolute.slice(directory.length + 1);
  const lists = [
    ["ls-files", "-z", "--", name],
    ["ls-tree", "-z", "--name-only", "HEAD", "--", name],
  ];
  return lists.some((words) => {
    const answer = git(directory, words);
    return answer.kind === "said" && answer.out.length > 0;
  });
}

/** The path, or the directory around it that exists. */
function existing(path: string): string {
  let at = path;
  while (at !== "/" && !isDirectory(at)) at = directoryOf(at);
  return at;
}

function isDirectory(path: string): boolean {
  try {
    return lstatSync(pathBytes(`${path}/`)).isDirectory();
  } catch {
    return false;
  }
}

function topAround(path: string, workingDirectory: string, git: Git): string {
  const directory = existing(resolve(workingDirectory, path));
  const answer = git(directory, ["rev-parse", "--show-toplevel"]);
  if (answer.kind === "said") return decodeBytes(answer.out).replace(/\n$/, "");
  throw refusal(answer, path);
}

function refusal(answer: Exclude<Answer, { kind: "said" }>, path: string): UsageError {
  if (answer.kind === "missing") return new UsageError("--changed asks git, and there is no git on the PATH");
  const { said } = answer;
  if (/not a git repository|must be run in a work tree/i.test(said))
    return new UsageError(`--changed: ${path} is not in a git work tree`);
  if (/dubious ownership|unsafe repository/i.test(said)) {
    const owned = said.slice(said.indexOf("'") + 1, said.lastIndexOf("'"));
    return new UsageError(
      `--changed: ${owned} belongs to another user, so git does not read it; if you trust it: git config --global --add safe.directory '${owned}'`,
    );
  }
  return new UsageError(`--changed: git failed in ${path}: ${said}`);
}

/** The commit to compare with; `null`: there is none yet, and every file is new. */
function baseOf(top: string, revision: string | null, git: Git): string | null {
  const head = git(top, ["rev-parse", "--verify", "--quiet", "HEAD^{commit}"]);
  if (revision === null) return head.kind === "said" ? "HEAD" : null;
  if (!isRevision(revision, top, "/", git))
    throw new UsageError(
      `--changed: "${revision}" is not a commit of ${top}; in a shallow clone it may have to be fetched first`,
    );
  const common = git(top, ["merge-base", revision, "HEAD"]);
  if (common.kind === "said") return decodeBytes(common.out).trim();
  throw new UsageError(
    `--changed: ${revision} and HEAD have no commit in common in ${top}; a shallow clone has to fetch more of its history first`,
  );
}

/** Adds what differs in a work tree, and in those of its submodules. */
function collect(top: string, base: string | null, git: Git, found: Found): void {
  const say = (words: readonly string[]): Buffer => {
    const answer = git(top, words);
    if (answer.kind === "said") return answer.out;
    throw refusal(answer, top);
  };
  if (base === null) {
    for (const name of names(say(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])))
      add(found, join(top, name), null);
    return;
  }
  const diff = ["diff", "--raw", "-z", "--no-abbrev", "--no-renames", "--no-ext-diff", "--no-textconv"];
  const shared = [...diff, "--no-color", "--ignore-submodules=none"];
  const rows = [[base], ["--cached", base]].flatMap((words) => raw(say([...shared, ...words, "--"])));
  const wanted = new Map<string, Row>();
  for (const row of rows) {
    const path = join(top, row.name);
    if (row.mode === GITLINK && isWorkTree(path, git)) {
      if (!found.paths.has(path)) collectInside(path, row.object, git, found);
    } else if (row.mode === NONE || row.mode === GITLINK) add(found, path, null);
    else {
      found.paths.add(path);
      wanted.set(path, row);
    }
  }
  addTexts(top, wanted, git, found);
  for (const name of names(say(["ls-files", "-z", "--others", "--exclude-standard"]))) {
    const path = join(top, name);
    // What is still there and no longer tracked was there before.
    if (!found.pasts.has(path)) add(found, path, null);
  }
}

function add(found: Found, path: string, past: Past): void {
  // A directory ends with a slash: a repository inside this one, which git does not look into.
  const plain = path.replace(/\/$/, "");
  found.paths.add(plain);
  found.pasts.set(plain, past);
}

/** A submodule, from the commit that was recorded; all of it is new where that commit is not there. */
function collectInside(path: string, commit: string, git: Git, found: Found): void {
  const known = git(path, ["cat-file", "-e", `${commit}^{commit}`]).kind === "said";
  if (known) collect(path, commit, git, found);
  else found.paths.add(path);
}

/** Whether a directory is a work tree of its own. */
function isWorkTree(path: string, git: Git): boolean {
  if (!isDirectory(path)) return false;
  const answer = git(path, ["rev-parse", "--show-toplevel"]);
  return answer.kind === "said" && decodeBytes(answer.out).replace(/\n$/, "") === path;
}

const NONE = "000000";
const GITLINK = "160000";
const LINK = "120000";

/** One difference: what was there before. */
interface Row {
  readonly mode: string;
  readonly object: string;
  readonly name: string;
}

/** `:OLDMODE NEWMODE OLDOBJECT NEWOBJECT STATUS`, then the name. */
function raw(out: Buffer): readonly Row[] {
  const words = names(out);
  const rows: Row[] = [];
  for (let at = 0; at + 1 < words.length; at += 2) {
    const [mode = "", , object = ""] = (words[at] ?? "").slice(1).split(" ");
    rows.push({ mode, object, name: words[at + 1] ?? "" });
  }
  return rows;
}

function names(out: Buffer): readonly string[] {
  return decodeBytes(out)
    .split("\0")
    .filter((name) => name !== "");
}

/** Files whose text decides nothing: that they were there is enough. */
function isRead(path: string): boolean {
  return mayMatter(path) || /\.(?:ya?ml|sh|json)$/i.test(path);
}

function addTexts(top: string, wanted: ReadonlyMap<string, Row>, git: Git, found: Found): void {
  const read = [...wanted].filter(([path, { mode }]) => mode === LINK || isRead(path));
  for (const path of wanted.keys()) found.pasts.set(path, { text: "" });
  if (read.length === 0) return;
  const answer = git(top, ["cat-file", "--batch"], read.map(([, { object }]) => `${object}\n`).join(""));
  if (answer.kind !== "said") throw refusal(answer, top);
  let at = 0;
  for (const [path, { mode }] of read) {
    const end = answer.out.indexOf("\n", at);
    const size = Number(/ blob (\d+)$/.exec(answer.out.toString("latin1", at, end))?.[1]);
    if (end === -1 || Number.isNaN(size))
      throw new UsageError(`--changed: git has no text of ${path} as it was before`);
    const text = decodeBytes(answer.out.subarray(end + 1, end + 1 + size));
    found.pasts.set(path, mode === LINK ? { link: text } : { text });
    at = end + 1 + size + 1;
  }
}

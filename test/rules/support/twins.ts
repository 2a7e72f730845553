import * as fs from "node:fs";
import * as path from "node:path";
import { diffArrays } from "diff";
import type { Rule } from "../../../src/engine/rule.js";
import { fixturesOf } from "../../daemons/prove.js";

/** A faulted host and a healthy one, and what differs between them. */
export interface Twins {
  readonly bad: string;
  readonly ok: string;
  /** For a Markdown block of kind `diff`: `-` is the faulted host's line, `+` the healthy one's. */
  readonly diff: string;
  /** Lines with a sign. */
  readonly changes: number;
  /** What is reported in the faulted host: the first line of its expected.txt. */
  readonly reported: string;
}

const CONTEXT = 2;

/**
 * The two fixtures that a rule's page shows: those that its docs name, else the two that differ
 * least, `bad-*` against `ok-*`. `null` when it has no such pair.
 */
export function twinsOf({ id, docs }: Pick<Rule, "id" | "docs">, fixtures: string): Twins | null {
  const { twins } = docs;
  const all = fixturesOf(id, fixtures).filter(
    ({ name }) => twins === undefined || name === twins.bad || name === twins.ok,
  );
  const texts = new Map(all.map(({ name, dir }) => [name, textsOf(dir)] as const));
  let best: Twins | null = null;
  for (const bad of all) {
    if (bad.kind !== "bad") continue;
    for (const ok of all) {
      if (ok.kind !== "ok") continue;
      const { diff, changes } = compare(texts.get(bad.name) ?? new Map(), texts.get(ok.name) ?? new Map());
      if (changes === 0 || (best !== null && changes >= best.changes)) continue;
      const expected = fs.readFileSync(path.join(bad.dir, "expected.txt"), "utf8");
      best = { bad: bad.name, ok: ok.name, diff, changes, reported: firstFinding(expected) };
    }
  }
  return best;
}

/** `etc/nginx/nginx.conf:10:26-28: warning: … [rule case]` → without the columns and the rule. */
function firstFinding(expected: string): string {
  const line = expected.split("\n", 1)[0] ?? "";
  return line.replace(/^(\S+?:\d+):\S+:/, "$1:").replace(/ \[[^\]]*\]$/, "");
}

type Texts = ReadonlyMap<string, string>;

function textsOf(dir: string): Texts {
  const texts = new Map<string, string>();
  const visit = (below: string): void => {
    for (const entry of fs.readdirSync(path.join(dir, below), { withFileTypes: true })) {
      const name = path.join(below, entry.name);
      if (entry.isDirectory()) visit(name);
      else if (entry.isSymbolicLink()) texts.set(name, `-> ${fs.readlinkSync(path.join(dir, name))}\n`);
      else if (name !== "expected.txt" && name !== "no-proof.txt" && name !== "versions.txt")
        texts.set(name, fs.readFileSync(path.join(dir, name), "utf8"));
    }
  };
  visit("");
  return texts;
}

function compare(bad: Texts, ok: Texts): { readonly diff: string; readonly changes: number } {
  const names = [...new Set([...bad.keys(), ...ok.keys()])].sort();
  const files = names.map((name) => ({ name, ...fileDiff(bad.get(name) ?? "", ok.get(name) ?? "") }));
  const changed = files.filter(({ changes }) => changes > 0);
  return {
    diff: changed.map(({ name, lines }) => [`  # ${name}`, ...lines].join("\n")).join("\n"),
    changes: changed.reduce((sum, { changes }) => sum + changes, 0),
  };
}

function fileDiff(bad: string, ok: string): { readonly lines: readonly string[]; readonly changes: number } {
  const parts = diffArrays(bad.trimEnd().split("\n"), ok.trimEnd().split("\n"));
  const marked = parts.flatMap(({ value, added, removed }) =>
    value.map((line) => ({ sign: added ? "+" : removed ? "-" : " ", line })),
  );
  const near = (index: number): boolean =>
    marked.slice(Math.max(0, index - CONTEXT), index + CONTEXT + 1).some(({ sign }) => sign !== " ");
  const lines: string[] = [];
  marked.forEach(({ sign, line }, index) => {
    if (near(index)) lines.push(`${sign} ${line}`.trimEnd());
    else if (lines.length > 0 && lines.at(-1) !== "  …") lines.push("  …");
  });
  if (lines.at(-1) === "  …") lines.pop();
  return { lines, changes: marked.filter(({ sign, line }) => sign !== " " && line !== "").length };
}

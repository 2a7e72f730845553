import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { beforeAll, expect, test } from "vitest";
import { runs, sample, saySample } from "../support/sample.js";
import { ACCEPTED, BUILT } from "./support/accepted-regexps.js";
import { constructions, literals } from "./support/regexps.js";

/**
 * No regular expression of ours takes more than linear time, unless the list says why that does no
 * harm: a stranger's file must not be able to hang the check. recheck looks at each by itself, with
 * automata or by trying, which takes minutes: what it has called linear is kept in linear-regexps.txt.
 * FPMLINT_UPDATE=1 has it look at what is new and writes the list anew.
 */

type Check = typeof import("recheck").checkSync;

let checkSync: Check;

beforeAll(async () => {
  // In this process: the other ways start a thread or a program.
  process.env.RECHECK_SYNC_BACKEND = "pure";
  ({ checkSync } = await import("recheck"));
});

/** Without a repetition there is nothing to try again. */
function repeats(text: string): boolean {
  const plain = text.replace(/\\./g, "e").replace(/\[[^\]]*\]/g, "c");
  return /[*+]|\{\d+,\d*\}/.test(plain);
}

/** `null`: linear. No limit on time, so that a busy machine does not change the answer. */
function complaint(text: string): string | null {
  const end = text.lastIndexOf("/");
  const answer = checkSync(text.slice(1, end), text.slice(end + 1), { timeout: null, randomSeed: 1 });
  if (answer.status === "safe") return null;
  return answer.status === "vulnerable" ? answer.complexity.summary : `not known: ${answer.error.kind}`;
}

const written = new Map(literals().map(({ text, file }) => [text, file]));
const examples = [...BUILT.values()].flat().flatMap(({ like }) => (like === null ? [] : [like]));
/** What recheck has to have called linear. */
const judged = [...new Set([...written.keys(), ...examples])]
  .filter((text) => repeats(text) && !ACCEPTED.has(text))
  .sort();

const list = fileURLToPath(new URL("./linear-regexps.txt", import.meta.url));
const { version } = createRequire(import.meta.url)("recheck/package.json") as { readonly version: string };
const [judge = "", ...lines] = readFileSync(list, "utf8").trimEnd().split("\n");
/** Another version of recheck may judge otherwise, so that its word counts for nothing here. */
const linear = new Set(judge === `recheck ${version}` ? lines : []);

function complaints(texts: readonly string[]): readonly string[] {
  return texts.flatMap((text) => {
    const why = complaint(text);
    return why === null ? [] : [`${written.get(text) ?? "put together"}: ${text} (${why})`];
  });
}

test("every regular expression is linear, or accepted for a reason", { timeout: 1_800_000 }, () => {
  expect(written.size).toBeGreaterThan(500);
  const unknown = judged.filter((text) => !linear.has(text));
  if (process.env.FPMLINT_UPDATE !== "1") {
    expect(unknown, "FPMLINT_UPDATE=1 has recheck look at these").toEqual([]);
    return;
  }
  expect(complaints(unknown)).toEqual([]);
  writeFileSync(list, `${[`recheck ${version}`, ...judged].join("\n")}\n`);
});

test("what the list calls linear is linear: a sample of it", { timeout: 1_800_000 }, () => {
  const known = judged.filter((text) => linear.has(text));
  const drawn = sample(known, runs(20, 3));
  saySample("regular expressions that recheck judges again", drawn.length, known.length);
  expect(complaints(drawn)).toEqual([]);
});

test("the checker knows a quadratic one and an exponential one", { timeout: 600_000 }, () => {
  expect(complaint("/a+$/")).toContain("2nd degree");
  expect(complaint("/^(a|a)*$/")).toContain("exponential");
});

test("the list has only what is there", () => {
  expect([...ACCEPTED.keys()].filter((text) => !written.has(text))).toEqual([]);
  if (process.env.FPMLINT_UPDATE !== "1") expect(lines.filter((text) => !judged.includes(text))).toEqual([]);
});

test("what is put together at run time is known", () => {
  expect(constructions().map((line) => line.split(":")[0])).toEqual(
    [...BUILT.keys()].flatMap((file) => BUILT.get(file)?.map(() => file) ?? []),
  );
});

test("what is put together is linear", () => {
  expect(examples.filter((text) => repeats(text) && !linear.has(text))).toEqual([]);
});

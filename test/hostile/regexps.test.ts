import { beforeAll, expect, test } from "vitest";
import { ACCEPTED, BUILT } from "./support/accepted-regexps.js";
import { constructions, literals } from "./support/regexps.js";

/**
 * No regular expression of ours takes more than linear time, unless the list says why that does no
 * harm: a stranger's file must not be able to hang the check. recheck looks at each by itself, with
 * automata or by trying.
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

test("every regular expression is linear, or accepted for a reason", { timeout: 600_000 }, () => {
  expect(written.size).toBeGreaterThan(500);
  const found = [...written].flatMap(([text, file]) => {
    if (!repeats(text) || ACCEPTED.has(text)) return [];
    const why = complaint(text);
    return why === null ? [] : [`${file}: ${text} (${why})`];
  });
  expect(found).toEqual([]);
});

test("the checker knows a quadratic one and an exponential one", { timeout: 600_000 }, () => {
  expect(complaint("/a+$/")).toContain("2nd degree");
  expect(complaint("/^(a|a)*$/")).toContain("exponential");
});

test("the list has only what is there", () => {
  expect([...ACCEPTED.keys()].filter((text) => !written.has(text))).toEqual([]);
});

test("what is put together at run time is known", () => {
  expect(constructions().map((line) => line.split(":")[0])).toEqual(
    [...BUILT.keys()].flatMap((file) => BUILT.get(file)?.map(() => file) ?? []),
  );
});

test("what is put together is linear", { timeout: 600_000 }, () => {
  const examples = [...BUILT.values()].flat().flatMap(({ like }) => (like === null ? [] : [like]));
  expect(examples.filter((text) => complaint(text) !== null)).toEqual([]);
});

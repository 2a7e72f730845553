import { expect, test } from "vitest";
import { once, perKey } from "../../src/source/memo.js";

test("an answer is worked out once for each object, whatever it is", () => {
  let asked = 0;
  const answers = [null, false, 0, ""];
  const answer = perKey((key: { readonly at: number }) => {
    asked += 1;
    return answers[key.at] ?? null;
  });
  const keys = answers.map((_, at) => ({ at }));
  for (const key of [...keys, ...keys]) expect(answer(key)).toBe(answers[key.at]);
  expect(asked).toBe(answers.length);
});

test("an equal object is another one", () => {
  const answer = perKey((_key: object) => ({}));
  const key = {};
  expect(answer(key)).toBe(answer(key));
  expect(answer({})).not.toBe(answer({}));
});

test("a table keeps what was built for a word", () => {
  const known = new Map<string, number>();
  expect(once(known, "a", () => 1)).toBe(1);
  expect(once(known, "a", () => 2)).toBe(1);
  expect([...known]).toEqual([["a", 1]]);
});

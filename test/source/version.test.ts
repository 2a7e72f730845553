import { expect, test } from "vitest";
import { olderThan } from "../../src/source/version.js";

test.each([
  ["7.4", "8.2"],
  ["8.2", "8.10"],
  ["1.9.0", "1.18.0"],
  ["1.18.0", "1.18.1"],
])("%s comes before %s, and not the other way round", (older, newer) => {
  expect(olderThan(older, newer)).toBe(true);
  expect(olderThan(newer, older)).toBe(false);
});

test.each([
  ["8.2", "8.2"],
  ["8.2", "8.2.19"],
  ["8.2.19", "8.2"],
])("%s does not come before %s as far as both are given", (one, other) => {
  expect(olderThan(one, other)).toBe(false);
});

import { createHash } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { sha256 } from "../../src/source/sha256.js";

const node = (text: string): string => createHash("sha256").update(text).digest("hex");

test("answers what Node answers, at every length around a block and two", () => {
  for (let length = 0; length < 200; length += 1) {
    const text = "a".repeat(length);
    expect(sha256(text), String(length)).toBe(node(text));
  }
});

test("answers what Node answers for any text", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 300 }), (text) => {
      expect(sha256(text)).toBe(node(text));
    }),
  );
  expect(sha256("\ud800 alone")).toBe(node("\ud800 alone"));
});

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Finder, Needle } from "../../src/logs/needle.js";
import { Block } from "../../src/logs/part.js";
import { runs } from "../support/sample.js";

describe("what is sought", () => {
  test("finds as indexOf and lastIndexOf do, within the part", () => {
    const text = fc.string({ unit: fc.constantFrom("a", "b", ","), maxLength: 30 });
    const sought = fc.constantFrom("aaaa", ",aba", "aab,a", "bbbbbba", ",a,b,a,b", "ab,abbaa,");
    fc.assert(
      fc.property(text, sought, text, fc.boolean(), (before, what, random, has) => {
        const after = has ? `${random}${what}${before}${what}${random}` : random;
        const bytes = Buffer.from(`${before}#${after}#${what}`);
        const block = new Block(bytes);
        const needle = new Needle(what);
        const [from, to] = [before.length + 1, before.length + 1 + after.length];
        const own = after.indexOf(what);
        expect(needle.find(block, from, to)).toBe(own === -1 ? -1 : own + from);
        const last = after.lastIndexOf(what);
        expect(needle.findLast(block, from, to)).toBe(last === -1 ? -1 : last + from);
        expect(needle.begins(block, from, to)).toBe(after.startsWith(what));
        expect(needle.isIn(block, from, to)).toBe(own !== -1);
      }),
      { numRuns: runs(2000) },
    );
  });

  test("is in a part wherever it begins, and only where it is whole", () => {
    const sought = [
      '" while reading ',
      '", upstream: "',
      "ababababab",
      "aaaa",
      "0123456789abcdef0123456789abcdef0123",
    ];
    for (const what of sought) {
      const needle = new Needle(what);
      for (let at = 0; at <= 70; at += 1) {
        for (const filler of ["x", what.slice(1, 5), what.slice(0, -1)]) {
          const around = filler.repeat(70).slice(0, 70);
          const text = `${around.slice(0, at)}${what}${around.slice(at)}`;
          const block = new Block(Buffer.from(text));
          const [from, to] = [3, text.length - 2];
          expect(needle.isIn(block, from, to)).toBe(text.slice(from, to).includes(what));
          expect(needle.isIn(block, from, at + what.length - 1)).toBe(
            text.slice(from, at + what.length - 1).includes(what),
          );
        }
      }
    }
  });

  test("a finder answers as indexOf does, further and further on", () => {
    const text = fc.string({ unit: fc.constantFrom("a", "b", ","), maxLength: 30 });
    const steps = fc.array(fc.nat(6), { maxLength: 12 });
    fc.assert(
      fc.property(text, steps, (all, asked) => {
        const bytes = Buffer.from(all);
        const finder = new Finder(",".charCodeAt(0));
        let from = 0;
        for (const step of asked) {
          from += step;
          const own = all.indexOf(",", from);
          expect(finder.next(bytes, from)).toBe(own === -1 ? all.length : own);
        }
      }),
      { numRuns: runs(1000) },
    );
  });
});

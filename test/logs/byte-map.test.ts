import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Block, ByteMap, Finder, fourfold, Needle, Part } from "../../src/logs/byte-map.js";
import { runs } from "../support/sample.js";

function partOf(block: Buffer, from: number, to: number): Part {
  const part = new Part();
  part.between(new Block(block), from, to);
  return part;
}

describe("a map by bytes", () => {
  test("answers for the same bytes alone, also when the block has others since", () => {
    const letter = fc.constantFrom("a", "b", " ", "\0", "\u00e9");
    const words = fc.array(fc.string({ unit: letter, maxLength: 6 }), { maxLength: 12 });
    fc.assert(
      fc.property(words, words, (given, asked) => {
        const map = new ByteMap<string>(1000, 100);
        const find = (word: string): string | undefined => {
          const block = Buffer.from(`.${word}`);
          return map.get(new Block(block), partOf(block, 1, block.length));
        };
        const kept = new Set<string>();
        for (const [at, word] of [...new Set(given)].entries()) {
          const block = Buffer.from(`..${word}..`);
          map.set(new Block(block), partOf(block, 2, block.length - 2), word);
          block.fill(0);
          // A fifth in one place of the table is not.
          if (at < 4 || find(word) === word) kept.add(word);
        }
        const wrong = [...given, ...asked].filter(
          (word) => find(word) !== (kept.has(word) ? word : undefined),
        );
        expect(wrong).toEqual([]);
      }),
      { numRuns: runs(1000) },
    );
  });

  test("parts with one hash are told apart, and there are few of them", () => {
    const map = new ByteMap<number>(1000, 100);
    const texts = Array.from({ length: 20 }, (_, at) => Buffer.from(`text ${at}`));
    for (const [at, text] of texts.entries()) {
      const part = partOf(text, 0, text.length);
      part.hash = 7;
      map.set(new Block(text), part, at);
    }
    const found = texts.map((text) => {
      const part = partOf(text, 0, text.length);
      part.hash = 7;
      return map.get(new Block(text), part);
    });
    expect(found).toEqual(texts.map((_, at) => (at < 4 ? at : undefined)));
  });

  test("forgets all when there are too many, and keeps nothing that is too long", () => {
    const map = new ByteMap<boolean>(2, 3);
    const set = (text: string): void => {
      const block = Buffer.from(text);
      map.set(new Block(block), partOf(block, 0, block.length), true);
    };
    const has = (text: string): boolean => {
      const block = Buffer.from(text);
      return map.get(new Block(block), partOf(block, 0, block.length)) === true;
    };
    set("a");
    set("long");
    expect([has("a"), has("long")]).toEqual([true, false]);
    set("b");
    set("c");
    expect([has("a"), has("b"), has("c")]).toEqual([false, false, true]);
  });

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
      }),
      { numRuns: runs(2000) },
    );
  });

  test("a part goes to the first of two bytes", () => {
    const text = fc.string({
      unit: fc.constantFrom("a", "\0", "\u0080", "\u00ff", ",", "-", "+"),
      maxLength: 24,
    });
    const byte = fc.constantFrom(...[",", "+", "z"].map((one) => one.charCodeAt(0)), 0, 255);
    fc.assert(
      fc.property(text, byte, byte, fc.nat(5), (all, one, other, skipped) => {
        const bytes = Buffer.from(`${"#".repeat(skipped)}${all},`, "latin1");
        const end = bytes.length - 1;
        const own = bytes
          .subarray(0, end)
          .findIndex((is, at) => at >= skipped && (is === one || is === other));
        const part = new Part();
        const found = part.until(new Block(bytes), skipped, fourfold(one), fourfold(other), end);
        expect([found, part.to]).toEqual([own !== -1, own === -1 ? end : own]);
        expect(part.hash).toBe(partOf(bytes, skipped, part.to).hash);
      }),
      { numRuns: runs(2000) },
    );
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

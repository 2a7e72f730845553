import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ByteMap, find, findLast, needle, Part } from "../../src/logs/byte-map.js";
import { runs } from "../support/sample.js";

function partOf(block: Buffer, from: number, to: number): Part {
  const part = new Part();
  part.between(block, from, to);
  return part;
}

describe("a map by bytes", () => {
  test("answers for the same bytes alone, also when the block has others since", () => {
    const letter = fc.constantFrom("a", "b", " ", "\0", "\u00e9");
    const words = fc.array(fc.string({ unit: letter, maxLength: 6 }), { maxLength: 12 });
    fc.assert(
      fc.property(words, words, (kept, asked) => {
        const map = new ByteMap<string>(1000, 100);
        for (const word of kept) {
          const block = Buffer.from(`..${word}..`);
          map.set(block, partOf(block, 2, block.length - 2), word);
          block.fill(0);
        }
        const wrong = [...kept, ...asked].filter((word) => {
          const block = Buffer.from(`.${word}`);
          const found = map.get(block, partOf(block, 1, block.length));
          return found !== (kept.includes(word) ? word : undefined);
        });
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
      map.set(text, part, at);
    }
    const found = texts.map((text) => {
      const part = partOf(text, 0, text.length);
      part.hash = 7;
      return map.get(text, part);
    });
    expect(found).toEqual(texts.map((_, at) => (at < 4 ? at : undefined)));
  });

  test("forgets all when there are too many, and keeps nothing that is too long", () => {
    const map = new ByteMap<boolean>(2, 3);
    const set = (text: string): void => {
      const block = Buffer.from(text);
      map.set(block, partOf(block, 0, block.length), true);
    };
    const has = (text: string): boolean => {
      const block = Buffer.from(text);
      return map.get(block, partOf(block, 0, block.length)) === true;
    };
    set("a");
    set("long");
    expect([has("a"), has("long")]).toEqual([true, false]);
    set("b");
    set("c");
    expect([has("a"), has("b"), has("c")]).toEqual([false, false, true]);
  });

  test("finds as indexOf and lastIndexOf do, within the part", () => {
    const text = fc.string({ unit: fc.constantFrom("a", "b", ","), maxLength: 20 });
    const sought = fc.constantFrom(",", ", ", "ab", "aab", ",a");
    fc.assert(
      fc.property(text, sought, text, (before, what, after) => {
        const block = Buffer.from(`${before}#${after}#${what}`);
        const [from, to] = [before.length + 1, before.length + 1 + after.length];
        const own = after.indexOf(what);
        expect(find(block, needle(what), from, to)).toBe(own === -1 ? -1 : own + from);
        const last = after.lastIndexOf(what);
        expect(findLast(block, needle(what), from, to)).toBe(last === -1 ? -1 : last + from);
        const part = new Part();
        expect(part.until(block, from, needle(what), to)).toBe(own !== -1);
        expect(part.to).toBe(own === -1 ? to : own + from);
        expect(part.hash).toBe(partOf(block, from, part.to).hash);
      }),
      { numRuns: runs(2000) },
    );
  });
});

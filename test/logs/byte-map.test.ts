import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ByteMap } from "../../src/logs/byte-map.js";
import { Block, Part } from "../../src/logs/part.js";
import { runs } from "../support/sample.js";

function partOf(block: Buffer, from: number, to: number): Part {
  const part = new Part(6);
  part.addBetween(new Block(block), from, to);
  return part;
}

describe("a map by bytes", () => {
  test("answers for the same bytes alone, also when the block has others since", () => {
    const letter = fc.constantFrom("a", "b", " ", "\0", "\u00e9");
    const words = fc.array(fc.string({ unit: letter, maxLength: 6 }), { maxLength: 12 });
    fc.assert(
      fc.property(words, words, (given, asked) => {
        const map = new ByteMap<string>(1000);
        const find = (word: string): string | undefined => {
          const block = Buffer.from(`.${word}`);
          return map.get(partOf(block, 1, block.length));
        };
        const kept = new Set<string>();
        for (const [at, word] of [...new Set(given)].entries()) {
          const block = Buffer.from(`..${word}..`);
          map.set(partOf(block, 2, block.length - 2), word);
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
    const map = new ByteMap<number>(1000);
    const texts = Array.from({ length: 20 }, (_, at) => Buffer.from(`text ${at}`));
    for (const [at, text] of texts.entries()) {
      const part = partOf(text, 0, text.length);
      part.hash = 7;
      map.set(part, at);
    }
    const found = texts.map((text) => {
      const part = partOf(text, 0, text.length);
      part.hash = 7;
      return map.get(part);
    });
    expect(found).toEqual(texts.map((_, at) => (at < 4 ? at : undefined)));
  });

  test("forgets all when there are too many, and keeps nothing that is too long", () => {
    const map = new ByteMap<boolean>(2);
    const set = (text: string): void => {
      const block = Buffer.from(text);
      map.set(partOf(block, 0, block.length), true);
    };
    const has = (text: string): boolean => {
      const block = Buffer.from(text);
      return map.get(partOf(block, 0, block.length)) === true;
    };
    set("a");
    set("so long that it is not kept");
    expect([has("a"), has("so long that it is not kept")]).toEqual([true, false]);
    set("b");
    set("c");
    expect([has("a"), has("b"), has("c")]).toEqual([false, false, true]);
  });
});

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Block, byteFrom, fourfold, isTextAt, Numbered, nextText, Part } from "../../src/logs/part.js";
import { runs } from "../support/sample.js";

/** Texts with numbers, some of which are kept. */
const numbered = fc
  .array(
    fc.constantFrom("a", "bc", "(", "/", "\0", "\u00e9", "0", "1", "23", "4567", "0123456789", "12345678901"),
    {
      maxLength: 12,
    },
  )
  .map((parts) => parts.join(""));

/** Without its numbers; what is kept is not one. */
const shapeOf = (text: string): string =>
  text.replace(/(\()?(\d+)/g, (all, bracket: string | undefined, digits: string) =>
    bracket === undefined && digits.length !== 10 ? "#" : all,
  );

function kept(text: string): { readonly words: Int32Array; readonly hash: number } {
  const bytes = Buffer.from(`..${text}..`);
  const part = new Part(100);
  part.addNumbered(new Block(bytes), 2, bytes.length - 2);
  return { words: part.kept(), hash: part.hash };
}

describe("a part", () => {
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
        const part = new Part(20);
        const found = part.addUntil(new Block(bytes), skipped, fourfold(one), fourfold(other), end);
        expect([found, part.to]).toEqual([own !== -1, own === -1 ? end : own]);
        const same = new Part(20);
        same.addBetween(new Block(bytes), skipped, part.to);
        expect([part.hash, part.kept()]).toEqual([same.hash, same.kept()]);
      }),
      { numRuns: runs(2000) },
    );
  });

  test("a byte is found as indexOf does, up to the end of the part", () => {
    const text = fc.string({
      unit: fc.constantFrom("a", "\0", "\u0080", "\u00ff", ",", "-", "+"),
      maxLength: 24,
    });
    const byte = fc.constantFrom(0, 255, 0x80, ...[",", "+", "z"].map((one) => one.charCodeAt(0)));
    fc.assert(
      fc.property(text, byte, fc.nat(5), fc.nat(3), (all, one, from, behind) => {
        const bytes = Buffer.from(`${"#".repeat(from)}${all}${",+".repeat(behind)}`, "latin1");
        const end = from + all.length;
        const own = bytes.subarray(0, end).indexOf(one, from);
        expect(byteFrom(new Block(bytes), from, fourfold(one), end)).toBe(own === -1 ? end : own);
      }),
      { numRuns: runs(1000) },
    );
  });

  test("with its numbers left out is the same for texts that differ in numbers alone", () => {
    fc.assert(
      fc.property(numbered, numbered, fc.boolean(), (one, random, isNear) => {
        const other = isNear
          ? one.replace(/\d+/g, (digits) => (digits.length === 10 ? digits : "77"))
          : random;
        const [a, b] = [kept(one), kept(other)];
        const isSame = shapeOf(one) === shapeOf(other);
        expect(a.words.join() === b.words.join()).toBe(isSame);
        if (isSame) expect(a.hash).toBe(b.hash);
      }),
      { numRuns: runs(3000) },
    );
  });

  test("is found again with other numbers, and ends where it ends there", () => {
    fc.assert(
      fc.property(numbered, numbered, fc.boolean(), (one, random, isNear) => {
        const other = isNear
          ? one.replace(/\d+/g, (digits) => (digits.length === 10 ? digits : "8"))
          : random;
        const bytes = Buffer.from(`.${other},    `);
        const own = new Numbered(kept(one).words, 0);
        const end = own.endAt(new Block(bytes), 1, bytes.length);
        const isSame = shapeOf(one) === shapeOf(other);
        expect(bytes[end] === ",".charCodeAt(0)).toBe(isSame);
        if (isSame) expect(end).toBe(1 + Buffer.byteLength(other));
      }),
      { numRuns: runs(3000) },
    );
  });

  test("is compared by eights only where equal numbers are equal bytes", () => {
    const isComparable = (...bytes: readonly number[]): boolean => {
      const part = new Part(20);
      part.addNumbered(new Block(Buffer.from(bytes)), 0, bytes.length);
      return new Numbered(part.kept(), 0).isComparable;
    };
    const [zeros, letters] = [
      Array.from({ length: 7 }, () => 0),
      [..."connect() failed"].map((one) => one.charCodeAt(0)),
    ];
    expect(isComparable(...letters)).toBe(true);
    expect(isComparable(...zeros)).toBe(true);
    expect(isComparable(...zeros, 0)).toBe(false);
    expect(isComparable(...letters, ...zeros, 0x80)).toBe(false);
    expect(isComparable(...letters, ...zeros, 1)).toBe(true);
    expect(isComparable(...zeros.slice(1), 0xf8, 0x7f)).toBe(false);
    expect(isComparable(...zeros.slice(1), 0xf8, 0xff)).toBe(false);
  });

  test("has its texts one after the other, and each is found where it is", () => {
    const text = fc.string({ unit: fc.constantFrom("a", "b", "\0"), maxLength: 9 });
    fc.assert(
      fc.property(text, text, text, (one, other, sought) => {
        const bytes = Buffer.from(`${one}${other}${sought}${".".repeat(16)}`);
        const block = new Block(bytes);
        const part = new Part(20);
        part.addBetween(block, 0, one.length);
        part.addBetween(block, one.length, one.length + other.length);
        const words = part.kept();
        const second = nextText(words, 0);
        const from = one.length + other.length;
        expect(isTextAt(words, 0, block, from)).toBe(`${sought}....`.startsWith(one));
        expect(isTextAt(words, second, block, from)).toBe(`${sought}....`.startsWith(other));
        expect(nextText(words, second)).toBe(words.length);
      }),
      { numRuns: runs(2000) },
    );
  });
});

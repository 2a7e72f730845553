import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeBytes, encodeText } from "../../src/source/bytes.js";

test("bytes come back from their text, whatever they are", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      expect([...encodeText(decodeBytes(bytes))]).toEqual([...bytes]);
    }),
  );
});

test("UTF-8 reads as itself, also beside a byte that is none", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), fc.string({ unit: "grapheme" }), (before, after) => {
      const bytes = Buffer.concat([Buffer.from(before), Buffer.from([0xff]), Buffer.from(after)]);
      expect(decodeBytes(bytes)).toBe(`${before}\udcff${after}`);
      expect(decodeBytes(Buffer.from(before))).toBe(before);
    }),
  );
});

test("a surrogate written as UTF-8, a cut sequence and an overlong one are bytes", () => {
  expect(decodeBytes(Buffer.from([0xed, 0xa0, 0x80]))).toBe("\udced\udca0\udc80");
  expect(decodeBytes(Buffer.from([0xe2, 0x82]))).toBe("\udce2\udc82");
  expect(decodeBytes(Buffer.from([0xc0, 0x80, 0x41]))).toBe("\udcc0\udc80A");
});

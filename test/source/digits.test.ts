import fc from "fast-check";
import { expect, test } from "vitest";
import { withCommas } from "../../src/source/digits.js";

test("a number has commas where Node's tables of languages put them", () => {
  fc.assert(
    fc.property(fc.oneof(fc.nat(), fc.nat(2000), fc.maxSafeNat()), (count) => {
      expect(withCommas(count)).toBe(count.toLocaleString("en-US"));
    }),
  );
});

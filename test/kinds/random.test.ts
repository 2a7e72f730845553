import fc from "fast-check";
import { expect, test } from "vitest";
import { profileOf } from "../../src/kinds/words.js";
import { runs, seed } from "../support/sample.js";
import { bothWays, silentOn } from "./support/compare.js";
import { drawn, nameOf, treeOf } from "./support/many.js";

test("the names are alike", () => {
  expect(new Set(Array.from({ length: 16 }, (_, at) => profileOf(nameOf(at)))).size).toBe(1);
});

test("a host has the same findings by kinds and when every rule looks at all of it", {
  timeout: 600_000,
}, () => {
  let compared = 0;
  let used = 0;
  fc.assert(
    fc.property(drawn, (one) => {
      const files = treeOf(one);
      const [whole, byKinds] = bothWays({ files });
      expect(byKinds).toBe(whole);
      compared += 1;
      if (compared % 5 === 0 && silentOn({ files }) > 0) used += 5;
    }),
    { numRuns: runs(80, 12), seed },
  );
  // A test that judged no host by kinds would say nothing.
  expect(used * 2).toBeGreaterThan(compared);
});

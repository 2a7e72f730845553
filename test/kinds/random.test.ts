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
  fc.assert(
    fc.property(drawn, (one) => {
      const [whole, byKinds] = bothWays({ files: treeOf(one) });
      expect(byKinds).toBe(whole);
    }),
    { numRuns: runs(80, 8), seed },
  );
});

// A test that judged no host by kinds would say nothing. The same hosts for every seed, which may draw few.
test("most such hosts are judged by kinds", () => {
  const hosts = fc.sample(drawn, { numRuns: 16, seed: 1 });
  const used = hosts.filter((one) => silentOn({ files: treeOf(one) }) > 0);
  expect(used.length * 2).toBeGreaterThan(hosts.length);
});

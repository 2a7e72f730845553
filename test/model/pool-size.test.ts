import { join } from "node:path";
import { expect, test } from "vitest";
import { keepalivePinsWorkers } from "../../rules/pool/keepalive-pins-workers.js";
import { createValidators } from "../../src/engine/validate.js";
import { lintWith } from "../../src/lint.js";
import { type Growth, secondsToGrow } from "../../src/model/pool-size.js";
import { fixtures } from "../build/fixtures.js";

/** Workers second by second, as php-fpm 8.2 started them while more requests waited than it had workers. */
const measured: readonly (readonly [string, Omit<Growth, "start" | "max">, readonly number[]])[] = [
  ["the default rate", { spare: 10, rate: 32 }, [10, 11, 13, 17, 25, 35, 40]],
  ["a rate that is no power of two", { spare: 10, rate: 3 }, [10, 11, 13, 17, 21, 25, 29, 33, 37, 40]],
  ["a rate of one", { spare: 10, rate: 1 }, [10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23]],
  ["one idle worker", { spare: 1, rate: 32 }, [10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23]],
];

test.each(measured)("a pool grows as PHP-FPM does with %s", (_, growth, counts) => {
  const start = counts[0] ?? 0;
  const times = counts.map((max) => secondsToGrow({ ...growth, start, max }));
  expect(times).toEqual(counts.map((_, second) => second));
});

test("a pool that starts full needs no time", () => {
  expect(secondsToGrow({ start: 8, max: 8, spare: 8, rate: 32 })).toBe(0);
});

// No fixture can show it: the daemon of the proofs is older.
test.each([
  ["1.29.7", ["keepalive 32 (the default) of upstream php"]],
  ["1.22.1", []],
  // An info: one of the versions that it may be does so.
  [null, ["keepalive 32 (the default) of upstream php"]],
])("an upstream without keepalive in nginx %s", (nginxVersion, wanted) => {
  const directory = join(fixtures(), "pool/keepalive-pins-workers/ok-no-keepalive");
  const outcome = lintWith([keepalivePinsWorkers], createValidators([keepalivePinsWorkers]), {
    paths: [directory],
    workingDirectory: directory,
    nginxVersion,
  });
  const findings = outcome.kind === "refused" ? [] : outcome.result.findings;
  expect(findings.map(({ message }) => /keepalive .*?(?=, in each)/.exec(message)?.[0])).toEqual(wanted);
});

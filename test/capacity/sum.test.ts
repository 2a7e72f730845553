import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  bareSize,
  parseShare,
  parseSize,
  SHARE_PATTERN,
  SIZE_PATTERN,
  showSize,
} from "../../src/capacity/size.js";
import { budgetOf, DEFAULT_HEADROOM, DEFAULT_RESERVE, shareOut, totalOf } from "../../src/capacity/sum.js";

const MIB = 1024 * 1024;
const memory = fc.record({
  memory: fc.integer({ min: 0, max: 2 ** 45 }),
  reserve: fc.integer({ min: 0, max: 2 ** 40 }),
  headroom: fc.double({ min: 0, max: 0.99, noNaN: true }),
  shared: fc.integer({ min: 0, max: 2 ** 35 }),
});
const pools = fc.array(
  fc.record({ weight: fc.integer({ min: 1, max: 1000 }), bytes: fc.integer({ min: 1, max: 2 ** 34 }) }),
  { minLength: 1, maxLength: 12 },
);

describe("the budget", () => {
  test("the two rules of thumb are points of it", () => {
    const worker = 60 * MIB;
    const [all, reserved] = [8192 * MIB, DEFAULT_RESERVE];
    expect(Math.floor(budgetOf({ memory: all, reserve: reserved, headroom: 0, shared: 0 }) / worker)).toBe(
      128,
    );
    const most = budgetOf({ memory: all, reserve: 0, headroom: DEFAULT_HEADROOM, shared: 0 });
    expect(Math.floor(most / worker)).toBe(Math.floor((8192 * 0.8) / 60));
  });

  test("is a whole number, never below 0, and never more than the memory", () => {
    fc.assert(
      fc.property(memory, (given) => {
        const budget = budgetOf(given);
        expect(Number.isSafeInteger(budget)).toBe(true);
        expect(budget).toBeGreaterThanOrEqual(0);
        expect(budget).toBeLessThanOrEqual(given.memory);
      }),
    );
  });

  test("grows with the memory", () => {
    fc.assert(
      fc.property(memory, fc.integer({ min: 0, max: 2 ** 40 }), (given, more) => {
        expect(budgetOf({ ...given, memory: given.memory + more })).toBeGreaterThanOrEqual(budgetOf(given));
      }),
    );
  });

  test("is 0 for what is no number", () => {
    expect(budgetOf({ memory: Number.NaN, reserve: 0, headroom: 0, shared: 0 })).toBe(0);
    expect(budgetOf({ memory: Infinity, reserve: 0, headroom: 0, shared: 0 })).toBe(0);
  });
});

describe("sharing it out", () => {
  test("never over budget, no pool at 0; refused only where one worker each does not fit", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 40 }), pools, (budget, given) => {
        const counts = shareOut(budget, given);
        const least = totalOf(given.map(({ bytes }) => ({ count: 1, bytes })));
        expect(counts === null).toBe(least > budget);
        if (counts === null) return;
        expect(counts.every((count) => Number.isSafeInteger(count) && count >= 1)).toBe(true);
        const parts = given.map(({ bytes }, index) => ({ count: counts[index] ?? 0, bytes }));
        expect(totalOf(parts)).toBeLessThanOrEqual(budget);
        expect(totalOf(parts)).toBe(parts.reduce((sum, part) => sum + totalOf([part]), 0));
      }),
    );
  });

  test("one pool gets what fits, rounded down; more for smaller workers and for more memory", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 2 ** 40 }),
        fc.integer({ min: 1, max: 2 ** 34 }),
        fc.integer({ min: 0, max: 2 ** 30 }),
        (budget, bytes, more) => {
          const of = (left: number, size: number) => shareOut(left, [{ weight: 1, bytes: size }])?.[0] ?? 0;
          expect(of(budget, bytes)).toBe(Math.floor(budget / bytes));
          expect(of(budget + more, bytes)).toBeGreaterThanOrEqual(of(budget, bytes));
          expect(of(budget, bytes + more)).toBeLessThanOrEqual(of(budget, bytes));
        },
      ),
    );
  });

  test("of many pools none loses by more memory, and none gains by larger workers of any of them", () => {
    const growth = fc.integer({ min: 0, max: 2 ** 32 });
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 2 ** 40 }),
        pools,
        growth,
        fc.nat(),
        (budget, given, more, which) => {
          const counts = shareOut(budget, given) ?? given.map(() => 0);
          const richer = shareOut(budget + more, given) ?? given.map(() => 0);
          expect(counts.every((count, index) => count <= (richer[index] ?? 0))).toBe(true);
          const larger = given.map((one, index) =>
            index === which % given.length ? { ...one, bytes: one.bytes + more } : one,
          );
          const fewer = shareOut(budget, larger) ?? given.map(() => 0);
          expect(counts.every((count, index) => count >= (fewer[index] ?? 0))).toBe(true);
        },
      ),
    );
  });

  test("the weights share out exactly what just fits", () => {
    fc.assert(
      fc.property(pools, fc.integer({ min: 1, max: 200 }), (given, times) => {
        const budget = totalOf(given.map(({ weight, bytes }) => ({ count: weight * times, bytes })));
        fc.pre(budget * 1000 < Number.MAX_SAFE_INTEGER);
        expect(shareOut(budget, given)).toEqual(given.map(({ weight }) => weight * times));
      }),
    );
  });

  test("no pools share nothing", () => expect(shareOut(100, [])).toEqual([]));
});

describe("sizes", () => {
  test.each([
    ["8G", 8 * 1024 * MIB],
    ["8GB", 8 * 1024 * MIB],
    ["8GiB", 8 * 1024 * MIB],
    ["8Gi", 8 * 1024 * MIB],
    ["512m", 512 * MIB],
    ["1.5g", 1536 * MIB],
    ["64 k", 65536],
    ["1000000", 1000000],
    ["1000b", 1000],
  ])("%s", (text, bytes) => {
    expect(parseSize(text)).toBe(bytes);
    expect(new RegExp(SIZE_PATTERN).test(text)).toBe(true);
  });

  test.each(["", "8Q", "-8G", "G", "0", "8 G B", "1e3", "9".repeat(40), "NaN"])("%j is none", (text) =>
    expect(parseSize(text)).toBeNull(),
  );

  test("for people", () => {
    expect([1, 2048, 63 * MIB, 1536 * MIB].map(showSize)).toEqual(["1 bytes", "2 KiB", "63 MiB", "1.5 GiB"]);
    // 1071 and 1024 MiB are not the same, and 24683676 KiB are nothing round.
    expect([17 * 63 * MIB, 1024 * MIB, 24683676 * 1024].map(showSize)).toEqual([
      "1071 MiB",
      "1 GiB",
      "24105.2 MiB",
    ]);
  });
});

test("a number that is too small for bytes needs a unit in fpmlint.json", () => {
  for (const text of ["4096", "1.5", "999999"]) expect(new RegExp(SIZE_PATTERN).test(text), text).toBe(false);
  for (const text of ["0", "000", "4096m", "1.5 G"])
    expect(new RegExp(SIZE_PATTERN).test(text), text).toBe(true);
  expect(bareSize("4096", "G")).toBe("is 4096 bytes; most likely 4096M is meant");
  expect(bareSize("4", "G")).toBe("is 4 bytes; most likely 4G is meant");
  expect([bareSize("0", "M"), bareSize("1048576", "G"), bareSize("4G", "G")]).toEqual([null, null, null]);
});

describe("shares", () => {
  test.each([
    ["20%", 0.2],
    ["0 %", 0],
    ["12.5%", 0.125],
  ])("%s", (text, share) => {
    expect(parseShare(text)).toBe(share);
    expect(new RegExp(SHARE_PATTERN).test(text)).toBe(true);
  });

  test.each(["", "20", "0.2", "100%", "-1%"])("%j is none", (text) => expect(parseShare(text)).toBeNull());
});

import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type Demand,
  meanFor,
  offeredLoad,
  squaredVariation,
  waitingAt,
  waitProbability,
  workersFor,
} from "../../src/capacity/queue.js";
import { runs } from "../support/sample.js";
import { exponential, lognormal, uniform } from "../tools/load/chance.js";
import { line } from "../tools/load/line.js";
import { type Draws, REQUESTS, simulate } from "../tools/load/simulate.js";

/** Of floating point, where two sums for the same thing are compared. */
const ROUNDING = 1e-12;

const workers = fc.integer({ min: 1, max: 5000 });
const utilisation = fc.double({ min: 0.001, max: 1.5, noNaN: true });
const load = fc.double({ min: 1e-6, max: 5000, noNaN: true });
const rate = fc.double({ min: 1e-3, max: 1e5, noNaN: true });
const mean = fc.double({ min: 1e-4, max: 60, noNaN: true });
const spread = fc.option(fc.double({ min: 1, max: 3.86, noNaN: true }));
const demand: fc.Arbitrary<Demand> = fc
  .record({ rate, mean, spread })
  .map((drawn) => ({ ...drawn, p95: drawn.spread === null ? null : drawn.spread * drawn.mean }));
const anything = fc.oneof(fc.double(), fc.integer(), fc.constantFrom(0, 5e-324, 1, Number.MAX_VALUE));
const anyDemand = fc.record({ rate: anything, mean: anything, p95: fc.option(anything) });

function exponentialLoad(busy: number): Demand {
  return { rate: busy, mean: 1, p95: null };
}

describe("check values", () => {
  test.each([
    [5, 10],
    [10, 17],
    [20, 29],
    [50, 64],
  ])("a load of %d needs %d workers", (busy, count) => {
    expect(workersFor(exponentialLoad(busy))).toBe(count);
  });

  test("8 workers, 80 % of them busy, a 95th percentile of three times the mean", () => {
    const waiting = waitingAt(8, { rate: 64, mean: 0.1, p95: 0.3 });
    expect(waiting.utilisation).toBeCloseTo(0.8, 12);
    expect(waiting.probability).toBeCloseTo(0.458, 3);
    expect(waiting.mean).toBeCloseTo(0.0341, 4);
  });

  test("one worker: what textbooks say", () => {
    // A request waits as often as the worker is busy; at durations that are all equal half as long.
    const waiting = waitingAt(1, { rate: 0.75, mean: 1, p95: null });
    expect(waiting.probability).toBeCloseTo(0.75, 12);
    expect(waiting.mean).toBeCloseTo(3, 12);
    expect(waitingAt(1, { rate: 0.75, mean: 1, p95: 1 }).mean).toBeCloseTo(1.5, 12);
  });

  test("two workers: the closed formula", () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-6, max: 1.999, noNaN: true }), (busy) => {
        expect(waitProbability(2, busy)).toBeCloseTo(busy ** 2 / (2 + busy), 12);
      }),
    );
  });

  test("too few workers: all wait, without end", () => {
    expect(waitingAt(4, exponentialLoad(4))).toEqual({ utilisation: 1, probability: 1, mean: null });
    expect(waitingAt(4, exponentialLoad(6))).toEqual({ utilisation: 1.5, probability: 1, mean: null });
  });
});

describe("the spread", () => {
  test("unknown is exponential; equal durations have none; what no lognormal has is none", () => {
    expect(squaredVariation(0.1, null)).toBe(1);
    expect(squaredVariation(0.1, 0.1)).toBe(0);
    expect(squaredVariation(0.1, 0.0999)).toBeNull();
    expect(squaredVariation(1, 3.868)).not.toBeNull();
    expect(squaredVariation(1, 3.869)).toBeNull();
    for (const odd of [0, -1, Number.NaN, Infinity]) expect(squaredVariation(odd, 1)).toBeNull();
    expect(squaredVariation(1, Number.NaN)).toBeNull();
  });

  test("grows with the ratio, which comes out again", () => {
    const ratio = fc.double({ min: 1, max: 3.868, noNaN: true });
    fc.assert(
      fc.property(ratio, ratio, mean, (one, other, seconds) => {
        const squared = squaredVariation(seconds, seconds * one);
        const more = squaredVariation(seconds, seconds * Math.max(one, other));
        if (squared === null || more === null) return fc.pre(false);
        expect(more).toBeGreaterThanOrEqual(squared);
        const variance = Math.log1p(squared);
        expect(Math.exp(1.6448536 * Math.sqrt(variance) - variance / 2)).toBeCloseTo(one, 6);
      }),
    );
  });
});

describe("waiting", () => {
  test("is more probable with more load and less with more workers, and within 0 and 1", () => {
    fc.assert(
      fc.property(workers, utilisation, utilisation, fc.nat(50), (count, busy, other, more) => {
        const [low, high] = [count * Math.min(busy, other), count * Math.max(busy, other)];
        const probability = waitProbability(count, low);
        expect(probability).toBeGreaterThanOrEqual(0);
        expect(probability).toBeLessThanOrEqual(1);
        expect(waitProbability(count, high)).toBeGreaterThanOrEqual(probability - ROUNDING);
        expect(waitProbability(count + more, low)).toBeLessThanOrEqual(probability + ROUNDING);
      }),
    );
  });

  test("is longer with more load and shorter with more workers", () => {
    fc.assert(
      fc.property(
        workers,
        demand,
        fc.nat(50),
        fc.double({ min: 1, max: 3, noNaN: true }),
        (count, given, more, faster) => {
          const seconds = waitingAt(count, given).mean ?? Infinity;
          const arriving = waitingAt(count, { ...given, rate: given.rate * faster }).mean ?? Infinity;
          const manned = waitingAt(count + more, given).mean ?? Infinity;
          expect(arriving).toBeGreaterThanOrEqual(seconds * (1 - ROUNDING));
          expect(manned).toBeLessThanOrEqual(seconds * (1 + ROUNDING));
        },
      ),
    );
  });

  test("counts from far below a large load as it does from 0", () => {
    // The whole recurrence, from no worker on.
    let refused = 1;
    for (let count = 1; count <= 100_000; count += 1)
      refused = (99_500 * refused) / (count + 99_500 * refused);
    const whole = refused / (1 - 0.995 * (1 - refused));
    expect(waitProbability(100_000, 99_500)).toBeCloseTo(whole, 12);
    expect(whole).toBeGreaterThan(0.05);
  });

  test("is a number for any numbers", () => {
    fc.assert(
      fc.property(anything, anyDemand, anything, (count, given, target) => {
        const { utilisation, probability, mean } = waitingAt(count, given);
        const minimum = workersFor(given, target);
        const longest = meanFor(count, given, target);
        const variation = squaredVariation(given.mean, given.p95) ?? 0;
        const numbers = [
          offeredLoad(given),
          utilisation,
          probability,
          mean ?? 0,
          minimum,
          longest,
          variation,
        ];
        for (const number of numbers) {
          expect(Number.isFinite(number)).toBe(true);
          expect(number).toBeGreaterThanOrEqual(0);
        }
        expect(probability).toBeLessThanOrEqual(1);
        expect(minimum).toBeGreaterThanOrEqual(1);
      }),
    );
  });
});

describe("how many workers, and how fast", () => {
  const target = fc.double({ min: 1e-6, max: 0.9, noNaN: true });
  const heavy = fc.oneof(load, fc.double({ min: 5000, max: 200_000, noNaN: true }));

  test("the fewest: with one fewer more requests wait than may", () => {
    fc.assert(
      fc.property(heavy, target, (busy, most) => {
        const count = workersFor(exponentialLoad(busy), most);
        expect(Number.isSafeInteger(count)).toBe(true);
        expect(waitProbability(count, busy)).toBeLessThanOrEqual(most);
        if (count > 1) expect(waitProbability(count - 1, busy)).toBeGreaterThan(most);
      }),
    );
  });

  test("for a load of more than anybody has they are enough, too", () => {
    const most = fc.double({ min: 1e9, max: 1e15, noNaN: true });
    fc.assert(
      fc.property(most, (busy) => {
        const count = workersFor(exponentialLoad(busy));
        expect(waitProbability(count, busy)).toBeLessThanOrEqual(0.05);
        expect(waitProbability(count - Math.sqrt(busy) / 10, busy)).toBeGreaterThan(0.05);
      }),
      { numRuns: 20 },
    );
  });

  test("the longest mean: enough workers at it, too few at a longer one", () => {
    fc.assert(
      fc.property(workers, demand, target, (count, given, most) => {
        const longest = meanFor(count, given, most);
        expect(workersFor({ ...given, mean: longest }, most)).toBeLessThanOrEqual(count);
        expect(workersFor({ ...given, mean: longest * 1.000001 }, most)).toBeGreaterThan(count);
      }),
    );
  });

  test("the longest mean: enough workers at it also where they are no longer counted one by one", () => {
    const asked = { rate: 10000000.000000006, mean: 1, p95: null };
    for (const workers of [10005503, 10005504, 10005505, 20000000])
      expect(workersFor({ ...asked, mean: meanFor(workers, asked) })).toBeLessThanOrEqual(workers);
  });

  test("nothing arrives, or nobody works", () => {
    expect(workersFor({ rate: 0, mean: 1, p95: null })).toBe(1);
    expect(meanFor(8, { rate: 0, mean: 1, p95: null })).toBe(Number.MAX_VALUE);
    expect(meanFor(0, { rate: 1, mean: 1, p95: null })).toBe(0);
  });

  test("at the ends: all may wait, nobody may, half a worker does nothing", () => {
    expect(workersFor(exponentialLoad(5), 1)).toBe(1);
    // What no digit shows is nobody.
    const none = workersFor(exponentialLoad(1e6), 0);
    expect(waitProbability(none, 1e6)).toBe(0);
    expect(none).toBeLessThan(1.1e6);
    expect(waitProbability(2.9, 1.5)).toBe(waitProbability(2, 1.5));
  });
});

describe("a simulation", () => {
  const MEAN = 0.1;
  const spreadTo =
    (ratio: number): Draws =>
    (next) =>
      lognormal(MEAN, ratio * MEAN, next);
  const memoryless: Draws = (next) => exponential(MEAN, next);

  test("is made of durations that have the mean and the percentile, and of a line that is fair", () => {
    const service = lognormal(MEAN, 3 * MEAN, uniform(20261121, 2));
    const drawn = Array.from({ length: 400_000 }, service.draw);
    expect(drawn.reduce((sum, seconds) => sum + seconds, 0) / drawn.length).toBeCloseTo(MEAN, 3);
    expect(drawn.filter((seconds) => seconds > 3 * MEAN).length / drawn.length).toBeCloseTo(0.05, 2);
    const enter = line(2);
    expect([enter(0, 4), enter(1, 2), enter(2, 5), enter(2, 1), enter(9, 1)]).toEqual([0, 0, 1, 2, 0]);
  });

  // Two things may differ. Chance: `errors` is what a run of this length leaves open, and three times
  // as much is exceeded by one number in 400. And the formula: it is exact for exponential durations
  // and for one worker, and elsewhere as near as `formula` says.
  // Outside CI a run is a third as long, and its chance the larger by the root of that.
  const requests = runs(REQUESTS, REQUESTS / 3);
  const chance = Math.sqrt(REQUESTS / requests);
  const exact = { probability: 0, mean: 0 };
  const near = { probability: 0.04, mean: 0.08 };
  const far = { probability: 0.08, mean: 0.25 };
  test.each([
    { count: 4, busy: 0.7, draws: memoryless, formula: exact },
    { count: 8, busy: 0.5, draws: memoryless, formula: exact },
    { count: 8, busy: 0.8, draws: memoryless, formula: exact },
    { count: 8, busy: 0.9, draws: memoryless, formula: exact },
    { count: 32, busy: 0.8, draws: memoryless, formula: exact },
    { count: 1, busy: 0.7, draws: spreadTo(2), formula: exact },
    { count: 1, busy: 0.7, draws: spreadTo(3.5), formula: exact },
    { count: 4, busy: 0.7, draws: spreadTo(2), formula: near },
    { count: 4, busy: 0.7, draws: spreadTo(3), formula: near },
    { count: 8, busy: 0.8, draws: spreadTo(3), formula: near },
    { count: 16, busy: 0.8, draws: spreadTo(2), formula: near },
    { count: 16, busy: 0.8, draws: spreadTo(3), formula: near },
    { count: 8, busy: 0.8, draws: spreadTo(1.2), formula: far },
    { count: 8, busy: 0.8, draws: spreadTo(3.5), formula: far },
  ])("waits as predicted: $count workers, utilisation $busy, case %#", ({ count, busy, draws, formula }) => {
    const { errors, p95, ...seen } = simulate(count, busy, draws, requests);
    const said = waitingAt(count, { rate: (count * busy) / MEAN, mean: MEAN, p95 });
    expect(errors.probability).toBeLessThan(0.015 * chance);
    expect(errors.mean).toBeLessThan(0.04 * chance);
    const probability = Math.abs(said.probability / seen.probability - 1);
    const mean = Math.abs((said.mean ?? 0) / seen.mean - 1);
    expect(probability).toBeLessThan(formula.probability + 3 * errors.probability);
    expect(mean).toBeLessThan(formula.mean + 3 * errors.mean);
  });
});

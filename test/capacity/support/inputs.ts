import fc from "fast-check";
import { type PlanAnswer, type PlanInput, type PoolInput, planFor } from "../../../src/capacity/plan.js";
import type { Demand } from "../../../src/capacity/queue.js";

/** Inputs of `planFor`, ordinary and at the ends of what is documented. Sizes in bytes. */

export const MIB = 1024 * 1024;

const MOST = 2 ** 50;

/** Of any order of magnitude. */
function log(least: number, most: number): fc.Arbitrary<number> {
  return fc
    .double({ min: Math.log(least), max: Math.log(most), noNaN: true })
    .map((exponent) => Math.min(Math.max(Math.exp(exponent), least), most));
}

const wholeLog = (least: number, most: number): fc.Arbitrary<number> => log(least, most).map(Math.floor);

/** Round sizes as people choose them, and any others. */
const size: fc.Arbitrary<number> = fc.oneof(
  fc.integer({ min: 1, max: 512 }).map((count) => count * MIB),
  wholeLog(1, MOST),
  fc.constantFrom(1, 2, 3, 63 * MIB, MOST),
);

const headroom: fc.Arbitrary<number> = fc.oneof(
  fc.integer({ min: 0, max: 99 }).map((percent) => percent / 100),
  fc.double({ min: 0, max: 0.999, noNaN: true }),
  fc.constantFrom(0, 0.999),
);

const weight: fc.Arbitrary<number> = fc.oneof(
  fc.constant(1),
  fc.integer({ min: 1, max: 20 }),
  wholeLog(1, 1e6),
);

const demand: fc.Arbitrary<Demand> = fc
  .record({
    rate: fc.oneof(log(0.1, 1000), log(1e-300, 1e300)),
    mean: fc.oneof(log(0.01, 10), log(1e-300, 1e300)),
    ratio: fc.option(fc.double({ min: 1, max: 3.86, noNaN: true }), { nil: null }),
  })
  .map(({ rate, mean, ratio }) => ({ rate, mean, p95: ratio === null ? null : mean * ratio }));

const pool: fc.Arbitrary<PoolInput> = fc.record({
  bytes: size,
  weight,
  manager: fc.constantFrom("static", "dynamic", "ondemand", null),
  maxRequests: fc.option(wholeLog(1, 2 ** 31 - 1), { nil: null }),
  spawnRate: fc.constantFrom(null, null, 32),
  idleTimeout: fc.constantFrom(null, null, 10),
  measured: fc.boolean(),
  guess: fc.oneof({ weight: 4, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.boolean() }),
  now: fc.option(fc.integer({ min: 1, max: 60 }), { nil: null }),
  written: fc.constant(null),
  share: fc.option(fc.double({ min: 0.01, max: 1, noNaN: true }), { nil: null }),
  busy: fc.boolean(),
  memoryLimit: fc.oneof(fc.constantFrom(null, Infinity, 128 * MIB), wholeLog(1, MOST)),
  demand: fc.option(demand, { nil: null }),
});

export interface Choices {
  readonly pools: fc.Arbitrary<readonly PoolInput[]>;
  readonly cpu: boolean;
}

const cpus = fc.record({
  cores: fc.oneof(fc.integer({ min: 1, max: 128 }), log(0.01, 1e6)),
  share: fc.oneof(
    fc.integer({ min: 1, max: 100 }).map((percent) => percent / 100),
    log(5e-324, 1),
  ),
});

/** Most with room for some workers, because all without are alike. */
export function plans({ pools, cpu }: Choices): fc.Arbitrary<PlanInput> {
  return fc
    .record({
      pools,
      headroom,
      cpu: cpu ? fc.option(cpus, { nil: null }) : fc.constant(null),
      reserve: fc.oneof(fc.constantFrom(0, 500 * MIB), wholeLog(1, MOST)),
      shared: fc.oneof(fc.constantFrom(0, 128 * MIB), wholeLog(1, 2 ** 40)),
      times: fc.option(fc.oneof(log(1, 100), log(1, 1e9)), { nil: null, freq: 8 }),
      memory: size,
      present: fc.boolean(),
      cores: fc.option(fc.integer({ min: 1, max: 64 }), { nil: null }),
    })
    .map(({ times, memory, ...rest }) => {
      const least = rest.pools.reduce((sum, one) => sum + one.bytes, 0);
      const room = Math.floor((least * (times ?? 0) + rest.shared) / (1 - rest.headroom)) + rest.reserve;
      return { ...rest, memory: times === null ? memory : Math.min(room, 2 ** 52) };
    });
}

export const anyPools: Choices["pools"] = fc.array(pool, { minLength: 1, maxLength: 8 });

/** One to eight pools of one size, or each of its own. */
export const likelyPools: Choices["pools"] = fc.tuple(anyPools, fc.boolean()).map(([all, alike]) => {
  const [first] = all;
  return alike && first !== undefined ? all.map((one) => ({ ...one, bytes: first.bytes })) : all;
});

export const anyPlan: fc.Arbitrary<PlanInput> = plans({ pools: likelyPools, cpu: true });

/** The workers of each pool; 0 where there is no room for one each. */
export function countsOf(input: PlanInput): readonly number[] {
  return maxima(planFor(input), input);
}

export function maxima(answer: PlanAnswer, { pools }: PlanInput): readonly number[] {
  return answer.kind === "plan" ? answer.plan.pools.map(({ max }) => max) : pools.map(() => 0);
}

import fc from "fast-check";
import { type PlanInput, planFor } from "../../../src/capacity/plan.js";
import { likelyPools, plans } from "./inputs.js";

/** Inputs of `planFor` whose sums in words are of one kind. */

/** Odd weights, as `--weight shop=0.1` says them. */
export const weighted: fc.Arbitrary<PlanInput> = fc
  .tuple(
    plans({ pools: likelyPools, cpu: true }),
    fc.array(
      fc.oneof(
        fc.integer({ min: 1, max: 99 }).map((tenths) => tenths / 10),
        fc.constantFrom(0.1, 0.3, 1e-7, 1.1, 33.333, 999999.999999),
        fc.double({ min: 1e-9, max: 1e6, noNaN: true }),
      ),
      { minLength: 8, maxLength: 8 },
    ),
  )
  .map(([input, weights]) => ({
    ...input,
    present: false,
    pools: input.pools.map((pool, index) => ({ ...pool, weight: weights[index] ?? 1 })),
  }));

/** The pools have what a first run gave them, and a little memory was added. */
export const applied: fc.Arbitrary<PlanInput> = fc
  .tuple(plans({ pools: likelyPools, cpu: true }), fc.integer({ min: 0, max: 100 }))
  .map(([input, added]) => {
    const first = planFor(input);
    if (first.kind !== "plan") return input;
    const least = input.pools.reduce((sum, { bytes }) => sum + bytes, 0);
    const now = first.plan.pools.map(({ byMemory }) => byMemory);
    return {
      ...input,
      present: true,
      memory: input.memory + Math.floor((least * added) / 100),
      pools: input.pools.map((pool, index) => ({ ...pool, weight: now[index] ?? 1 })),
    };
  });

/** As `--cores` and `--cpu-share` are written, and the quota of a container. */
export const bounded: fc.Arbitrary<PlanInput> = fc
  .tuple(
    plans({ pools: likelyPools, cpu: false }),
    fc.oneof(
      fc.integer({ min: 1, max: 640 }).map((tenths) => tenths / 10),
      fc.integer({ min: 1, max: 99 }).map((n) => n / 7),
    ),
    fc.oneof(
      fc.integer({ min: 1, max: 100_000 }).map((n) => n / 1000 / 100),
      fc.constantFrom(1e-7, 1 / 3),
    ),
  )
  .map(([input, cores, share]) => ({ ...input, cpu: { cores, share } }));

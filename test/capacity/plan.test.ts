import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Plan, type PlanInput, type PoolInput, planFor } from "../../src/capacity/plan.js";
import { workersFor } from "../../src/capacity/queue.js";
import { type Manager, MOST_WORKERS, managersFor, settingsFor } from "../../src/capacity/recommend.js";
import { budgetOf, memoryFor, totalOf } from "../../src/capacity/sum.js";
import { runs } from "../support/sample.js";
import { anyPlan, countsOf, MIB } from "./support/inputs.js";

const onePool: PoolInput = {
  bytes: 60 * MIB,
  weight: 1,
  manager: null,
  maxRequests: null,
  spawnRate: null,
  idleTimeout: null,
  measured: false,
  guess: false,
  now: null,
  written: null,
  share: null,
  busy: false,
  memoryLimit: null,
  demand: null,
};

const simple = (over: Partial<PlanInput>): PlanInput => ({
  memory: 8192 * MIB,
  reserve: 0,
  headroom: 0,
  shared: 0,
  pools: [onePool],
  present: false,
  cpu: null,
  cores: null,
  ...over,
});

/** What holds of a plan; the test fails, too, when hardly any input had one. */
function ofEveryPlan(inputs: fc.Arbitrary<PlanInput>, holds: (plan: Plan, input: PlanInput) => void): void {
  let [all, planned] = [0, 0];
  fc.assert(
    fc.property(inputs, (input) => {
      const answer = planFor(input);
      all += 1;
      if (answer.kind !== "plan") return;
      planned += 1;
      holds(answer.plan, input);
    }),
    { numRuns: runs(1000) },
  );
  expect(planned).toBeGreaterThan(all / 4);
}

/** No pool has more in the second than in the first. */
function expectNoMore(fewer: readonly number[], more: readonly number[]): void {
  expect(fewer.filter((count, index) => count > (more[index] ?? 0))).toEqual([]);
}

const used = (plan: Plan, { pools }: PlanInput): bigint =>
  plan.pools.reduce((sum, { max }, index) => sum + BigInt(max) * BigInt(pools[index]?.bytes ?? 0), 0n);

describe("the sum of a plan", () => {
  test("is never over budget, and no pool is at 0", () => {
    ofEveryPlan(anyPlan, (plan, input) => {
      expect(used(plan, input)).toBeLessThanOrEqual(BigInt(plan.budget));
      expect(plan.pools).toHaveLength(input.pools.length);
      for (const { max, byMemory } of plan.pools) {
        expect(Number.isSafeInteger(max) && max >= 1).toBe(true);
        expect(Number.isSafeInteger(byMemory) && byMemory >= 1).toBe(true);
        expect(max).toBeLessThanOrEqual(2147483647);
      }
      const { memory, reserve, headroom, shared } = input;
      // To the last byte is what the rules of thumb below ask for; this is about the order of the terms.
      expect(plan.budget).toBeLessThanOrEqual((memory - reserve) * (1 - headroom) * (1 + 1e-12) - shared);
    });
  });

  test("what the pools use and what is spare are the whole budget", () => {
    ofEveryPlan(anyPlan, (plan, input) => {
      expect(BigInt(plan.used)).toBe(used(plan, input));
      expect(plan.used + plan.spare).toBe(plan.budget);
    });
  });

  test("there is none only where one worker each does not fit, and then the missing memory is exact", () => {
    fc.assert(
      fc.property(anyPlan, (input) => {
        const answer = planFor(input);
        const least = totalOf(input.pools.map(({ bytes }) => ({ count: 1, bytes })));
        expect(answer.kind === "too-small").toBe(least > budgetOf(input));
        if (answer.kind === "plan" || input.memory + answer.missing > Number.MAX_SAFE_INTEGER) return;
        expect(answer.missing).toBeGreaterThanOrEqual(1);
        expect(planFor({ ...input, memory: input.memory + answer.missing }).kind).toBe("plan");
        expect(planFor({ ...input, memory: input.memory + answer.missing - 1 }).kind).toBe("too-small");
      }),
      { numRuns: runs(1000) },
    );
  });
});

describe("each pool of a plan, not only their sum", () => {
  const growth = fc.oneof(fc.nat({ max: 64 }), fc.nat({ max: 2 ** 31 }), fc.maxSafeNat());

  /** Whether no pool has more of the changed input. */
  function neverMore(change: (input: PlanInput, by: number) => PlanInput): void {
    fc.assert(
      fc.property(anyPlan, growth, (input, by) => expectNoMore(countsOf(change(input, by)), countsOf(input))),
      { numRuns: runs(1000) },
    );
  }

  test("loses nothing by more memory", () =>
    neverMore((input, by) => ({ ...input, memory: Math.max(1, input.memory - by) })));
  test("gains nothing by a larger reserve", () =>
    neverMore((input, by) => ({ ...input, reserve: input.reserve + by })));
  test("gains nothing by more that is shared", () =>
    neverMore((input, by) => ({ ...input, shared: input.shared + by })));
  test("gains nothing by more headroom", () =>
    neverMore((input, by) => ({
      ...input,
      headroom: Math.min(0.999, input.headroom + by / Number.MAX_SAFE_INTEGER),
    })));
  test("gains nothing by larger workers of any pool", () =>
    neverMore((input, by) => ({
      ...input,
      pools: input.pools.map((one, index) =>
        index === by % input.pools.length ? { ...one, bytes: one.bytes + by } : one,
      ),
    })));
});

describe("sharing out by the result", () => {
  const applied = (input: PlanInput, { pools }: Plan): PlanInput => ({
    ...input,
    pools: input.pools.map((one, index) => ({ ...one, weight: pools[index]?.byMemory ?? 1 })),
    present: true,
  });
  const byMemory = ({ pools }: Plan) => pools.map((one) => one.byMemory);

  test("gives the result again", () => {
    ofEveryPlan(anyPlan, (plan, input) => {
      const again = planFor(applied(input, plan));
      expect(again.kind === "plan" ? byMemory(again.plan) : []).toEqual(byMemory(plan));
    });
  });

  test("leaves no room for one more of each pool", () => {
    ofEveryPlan(anyPlan, (plan, { pools }) => {
      const more = pools.reduce(
        (sum, { bytes }, index) => sum + BigInt(bytes) * BigInt((plan.pools[index]?.byMemory ?? 0) + 1),
        0n,
      );
      expect(more).toBeGreaterThan(BigInt(plan.budget));
    });
  });

  test("what the pools have now stays until there is", () => {
    const pools = [
      { ...onePool, weight: 8 },
      { ...onePool, weight: 40 },
      { ...onePool, weight: 12 },
    ];
    const of = (workers: number, present: boolean) =>
      countsOf(simple({ memory: workers * 60 * MIB, pools, present }));
    expect(of(60, true)).toEqual([8, 40, 12]);
    // One more fits, and the largest is due first.
    expect(of(61, true)).toEqual([8, 41, 12]);
    expect(of(62, true)).toEqual([8, 42, 12]);
    expect(of(59, true)).toEqual([7, 40, 12]);
  });
});

describe("the rules of thumb come out exactly", () => {
  const mib = fc.integer({ min: 1000, max: 4_000_000 });
  const worker = fc.integer({ min: 1, max: 500 });

  test("(RAM − 500 MB) / worker", () => {
    fc.assert(
      fc.property(mib, worker, (ram, size) => {
        const pools = [{ ...onePool, bytes: size * MIB }];
        const input = simple({ memory: ram * MIB, reserve: 500 * MIB, pools });
        expect(countsOf(input)).toEqual([Number((BigInt(ram) - 500n) / BigInt(size))]);
      }),
    );
  });

  test("RAM × 0.8 / worker, and every other whole percentage", () => {
    fc.assert(
      fc.property(
        mib,
        worker,
        fc.oneof(fc.constant(20), fc.integer({ min: 0, max: 99 })),
        (ram, size, free) => {
          const pools = [{ ...onePool, bytes: size * MIB }];
          const input = simple({ memory: ram * MIB, headroom: free / 100, pools });
          expect(countsOf(input)).toEqual([
            Number((BigInt(ram) * BigInt(100 - free)) / (100n * BigInt(size))),
          ]);
        },
      ),
      { numRuns: runs(2000) },
    );
  });

  test.each([
    [0.9, 10, 1],
    [0.43, 100, 57],
    [0.7, 10, 3],
  ])("nothing is lost to a computer's fractions: %d free of %d workers", (headroom, room, left) => {
    expect(countsOf(simple({ memory: room * 60 * MIB, headroom }))).toEqual([left]);
  });
});

describe("every number is one", () => {
  test("no Infinity and no NaN, for any input", () => {
    fc.assert(
      fc.property(anyPlan, (input) => {
        const answer = planFor(input);
        // JSON has neither: what it loses would be missing from the document, too.
        expect(JSON.parse(JSON.stringify(answer))).toEqual(answer);
      }),
      { numRuns: runs(2000) },
    );
  });
});

describe("what else limits", () => {
  test("the processors, each pool for itself", () => {
    const whole = fc.integer({ min: 1, max: 100 });
    fc.assert(
      fc.property(anyPlan, whole, whole, (input, tenths, percent) => {
        const answer = planFor({ ...input, cpu: { cores: tenths / 10, share: percent / 100 } });
        if (answer.kind !== "plan") return;
        const busy = Math.max(1, Number((BigInt(tenths) * 10n) / BigInt(percent)));
        expect(answer.plan.byCpu).toBe(busy);
        const most = Math.min(busy, 2147483647);
        answer.plan.pools.forEach(({ max, byMemory }, index) => {
          const { guess, now } = input.pools[index] ?? {};
          if (guess === true && typeof now === "number") expect(max).toBeLessThanOrEqual(Math.min(now, most));
          else {
            expect(max).toBeLessThanOrEqual(most);
            expect(max).toBeGreaterThanOrEqual(Math.min(byMemory, most));
          }
        });
      }),
    );
  });

  test("demand: the missing memory and the shorter requests are enough", () => {
    ofEveryPlan(anyPlan, (plan, input) => {
      const wanted = plan.pools.map(({ max, demand }, index) => ({
        count: Math.max(max, demand?.needed ?? 0),
        bytes: input.pools[index]?.bytes ?? 0,
      }));
      const all = totalOf(wanted);
      if (all < 2 ** 45 && input.memory + plan.missingForDemand < Number.MAX_SAFE_INTEGER)
        expect(budgetOf({ ...input, memory: input.memory + plan.missingForDemand })).toBeGreaterThanOrEqual(
          all,
        );
      if (all <= plan.budget) expect(plan.missingForDemand).toBe(0);
      for (const { max, demand } of plan.pools) {
        if (demand === null) continue;
        expect(demand.enoughMean === null).toBe(demand.needed <= max);
        if (demand.enoughMean !== null && demand.enoughMean > 0)
          expect(workersFor({ ...demand, mean: demand.enoughMean })).toBeLessThanOrEqual(max);
      }
    });
  });

  test("the worst case: what would fit does, and is no more than the plan has", () => {
    ofEveryPlan(anyPlan, (plan, { pools, memory, reserve }) => {
      const known = pools.every(({ memoryLimit }) => memoryLimit !== null && Number.isFinite(memoryLimit));
      expect(plan.worstCase !== null).toBe(known);
      if (plan.worstCase === null) return;
      const cases = plan.pools.map(({ worstCase, max }) => ({ workers: worstCase?.workers ?? -1, max }));
      const fitting = totalOf(
        cases.map(({ workers }, index) => ({ count: workers, bytes: pools[index]?.memoryLimit ?? 0 })),
      );
      expect(fitting).toBeLessThanOrEqual(memory - reserve);
      expect(cases.every(({ workers, max }) => workers >= 0 && workers <= max)).toBe(true);
      expect(plan.worstCase.fits).toBe(cases.every(({ workers, max }) => workers === max));
    });
  });

  test("the least memory for no room at all is the largest number there is", () => {
    expect(memoryFor({ reserve: 0, headroom: 1, shared: 0 }, 1)).toBe(Number.MAX_VALUE);
    expect(memoryFor({ reserve: 5, headroom: 0.9, shared: 1 }, 9)).toBe(105);
  });
});

describe("settings", () => {
  const max = fc.oneof(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: MOST_WORKERS }));

  test("of dynamic are in the order that PHP-FPM wants", () => {
    fc.assert(
      fc.property(max, (count) => {
        const values = settingsFor("dynamic", count, null, null);
        const [least, start, most] = ["min_spare", "start", "max_spare"].map((key) =>
          Number(values[`pm.${key}_servers`]),
        );
        expect([least, start, most]).toEqual([8, 4, 2].map((part) => Math.ceil(count / part)));
        expect([1, least, start, most, count]).toEqual(
          [1, least, start, most, count].toSorted((a, b) => Number(a) - Number(b)),
        );
      }),
    );
  });

  test.each<[Manager, number | null, Readonly<Record<string, string | number>>]>([
    ["static", null, { pm: "static", "pm.max_children": 9, "pm.max_requests": 1000 }],
    ["static", 7, { pm: "static", "pm.max_children": 9, "pm.max_requests": 7 }],
    ["ondemand", null, { pm: "ondemand", "pm.max_children": 9 }],
    ["ondemand", 7, { pm: "ondemand", "pm.max_children": 9, "pm.max_requests": 7 }],
  ])("of %s with %s requests are those that it reads", (pm, requests, values) => {
    expect(settingsFor(pm, 9, requests, 32)).toEqual(values);
  });

  test("of dynamic replace a rate that it would refuse", () => {
    expect(settingsFor("dynamic", 9, null, 32)["pm.max_spawn_rate"]).toBe(32);
    expect(settingsFor("dynamic", 9, null, null)).not.toHaveProperty(["pm.max_spawn_rate"]);
  });

  test("pm is static for one busy measured pool, and ondemand only among many that sleep", () => {
    const of = (manager: Manager | null, measured: boolean, busy: boolean) => ({ manager, measured, busy });
    expect(managersFor([of("dynamic", true, true)])).toEqual(["static"]);
    expect(managersFor([of("static", false, true)])).toEqual(["dynamic"]);
    expect(managersFor([of("static", true, false)])).toEqual(["dynamic"]);
    const asleep = [1, 2, 3, 4].map(() => of("ondemand", true, true));
    const awake = [1, 2, 3].map(() => of(null, true, true));
    expect(managersFor([...asleep, ...awake])).toEqual([...asleep, ...awake].map(() => "dynamic"));
    expect(managersFor([...asleep, ...asleep, ...awake])).toEqual([
      ...[...asleep, ...asleep].map(() => "ondemand"),
      ...awake.map(() => "dynamic"),
    ]);
  });
});

/**
 * Whoever redoes a sum that `fpmlint capacity` writes gets its number: done here by a calculator of its
 * own, exactly, for generated plans.
 */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Plan, type PlanInput, type PoolInput, planFor } from "../../src/capacity/plan.js";
import { budgetOf } from "../../src/capacity/sum.js";
import { budgetInWords, sumsInWords } from "../../src/capacity/words.js";
import { runs } from "../support/sample.js";
import { anyPlan, MIB } from "./support/inputs.js";
import { calculate, decimal, floor } from "./support/paper.js";
import { applied, bounded, weighted } from "./support/sums.js";

type Form = "sum" | "single" | "kept" | "cores" | "less" | "largest" | "left over" | "guess" | "more";

const LARGEST = 2147483647;

/** Whether the number is what a size comes to, rounded to the digits with which the sum is written. */
function expectRounded(sum: string, result: string, context: string): void {
  const value = calculate(sum);
  const [number = "", unit = ""] = result.split(" ");
  if (unit !== "MiB") {
    expect(String(floor(value)), context).toBe(number.replace("−", "-"));
    return;
  }
  const digits = [...`${sum} = ${result}`.matchAll(/\.(\d+) MiB/g)].map(([, part]) => part?.length ?? 0);
  const scale = 10n ** BigInt(Math.max(1, ...digits));
  // Half a digit more, and down.
  const top = 2n * value.top * scale + value.bottom * BigInt(MIB);
  const rounded = floor({ top, bottom: 2n * value.bottom * BigInt(MIB) });
  const { top: shown, bottom } = decimal(number);
  expect(rounded * bottom, context).toBe(shown * scale);
}

/** The number that a sentence gives without its second half, and the forms that it has. */
function fromMemory(
  text: string,
  { plan, input, index }: Case,
): { readonly count: number; readonly forms: Form[] } {
  const single = /^1: its part, (.+), is below one worker, and no pool gets 0$/.exec(text);
  if (single !== null) {
    expect(floor(calculate(single[1] ?? "")), text).toBe(0n);
    return { count: 1, forms: ["single"] };
  }
  const kept = /^(\d+) as now: (.+) = (.+), and (.+) have no room for one more of (.+)$/.exec(text);
  if (kept !== null) return { count: expectKept(kept, { plan, input, index }), forms: ["kept"] };
  const [, sum = "", result = "", , more] =
    /^(.+) = (\d+)(, and (\d+) more of what rounding left over)?$/.exec(text) ?? [];
  expect(String(floor(calculate(sum))), text).toBe(result);
  return {
    count: Number(result) + Number(more ?? 0),
    forms: more === undefined ? ["sum"] : ["sum", "left over"],
  };
}

/** All that stands in `N as now: a × A + b × B = C, and D have no room for one more of E`. */
function expectKept(found: RegExpExecArray, { plan, input, index }: Case): number {
  const [text, count = "", sum = "", total = "", budget = "", step = ""] = found;
  expectRounded(`${plan.budget} bytes`, budget, text);
  if (sum === "all pools together") expect(input.pools.length, text).toBeGreaterThan(6);
  else {
    expectRounded(sum, total, text);
    const terms = sum.split(" + ");
    expect(terms.length).toBe(input.pools.length);
    expect(terms[index], text).toMatch(new RegExp(`^${count} × `));
    // One more of the largest would be too much, by the sizes that are written.
    const [most, least, each] = [calculate(budget), calculate(total), calculate(step)];
    const left = most.top * least.bottom - least.top * most.bottom;
    expect(left >= 0n, text).toBe(true);
    expect(left * each.bottom < each.top * most.bottom * least.bottom, text).toBe(true);
  }
  return Number(count);
}

/** What keeps a pool below what memory has room for. */
function fromLimit(text: string): { readonly count: number; readonly form: Form } {
  if (text === "PHP-FPM takes no larger number: 2^31 − 1 = 2147483647")
    return { count: LARGEST, form: "largest" };
  const guess = /^(\d+) as now, because the size of its worker is a guess$/.exec(text);
  if (guess !== null) return { count: Number(guess[1]), form: "guess" };
  const [, cores = "", share = "", less, count = ""] =
    /^(?:with what other pools leave, )?more than keep the cores busy only wait for each other: (\S+) cores? \/ (\S+)( is less than one worker, and no pool gets 0)? = (\d+)$/.exec(
      text,
    ) ?? [];
  const busy = floor(calculate(`${cores} / ${share}`));
  if (less === undefined) expect(String(busy), text).toBe(count);
  else expect([busy, count], text).toEqual([0n, "1"]);
  return { count: Number(count), form: less === undefined ? "cores" : "less" };
}

interface Case {
  readonly input: PlanInput;
  readonly plan: Plan;
  readonly index: number;
}

/** Checks all sentences of a plan; the forms that they have. */
function expectWords(input: PlanInput, plan: Plan): readonly Form[] {
  const sentences = sumsInWords(input, plan);
  expect(sentences).toHaveLength(plan.pools.length);
  return sentences.flatMap((sentence, index) => {
    const { max, byMemory } = plan.pools[index] ?? { max: -1, byMemory: -1 };
    const { fits, recommended } = sentence;
    const [memory = "", limit, ...rest] = recommended.split("; ");
    expect(rest, recommended).toEqual([]);
    // A number that nobody can read off: 1e-7.
    expect(fits + recommended).not.toMatch(/\de[-+]?\d|NaN|Infinity/);
    const all = fromMemory(fits, { input, plan, index });
    expect(all.count, fits).toBe(byMemory);
    if (limit === undefined) {
      const own = fromMemory(memory, { input, plan, index });
      expect(own.count, recommended).toBe(max);
      expect(max, recommended).toBeGreaterThanOrEqual(byMemory);
      return max > byMemory ? [...own.forms, "more"] : own.forms;
    }
    expect(memory).toBe(fits);
    const found = fromLimit(limit);
    expect(found.count, recommended).toBe(max);
    return [...all.forms, found.form];
  });
}

/** How many plans are drawn of each kind. */
const DRAWN = runs(1500, 250);

/** How often each form was met, of a thousand plans. */
function tally(inputs: fc.Arbitrary<PlanInput>): ReadonlyMap<Form, number> {
  const counts = new Map<Form, number>();
  fc.assert(
    fc.property(inputs, (input) => {
      const answer = planFor(input);
      if (answer.kind !== "plan") return;
      for (const form of expectWords(input, answer.plan)) counts.set(form, (counts.get(form) ?? 0) + 1);
    }),
    { numRuns: DRAWN },
  );
  return new Map([...counts].map(([form, times]) => [form, (times * 1000) / DRAWN]));
}

describe("the sum behind each pool's number comes to that number", () => {
  test("for any plan", () => {
    const forms = tally(anyPlan);
    // Some are rare: of few plans one may be all.
    const least = DRAWN < 1000 ? 1 : 14;
    for (const form of ["sum", "single", "left over", "cores", "guess"] as const)
      expect(forms.get(form) ?? 0, form).toBeGreaterThan(least);
  });
  test("with more memory than PHP-FPM has numbers of workers", () => {
    const room = fc.integer({ min: 2 ** 31, max: 2 ** 33 });
    const huge = fc.tuple(weighted, room).map(([input, workers]) => ({
      ...input,
      cpu: null,
      memory: input.reserve + input.shared + workers * 16,
      headroom: 0,
      pools: input.pools.map((pool) => ({ ...pool, bytes: 16 })),
    }));
    expect(tally(huge).get("largest") ?? 0).toBeGreaterThan(140);
  });
  test("with weights that have decimals", () => {
    expect(tally(weighted).get("sum") ?? 0).toBeGreaterThan(140);
  });
  test("when the pools stay as they are", () => {
    expect(tally(applied).get("kept") ?? 0).toBeGreaterThan(70);
  });
  test("when processors bound it", () => {
    const forms = tally(bounded);
    expect(forms.get("cores") ?? 0).toBeGreaterThan(140);
    expect(forms.get("more") ?? 0).toBeGreaterThan(0);
    expect(forms.get("less") ?? 0).toBeGreaterThan(0);
  });
});

describe("the budget", () => {
  test("is what its sum comes to, also below nothing", () => {
    const tried = runs(2000, 500);
    let below = 0;
    fc.assert(
      fc.property(anyPlan, (input) => {
        const text = budgetInWords(input);
        const [sum = "", result = "", ...rest] = text.split(" = ");
        expect(rest, text).toEqual([]);
        expectRounded(sum, result, text);
        if (result.startsWith("−")) below += 1;
        else expectRounded(`${budgetOf(input)} bytes`, result, text);
      }),
      { numRuns: tried },
    );
    expect((below * 100) / tried).toBeGreaterThan(1);
  });
});

describe("as it is read", () => {
  const one: PoolInput = {
    ...{ bytes: 60 * MIB, weight: 1, manager: null, maxRequests: null, spawnRate: null, idleTimeout: null },
    ...{ measured: false, busy: false, memoryLimit: null, demand: null },
    ...{ guess: false, now: null, written: null, share: null },
  };
  const host = (pools: readonly Partial<PoolInput>[], over: Partial<PlanInput> = {}): PlanInput => ({
    ...{
      memory: 1024 * MIB,
      reserve: 0,
      headroom: 0,
      shared: 0,
      present: false,
      cpu: null,
      cores: null,
      ...over,
    },
    pools: pools.map((pool) => ({ ...one, ...pool })),
  });
  const said = (input: PlanInput): readonly string[] => {
    const answer = planFor(input);
    return answer.kind === "plan"
      ? sumsInWords(input, answer.plan).map(({ recommended }) => recommended)
      : [];
  };

  test.each<[string, PlanInput, readonly string[]]>([
    [
      "parts that are all taken off stand in one bracket",
      host([{}], { reserve: 100 * MIB, shared: 64 * MIB }),
      ["(1024 MiB − 100 MiB − 64 MiB) / 60 MiB = 14"],
    ],
    [
      "a small weight is no exponent, and is not lost",
      host([{ weight: 1e-7 }, { weight: 3e-7 }]),
      [
        "1024 MiB × 0.0000001/0.0000004 / 60 MiB = 4",
        "1024 MiB × 0.0000003/0.0000004 / 60 MiB = 12, and 1 more of what rounding left over",
      ],
    ],
    [
      "the part of a small pool is that of what is left, beside the others",
      host([{ weight: 1 }, { weight: 40 }]),
      [
        "1: its part, 964 MiB × 1/40 / 60 MiB, is below one worker, and no pool gets 0",
        "964 MiB × 40/40 / 60 MiB = 16",
      ],
    ],
    [
      "what stays has as many decimals as the sum needs",
      host([{ weight: 3, bytes: 62956503 }, { weight: 12 }], { present: true, memory: 960.125 * MIB }),
      [
        "3 as now: 3 × 60.04 MiB + 12 × 60 MiB = 900.12 MiB, and 960.13 MiB have no room for one more of 60.04 MiB",
        "12 as now: 3 × 60.04 MiB + 12 × 60 MiB = 900.12 MiB, and 960.13 MiB have no room for one more of 60.04 MiB",
      ],
    ],
    [
      "a share of a third of one core",
      host([{}], { cpu: { cores: 1, share: 33.3 / 100 } }),
      ["1024 MiB / 60 MiB = 17; more than keep the cores busy only wait for each other: 1 core / 0.333 = 3"],
    ],
  ])("%s", (_name, input, sentences) => {
    expect(said(input)).toEqual(sentences);
  });

  test("a budget below nothing is not 0", () => {
    expect(
      budgetInWords(host([{}], { memory: 600 * MIB, reserve: 500 * MIB, headroom: 0.2, shared: 128 * MIB })),
    ).toBe("(600 MiB − 500 MiB) × 0.8 − 128 MiB = −48 MiB");
  });
});

import type { Cpu, Plan, PlanInput, PoolInput, PoolPlan } from "./plan.js";
import { MOST_WORKERS } from "./recommend.js";
import { budgetOf, type Memory, PARTS, partsLeft, totalOf } from "./sum.js";

/** The sums in words, so that a reader can redo them on paper. */

const MIB = 1024 * 1024;

/** `8192 MiB`: one unit in a whole sum, with so many decimals as are asked for. */
export function mebibytes(bytes: number, decimals = 1): string {
  return `${Number((bytes / MIB).toFixed(decimals))} MiB`;
}

/** How all sizes of one sum are written. */
interface Scale {
  readonly text: (bytes: number) => string;
  /** The size as it is written, in units of the last digit. */
  readonly digits: (bytes: number) => bigint;
}

function inMebibytes(decimals: number): Scale {
  const fixed = (bytes: number): string => (bytes / MIB).toFixed(decimals);
  return {
    text: (bytes) => `${fixed(bytes).replace(/\.?0+$/, "")} MiB`,
    digits: (bytes) => BigInt(fixed(bytes).replace(".", "")),
  };
}

const BYTES: Scale = {
  text: (bytes) => `${Math.round(bytes)} ${Math.round(bytes) === 1 ? "byte" : "bytes"}`,
  digits: (bytes) => BigInt(Math.round(bytes)),
};

/** The shortest first; bytes are exact. */
const SCALES: readonly Scale[] = [...[1, 2, 3, 4, 5, 6].map(inMebibytes), BYTES];

/** A sum as it is written, and what somebody would get who redoes it: `top / bottom`. */
interface Sum {
  readonly text: string;
  readonly top: bigint;
  readonly bottom: bigint;
}

/** Rounded down; `null` for sizes of which too few digits are left. */
function resultOf({ top, bottom }: Sum): number | null {
  return bottom > 0n ? Number(top / bottom) : null;
}

/** The number, and the sum with the fewest decimals with which it still comes to the number. */
function exact(write: (scale: Scale) => Sum): { readonly count: number; readonly text: string } {
  const full = write(BYTES);
  const count = resultOf(full) ?? 0;
  const sum = SCALES.map(write).find((one) => resultOf(one) === count) ?? full;
  return { count, text: `${sum.text} = ${count}` };
}

/** `(8192 MiB − 500 MiB) / 60 MiB = 128` for each pool of a plan. */
export function sumsInWords(input: PlanInput, plan: Plan): readonly string[] {
  const single = new Set(plan.shares.single);
  return plan.pools.map((pool, index) => {
    const text = plan.shares.kept
      ? keptInWords(input, plan, pool)
      : single.has(index)
        ? `1: its part of ${mebibytes(plan.budget)} is below one worker, and no pool gets 0`
        : partInWords(input, plan, pool, index);
    return `${text}${pool.max === pool.byMemory ? "" : `; ${limitInWords(input.cpu, plan, pool)}`}`;
  });
}

function partInWords(input: PlanInput, plan: Plan, { byMemory }: PoolPlan, index: number): string {
  const { count, text } = exact((scale) => memorySum(input, plan, index, scale));
  const more = byMemory - count;
  return more > 0 ? `${text}, and ${more} more of what rounding left over` : text;
}

function keptInWords({ pools }: PlanInput, { budget }: Plan, { byMemory }: PoolPlan): string {
  const now = pools.map(({ weight, bytes }) => ({ count: weight, bytes }));
  const terms = now.map(({ count, bytes }) => `${count} × ${mebibytes(bytes)}`);
  const sum = terms.length > MOST_TERMS ? "all pools together" : terms.join(" + ");
  return `${byMemory} as now: ${sum} = ${mebibytes(totalOf(now))}, and ${mebibytes(budget)} have no room for one more in each pool`;
}

function memorySum(input: PlanInput, plan: Plan, index: number, scale: Scale): Sum {
  const { pools } = input;
  const { left, perWeight, single } = plan.shares;
  const [pool] = pools.slice(index, index + 1);
  const { bytes, weight } = pool ?? { bytes: 0, weight: 0 };
  if (pools.length === 1) {
    const budget = budgetSum(input, scale);
    return {
      text: `${budget.text} / ${scale.text(bytes)}`,
      top: budget.top,
      bottom: budget.bottom * scale.digits(bytes),
    };
  }
  const open = pools.filter((_, one) => !single.includes(one));
  const cost = costSum(open, perWeight, weight, bytes, scale);
  return {
    text: `${scale.text(left)} × ${cost.text}`,
    top: scale.digits(left) * cost.top,
    bottom: cost.bottom,
  };
}

const MOST_TERMS = 6;

/** What a pool gets of each byte: its weight divided by what one unit of weight costs in all pools that share. */
function costSum(
  open: readonly PoolInput[],
  perWeight: number,
  weight: number,
  bytes: number,
  scale: Scale,
): Sum {
  const top = scaled(weight);
  if (open.every((one) => one.bytes === bytes)) {
    const all = open.reduce((sum, one) => sum + scaled(one.weight), 0n);
    const text = `${weight}/${Number(all) / Number(WEIGHTS)} / ${scale.text(bytes)}`;
    return { text, top, bottom: all * scale.digits(bytes) };
  }
  if (open.length > MOST_TERMS) {
    const text = `${weight} / ${scale.text(perWeight)}`;
    return { text, top, bottom: WEIGHTS * scale.digits(perWeight) };
  }
  const terms = open.map((one) => `${one.weight} × ${scale.text(one.bytes)}`);
  const bottom = open.reduce((sum, one) => sum + scaled(one.weight) * scale.digits(one.bytes), 0n);
  return { text: `${weight} / (${terms.join(" + ")})`, top, bottom };
}

/** Weights may have decimals, too. */
const WEIGHTS = 10n ** 6n;

function scaled(weight: number): bigint {
  return BigInt(Math.round(weight * Number(WEIGHTS)));
}

/** `(8192 MiB − 500 MiB) × 0.8 − 128 MiB`, in brackets where it has several parts. */
function budgetSum({ memory, reserve, headroom, shared }: Memory, scale: Scale): Sum {
  const has = scale.text(memory);
  const available = reserve === 0 ? has : `(${has} − ${scale.text(reserve)})`;
  const parts = partsLeft(headroom);
  const scaledText = parts === PARTS ? available : `${available} × ${Number(parts) / Number(PARTS)}`;
  const top = (scale.digits(memory) - scale.digits(reserve)) * parts;
  if (shared === 0) return { text: scaledText, top, bottom: PARTS };
  const text = `(${scaledText} − ${scale.text(shared)})`;
  return { text, top: top - scale.digits(shared) * PARTS, bottom: PARTS };
}

/** The budget as a sum: `(8192 MiB − 500 MiB) × 0.8 = 6153.6 MiB`. */
export function budgetInWords(input: PlanInput): string {
  const [scale = BYTES] = SCALES;
  const text = budgetSum(input, scale).text.replace(/^\((.*)\)$/, (whole, inner: string) =>
    /^[^()]*(?:\([^()]*\)[^()]*)*$/.test(inner) ? inner : whole,
  );
  return `${text} = ${mebibytes(budgetOf(input))}`;
}

/** Why a pool has fewer workers than the memory has room for. */
function limitInWords(cpu: Cpu | null, plan: Plan, { max }: PoolPlan): string {
  if (max === MOST_WORKERS && max !== plan.byCpu) return `PHP-FPM takes no larger number: 2^31 − 1 = ${max}`;
  const why = `more than keep the cores busy only wait for each other: ${cpu?.cores} cores / ${cpu?.share}`;
  return cpu !== null && cpu.cores < cpu.share
    ? `${why} is less than one worker, and no pool gets 0 = ${max}`
    : `${why} = ${max}`;
}

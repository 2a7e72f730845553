import type { Cpu, Plan, PlanInput } from "./plan.js";
import { budgetOf } from "./sum.js";

/** The sums in words, so that a reader can redo them on paper. */

const MIB = 1024 * 1024;

/** `8192 MiB`: one unit in a whole sum, with so many decimals as are asked for. */
export function mebibytes(bytes: number, decimals = 1): string {
  return `${Number((bytes / MIB).toFixed(decimals))} MiB`;
}

/** How a sum is written with a number of decimals, and what somebody would get who redoes it. */
interface Sum {
  readonly text: string;
  readonly result: number;
}

/** Enough for bytes to come out exactly. */
const MOST_DECIMALS = 6;

/** The fewest decimals with which the written sum comes to the number. */
function exact(count: number, write: (decimals: number) => Sum): string {
  let sum = write(1);
  for (let decimals = 2; decimals <= MOST_DECIMALS && Math.floor(sum.result + 1e-9) !== count; decimals += 1)
    sum = write(decimals);
  return `${sum.text} = ${count}`;
}

/** A size as it reads after rounding. */
function rounded(bytes: number, decimals: number): number {
  return Number((bytes / MIB).toFixed(decimals));
}

/** `(8192 MiB − 500 MiB) / 60 MiB = 128` for each pool of a plan. */
export function sumsInWords(input: PlanInput, plan: Plan): readonly string[] {
  const { left, perWeight, single } = plan.shares;
  const small = new Set(single);
  return plan.pools.map(({ max, byMemory }, index) => {
    const weight = input.pools[index]?.weight ?? 0;
    const part = Math.floor((left * weight) / perWeight);
    const memory = small.has(index)
      ? `1: its part of ${mebibytes(plan.budget)} is below one worker, and no pool gets 0`
      : exact(part, (decimals) => memorySum(input, plan, index, decimals));
    const more = byMemory - part;
    const rest = small.has(index) || more <= 0 ? "" : `, and ${more} more of what rounding left over`;
    return max === byMemory ? memory + rest : `${memory}${rest}; ${cpuInWords(input.cpu)} = ${max}`;
  });
}

function memorySum(input: PlanInput, plan: Plan, index: number, decimals: number): Sum {
  const { pools } = input;
  const { left, perWeight, single } = plan.shares;
  const [pool] = pools.slice(index, index + 1);
  const open = pools.filter((_, one) => !single.includes(one));
  const bytes = pool?.bytes ?? 0;
  const weight = pool?.weight ?? 0;
  const size = rounded(bytes, decimals);
  if (open.length === 1 && pools.length === 1) {
    const { text, result } = budgetSum(input, decimals);
    return { text: `${text} / ${mebibytes(bytes, decimals)}`, result: result / size };
  }
  const shared = `${mebibytes(left, decimals)} × ${weight}`;
  const top = rounded(left, decimals) * weight;
  const weights = open.reduce((sum, one) => sum + one.weight, 0);
  if (open.every((one) => one.bytes === bytes))
    return { text: `${shared}/${weights} / ${mebibytes(bytes, decimals)}`, result: top / weights / size };
  if (open.length > MOST_TERMS)
    return {
      text: `${shared} / ${mebibytes(perWeight, decimals)}`,
      result: top / rounded(perWeight, decimals),
    };
  const terms = open.map((one) => `${one.weight} × ${mebibytes(one.bytes, decimals)}`);
  const cost = open.reduce((sum, one) => sum + one.weight * rounded(one.bytes, decimals), 0);
  return { text: `${shared} / (${terms.join(" + ")})`, result: top / cost };
}

const MOST_TERMS = 6;

/** `(8192 MiB − 500 MiB) × 0.8 − 128 MiB`, in brackets where it has several parts. */
function budgetSum(input: PlanInput, decimals: number): Sum {
  const { memory, reserve, headroom, shared } = input;
  const has = mebibytes(memory, decimals);
  const available = reserve === 0 ? has : `(${has} − ${mebibytes(reserve, decimals)})`;
  const part = Number((1 - headroom).toFixed(4));
  const scaled = headroom === 0 ? available : `${available} × ${part}`;
  const result = (rounded(memory, decimals) - rounded(reserve, decimals)) * part;
  if (shared === 0) return { text: scaled, result };
  return { text: `(${scaled} − ${mebibytes(shared, decimals)})`, result: result - rounded(shared, decimals) };
}

/** The budget as a sum: `(8192 MiB − 500 MiB) × 0.8 = 6153.6 MiB`. */
export function budgetInWords(input: PlanInput): string {
  const text = budgetSum(input, 1).text.replace(/^\((.*)\)$/, (whole, inner: string) =>
    /^[^()]*(?:\([^()]*\)[^()]*)*$/.test(inner) ? inner : whole,
  );
  return `${text} = ${mebibytes(budgetOf(input))}`;
}

function cpuInWords(cpu: Cpu | null): string {
  return `more than keep the cores busy only wait for each other: ${cpu?.cores} cores / ${cpu?.share}`;
}

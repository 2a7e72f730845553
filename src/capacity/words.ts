import { zip } from "../source/collect.js";
import { decimalText, placesOf, plain, scaled } from "./decimal.js";
import type { Cpu, Plan, PlanInput, PoolInput, PoolPlan } from "./plan.js";
import { MOST_WORKERS } from "./recommend.js";
import { MIB } from "./size.js";
import { type Memory, PARTS, partsLeft, type Sharing, totalOf } from "./sum.js";

/** The sums in words, so that a reader can check them on paper. */

/** `8192 MiB`: the same unit in a whole sum, with at most that many decimals. */
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

/** A sum as it is written, and the result of calculating it from the text: `top / bottom`. */
interface Sum {
  readonly text: string;
  readonly top: bigint;
  readonly bottom: bigint;
}

/** Rounded down; `null`: the sizes have lost so many digits that they are 0. */
function resultOf({ top, bottom }: Sum): number | null {
  return bottom > 0n ? Number(top / bottom) : null;
}

/** A number, and a sum that comes to it. */
interface Exact {
  readonly count: number;
  readonly text: string;
}

/** The number, and the sum with as few decimals as still come to the number. */
function exact(write: (scale: Scale) => Sum): Exact {
  const full = write(BYTES);
  const count = resultOf(full) ?? 0;
  const { text } = SCALES.map(write).find((one) => resultOf(one) === count) ?? full;
  return { count, text };
}

/** What one pool is said to get. */
export interface SumInWords {
  /** How many workers the memory is enough for: `(8192 MiB − 500 MiB) / 60 MiB = 128`. */
  readonly fits: string;
  /** How many are recommended. The same text where nothing but memory holds back any pool. */
  readonly recommended: string;
}

/** The sums of all pools of a plan. */
export function sumsInWords(input: PlanInput, plan: Plan): readonly SumInWords[] {
  const { shares, sharesByMemory } = plan;
  const pools = zip(input.pools, plan.pools);
  const fits = wordsFor(
    input,
    plan.budget,
    sharesByMemory,
    pools.map(([pool, { byMemory, singleByMemory }]) => ({
      pool,
      count: byMemory,
      single: singleByMemory,
      bounded: false,
    })),
  );
  const shared = wordsFor(
    input,
    plan.budget,
    shares,
    pools.map(([pool, { max, single, bounded }]) => ({ pool, count: max, single, bounded })),
  );
  return zip(pools, zip(fits, shared)).map(([[given, pool], [memory, own]]) => {
    const limit = limitInWords(input.cpu, plan, given, pool);
    return { fits: memory, recommended: limit === null ? own : `${memory}; ${limit}` };
  });
}

/** One pool of a sharing. */
interface Sized {
  readonly pool: PoolInput;
  readonly count: number;
  readonly single: boolean;
  readonly bounded: boolean;
}

function wordsFor(
  input: PlanInput,
  budget: number,
  shares: Sharing,
  pools: readonly Sized[],
): readonly string[] {
  // Once for all pools: a host may have thousands.
  const open = openOf(pools.filter(({ single, bounded }) => !single && !bounded).map(({ pool }) => pool));
  const kept = shares.kept ? keptInWords(input, budget, pools) : "";
  return pools.map(({ pool, count, single }) => {
    if (shares.kept) return `${count} as now: ${kept}`;
    const part = exact((scale) => memorySum(input, shares, open, pool, scale));
    return single
      ? `1: its part, ${part.text}, is below one worker, and no pool gets 0`
      : partInWords(part, count);
  });
}

function partInWords({ count, text }: Exact, all: number): string {
  const more = all - count;
  return `${text} = ${count}${more > 0 ? `, and ${more} more of what rounding left over` : ""}`;
}

function keptInWords({ pools }: PlanInput, budget: number, sized: readonly Sized[]): string {
  const total = totalOf(pools.map(({ weight, bytes }) => ({ count: weight, bytes })));
  const growing = sized.flatMap(({ pool, bounded }) => (bounded ? [] : [pool.bytes]));
  const step = growing.reduce((most, bytes) => Math.max(most, bytes), 0);
  const { text } = SCALES.find((scale) => staysKept(pools, budget, total, step, scale)) ?? BYTES;
  const terms = pools.map(({ weight, bytes }) => `${weight} × ${text(bytes)}`);
  const sum = terms.length > MOST_TERMS ? "all pools together" : terms.join(" + ");
  return `${sum} = ${text(total)}, and ${text(budget)} have no room for one more of ${text(step)}`;
}

/** Whether everything said about pools that stay as they are also holds for the sizes as they are written. */
function staysKept(
  pools: readonly PoolInput[],
  budget: number,
  total: number,
  step: number,
  { digits }: Scale,
): boolean {
  const now = pools.reduce((sum, { weight, bytes }) => sum + BigInt(weight) * digits(bytes), 0n);
  return now === digits(total) && now <= digits(budget) && digits(budget) < now + digits(step);
}

/** The pools that share by weight, and what all sums need of them. */
interface Open {
  readonly pools: readonly PoolInput[];
  /** The most digits after the decimal point that a weight has. */
  readonly places: number;
  /** All weights, in units of the last of these digits. */
  readonly weight: bigint;
  /** Of a worker; `null`: not the same in all of them. */
  readonly bytes: number | null;
}

function openOf(pools: readonly PoolInput[]): Open {
  const places = pools.reduce((most, { weight }) => Math.max(most, placesOf(weight)), 0);
  const weight = pools.reduce((sum, one) => sum + scaled(one.weight, places), 0n);
  const bytes = pools[0]?.bytes ?? null;
  return { pools, places, weight, bytes: pools.every((one) => one.bytes === bytes) ? bytes : null };
}

function memorySum(
  input: PlanInput,
  { left, perWeight }: Sharing,
  open: Open,
  { bytes, weight }: PoolInput,
  scale: Scale,
): Sum {
  if (input.pools.length === 1) {
    const budget = budgetSum(input, scale);
    return {
      text: `${budget.text} / ${scale.text(bytes)}`,
      top: budget.top,
      bottom: budget.bottom * scale.digits(bytes),
    };
  }
  const cost = costSum(open, perWeight, weight, bytes, scale);
  return {
    text: `${scale.text(left)} × ${cost.text}`,
    top: scale.digits(left) * cost.top,
    bottom: cost.bottom,
  };
}

const MOST_TERMS = 6;

/** The part of each byte that a pool gets: its weight divided by what one unit of weight costs in all pools that share. */
function costSum(open: Open, perWeight: number, weight: number, bytes: number, scale: Scale): Sum {
  const places = Math.max(placesOf(weight), open.places);
  const [top, own] = [scaled(weight, places), plain(weight)];
  if (open.pools.length === 0 || open.bytes === bytes) {
    const all = open.weight * 10n ** BigInt(places - open.places);
    return {
      text: `${own}/${decimalText(all, places)} / ${scale.text(bytes)}`,
      top,
      bottom: all * scale.digits(bytes),
    };
  }
  if (open.pools.length > MOST_TERMS) {
    const text = `${own} / ${scale.text(perWeight)}`;
    return { text, top, bottom: 10n ** BigInt(places) * scale.digits(perWeight) };
  }
  const terms = open.pools.map((one) => `${plain(one.weight)} × ${scale.text(one.bytes)}`);
  const bottom = open.pools.reduce(
    (sum, one) => sum + scaled(one.weight, places) * scale.digits(one.bytes),
    0n,
  );
  return { text: `${own} / (${terms.join(" + ")})`, top, bottom };
}

/** `((8192 MiB − 500 MiB) × 0.8 − 128 MiB)`, in brackets where it has several parts. */
function budgetSum({ memory, reserve, headroom, shared }: Memory, scale: Scale): Sum {
  const parts = partsLeft(headroom);
  const top = (scale.digits(memory) - scale.digits(reserve)) * parts - scale.digits(shared) * PARTS;
  const available = [memory, ...(reserve === 0 ? [] : [reserve])].map(scale.text);
  const charged = shared === 0 ? [] : [scale.text(shared)];
  const less = (terms: readonly string[]): string =>
    terms.length === 1 ? terms.join() : `(${terms.join(" − ")})`;
  if (parts === PARTS) return { text: less([...available, ...charged]), top, bottom: PARTS };
  const part = `${less(available)} × ${plain(Number(parts) / Number(PARTS))}`;
  return { text: less([part, ...charged]), top, bottom: PARTS };
}

/** The budget as a sum: `(8192 MiB − 500 MiB) × 0.8 = 6153.6 MiB`; more may be subtracted than there is. */
export function budgetInWords(input: PlanInput): string {
  const full = budgetSum(input, BYTES);
  const bytes = Number(floorOf(full.top, full.bottom));
  const said = (scale: Scale): boolean => {
    const { top, bottom } = budgetSum(input, scale);
    return floorOf(2n * top + bottom, 2n * bottom) === scale.digits(bytes);
  };
  const scale = SCALES.find((one) => one !== BYTES && said(one)) ?? BYTES;
  const { text } = budgetSum(input, scale);
  const outer = /^\(.*\)$/.test(text) ? text.slice(1, -1) : text;
  return `${outer} = ${scale.text(bytes).replace("-", "−")}`;
}

/** Rounded down, also below 0. */
function floorOf(top: bigint, bottom: bigint): bigint {
  const whole = top / bottom;
  return top < 0n && whole * bottom !== top ? whole - 1n : whole;
}

/** Why something else than its part of the memory says how many workers a pool gets; `null`: nothing else does. */
function limitInWords(
  cpu: Cpu | null,
  plan: Plan,
  { guess, now }: PoolInput,
  { max, byMemory, bounded }: PoolPlan,
): string | null {
  if (!bounded && max >= byMemory) return null;
  if (guess && now === max) return `${max} as now, because the size of its worker is a guess`;
  const { byCpu } = plan;
  if (cpu === null || byCpu !== max) return max === MOST_WORKERS ? largest(max) : null;
  return `${max > byMemory ? "with what other pools leave, " : ""}${busyInWords(cpu, max)}`;
}

function largest(max: number): string {
  return `PHP-FPM takes no larger number: 2^31 − 1 = ${max}`;
}

function busyInWords(cpu: Cpu, max: number): string {
  return `more than keep the cores busy only wait for each other: ${sumOfCores(cpu, max)}`;
}

/** The workers that keep the processors busy: `2 cores / 0.25 = 8`. */
export function sumOfCores(cpu: Cpu, workers: number): string {
  const { text, count } = busyWorkers(cpu, workers);
  return `${text}${count === 0n ? " is less than one worker, and no pool gets 0" : ""} = ${workers}`;
}

/** `2 cores / 0.25`, with as few digits as needed to come to the number of workers. */
function busyWorkers({ cores, share }: Cpu, max: number): { readonly text: string; readonly count: bigint } {
  const sums = [12, 13, 14, 15, 16, 17, 11, 10].map((digits) => {
    const [has, part] = [cores, share].map((number) => Number(number.toPrecision(digits)));
    const [top, bottom] = [has ?? cores, part ?? share];
    const places = Math.max(placesOf(top), placesOf(bottom));
    const text = `${plain(top)} ${top === 1 ? "core" : "cores"} / ${plain(bottom)}`;
    return { text, count: scaled(top, places) / scaled(bottom, places) };
  });
  const [first = { text: "", count: 0n }] = sums;
  return sums.find(({ count }) => count === BigInt(max)) ?? first;
}

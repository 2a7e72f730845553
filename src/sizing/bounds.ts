import { plain } from "../capacity/decimal.js";
import { type Plan, type PlanInput, type PoolInput, type PoolPlan, workersOf } from "../capacity/plan.js";
import { showTime } from "../capacity/size.js";
import { sumOfCores } from "../capacity/words.js";
import type { Limit, PoolLimits } from "./result.js";

/** What memory allows, what the processors can use and what the requests need, told apart. */

/** The part of a request that most sites compute: the rest waits for the database, for files and for other hosts. */
const USUAL = { least: 0.1, most: 0.8 } as const;

/** `fits`: the sum of memory in words. */
export function limitsOf(
  { cores }: PlanInput,
  plan: Plan,
  given: PoolInput,
  { byMemory, demand }: PoolPlan,
  fits: string,
): PoolLimits {
  const useful = usefulOf(cores, given.share);
  const needed = neededOf(plan, demand);
  const known = [
    ["fits", byMemory],
    ["useful", useful.workers ?? useful.most],
    ["needed", needed.workers],
  ] as const;
  const [least] = known
    .flatMap(([name, workers]) => (workers === null ? [] : [{ name, workers }]))
    .toSorted((a, b) => a.workers - b.workers);
  return { fits: { workers: byMemory, because: fits }, useful, needed, least: least?.name ?? "fits" };
}

function usefulOf(cores: number | null, share: number | null): PoolLimits["useful"] {
  if (cores === null) {
    const because = "how many processors there are is not known: give --cores";
    return { workers: null, least: null, most: null, because };
  }
  if (share !== null) {
    const workers = workersOf({ cores, share });
    const because = `${sumOfCores({ cores, share }, workers)}: more only wait for each other`;
    return { workers, least: workers, most: workers, because };
  }
  const [least, most] = [USUAL.most, USUAL.least].map((one) => workersOf({ cores, share: one }));
  const range = `${sumOfCores({ cores, share: USUAL.most }, least ?? 1)} to ${sumOfCores({ cores, share: USUAL.least }, most ?? 1)}`;
  const because = `${range}: as a rule ${USUAL.least * 100} to ${USUAL.most * 100} % of a request is computing; give --cpu-share`;
  return { workers: null, least: least ?? null, most: most ?? null, because };
}

function neededOf({ overload }: Plan, demand: PoolPlan["demand"]): Limit {
  if (demand === null)
    return {
      workers: null,
      because: "how many requests come is not known: give --rate and --mean",
    };
  const { rate, mean, load, needed } = demand;
  if (overload !== null)
    return {
      workers: null,
      because: `no number is enough: the requests keep ${short(overload.work)} cores busy, and there are ${short(overload.cores)}`,
    };
  return {
    workers: needed,
    because: `${short(rate)} requests/s × ${showTime(mean)} = ${short(load)} busy on average, and as many more that at most one request in twenty waits = ${needed}`,
  };
}

/** With three digits, and without an exponent. */
export function short(value: number): string {
  return value < 0.001 ? "below 0.001" : plain(Number(value.toPrecision(3)));
}

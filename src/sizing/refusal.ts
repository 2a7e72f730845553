import type { PlanInput } from "../capacity/plan.js";
import { NORMAL_P95 } from "../capacity/queue.js";
import { showSize } from "../capacity/size.js";
import { totalOf } from "../capacity/sum.js";
import { budgetInWords } from "../capacity/words.js";
import { LEAST_WORKER, type SizedPool } from "./pools.js";
import type { Sources } from "./result.js";

/** What is wrong with the input of `fpmlint capacity`, in sentences that say what would be right. */

/** Ends the computation with a sentence for the user. */
export class Refusal extends Error {
  /** Whether the same input could be right with more memory. */
  readonly memory: boolean;

  constructor(message: string, memory = false) {
    super(message);
    this.memory = memory;
  }
}

/** Refuses numbers that cannot be meant, because they leave nothing for a single worker. Throws `Refusal`. */
export function refuseSizes(input: PlanInput, sized: readonly SizedPool[], sources: Sources): void {
  const { memory, reserve } = input;
  const has = `the host has ${showSize(memory)} (${sources.memory})`;
  for (const { facts } of sized) refuseWorker(facts.worker, input, has);
  if (reserve >= memory)
    throw new Refusal(
      `nothing is left for PHP-FPM: ${has}, and ${showSize(reserve)} (${sources.reserve}) are reserved for everything else; --reserve changes that`,
      true,
    );
}

function refuseWorker(
  { bytes, source, rss }: SizedPool["facts"]["worker"],
  { memory, shared }: PlanInput,
  has: string,
): void {
  if (bytes > memory)
    throw new Refusal(`a worker of ${showSize(bytes)} (${source}) is larger than the memory: ${has}`, true);
  if (bytes >= LEAST_WORKER) return;
  if (source === "--samples" && rss !== null && rss >= LEAST_WORKER)
    throw new Refusal(
      `--shared ${showSize(shared)} leaves nothing of the ${showSize(rss)} that a worker has in --samples: the samples cannot include that much shared memory`,
    );
  const right = source.startsWith("--samples")
    ? "the sizes are read as KiB, as ps prints them"
    : "a unit may be missing, as in 60M";
  throw new Refusal(
    `a worker of ${showSize(bytes)} (${source}) cannot be right, because a worker needs some MiB even before its first request: ${right}`,
  );
}

/** For a budget that is too small for one worker each. `missing`: bytes of memory to add. */
export function tooSmall(input: PlanInput, missing: number): Refusal {
  const least = totalOf(input.pools.map(({ bytes }) => ({ count: 1, bytes })));
  const what = input.pools.length === 1 ? "one worker" : `one worker for each of ${input.pools.length} pools`;
  return new Refusal(
    `${what} needs ${showSize(least)}, and the budget is ${budgetInWords(input)}: ${showSize(missing)} of memory are missing`,
    true,
  );
}

/** The largest ratio of p95 to mean that a lognormal spread can have, 3.868. */
const WIDEST = Math.exp(NORMAL_P95 ** 2 / 2);

/** For a p95 that no lognormal spread can have. Times in seconds. */
export function impossibleSpread(pool: string, mean: number, p95: number): Refusal {
  return new Refusal(
    `--p95 of pool ${pool} is ${exactTime(p95)} with a --mean of ${exactTime(mean)}, which no lognormal spread of times can have: it must be between ${exactTime(mean)} and ${exactTime(downToFour(mean * WIDEST))}`,
  );
}

/** As many digits as people write, so that two different times also look different. */
function exactTime(seconds: number): string {
  return seconds >= 1
    ? `${Number(seconds.toPrecision(8))} s`
    : `${Number((seconds * 1000).toPrecision(8))} ms`;
}

/** Rounds down to four digits: a limit that is rounded up would be refused again. */
function downToFour(value: number): number {
  const unit = 10 ** (Math.floor(Math.log10(value)) - 3);
  return Math.floor(value / unit) * unit;
}

import { mebibytes } from "../../capacity/words.js";
import type { HostCapacity, PoolCapacity } from "../../sizing/result.js";
import { escapeText } from "../terminal/escape.js";
import { wrap } from "../terminal/width.js";
import { shortened } from "./bars.js";

/** The sums below the table, and what is left over. */

/** The sum of one pool, and what its weight comes from. */
export function sumOf({ name, because, weightSource }: PoolCapacity, { pools, plan }: HostCapacity): string {
  const weight =
    pools.length === 1 || plan.shares.kept
      ? ""
      : weightSource === "pm.max_children"
        ? " (weighed by pm.max_children now)"
        : weightSource === "--weight"
          ? " (--weight)"
          : "";
  return escapeText(`${shortened(name)}: ${because}${weight}`);
}

/** Says that the pools with one worker leave less than the budget for the others to share by weight. */
export function singleLines({ plan, pools }: HostCapacity, width: number): readonly string[] {
  const { left, kept } = plan.shares;
  const single = plan.pools.filter((one) => one.single).length;
  if (plan.pools.some((one) => one.bounded)) return [];
  if (kept || single === 0 || single === pools.length) return [];
  const workers = single === 1 ? "the one worker of that pool" : `the ${single} workers of those pools`;
  return wrap(`the others share ${mebibytes(left)}: ${mebibytes(plan.budget)} without ${workers}`, width - 4);
}

/** Says why room for another worker stays empty. */
export function spareLines({ plan, pools }: HostCapacity, width: number): readonly string[] {
  const growing = pools.filter((one) => !one.plan.bounded);
  const least = Math.min(...growing.map(({ worker }) => worker.bytes));
  if (plan.shares.kept || growing.length === 0 || plan.spare < least) return [];
  const text = `${mebibytes(plan.spare)} are left over: more than a worker needs, but the pool that is due the next one has larger workers`;
  return wrap(text, width - 4);
}

/** Says that all workers fit even at their `memory_limit`; if they do not, a warning says so. */
export function worstLines({ plan, input }: HostCapacity, width: number): readonly string[] {
  const { worstCase } = plan;
  if (worstCase === null || !worstCase.fits) return [];
  const text = `even if every worker used its memory_limit, they would need ${mebibytes(worstCase.bytes)} of the ${mebibytes(input.memory - input.reserve)} that are not reserved for anything else`;
  return ["", ...wrap(text, width - 4)];
}

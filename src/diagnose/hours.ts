/** Lost requests by the hour. */
import { HOUR } from "../logs/time.js";
import type { Group } from "./groups.js";

export interface HourCount {
  /** The start of the hour, as `logs/time.ts` counts. Of lines over more than four months an entry stands for several hours. */
  readonly at: number;
  /** Lines, each a lost request. */
  readonly count: number;
}

/** Of all groups of a cause, in order; without hours in which nothing was lost. */
export function hoursOf(groups: readonly Group[]): readonly HourCount[] {
  const hours = new Map<number, number>();
  for (const { signature, times } of groups) {
    if (signature.counts !== "request") continue;
    for (const [time, count] of times.entries()) {
      const at = Math.floor(time / HOUR) * HOUR;
      hours.set(at, (hours.get(at) ?? 0) + count);
    }
  }
  return [...hours].sort(([a], [b]) => a - b).map(([at, count]) => ({ at, count }));
}

import type { World } from "../world.js";

/** What the machine's wall clock shows now, as the times of log lines are counted (`logs/time.ts`). */
export function wallClock({ now }: Pick<World, "now">): number {
  return toWall(now());
}

/** The same for any moment, in milliseconds since 1970. */
export function toWall(moment: number): number {
  return moment - new Date(moment).getTimezoneOffset() * 60_000;
}

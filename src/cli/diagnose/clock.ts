import { toWall } from "../../logs/time.js";
import type { World } from "../world.js";

/** What the machine's wall clock shows now, as the times of log lines are counted (`logs/time.ts`). */
export function wallClock({ now }: Pick<World, "now">): number {
  return toWall(now());
}

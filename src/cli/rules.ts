import { ruleList, ruleListJson } from "../report/explain/rule.js";
import type { World } from "./world.js";

/** Writes the catalogue. */
export function listRules(format: "text" | "json", world: World): void {
  world.stdout.write(format === "json" ? ruleListJson(world.rules) : ruleList(world.rules));
}

import { lazily } from "../../source/memo.js";
import { FIXED_VARIABLES } from "./facts-values.js";

const fixed = lazily(() => new Set(FIXED_VARIABLES.trim().split(/\s+/)));

/** Whether nginx has a variable itself, so that nothing else may define it; by its name in lower case. */
export function isFixedVariable(name: string): boolean {
  return fixed().has(name);
}

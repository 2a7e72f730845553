import { bareSize } from "../capacity/size.js";
import { UsageError } from "./usage.js";

/** Refuses plain numbers that are too small to be meant as bytes. Throws UsageError. `unit`: what the option is mostly given in. */
export function refuseBareNumber(option: string, text: string | undefined, unit: "M" | "G"): void {
  const meant = bareSize(text ?? "", unit);
  if (meant !== null) throw new UsageError(`--${option} ${JSON.stringify(text)} ${meant}`);
}

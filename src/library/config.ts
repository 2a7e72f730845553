import { configIn } from "../cli/config/read.js";
import { UsageError } from "../cli/usage.js";
import type { Config } from "../engine/schemas.js";
import { validators } from "../validators.js";
import { wrong } from "./arguments.js";

export type ConfigAnswer =
  | { readonly kind: "valid"; readonly config: Config }
  /** A sentence for each fault. */
  | { readonly kind: "faults"; readonly faults: readonly string[] };

/** Checks the text of a `fpmlint.json`; what it extends is not read. `name`: what the faults call it. Throws TypeError where the text is no string. */
export function checkConfig(text: string, name = "fpmlint.json"): ConfigAnswer {
  if (typeof text !== "string") throw wrong("checkConfig", "text", text, "the text of a fpmlint.json");
  if (typeof name !== "string") throw wrong("checkConfig", "name", name, "the name of the file");
  try {
    return { kind: "valid", config: configIn(text, name, validators).config };
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    return { kind: "faults", faults: error.message.split("\n") };
  }
}

/** What FPM refuses in a single line while it reads that (`fpm_conf_set_*`). */

import type { Setting } from "../types.js";
import { type FpmFact, fpmFact } from "./facts.js";
import { readBoolean, readCoreLimit, readInteger, readProcessManager, readSeconds } from "./values.js";

/** FPM's reasons, named after its own words. */
export type ValueRefusal =
  | "number"
  | "core-limit"
  | "time-suffix"
  | "time-empty"
  | "boolean"
  | "process-manager"
  | "log-level"
  | "facility"
  | "pool-variable"
  | "array-key"
  | "array-value"
  | "suppress-path"
  | "suppress-key";

/** Where a line is: in `[global]`, in a pool, or before any section of a file whose place is unknown. */
export type Section = "global" | "pool" | "unknown";

/** The facts about a scalar key there. */
export function factOf(key: string, section: Section): FpmFact | undefined {
  if (section !== "unknown") return fpmFact(key, section);
  return fpmFact(key, "global") ?? fpmFact(key, "pool");
}

/** Why FPM refuses the value; `null`: it accepts it, or does not know the key, or the value is unknown. */
export function refusedSetting(setting: Setting, section: Section): ValueRefusal | null {
  const { key, index, value } = setting;
  if (index !== null) return refusedArray(key, index, value, section);
  const fact = factOf(key, section);
  if (fact === undefined || value === null) return null;
  switch (fact.type) {
    case "integer":
      return readInteger(value).ok ? null : "number";
    case "core-limit":
      return readCoreLimit(value).ok ? null : readInteger(value).ok ? "core-limit" : "number";
    case "time":
      return readSeconds(value).ok ? null : value === "" ? "time-empty" : "time-suffix";
    case "boolean":
      return readBoolean(value).ok ? null : "boolean";
    case "enum":
      return refusedWord(fact, value, section);
    default:
      return section === "global" && value.includes("$pool") ? "pool-variable" : null;
  }
}

function refusedWord(fact: FpmFact, value: string, section: Section): ValueRefusal | null {
  const known = fact.allowed?.includes(value.toLowerCase()) === true;
  switch (fact.name) {
    case "pm":
      return readProcessManager(value).ok ? null : "process-manager";
    case "log_level":
      return known ? null : "log-level";
    case "syslog.facility":
      return known ? null : "facility";
    default:
      return section === "global" && value.includes("$pool") ? "pool-variable" : null;
  }
}

/** In FPM's order: the brackets, then the section, then the name, then the value. */
function refusedArray(
  key: string,
  index: string,
  value: string | null,
  section: Section,
): ValueRefusal | null {
  if (key === "access.suppress_path") {
    if (index !== "") return "suppress-key";
    if (value !== null && !value.startsWith("/")) return "suppress-path";
    return null;
  }
  if (index === "") return "array-key";
  if (section === "global" || value === null) return null;
  if (key === "env") return value === "" ? "array-value" : null;
  if (key === "php_flag" || key === "php_admin_flag") return readBoolean(value).ok ? null : "boolean";
  return null;
}

import { count, size } from "../syntax/numbers.js";
import type { Word } from "../types.js";
import { tooSmall } from "./limits.js";
import { args, type Check, type Checked, notTaken, type Refusal } from "./refusal.js";
import { SMALLEST_ZONE, sharedZones } from "./zones.js";

/** Caches of TLS sessions and of OCSP answers. */

export const sessionCache: Check = (one) => {
  for (const at of args(one)) {
    const builtin = /^builtin(?::(.*))?$/s.exec(at.text);
    if (["off", "none"].includes(at.text) || (builtin !== null && count(builtin[1] ?? "0") !== null))
      continue;
    const found = shared(one, at, "session cache", "off, none, builtin or shared:NAME:10m");
    if (found !== null) return found;
  }
  return sharedZones(one);
};

export const ocspCache: Check = (one) => {
  const [at] = args(one);
  if (at === undefined || at.text === "off") return null;
  return shared(one, at, "OCSP cache", "off or shared:NAME:1m") ?? sharedZones(one);
};

function shared(one: Checked, at: Word, what: string, wants: string): Refusal | null {
  const [, name = "", bytes = ""] = /^shared:([^:]*):(.*)$/s.exec(at.text) ?? [];
  const value = size(bytes);
  if (name === "" || value === null) {
    const example = `${one.node.name} shared:${name === "" ? "SSL" : name}:10m;`;
    return notTaken(one, at, "cache", `invalid ${what} "${at.text}"`, wants, example);
  }
  return value < SMALLEST_ZONE
    ? { ...tooSmall(one, `${what} "${at.text}" is too small`, at), kind: "cache" }
    : null;
}

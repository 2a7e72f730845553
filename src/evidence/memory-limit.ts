import { phpValue } from "../fpm/pools.js";
import type { FpmMaster, Pool } from "../fpm/types.js";
import type { Binding, Host } from "../model/host.js";
import { requestValues } from "../model/request/php-settings.js";
import { MAX_MEMORY_LIMIT, phpDefault } from "../php/facts.js";
import { parseIniBytes } from "../php/ini.js";
import { type Effective, placeOf } from "../source/effective.js";
import type { Place } from "../source/file.js";
import { olderThan } from "../source/version.js";

/** PHP's `memory_limit` in the workers of a pool. */

/** A `memory_limit`, and the line that sets it. */
export interface MemoryLimit {
  /** `Infinity`: no limit. */
  readonly bytes: number;
  /** `null`: PHP's default. */
  readonly place: Place | null;
}

/**
 * The highest `memory_limit` of each pool: its own, or one that nginx passes to it with some request.
 * `null`: unknown, or not a size.
 */
export function memoryLimits(host: Host): (pool: Pool) => MemoryLimit | null {
  const passed = requestValues(host, "memory_limit");
  const bindings = new Map<Pool, Set<Binding>>();
  for (const binding of host.bindings)
    for (const pool of binding.targets.flatMap(({ pools }) => pools))
      bindings.set(pool, (bindings.get(pool) ?? new Set()).add(binding));
  const limits = new Map<Pool, MemoryLimit | null>();
  const limitOf = (pool: Pool): MemoryLimit | null => {
    const own = readLimit(host, pool, phpValue(pool, "memory_limit"));
    const others = [...(bindings.get(pool) ?? [])].flatMap(
      (binding) => readLimit(host, pool, passed(binding, pool)) ?? [],
    );
    return own === null
      ? null
      : [own, ...others].reduce((most, one) => (one.bytes > most.bytes ? one : most));
  };
  return (pool) => {
    const known = limits.get(pool);
    if (known !== undefined) return known;
    const limit = limitOf(pool);
    limits.set(pool, limit);
    return limit;
  };
}

function readLimit({ whole }: Host, pool: Pool, value: Effective<string | null>): MemoryLimit | null {
  if (value.kind === "unknown" || value.value === null) return null;
  // Without any php.ini in the tree the default is only certain where one could not be missing.
  if (value.kind === "default" && pool.master.ini.files.length === 0 && !whole) return null;
  if (!/^-?\d+\s*[kmg]?$/i.test(value.value.trim())) return null;
  const bytes = parseIniBytes(value.value);
  if (bytes === 0) return null;
  const limit = { bytes: bytes < 0 ? Infinity : bytes, place: value.kind === "set" ? placeOf(value) : null };
  return allowed(pool.master, limit);
}

/** What php.ini's `max_memory_limit` leaves of it; where that cannot be read, as it is written. */
function allowed({ ini, phpVersion }: FpmMaster, limit: MemoryLimit): MemoryLimit {
  const most = ini.values.get(MAX_MEMORY_LIMIT.name);
  if (phpVersion === null || olderThan(phpVersion, MAX_MEMORY_LIMIT.since) || most === undefined)
    return limit;
  const bytes = sizeOf(most);
  if (bytes === null || bytes <= 0 || limit.bytes <= bytes) return limit;
  const own = ini.values.get("memory_limit");
  const usual = own === undefined ? parseIniBytes(phpDefault("memory_limit") ?? "") : sizeOf(own);
  // The pool's is not taken at all: php.ini's own holds, or what is left of it.
  return usual === null || usual < 0 || usual >= bytes
    ? { bytes, place: most.place }
    : { bytes: usual, place: own?.place ?? null };
}

/** `null`: it is not a size that we can read. */
function sizeOf({ value }: { readonly value: string | null }): number | null {
  return value !== null && /^-?\d+\s*[kmg]?$/i.test(value.trim()) ? parseIniBytes(value) : null;
}

import { phpValue } from "../fpm/pools.js";
import type { Pool } from "../fpm/types.js";
import type { Binding, Host } from "../model/host.js";
import { requestValues } from "../model/request/php-settings.js";
import { parseIniBytes } from "../php/ini.js";
import { type Effective, placeOf } from "../source/effective.js";
import type { Place } from "../source/file.js";

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
  return { bytes: bytes < 0 ? Infinity : bytes, place: value.kind === "set" ? placeOf(value) : null };
}

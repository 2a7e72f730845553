/** What a pool or a master uses for a key. Only this file knows which of several settings counts. */
import { phpDefault } from "../../php/facts.js";
import { type Effective, mapEffective, type UnknownValue } from "../../source/effective.js";
import type { Place } from "../../source/file.js";
import { once, perKey } from "../../source/memo.js";
import type { FpmMaster, Pool, Setting } from "../types.js";
import { fpmDefault } from "./facts.js";
import { type Reading, readBoolean, readInteger, readSeconds } from "./values.js";

/**
 * The value of a scalar key: the last setting wins, `$pool` is the pool's name, then FPM's default.
 * `null` as value: not set, and FPM has no default to show.
 */
export function setting(pool: Pool, key: string): Effective<string | null> {
  return once(known(pool), key, () => settingOf(pool, key));
}

/** Rules ask a pool for the same few keys, once for each location that passes to it. */
const known = perKey((_pool: Pool) => new Map<string, Effective<string | null>>());

function settingOf(pool: Pool, key: string): Effective<string | null> {
  const last = pool.settings.findLast((one) => one.key === key && one.index === null);
  if (last !== undefined) return written(last, pool);
  if (pool.partial) return unread(pool.section);
  return { kind: "default", value: fpmDefault(key, "pool", pool.master.phpVersion), where: pool.section };
}

/** All that the files set for a pool, by the key with its brackets: of a scalar key the last counts, of an array the first. */
export function everySetting(pool: Pool): ReadonlyMap<string, Effective<string | null>> {
  const found = new Map<string, Setting>();
  for (const one of pool.settings) {
    const key = one.index === null ? one.key : `${one.key}[${one.index}]`;
    if (one.index === null || !found.has(key)) found.set(key, one);
  }
  return new Map([...found].map(([key, one]) => [key, written(one, pool)]));
}

/** As FPM reads a count; what it refuses is unknown. */
export function integer(pool: Pool, key: string): Effective<number | null> {
  return readAs(setting(pool, key), readInteger);
}

/** As FPM reads a time, in seconds; what it refuses is unknown. */
export function seconds(pool: Pool, key: string): Effective<number | null> {
  return readAs(setting(pool, key), readSeconds);
}

/** As FPM reads a switch; what it refuses is unknown. */
export function boolean(pool: Pool, key: string): Effective<boolean | null> {
  return readAs(setting(pool, key), readBoolean);
}

/**
 * The value of `key[index]`: the first setting wins. `null` as value: not set. `env[X] = $NAME` is
 * unknown, because FPM replaces it from the master's environment when it starts.
 */
export function arraySetting(pool: Pool, key: string, index: string): Effective<string | null> {
  const first = firstOf(pool, [key], index) ?? absent(pool);
  return key === "env" ? mapEffective(first, (text) => (text?.startsWith("$") ? undefined : text)) : first;
}

/**
 * What PHP uses for one of its own settings in this pool: `php_admin_value` and `php_admin_flag`
 * (one list to FPM, the first wins), then `php_value` and `php_flag`, then php.ini, then PHP's default.
 */
export function phpValue(pool: Pool, name: string): Effective<string | null> {
  const admin = firstOf(pool, ["php_admin_value", "php_admin_flag"], name);
  if (admin !== null) return admin;
  if (pool.partial) return firstOf(pool, ["php_value", "php_flag"], name) ?? unread(pool.section);
  return firstOf(pool, ["php_value", "php_flag"], name) ?? fromIni(pool, name);
}

function fromIni(pool: Pool, name: string): Effective<string | null> {
  const { ini, main } = pool.master;
  const found = ini.values.get(name);
  if (found !== undefined) {
    if (found.value !== null) return { kind: "set", value: found.value, place: found.place };
    return { kind: "unknown", reason: "the value is only known on the running host", place: found.place };
  }
  if (ini.partial || (main === null && ini.files.length === 0)) {
    return { kind: "unknown", reason: "php.ini is not among the files that could be read", place: null };
  }
  return { kind: "default", value: phpDefault(name), where: pool.section };
}

/** The value of a key in `[global]`: the last wins, then FPM's default. */
export function globalSetting(master: FpmMaster, key: string): Effective<string | null> {
  const last = master.global.findLast((one) => one.key === key && one.index === null);
  if (last !== undefined) return written(last, null);
  if (master.partial) return unread(null);
  const where = master.main === null ? null : { span: { file: master.main, start: 0, end: 0 }, via: [] };
  return { kind: "default", value: fpmDefault(key, "global", master.phpVersion), where };
}

function firstOf(pool: Pool, keys: readonly string[], index: string): Effective<string | null> | null {
  const first = pool.settings.find((one) => keys.includes(one.key) && one.index === index);
  if (first === undefined) return null;
  const value = written(first, pool);
  // FPM hands flags to PHP as 1 and 0.
  return first.key.endsWith("_flag") ? mapEffective(value, flagText) : value;
}

function flagText(text: string | null): string | null | undefined {
  const reading = readBoolean(text ?? "");
  return reading.ok ? (reading.value ? "1" : "0") : undefined;
}

function absent(pool: Pool): Effective<string | null> {
  return pool.partial ? unread(pool.section) : { kind: "default", value: null, where: pool.section };
}

function written(one: Setting, pool: Pool | null): Effective<string | null> {
  if (one.value === null) {
    return { kind: "unknown", reason: "the value is only known on the running host", place: one.place };
  }
  const value = pool === null ? one.value : one.value.replaceAll("$pool", () => pool.name);
  return { kind: "set", value, place: one.place };
}

function unread(where: Place | null): UnknownValue {
  return { kind: "unknown", reason: "not everything that could set it was read", place: where };
}

function readAs<T>(value: Effective<string | null>, read: (text: string) => Reading<T>): Effective<T | null> {
  return mapEffective<string | null, T | null>(value, (text) => {
    if (text === null) return null;
    const reading = read(text);
    return reading.ok ? reading.value : undefined;
  });
}

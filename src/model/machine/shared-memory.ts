import type { FpmMaster } from "../../fpm/types.js";
import { APCU, parseIniBytes, phpDefault } from "../../php/ini.js";
import { olderThan } from "../../source/version.js";

/** One of the things that are shared. Its size in bytes; `NaN`: unknown. */
interface Part {
  readonly name: string;
  readonly bytes: number;
}

/** The memory that all workers of a master share: it exists once, but the resident size of every worker counts it. */
export interface SharedMemory {
  /** 0 without any. */
  readonly bytes: number;
  readonly parts: readonly Part[];
}

const MIB = 1024 * 1024;

/**
 * The shared memory by php.ini and its scan directory. The pools' own values do not count: the memory is
 * mapped once, when the master starts. `null`: a value is unknown.
 */
export function sharedMemory(master: FpmMaster): SharedMemory | null {
  const opcache = hasOpcache(master) && isOn(master, "opcache.enable", "1");
  const apcu = loads(master, "extension", "apcu") && isOn(master, APCU.enabled.name, APCU.enabled.default);
  const parts = [
    ...(opcache ? [cache(master), jitBuffer(master)] : []),
    ...(apcu ? [users(master)] : []),
  ].flatMap((one) => one ?? []);
  // If any part is unknown, so is the sum.
  if (master.ini.partial || parts.some(({ bytes }) => !(bytes >= 0))) return null;
  return { bytes: parts.reduce((sum, { bytes }) => sum + bytes, 0), parts };
}

/** PHP 8.5 has it built in; before that it is an extension that has to be loaded. */
function hasOpcache(master: FpmMaster): boolean {
  return isSince(master, "8.5") || loads(master, "zend_extension", "opcache");
}

/** Whether it is PHP of that version or later; `false`: older, or not known. */
function isSince({ phpVersion }: FpmMaster, version: string): boolean {
  return phpVersion !== null && !olderThan(phpVersion, version);
}

function loads(master: FpmMaster, key: "extension" | "zend_extension", name: string): boolean {
  const line = new RegExp(`^[ \\t]*${key}[ \\t]*=[ \\t]*"?(?:[^\\n;"]*/)?(?:php_)?${name}(?:\\.so)?\\b`, "m");
  return master.ini.files.some(({ text }) => line.test(text));
}

function isOn(master: FpmMaster, name: string, standard: string): boolean {
  const value = master.ini.values.get(name)?.value ?? standard;
  return !/^(?:0|off|no|false|none|)$/i.test(value.trim());
}

const JIT_BUFFER = "opcache.jit_buffer_size";

/** Up to PHP 8.3 it is on, with a buffer of 0; from 8.4 on it is off, with one of 64M. */
function jitBuffer(master: FpmMaster): Part | null {
  const late = isSince(master, "8.4");
  const jit = master.ini.values.get("opcache.jit")?.value ?? (late ? "disable" : "tracing");
  if (/^(?:disable|off|0|no|false|)$/i.test(jit.trim())) return null;
  const size = textOf(master, JIT_BUFFER, phpDefault(JIT_BUFFER, master.phpVersion) ?? "");
  const bytes = size === null ? Number.NaN : parseIniBytes(size);
  return bytes === 0 ? null : { name: JIT_BUFFER, bytes };
}

/** PHP reads the leading digits as megabytes, whatever unit follows. */
function cache(master: FpmMaster): Part {
  const name = "opcache.memory_consumption";
  const size = textOf(master, name, phpDefault(name) ?? "");
  return { name, bytes: Number.parseInt(size ?? "", 10) * MIB };
}

function users(master: FpmMaster): Part {
  const { name, default: standard } = APCU.size;
  const size = textOf(master, name, standard);
  return { name, bytes: size === null ? Number.NaN : parseIniBytes(size) };
}

/** The text of a value; `null`: unknown. */
function textOf(master: FpmMaster, name: string, standard: string): string | null {
  const written = master.ini.values.get(name);
  return written === undefined ? standard : written.value;
}

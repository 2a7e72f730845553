import { olderThan } from "../source/version.js";

/**
 * PHP's built-in defaults: what applies when neither php.ini nor the pool says anything.
 * Read with `php-fpm8.2 -n -i`; the `opcache` rows with the extension loaded.
 */
export interface PhpFact {
  readonly name: string;
  /** As it would be written in php.ini. */
  readonly default: string;
  /** The first version of PHP that has it; absent: PHP 7.4 does. */
  readonly since?: string;
  /** The default from a version of PHP on. */
  readonly later?: { readonly since: string; readonly default: string };
  /** What it means, and its unit. */
  readonly meaning: string;
}

/**
 * The highest `memory_limit` that php.ini allows, from 8.5 on; no limit by default. Seen in 8.5.7: a higher one in
 * php.ini becomes this, a higher one of a pool is not taken, although it reads back as written.
 */
export const MAX_MEMORY_LIMIT = { name: "max_memory_limit", since: "8.5" } as const;

export const phpDefaults: readonly PhpFact[] = [
  { name: "cgi.discard_path", default: "0", meaning: "switch" },
  {
    name: "cgi.fix_pathinfo",
    default: "1",
    meaning: "switch: look for a script among the parents of a path that does not exist",
  },
  { name: "display_errors", default: "1", meaning: "switch; both php.ini files that PHP ships set it" },
  { name: "fastcgi.logging", default: "1", meaning: "switch: PHP's errors also go to nginx over FastCGI" },
  { name: "file_uploads", default: "1", meaning: "switch" },
  { name: "ignore_user_abort", default: "0", meaning: "switch" },
  { name: "log_errors", default: "0", meaning: "switch" },
  {
    name: "max_execution_time",
    default: "30",
    meaning: "seconds of CPU time on Linux: waiting does not count; 0 is without limit",
  },
  { name: "max_file_uploads", default: "20", meaning: "files in one request" },
  { name: "max_input_time", default: "-1", meaning: "seconds; -1 takes max_execution_time" },
  { name: "max_input_vars", default: "1000", meaning: "variables in one request" },
  { name: "memory_limit", default: "128M", meaning: "bytes of one request; -1 is without limit" },
  { name: "opcache.enable", default: "1", meaning: "switch" },
  { name: "opcache.interned_strings_buffer", default: "8", meaning: "megabytes, inside memory_consumption" },
  {
    name: "opcache.jit_buffer_size",
    since: "8.0",
    default: "0",
    later: { since: "8.4", default: "64M" },
    meaning: "bytes of shared memory",
  },
  { name: "opcache.max_accelerated_files", default: "10000", meaning: "scripts" },
  { name: "opcache.memory_consumption", default: "128", meaning: "megabytes of shared memory of one master" },
  { name: "opcache.revalidate_freq", default: "2", meaning: "seconds" },
  { name: "opcache.validate_root", default: "0", meaning: "switch: tell scripts of different chroots apart" },
  { name: "opcache.validate_timestamps", default: "1", meaning: "switch" },
  { name: "output_buffering", default: "0", meaning: "bytes; the php.ini files that PHP ships set 4096" },
  { name: "post_max_size", default: "8M", meaning: "bytes of a request's body; 0 is without limit" },
  { name: "session.gc_maxlifetime", default: "1440", meaning: "seconds" },
  { name: "short_open_tag", default: "1", meaning: "switch" },
  { name: "upload_max_filesize", default: "2M", meaning: "bytes of one uploaded file" },
];

const byName = new Map(phpDefaults.map((fact) => [fact.name, fact]));

/**
 * PHP's default for one of its settings; `null`: it is not in the table. `version`: `8.4`, `null` for unknown, which
 * takes the oldest.
 */
export function phpDefault(name: string, version: string | null = null): string | null {
  const fact = byName.get(name);
  const later = fact?.later;
  return (
    (later !== undefined && version !== null && !olderThan(version, later.since) ? later : fact)?.default ??
    null
  );
}

/** APCu's own defaults, from its manual, because it is not a part of PHP. */
export const APCU = {
  enabled: { name: "apc.enabled", default: "1" },
  /** Bytes, with PHP's units. */
  size: { name: "apc.shm_size", default: "32M" },
} as const;

/** Where PHP keeps uploads and temporary files when neither a setting nor `TMPDIR` says it. */
export const TEMPORARY_DIRECTORY = "/tmp";

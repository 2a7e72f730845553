import type { Config } from "../engine/schemas.js";
import type { Position } from "../source/file.js";

/** One `fpmlint.json`, checked. */
export interface ConfigFile {
  readonly config: Config;
  /** As reports print it. */
  readonly name: string;
  /** Where the value is that these keys and numbers lead to. */
  readonly at: (path: readonly string[]) => Position;
}

/** What holds for a path: one file, and those that it extends. */
export interface PathConfig {
  /** Absolute: that of the file that was found, which all paths in all of the files count from. */
  readonly directory: string;
  /** What is extended comes before what extends it. */
  readonly files: readonly ConfigFile[];
}

/** The last file that says something of a key, and what; `null`: none does. */
export function saying<K extends keyof Config>(
  config: PathConfig | null,
  key: K,
): { readonly value: NonNullable<Config[K]>; readonly file: ConfigFile } | null {
  for (const file of (config?.files ?? []).toReversed()) {
    const value = file.config[key];
    if (value !== undefined && value !== null) return { value, file };
  }
  return null;
}

/** The same without where it is said. */
export function said<K extends keyof Config>(
  config: PathConfig | null,
  key: K,
): NonNullable<Config[K]> | null {
  return saying(config, key)?.value ?? null;
}

/** A configuration that is in no file. Throws where it extends one, which only who reads files can follow. */
export function configAlone(config: Config, directory: string): PathConfig {
  if (config.extends !== undefined)
    throw new TypeError('"extends" is followed by the command alone: put the files together in one object');
  const file = { config, name: "fpmlint.json", at: () => ({ line: 1, column: 1 }) };
  return { directory, files: [file] };
}

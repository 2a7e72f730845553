import { readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { describeErrors } from "../engine/describe-errors.js";
import type { Config } from "../engine/schemas.js";
import type { Validators } from "../engine/validate.js";
import { codeOf, saidOf } from "../host/system-error.js";
import { UsageError } from "./usage.js";

export interface LoadedConfig {
  readonly config: Config;
  /** The directory of the file: what `hosts` count from. */
  readonly directory: string;
}

/**
 * Reads `fpmlint.json`: the file that `--config` names, else the one in the working directory, if
 * any. Throws UsageError for a file that is missing, is not JSON or breaks the schema.
 */
export function loadConfig(
  named: string | undefined,
  workingDirectory: string,
  validators: Validators,
): LoadedConfig | null {
  const path =
    named === undefined ? join(workingDirectory, "fpmlint.json") : resolve(workingDirectory, named);
  const shown = named ?? "fpmlint.json";
  const text = readConfig(path, shown, named !== undefined);
  if (text === null) return null;
  const config = parse(text, shown);
  const check = validators.config;
  if (check !== undefined && !check(config)) {
    throw new UsageError(
      describeErrors(check.errors ?? [])
        .map((line) => `${shown}: ${line}`)
        .join("\n"),
    );
  }
  return { config: config as Config, directory: dirname(path) };
}

function readConfig(path: string, shown: string, required: boolean): string | null {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (codeOf(error) === "ENOENT" && !required) return null;
    throw new UsageError(`${shown}: ${saidOf(error, "could not be read")}`);
  }
}

function parse(text: string, shown: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UsageError(
      `${shown}: not valid JSON: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

import { dirname, join, resolve } from "node:path";
import { describeErrors } from "../engine/describe-errors.js";
import type { Config } from "../engine/schemas.js";
import type { Validators } from "../engine/validate.js";
import { readFound, readTyped } from "../host/door.js";
import { position, sourceFile } from "../source/file.js";
import { inputText } from "./input-text.js";
import { jsonFault } from "./json-fault.js";
import { UsageError } from "./usage.js";

export interface LoadedConfig {
  readonly config: Config;
  /** The directory of the file: what `hosts` count from. */
  readonly directory: string;
}

/** Bytes. No configuration comes near it. */
const LARGEST_CONFIG = 1024 * 1024;

/**
 * Reads `fpmlint.json`: the file that `--config` names, wherever it leads, else the one in the working
 * directory, if any, which may not lead out of it. Throws UsageError for a file that is missing, is not
 * JSON or breaks the schema.
 */
export function loadConfig(
  named: string | undefined,
  workingDirectory: string,
  validators: Validators,
): LoadedConfig | null {
  const path =
    named === undefined ? join(workingDirectory, "fpmlint.json") : resolve(workingDirectory, named);
  const shown = named ?? "fpmlint.json";
  const opened = named === undefined ? readFound(path, LARGEST_CONFIG) : readTyped(path, LARGEST_CONFIG);
  if (opened === null) return null;
  const read = inputText(opened);
  if ("refusal" in read) throw new UsageError(`${shown}: ${read.refusal}`);
  return { config: checkedConfig(read.text, shown, validators), directory: dirname(path) };
}

/** The configuration that a text is. Throws UsageError, a line for each fault that begins with `shown`. */
export function checkedConfig(text: string, shown: string, validators: Validators): Config {
  const config = parse(text, shown);
  const check = validators.config;
  if (check !== undefined && !check(config)) {
    throw new UsageError(
      describeErrors(check.errors ?? [])
        .map((line) => `${shown}: ${line}`)
        .join("\n"),
    );
  }
  return config as Config;
}

/** Says where the fault is and never quotes the text, as the message of `JSON.parse` would. */
function parse(text: string, shown: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    const fault = jsonFault(text);
    if (fault === null) throw new UsageError(`${shown}: not valid JSON`);
    const { line, column } = position(sourceFile("/", "", text), fault.offset);
    throw new UsageError(
      `${shown}: not valid JSON: line ${line}, column ${column}: expected ${fault.expected}`,
    );
  }
}

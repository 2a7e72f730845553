import { resolve } from "node:path";
import { type MachineFormat, machineFormats } from "../report/machine/index.js";
import { withoutCommands } from "../report/terminal/escape.js";
import { meantValue, UsageError } from "./usage.js";
import { writeReport } from "./write/report.js";

/** What every command with `--format` writes. */
export const DOCUMENTS = ["text", "json"] as const;

export type LintFormat = (typeof DOCUMENTS)[number] | MachineFormat;

/** What the linter writes. */
export const LINT_FORMATS: readonly LintFormat[] = [
  ...DOCUMENTS,
  ...(Object.keys(machineFormats) as MachineFormat[]),
];

/** Where one rendering goes; `file` null: standard output. */
export interface Output<F extends string = (typeof DOCUMENTS)[number]> {
  readonly format: F;
  readonly file: string | null;
}

/**
 * Reads `--format NAME[=FILE]`. `beside`: a format that may go to standard output together with another
 * one, because it is no document. Throws UsageError for an unknown name and for two documents on
 * standard output.
 */
export function readOutputs<F extends string>(
  values: readonly string[],
  known: readonly F[],
  beside: F | null = null,
): readonly Output<F>[] {
  const outputs = (values.length === 0 ? ["text"] : values).map((value) => readOutput(value, known));
  if (outputs.filter(({ file, format }) => file === null && format !== beside).length > 1) {
    throw new UsageError(
      "only one --format can go to standard output; give the others a file: --format json=FILE",
    );
  }
  return outputs;
}

function readOutput<F extends string>(value: string, known: readonly F[]): Output<F> {
  const [name = "", ...rest] = value.split("=");
  const format = known.find((one) => one === name);
  if (format === undefined) {
    const near = meantValue(name, known);
    const meant = near === null ? "" : `; did you mean ${near}?`;
    throw new UsageError(
      `unknown format "${name}"${meant}${meant === "" ? ";" : ""} known are ${known.join(", ")}`,
    );
  }
  const file = rest.length === 0 ? null : rest.join("=");
  if (file === "") throw new UsageError(`--format ${value}: a file name is missing after "="`);
  return { format, file };
}

/** Into the file, relative to the working directory. Throws UsageError. */
export function writeOutput(file: string, text: string, workingDirectory: string): void {
  writeCommands(file, withoutCommands(text), workingDirectory);
}

/** The same for a text whose commands of a CI service are meant to be obeyed. */
export function writeCommands(file: string, text: string, workingDirectory: string): void {
  writeReport(resolve(workingDirectory, file), file, text);
}

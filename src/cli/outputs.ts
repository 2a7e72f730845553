import { resolve } from "node:path";
import { withoutCommands } from "../report/terminal/escape.js";
import { UsageError } from "./usage.js";
import { writeReport } from "./write/report.js";

export const formats = ["text", "json"] as const;
export type Format = (typeof formats)[number];

/** Where one rendering goes; `file` null: standard output. */
export interface Output {
  readonly format: Format;
  readonly file: string | null;
}

/** Reads `--format NAME[=FILE]`. Throws UsageError for an unknown name and for two documents on standard output. */
export function readOutputs(values: readonly string[]): readonly Output[] {
  const outputs = (values.length === 0 ? ["text"] : values).map(readOutput);
  if (outputs.filter(({ file }) => file === null).length > 1) {
    throw new UsageError(
      "only one --format can go to standard output; give the others a file: --format json=FILE",
    );
  }
  return outputs;
}

function readOutput(value: string): Output {
  const [name = "", ...rest] = value.split("=");
  const format = formats.find((known) => known === name);
  if (format === undefined) {
    throw new UsageError(`unknown format "${name}"; known are ${formats.join(", ")}`);
  }
  const file = rest.length === 0 ? null : rest.join("=");
  if (file === "") throw new UsageError(`--format ${value}: a file name is missing after "="`);
  return { format, file };
}

/** Into the file, relative to the working directory. Throws UsageError. */
export function writeOutput(file: string, text: string, workingDirectory: string): void {
  writeReport(resolve(workingDirectory, file), file, withoutCommands(text));
}

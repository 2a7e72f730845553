import type { InferredOptionTypes } from "yargs";
import { CAPACITY_OPTIONS } from "../capacity/options.js";
import {
  type COMMON_OPTIONS,
  LINT_OPTIONS,
  type OptionTable,
  repeatable,
  sharedOptions,
} from "../options.js";

/** What `fpmlint report` writes. */
export const REPORT_FORMATS = ["text", "json", "html", "mermaid", "dot"] as const;

export const REPORT_EPILOGUE = `Examples:
  fpmlint report --html report.html /etc            one page to look at, to send and to print
  fpmlint report /etc                               who talks to whom and who gives up first, as text
  fpmlint report --format mermaid /etc              a diagram for a wiki; dot for Graphviz
  fpmlint report --format json --html report.html .
  fpmlint diagnose --format json /etc > day.json; fpmlint report --html report.html --with day.json /etc
  fpmlint doctor --format json > now.json; fpmlint report --html report.html --with now.json /etc
  fpmlint report --html report.html --ram 4G --worker-size 60M --rate shop=40/s --mean 250ms etc

The page is one file that asks for nothing: no network, no fonts. It is the same for the same files;
only --stamp puts a date on it.
Exit status: 0 drawn, whatever was found, 2 wrong usage or configuration or nothing to draw, 3 drawn
although something could not be read.`;

/** Options of `fpmlint report`. */
export const REPORT_OPTIONS = {
  html: {
    type: "string",
    completes: "file",
    describe: "write the page to this file, and nothing else unless --format asks for it",
  },
  format: {
    ...repeatable,
    completes: { formats: REPORT_FORMATS },
    describe: "text, json, html, mermaid or dot; NAME=FILE writes to a file; repeatable [default: text]",
  },
  with: {
    ...repeatable,
    completes: "file",
    describe: "also on the page: the output of fpmlint diagnose or doctor with --format json; repeatable",
  },
  stamp: { type: "boolean", default: false, describe: "say when it was made" },
  config: sharedOptions.config,
  "nginx-version": LINT_OPTIONS["nginx-version"],
  "php-version": sharedOptions["php-version"],
  ram: LINT_OPTIONS.ram,
  "worker-size": CAPACITY_OPTIONS["worker-size"],
  rate: CAPACITY_OPTIONS.rate,
  mean: CAPACITY_OPTIONS.mean,
  p95: CAPACITY_OPTIONS.p95,
} as const satisfies OptionTable;

/** What yargs answers for the table. */
export interface ReportArguments extends InferredOptionTypes<typeof REPORT_OPTIONS & typeof COMMON_OPTIONS> {
  readonly paths: readonly string[];
}

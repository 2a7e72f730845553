import type { LintResult } from "../engine/finding.js";
import { json as drawnJson } from "../report/json.js";
import { text as drawnText, type TextOptions } from "../report/text.js";
import { version } from "../version.js";

/** The JSON document of docs/json.md. `meta`: the version that it names; fpmlint's own where it is not given. */
export function json(result: LintResult, meta: { readonly version: string } = { version }): string {
  return drawnJson(result, meta);
}

/** The report for people, with frames. Default: no colour, box characters, 100 columns. */
export function text(result: LintResult, options: Partial<TextOptions> = {}): string {
  return drawnText(result, { color: false, unicode: true, width: 100, ...options });
}

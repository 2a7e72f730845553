import type { Finding, LintResult, Summary } from "../../src/engine/finding.js";
import type { Help } from "../../src/engine/help.js";
import type { TextOptions } from "../../src/report/text.js";
import { text } from "../../src/report/text.js";
import type { Place, SourceFile, Span } from "../../src/source/file.js";
import { place, sourceFile } from "../../src/source/file.js";

/** Invented findings, for the tests of the reports. */

export const UNICODE: TextOptions = { color: false, unicode: true, width: 100 };
export const ASCII: TextOptions = { color: false, unicode: false, width: 100 };

export const file = (name: string, body: string) => sourceFile(`/${name}`, name, body);

/** The first occurrence of some words in a file. */
export function at(source: SourceFile, words: string, via: readonly Span[] = []): Place {
  const start = source.text.indexOf(words);
  return place(source, start, start + words.length, via);
}

/** A help of sentences alone. */
export function inWords(...notes: readonly string[]): Help {
  return { ways: [], notes };
}

export function finding(primary: Place, changes: Partial<Finding> = {}): Finding {
  return {
    rule: "invented/rule",
    case: "only",
    severity: "warning",
    message: "left says 1, right says 2",
    symptom: null,
    host: ".",
    at: primary,
    label: null,
    link: [],
    related: [],
    effect: "",
    help: inWords(),
    certain: true,
    settle: null,
    fingerprint: "00",
    ...changes,
  };
}

export function result(findings: readonly Finding[], changes: Partial<Summary> = {}): LintResult {
  const counted = (severity: string) => findings.filter((one) => one.severity === severity).length;
  return {
    findings,
    summary: {
      errors: counted("error"),
      warnings: counted("warning"),
      infos: counted("info"),
      suppressed: 0,
      hosts: 1,
      files: 7,
      locations: 3,
      compared: 0,
      notCompared: [],
      notEnabled: 0,
      pools: 2,
      incomplete: [],
      links: [],
      ...changes,
    },
  };
}

/** The frames and notes of one finding, without the coverage line. */
export function draw(one: Finding, options: TextOptions = UNICODE): string[] {
  return text(result([one]), options)
    .split("\n")
    .slice(0, -3);
}

import type { Finding, LintResult } from "../../engine/finding.js";
import { grouped } from "../../source/collect.js";
import { type Rendered, renderEach } from "../rendered.js";
import { headline, linesOf, type Run } from "./common.js";
import { xmlText } from "./xml.js";

/**
 * Checkstyle's XML: one `file` element a file, sorted by name, one `error` element a finding; `severity`
 * is the finding's, `source` is `fpmlint.` and the rule. What was not checked has no place in it.
 */
export function drawCheckstyle({ findings }: LintResult, run: Run): Rendered {
  const { done, failures } = renderEach(findings, (finding) => ({
    file: run.named(finding.at.span.file.display),
    row: error(finding, run),
  }));
  const files = grouped(done.map((one) => [one.file, one] as const));
  const names = [...files.keys()].sort();
  const body = names.flatMap((name) => [
    `  <file name="${xmlText(name)}">`,
    ...(files.get(name) ?? []).map(({ row }) => row),
    "  </file>",
  ]);
  const rows = [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<checkstyle version="4.3">',
    ...body,
    "</checkstyle>",
  ];
  return { text: `${rows.join("\n")}\n`, failures };
}

function error(finding: Finding, { named }: Run): string {
  const { line, column } = linesOf(finding.at, named);
  const said = xmlText(headline(finding, named));
  return `    <error line="${line}" column="${column}" severity="${finding.severity}" message="${said}" source="fpmlint.${xmlText(finding.rule)}"/>`;
}

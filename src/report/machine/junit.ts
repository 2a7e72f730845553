import type { Finding, LintResult } from "../../engine/finding.js";
import { incompleteAt } from "../../engine/incomplete.js";
import { fails } from "../../engine/severity.js";
import { grouped } from "../../source/collect.js";
import { type Rendered, renderEach } from "../rendered.js";
import { detailsOf, linesOf, placeWords, type Run } from "./common.js";
import { xmlLines, xmlText } from "./xml.js";

/**
 * JUnit's XML: one suite a file, one test case a finding. Findings that fail the run are failures, the
 * others pass and say what they have to say as output. The first suite has one case that is always
 * there: whether everything was read, so that a clean run is no empty report.
 */
export function drawJunit(result: LintResult, run: Run): Rendered {
  const { done, failures } = renderEach(result.findings, (finding) => ({
    file: run.named(finding.at.span.file.display),
    failed: fails(finding, run.failOn),
    row: testcase(finding, run),
  }));
  const files = grouped(done.map((one) => [one.file, one] as const));
  const suites = [...files.keys()].sort().map((name) => {
    const cases = files.get(name) ?? [];
    const failed = cases.filter((one) => one.failed).length;
    return {
      tests: cases.length,
      failed,
      rows: [
        `  <testsuite name="${xmlText(name)}" tests="${cases.length}" failures="${failed}" errors="0" skipped="0" time="0">`,
        ...cases.map(({ row }) => row),
        "  </testsuite>",
      ],
    };
  });
  const unread = [...result.summary.incomplete, ...failures].filter(({ fatal }) => fatal);
  const errors = unread.length > 0 ? 1 : 0;
  const tests = suites.reduce((sum, suite) => sum + suite.tests, 1);
  const failed = suites.reduce((sum, suite) => sum + suite.failed, 0);
  const rows = [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="fpmlint" tests="${tests}" failures="${failed}" errors="${errors}" time="0">`,
    `  <testsuite name="fpmlint" tests="1" failures="0" errors="${errors}" skipped="0" time="0">`,
    ...everythingRead(unread.map((one) => `${incompleteAt(one)}: ${one.reason}`)),
    "  </testsuite>",
    ...suites.flatMap((suite) => suite.rows),
    "</testsuites>",
  ];
  return { text: `${rows.join("\n")}\n`, failures };
}

function everythingRead(unread: readonly string[]): readonly string[] {
  const opened = '    <testcase name="everything was read" classname="fpmlint" time="0"';
  if (unread.length === 0) return [`${opened}/>`];
  const said = `${unread.length} ${unread.length === 1 ? "place was" : "places were"} not checked`;
  return [
    `${opened}>`,
    `      <error message="${said}" type="incomplete">${xmlLines(unread.join("\n"))}</error>`,
    "    </testcase>",
  ];
}

function testcase(finding: Finding, run: Run): string {
  const { file, line } = linesOf(finding.at, run.named);
  const name = xmlText(file);
  const opened = `    <testcase name="${xmlText(finding.rule)}" classname="${name}" file="${name}" line="${line}" time="0">`;
  const said = xmlLines(details(finding, run));
  const body = fails(finding, run.failOn)
    ? `<failure message="${xmlText(finding.message)}" type="${finding.severity}">${said}</failure>`
    : `<system-out>${finding.severity}: ${xmlText(finding.message)}\n${said}</system-out>`;
  return `${opened}\n      ${body}\n    </testcase>`;
}

function details(finding: Finding, { named }: Run): string {
  const { others, effect, help, settle } = detailsOf(finding, named);
  return [placeWords(finding.at, named), ...others, ...effect, ...help, ...settle].join("\n");
}

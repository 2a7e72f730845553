import { join } from "node:path";
import { Ajv } from "ajv";
import { XMLParser, XMLValidator } from "fast-xml-parser";
import parsePrometheus from "parse-prometheus-text-format";
import { beforeAll, describe, expect, test } from "vitest";
import { rules } from "../../../rules/index.js";
import type { LintResult } from "../../../src/engine/finding.js";
import {
  githubSummary,
  type MachineFormat,
  machineFormats,
  type Run,
} from "../../../src/report/machine/index.js";
import { position } from "../../../src/source/file.js";
import { fixtures, namesIn } from "../../build/fixtures.js";
import { resultOf } from "../../support/lint.js";
import { runs, sample, saySample } from "../../support/sample.js";
import { annotations } from "./commands.js";
import { gitlabSchema, sarifSchema } from "./schemas.js";

/** Every format on every fixture, read by a reader of its own. */

const run: Run = {
  meta: { version: "9.8.7" },
  rules,
  named: (display) => display,
  failOn: "warning",
  now: 1_795_190_000_123,
};

let results: readonly (readonly [name: string, result: LintResult])[] = [];
beforeAll(() => {
  const all = namesIn(fixtures());
  const tried = sample(all, runs(500), "formats");
  saySample("fixtures in the formats of services", tried.length, all.length);
  results = tried.map((name) => [name, resultOf(join(fixtures(), name))] as const);
});

/** Only the rules of these findings are described, which takes most of the time. */
const drawn = (result: LintResult, format: MachineFormat): string => {
  const ids = new Set(result.findings.map(({ rule }) => rule));
  const named = rules.filter(({ id }) => ids.has(id));
  const { text, failures } = machineFormats[format](result, { ...run, rules: named });
  expect(failures).toEqual([]);
  return text;
};

const ajv = new Ajv({ allErrors: true });

/** The place of a finding as a reader of the format should find it. */
const placesOf = ({ findings }: LintResult): readonly string[] =>
  findings
    .map(({ rule, at: { span } }) => `${rule} ${span.file.display}:${position(span.file, span.start).line}`)
    .sort();

test("there are fixtures, and they hold findings", () => {
  expect(results.length).toBeGreaterThanOrEqual(runs(500));
  expect(results.filter(([, { findings }]) => findings.length > 0).length).toBeGreaterThan(
    results.length / 4,
  );
});

describe("sarif", () => {
  interface Document {
    readonly runs: readonly [
      {
        readonly tool: { readonly driver: { readonly rules: readonly { readonly id: string }[] } };
        readonly results: readonly Result[];
      },
    ];
  }
  interface Result {
    readonly ruleId: string;
    readonly ruleIndex: number;
    readonly level: string;
    readonly message: { readonly text: string };
    readonly locations: readonly [{ readonly physicalLocation: Physical }];
    readonly relatedLocations?: readonly { readonly id: number }[];
  }
  interface Physical {
    readonly artifactLocation: { readonly uri: string };
    readonly region: { readonly startLine: number };
  }

  const read = (result: LintResult): Document => JSON.parse(drawn(result, "sarif")) as Document;

  test("is valid for every fixture, and holds every finding at its place", () => {
    const validate = ajv.compile(sarifSchema);
    for (const [name, result] of results) {
      const document = read(result);
      const valid = validate(document);
      expect({ name, errors: valid ? null : validate.errors }).toEqual({ name, errors: null });
      const places = document.runs[0].results.map(
        ({ ruleId, locations: [{ physicalLocation: at }] }) =>
          `${ruleId} ${decodeURIComponent(at.artifactLocation.uri)}:${at.region.startLine}`,
      );
      expect({ name, places: places.sort() }).toEqual({ name, places: placesOf(result) });
    }
  });

  test("every rule is described", () => {
    const validate = ajv.compile(sarifSchema);
    const [[, result] = ["", undefined]] = results;
    if (result === undefined) throw new Error("no fixture");
    const document = JSON.parse(machineFormats.sarif(result, run).text) as Document;
    expect({ valid: validate(document), errors: validate.errors }).toEqual({ valid: true, errors: null });
    expect(document.runs[0].tool.driver.rules.map(({ id }) => id)).toEqual(rules.map(({ id }) => id).sort());
  });

  test("the gravest come first, and each names its rule twice", () => {
    const order = ["error", "warning", "note"];
    for (const [, result] of results) {
      const [{ tool, results: found }] = read(result).runs;
      const levels = found.map(({ level }) => order.indexOf(level));
      expect(levels).toEqual([...levels].sort((a, b) => a - b));
      for (const { ruleId, ruleIndex } of found) expect(tool.driver.rules[ruleIndex]?.id).toBe(ruleId);
    }
  });

  test("every link in a message leads to a related place", () => {
    let links = 0;
    for (const [, result] of results) {
      for (const { message, relatedLocations = [] } of read(result).runs[0].results) {
        const ids = new Set(relatedLocations.map(({ id }) => id));
        // A bracket with a backslash in front is text.
        const plain = message.text.replace(/\\[[\]\\]/g, "");
        for (const [, id] of plain.matchAll(/\[[^\]]*\]\((\d+)\)/g)) {
          links += 1;
          expect(ids.has(Number(id))).toBe(true);
        }
        expect(plain.replace(/\[[^\]]*\]\(\d+\)/g, "")).not.toMatch(/[[\]]/);
      }
    }
    expect(links).toBeGreaterThan(50);
  });
});

test("gitlab: valid for every fixture, fingerprints are distinct, every finding is at its place", () => {
  const validate = ajv.compile(gitlabSchema);
  for (const [name, result] of results) {
    const issues = JSON.parse(drawn(result, "gitlab")) as {
      check_name: string;
      fingerprint: string;
      location: { path: string; lines: { begin: number } };
    }[];
    const valid = validate(issues);
    expect({ name, errors: valid ? null : validate.errors }).toEqual({ name, errors: null });
    expect(new Set(issues.map(({ fingerprint }) => fingerprint)).size).toBe(issues.length);
    const places = issues.map(
      ({ check_name, location: { path, lines } }) => `${check_name} ${path}:${lines.begin}`,
    );
    expect({ name, places: places.sort() }).toEqual({ name, places: placesOf(result) });
  }
});

const xml = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: "",
  isArray: (name) => ["file", "error", "testsuite", "testcase"].includes(name),
});

function readXml<T>(text: string): T {
  expect(XMLValidator.validate(text)).toBe(true);
  return xml.parse(text) as T;
}

test("checkstyle: well-formed for every fixture, every finding is at its place with its words", () => {
  interface Document {
    readonly checkstyle: { readonly file?: readonly File[] } | "";
  }
  interface File {
    readonly name: string;
    readonly error: readonly { readonly line: string; readonly source: string; readonly severity: string }[];
  }
  for (const [name, result] of results) {
    const { checkstyle } = readXml<Document>(drawn(result, "checkstyle"));
    const files = checkstyle === "" ? [] : (checkstyle.file ?? []);
    const places = files.flatMap((file) =>
      file.error.map(({ line, source }) => `${source.slice("fpmlint.".length)} ${file.name}:${line}`),
    );
    expect({ name, places: places.sort() }).toEqual({ name, places: placesOf(result) });
    const names = files.map((file) => file.name);
    expect(names).toEqual([...names].sort());
  }
});

test("junit: well-formed for every fixture, and its numbers are those of its elements", () => {
  interface Suite {
    readonly tests: string;
    readonly failures: string;
    readonly errors: string;
    readonly testcase: readonly Case[];
  }
  type Case = Readonly<Record<string, unknown>>;
  for (const [name, result] of results) {
    const { testsuites } = readXml<{ testsuites: Omit<Suite, "testcase"> & { testsuite: readonly Suite[] } }>(
      drawn(result, "junit"),
    );
    const cases = testsuites.testsuite.flatMap(({ testcase }) => testcase);
    const having = (some: readonly Case[], key: string) => String(some.filter((one) => key in one).length);
    for (const { tests, failures, errors, testcase } of testsuites.testsuite)
      expect({ tests, failures, errors }).toEqual({
        tests: String(testcase.length),
        failures: having(testcase, "failure"),
        errors: having(testcase, "error"),
      });
    const { errors, warnings, infos, incomplete } = result.summary;
    expect({ name, tests: testsuites.tests, failed: testsuites.failures, errors: testsuites.errors }).toEqual(
      {
        name,
        tests: String(1 + errors + warnings + infos),
        failed: String(errors + warnings),
        errors: incomplete.some(({ fatal }) => fatal) ? "1" : "0",
      },
    );
    expect(having(cases, "failure")).toBe(testsuites.failures);
  }
});

test("prometheus: read for every fixture, and its numbers are those of the summary", () => {
  for (const [name, result] of results) {
    const text = drawn(result, "prometheus");
    expect(text.endsWith("\n")).toBe(true);
    // A timestamp makes the collector skip the file.
    for (const line of text.split("\n").filter((one) => one !== "" && !one.startsWith("#")))
      expect(line).toMatch(/^[a-z_]+(?:\{[a-z]+="[^"\n]*"(?:,[a-z]+="[^"\n]*")*\})? \d+$/);
    const metrics = new Map(parsePrometheus(text).map((one) => [one.name, one.metrics] as const));
    const value = (metric: string, labels?: Readonly<Record<string, string>>): number =>
      (metrics.get(metric) ?? [])
        .filter((one) => Object.entries(labels ?? {}).every(([key, word]) => one.labels?.[key] === word))
        .reduce((sum, one) => sum + Number(one.value), 0);
    const { summary, findings } = result;
    expect({
      name,
      error: value("fpmlint_findings", { severity: "error" }),
      warning: value("fpmlint_findings", { severity: "warning" }),
      info: value("fpmlint_findings", { severity: "info" }),
      rules: value("fpmlint_rule_findings"),
      pools: value("fpmlint_pools"),
    }).toEqual({
      name,
      error: summary.errors,
      warning: summary.warnings,
      info: summary.infos,
      rules: findings.length,
      pools: summary.pools,
    });
    expect(value("fpmlint_last_run_timestamp_seconds")).toBe(1_795_190_000);
  }
});

describe("github", () => {
  test("ten annotations of each level, the gravest first, each at the place of a finding", () => {
    for (const [name, result] of results) {
      const found = annotations(drawn(result, "github")).filter(
        ({ properties }) => properties.file !== undefined,
      );
      const all = placesOf(result);
      for (const { properties } of found) {
        const at = `${properties.title?.slice("fpmlint ".length)} ${properties.file}:${properties.line}`;
        expect(all).toContain(at);
        if (properties.line !== properties.endLine) expect(properties.col).toBeUndefined();
      }
      const { errors, warnings, infos } = result.summary;
      const shown = [errors, warnings, infos].reduce((sum, number) => sum + Math.min(10, number), 0);
      expect({ name, shown: found.length }).toEqual({ name, shown });
    }
  });

  test("the summary holds a row for every finding", () => {
    for (const [name, result] of results) {
      const rows = githubSummary(result, run)
        .split("\n")
        .filter((line) => /^\| (?:error|warning|info) \|/.test(line));
      expect({ name, rows: rows.length }).toEqual({ name, rows: result.findings.length });
      // Four cells: nothing in them ends one.
      for (const row of rows) expect(row.replace(/\\./g, "").split("|").length).toBe(6);
    }
  });
});

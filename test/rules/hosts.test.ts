import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import type { LintResult } from "../../src/engine/finding.js";
import { quiet } from "../../src/report/text.js";
import { resultOf } from "../support/lint.js";

/** Whole hosts with all rules on. `expected.txt` is what `--quiet` prints; FPMLINT_UPDATE=1 writes it anew. */

const hosts = fileURLToPath(new URL("../../fixtures/hosts", import.meta.url));

const lintHost = (name: string): LintResult => resultOf(join(hosts, name));

const names = readdirSync(hosts);

describe.each(names)("%s", (name) => {
  test("is reported as expected", () => {
    const file = join(hosts, name, "expected.txt");
    const printed = quiet(lintHost(name));
    if (process.env.FPMLINT_UPDATE === "1") writeFileSync(file, printed);
    expect(printed).toBe(readFileSync(file, "utf8"));
  });

  test("is read whole", () => {
    const fatal = lintHost(name).summary.incomplete.filter((entry) => entry.fatal);
    expect(fatal).toEqual([]);
  });
});

/** A host with a fault of its own says in `faulty.txt` which. */
function isFaulty(name: string): boolean {
  return existsSync(join(hosts, name, "faulty.txt"));
}

// What a distribution or an official image ships is at most worth knowing.
test.each(names.filter((name) => !isFaulty(name)))("%s has no error and no warning", (name) => {
  const { errors, warnings } = lintHost(name).summary;
  expect({ errors, warnings }).toEqual({ errors: 0, warnings: 0 });
});

test.each(names.filter(isFaulty))("%s has its fault", (name) => {
  const { errors, warnings } = lintHost(name).summary;
  expect(errors + warnings).toBeGreaterThan(0);
});

test("twenty faults of twenty rules are twenty findings, each once", () => {
  const { findings } = lintHost("twenty-faults");
  const grave = findings.filter(({ severity }) => severity !== "info").map(({ rule }) => rule);
  expect(grave.length).toBe(20);
  expect(new Set(grave).size).toBe(20);
});

import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Rule } from "../../src/engine/rule.js";
import { run } from "../../src/engine/run.js";
import { createValidators } from "../../src/engine/validate.js";
import { memoryFilesystem } from "../../src/host/memory.js";
import * as build from "../../src/model/build.js";
import type { liveHost } from "../../src/sizing/live-host.js";
import { inventedRules } from "../build/invented.js";
import { type Ran, runCommand } from "../support/run-command.js";

/** An error of fpmlint's own, in one rule or on one host, is named, and takes nothing else with it. */

const shipped = fileURLToPath(new URL("../../fixtures/hosts/three-pools/etc", import.meta.url));
const REPORT = /this is a bug in fpmlint: please report/;

/** The host whose reading fails. */
let broken = "";

vi.mock(import("../../src/model/build.js"), async (original) => {
  const real = await original();
  return {
    ...real,
    buildHost: (...[spec, fs, options]: Parameters<typeof build.buildHost>) => {
      const failing = { entry: () => fail("a disk \x1b[31m of stone"), display: fs.display };
      return real.buildHost(spec, spec.name === broken ? failing : fs, options);
    },
  };
});

/** The host whose capacity fails. */
let unmeasured = "";

vi.mock(import("../../src/sizing/live-host.js"), async (original) => {
  const real = await original();
  return {
    ...real,
    liveHost: (...[host, isLive]: Parameters<typeof liveHost>) =>
      host.name === unmeasured ? fail("no such number") : real.liveHost(host, isLive),
  };
});

function fail(message: string): never {
  throw new Error(message);
}

/** A rule that reports every `index` and fails at the end. */
function failing(error: () => unknown): Rule {
  const [rule] = inventedRules.filter(({ id }) => id === "invented/index");
  if (rule === undefined) throw new Error("no such rule");
  return {
    ...rule,
    id: "invented/failing",
    *check(host, options) {
      yield* rule.check(host, options);
      throw error();
    },
  };
}

let top = "";

beforeEach(() => {
  top = mkdtempSync(join(tmpdir(), "fpmlint-failures-"));
  for (const name of ["a", "b"]) cpSync(shipped, join(top, name, "etc"), { recursive: true });
});

afterEach(() => {
  broken = "";
  unmeasured = "";
  rmSync(top, { recursive: true });
});

function lint(words: readonly string[], rules: readonly Rule[] = inventedRules): Promise<Ran> {
  return runCommand(words, { rules, validators: createValidators(rules), workingDirectory: top });
}

function capacity(...words: readonly string[]): Promise<Ran> {
  return lint(["capacity", ".", "--ram", "8G", "--worker-size", "60M", ...words]);
}

interface Document {
  readonly findings: readonly { readonly rule: string; readonly host: string }[];
  readonly summary: { readonly incomplete: readonly { file: string; reason: string; fatal: boolean }[] };
}

describe("a rule that fails", () => {
  const rules = [failing(() => new TypeError("x is not a function\n::error::\x1b]0;y")), ...inventedRules];

  test("is named with each host, and the others are run", async () => {
    const { status, out, err } = await lint(["--format", "json", "--fail-on", "never", "."], rules);
    expect({ status, err }).toEqual({ status: 3, err: "" });
    const { findings, summary } = JSON.parse(out) as Document;
    expect(new Set(findings.map(({ host }) => host))).toEqual(new Set(["a", "b"]));
    expect(findings.some(({ rule }) => rule === "invented/index")).toBe(true);
    // What it had said by then is right.
    expect(findings.some(({ rule }) => rule === "invented/failing")).toBe(true);
    expect(summary.incomplete.map(({ file }) => file)).toEqual(["a", "b"]);
    for (const { reason, fatal } of summary.incomplete) {
      expect(fatal).toBe(true);
      expect(reason).toContain("the rule invented/failing failed on this host: x is not a function");
      expect(reason).toMatch(REPORT);
      expect(reason).not.toMatch(/\bat .*:\d+/);
    }
  });

  test.each([[["."]], [["--quiet", "."]]])("is named in text, its message escaped: %j", async (words) => {
    const { status, out, err } = await lint(words, rules);
    expect(status).toBe(3);
    const said = words.includes("--quiet") ? err : out;
    expect(said).toContain(
      "the rule invented/failing failed on this host: x is not a function\\x0a::error::\\x1b]0;y;",
    );
    expect(said).toContain("2 places not checked");
  });

  test.each([
    ["a long message", () => new Error("x".repeat(10_000))],
    ["no message", () => new Error("")],
    ["no error", () => Object.create(null) as unknown],
    [
      "an error whose message cannot be asked for",
      () => Object.defineProperty(new Error(), "message", { get: () => fail("no") }),
    ],
  ])("may throw anything: %s", async (_, error) => {
    const { status, err } = await lint(["--quiet", "."], [failing(error)]);
    expect(status).toBe(3);
    const told = err.split("\n").filter((line) => line.includes("invented/failing failed"));
    expect(told).toHaveLength(2);
    for (const line of told) expect(line.length).toBeLessThan(500);
  });

  test("a case that is not one of the rule's is its failure too", () => {
    const [index] = inventedRules.filter(({ id }) => id === "invented/index");
    const rule: Rule = { ...(index ?? fail("no rule")), cases: {} };
    const fs = memoryFilesystem({ "/n.conf": "http { index a; }" });
    const spec = { name: "x", root: "/", nginx: "/n.conf", fragments: [], fpm: [], pools: [] };
    const host = build.buildHost(spec, fs, { phpVersion: null });
    const { findings, failures } = run([rule], host, () => ({ level: null, options: {} }));
    expect(findings).toEqual([]);
    expect(failures.map(({ reason }) => reason).join()).toContain('reports "only"');
  });
});

describe("a finding that cannot be written", () => {
  /** Of each `index` the first names a place in a file that nobody can count the lines of. */
  const [index] = inventedRules.filter(({ id }) => id === "invented/index");
  const rule: Rule = {
    ...(index ?? fail("no rule")),
    *check(host, options) {
      for (const report of index?.check(host, options) ?? []) {
        const file = Object.defineProperty({ ...report.at.span.file }, "lineStarts", {
          get: () => fail("no lines"),
        });
        const place = { span: { file, start: 0, end: 1 }, via: [] };
        yield { ...report, message: "the one that fails", related: [{ place, message: "there" }] };
        yield { ...report, message: "the one that stays" };
      }
    },
  };

  test.each([[["."]], [["--format", "json", "."]]])(
    "is named, and the others are written: %j",
    async (words) => {
      const { status, out, err } = await lint(["--fail-on", "never", ...words], [rule]);
      expect({ status, err }).toEqual({ status: 3, err: "" });
      expect(out).toContain("the one that stays");
      expect(out).toContain(
        "a finding of invented/index (error: the one that fails) could not be written: no lines; ",
      );
    },
  );
});

describe("a host whose capacity fails", () => {
  beforeEach(() => {
    unmeasured = "a";
  });

  test.each([[[]], [["--what-if", "4G,8G"]]])("is named, and the other is computed %j", async (more) => {
    const words = ["capacity", ".", "--worker-size", "60M", ...(more.length > 0 ? more : ["--ram", "8G"])];
    const { status, out, err } = await lint(words);
    expect(status).toBe(3);
    expect(err).toContain("fpmlint: a: computing the capacity of this host failed: no such number; ");
    expect(out).toContain("b");
    const json = JSON.parse((await lint([...words, "--format", "json"])).out) as {
      hosts: readonly { host: string }[];
      failed: readonly { host: string }[];
    };
    expect(json.hosts.map(({ host }) => host)).toEqual(["b"]);
    expect(json.failed.map(({ host }) => host)).toEqual(["a"]);
  });

  test("is no reason to leave out the others' changes", async () => {
    const { status, out } = await capacity("--diff");
    expect(status).toBe(3);
    expect(out).toContain("+++ b/b/etc");
    expect(out).not.toContain("a/etc/php/8.2/fpm/pool.d/a");
  });
});

describe("a host whose reading fails", () => {
  beforeEach(() => {
    broken = "a";
  });

  test("is named, and the other is linted", async () => {
    const { status, out, err } = await lint(["--format", "json", "."]);
    expect({ status, err }).toEqual({ status: 3, err: "" });
    const { findings, summary } = JSON.parse(out) as Document;
    expect(new Set(findings.map(({ host }) => host))).toEqual(new Set(["b"]));
    expect(summary.incomplete).toHaveLength(1);
    expect(summary.incomplete[0]?.file).toBe("a");
    expect(summary.incomplete[0]?.reason).toContain("reading this host failed: a disk");
    expect((await lint(["."])).out).toContain("reading this host failed: a disk \\x1b[31m of stone; ");
  });

  test("is named by capacity, and the other is computed", async () => {
    const { status, out, err } = await capacity();
    expect(status).toBe(3);
    expect(err).toContain("fpmlint: a: reading this host failed: a disk \\x1b[31m of stone; ");
    expect(out).toContain("pm.max_children = ");
    const json = JSON.parse((await capacity("--format", "json")).out) as {
      hosts: readonly { host: string }[];
      failed: readonly { host: string; reason: string }[];
    };
    expect(json.hosts.map(({ host }) => host)).toEqual(["b"]);
    expect(json.failed.map(({ host }) => host)).toEqual(["a"]);
  });

  test("is named where there is no other", async () => {
    rmSync(join(top, "b"), { recursive: true });
    broken = ".";
    const { status, err } = await lint(["--quiet", "a"]);
    expect(status).toBe(3);
    expect(err).toMatch(REPORT);
    expect(err).toContain("nothing was checked");
    const answer = await lint(["capacity", "a", "--ram", "8G"]);
    expect(answer.status).toBe(3);
    expect(answer.err).toMatch(REPORT);
  });
});

import * as fs from "node:fs";
import * as path from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { rules } from "../../rules/index.js";
import type { LintResult } from "../../src/engine/finding.js";
import type { Safety } from "../../src/engine/help.js";
import { type Fixed, fix } from "../../src/fix/fix.js";
import { lintWith } from "../../src/lint.js";
import { validators } from "../../src/validators.js";
import { fixtures } from "../build/fixtures.js";
import { describeProofs } from "../daemons/available.js";
import { copyFixture, start } from "../daemons/bench.js";
import { type Fixture, fixturesOf } from "../daemons/prove.js";
import { fixtureConfig } from "../support/lint.js";
import { runs, sample, saySample } from "../support/sample.js";
import { tree } from "../support/tree.js";

/** Every way of every finding applied at once, on the fixtures: nothing is left to do, and the daemons start. */

const NONE: ReadonlyMap<string, string> = new Map();
const SAFE: ReadonlySet<Safety> = new Set(["safe"]);
const ALL: ReadonlySet<Safety> = new Set(["safe", "review"]);

function linted(directory: string, texts: ReadonlyMap<string, string>): LintResult {
  const config = fixtureConfig(directory);
  const outcome = lintWith(rules, validators, {
    paths: [directory],
    workingDirectory: directory,
    config,
    texts,
  });
  if (outcome.kind === "refused") throw new Error(outcome.refusal.message);
  return outcome.result;
}

const fixed = (directory: string, allowed: ReadonlySet<Safety>): Fixed =>
  fix(linted(directory, NONE), (texts) => linted(directory, texts), allowed);

const afterwards = ({ files }: Fixed): ReadonlyMap<string, string> =>
  new Map([...files].map(([name, { after }]) => [name, after]));

const bad = rules.flatMap(({ id }) => fixturesOf(id, fixtures()).filter(({ kind }) => kind === "bad"));
const tried = sample(bad, runs(300), "fix");

const nameOf = ({ dir }: Fixture): string => path.relative(fixtures(), dir);

beforeAll(() => saySample("fixtures that are fixed", tried.length, bad.length));

/** Fixtures where a way that was applied leaves a finding of the same name, and why. */
const stays: Readonly<Record<string, string>> = {
  "fastcgi/unused-setting/bad-in-front":
    "what is applied for another finding brings it back, and three rounds do not settle it",
  "fastcgi/unused-setting/bad-overridden":
    "what is applied for another finding brings it back, and three rounds do not settle it",
  "timeout/read-below-terminate/bad-held-long":
    "what is applied for another finding brings it back, and three rounds do not settle it",
  "timeout/read-below-terminate/bad-no-limit-zero":
    "what is applied for another finding brings it back, and three rounds do not settle it",
  "timeout/terminate-below-read/bad-auth-request":
    "what is applied for another finding brings it back, and three rounds do not settle it",
  "buffer/busy-size-invalid/bad-nested-location":
    "two locations of one name: what is fixed for the inner one is found at the outer one afterwards",
};

test.each(["safe", "review"] as const)(
  "--fix, %s: what was applied is gone, and nothing is left to apply",
  (level) => {
    const allowed = level === "safe" ? SAFE : ALL;
    let applied = 0;
    const still: string[] = [];
    const changing: string[] = [];
    for (const fixture of tried) {
      const once = fixed(fixture.dir, allowed);
      applied += once.applied.length;
      const left = new Set(once.result.findings.map(({ fingerprint }) => fingerprint));
      const name = nameOf(fixture);
      if (once.applied.some((one) => left.has(one.fingerprint)) && stays[name] === undefined)
        still.push(name);
      const texts = afterwards(once);
      const again = fix(
        linted(fixture.dir, texts),
        (more) => linted(fixture.dir, new Map([...texts, ...more])),
        allowed,
      );
      if (again.files.size > 0 && stays[name] === undefined) changing.push(name);
    }
    expect({ still, changing }).toEqual({ still: [], changing: [] });
    expect(applied).toBeGreaterThan(level === "safe" ? 2 : 35);
  },
);

describe("what surrounds a change stays", () => {
  const { put, lint } = tree();
  const host = (conf: string): LintResult => {
    put({ "etc/nginx/nginx.conf": conf });
    return lint(["etc"]);
  };
  const text = (conf: string, allowed = ALL): string => {
    const answer = fix(host(conf), (texts) => lint(["etc"], { texts }), allowed);
    return answer.files.get("etc/nginx/nginx.conf")?.after ?? conf;
  };

  test("comments, indentation and line ends", () => {
    const conf =
      "events {}\r\nhttp {\r\n\tserver {\r\n\t\t# kept\r\n\t\tclient_max_body_size 10MB; # kept, too\r\n\t}\r\n}\r\n";
    const after = text(conf);
    expect(after).not.toBe(conf);
    expect(after.replaceAll("\r\n", "")).not.toContain("\n");
    expect(after).toContain("\t\t# kept\r\n");
    expect(after).toContain("; # kept, too\r\n");
  });

  test("a file without a fault is not touched", () => {
    const conf = "events {}\nhttp {\n  server {\n    listen 80;\n  }\n}\n";
    expect(text(conf)).toBe(conf);
  });
});

describe("a pool with an open port moves to a loopback address", () => {
  const { put, lint } = tree();

  test.each([
    ["127.0.0.1:9000", "9000", "127.0.0.1:9000"],
    ["[::1]:9000", "9000", "[::1]:9000"],
    ["127.0.0.1:9000", "[::]:9000", "127.0.0.1:9000"],
    ["localhost:9000", "[::]:9000", "[::1]:9000"],
    // nginx gets to it by no other address.
    ["10.0.0.5:9000", "10.0.0.5:9000", "10.0.0.5:9000"],
    ["10.0.0.5:9000", "9000", "9000"],
  ])("that nginx gets to: fastcgi_pass %s, listen = %s", (pass, listen, after) => {
    const pool = "etc/php/8.2/fpm/pool.d/www.conf";
    put({
      "etc/nginx/nginx.conf": `events {}\nhttp {\n  server {\n    location ~ \\.php$ {\n      fastcgi_pass ${pass};\n    }\n  }\n}\n`,
      [pool]: `[www]\nuser = www-data\nlisten = ${listen}\npm = static\npm.max_children = 4\n`,
    });
    const first = lint(["etc"]);
    expect(first.findings.map(({ rule }) => rule)).toContain("socket/public-port");
    const { files } = fix(first, (texts) => lint(["etc"], { texts }), ALL);
    expect(files.get(pool)?.after ?? `listen = ${listen}\n`).toContain(`listen = ${after}\n`);
  });
});

describeProofs("the daemons start with what was fixed", (proof) => {
  for (const fixture of sample(bad, runs(60), "fix proofs")) {
    if (fixture.unproved !== null) continue;
    proof(nameOf(fixture), async () => {
      const { files, result } = fixed(fixture.dir, ALL);
      // What is left at the start of a daemon only a person can mend.
      if (result.findings.some(({ symptom }) => symptom?.when === "start")) return;
      const directory = fs.mkdtempSync("/tmp/fl-fix-");
      try {
        const root = path.join(directory, fixture.name);
        fs.cpSync(fixture.dir, root, { recursive: true, verbatimSymlinks: true });
        for (const [name, { after }] of files) fs.writeFileSync(path.join(root, name), after);
        const running = await start(await copyFixture(root));
        try {
          // A package of a module that the fixture loads need not be installed where the tests run.
          if (/dlopen\(\) "[^"]*" failed .*No such file/.test(running.output)) return;
          expect(running.started, running.output).toBe(true);
        } finally {
          await running.stop();
        }
      } finally {
        fs.rmSync(directory, { recursive: true, force: true });
      }
    });
  }
});

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { noOptions, type Rule } from "../../src/engine/rule.js";
import { createValidators } from "../../src/engine/validate.js";
import { runCommand } from "../support/run-command.js";

/** Says of each pool which PHP its master is taken for. */
const told: Rule = {
  id: "invented/version",
  cases: { only: { severity: "info", symptom: null, summary: "a version" } },
  docs: {
    title: "tells the version",
    fires: ["ever"],
    why: "Why.",
    instead: "Instead.",
    references: ["https://www.php.net/"],
  },
  about: "host",
  reads: [],
  asksDisk: false,
  options: noOptions,
  proof: { kind: "none", reason: "invented" },
  *check(host) {
    for (const pool of host.pools) {
      yield {
        case: "only",
        certain: true,
        settle: null,
        message: `pool [${pool.name}] is of PHP ${pool.master.phpVersion ?? "unknown"}`,
        at: pool.section,
        label: null,
        link: [],
        related: [],
        effect: "nothing happens",
        help: { ways: [], notes: ["write something else"] },
        names: [pool.name],
      };
    }
  },
};

let top = "";

beforeEach(() => {
  top = mkdtempSync(join(tmpdir(), "fpmlint-version-"));
  put("etc/php-fpm.conf", "[global]\ninclude = /etc/php-fpm.d/*.conf\n");
  put("etc/php-fpm.d/www.conf", "[www]\nlisten = 9000\npm = static\npm.max_children = 1\n");
});

afterEach(() => {
  rmSync(top, { recursive: true });
});

function put(path: string, text: string): void {
  mkdirSync(dirname(join(top, path)), { recursive: true });
  writeFileSync(join(top, path), text);
}

function run(...words: readonly string[]) {
  return runCommand(["etc", "-q", ...words], {
    rules: [told],
    validators: createValidators([told]),
    workingDirectory: top,
  });
}

test("nothing tells the version of a path without one", async () => {
  expect((await run()).out).toContain("pool [www] is of PHP unknown");
});

test.each([
  [["--php-version", "8.3"], "8.3"],
  [["--php-version=8.3"], "8.3"],
  [["--php-version", "7.4.33"], "7.4.33"],
  [["--php-version", "8.1", "--php-version", "8.3"], "8.3"],
])("%j tells it", async (words, version) => {
  const { status, out } = await run(...words);
  expect(status).toBe(0);
  expect(out).toContain(`pool [www] is of PHP ${version} `);
});

test("the path wins", async () => {
  put("etc/php/8.2/fpm/php-fpm.conf", "[shop]\nlisten = 9001\npm = static\npm.max_children = 1\n");
  const { out } = await run("--php-version", "7.4");
  expect(out).toContain("pool [shop] is of PHP 8.2 ");
  expect(out).toContain("pool [www] is of PHP 7.4 ");
});

test.each(["8", "8.x", "php8.3", "8.3.", "", "8.3.4.5", "v8.3"])("%j is no version", async (word) => {
  const { status, out, err } = await run("--php-version", word);
  expect(status).toBe(2);
  expect(out).toBe("");
  expect(err).toMatch(/^fpmlint: --php-version .* is not a version such as 8\.3/);
});

test("a version is wanted", async () => {
  expect((await run("--php-version")).status).toBe(2);
});

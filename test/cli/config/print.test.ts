import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { rules } from "../../../rules/index.js";
import { commandIn, type Ran } from "../../support/run-command.js";
import { tree } from "../../support/tree.js";
import { RULE, site } from "./support/site.js";

/** `--print-config PATH`. */

const { top, put } = tree();

const run = (words: string, directory = ""): Promise<Ran> =>
  commandIn(join(top(), directory), words.split(" "));

const FILE = `{
  // The team's.
  "extends": "ci/base.json",
  "memory": "8G",
  "rules": {
    "timeout/*": "off"
  },
  "ignore": ["etc/php", "*.bak"],
  "overrides": [
    { "files": ["etc/nginx/sites/b"], "rules": { "${RULE}": "info" } }
  ],
}
`;
const BASE = `{ "failOn": "error", "rules": {
  "buffer/header-too-small": ["warning", { "minimum": "16k" }]
} }
`;

const planted = (): void => put({ ...site(), "fpmlint.json": FILE, "ci/base.json": BASE });

test("shows what holds, and which line says so", async () => {
  planted();
  const { status, out, err } = await run("--print-config etc/nginx/sites/b --nginx-version 1.22.1");
  expect({ status, err }).toEqual({ status: 0, err: "" });
  const lines = out.split("\n").map((line) => line.trimEnd());
  expect(lines).toContain("etc/nginx/sites/b: fpmlint.json, which extends ci/base.json");
  expect(lines).toContain("failOn        error   ci/base.json:1:13");
  expect(lines).toContain("nginxVersion  1.22.1  --nginx-version 1.22.1");
  expect(lines).toContain("memory        8G      fpmlint.json:4:13");
  expect(out).toMatch(/^buffer\/header-too-small +warning \{"minimum":"16k"\} +ci\/base.json:2:30$/m);
  expect(out).toMatch(/^timeout\/read-zero +info +fpmlint.json:10:71$/m);
  expect(out).toMatch(/^timeout\/read-below-terminate +off +fpmlint.json:6:18$/m);
  const timeouts = rules.filter(({ id }) => id.startsWith("timeout/")).length;
  expect(out).toContain(`the other ${rules.length - timeouts - 1} rules: on`);
});

test("the path decides: overrides, and what is ignored", async () => {
  planted();
  expect((await run("--print-config etc/nginx/sites/a")).out).toMatch(
    /^timeout\/read-zero +off +fpmlint.json:6:18$/m,
  );
  const { out } = await run("--print-config etc/php/8.2/fpm/php-fpm.conf");
  expect(out).toMatch(/^ignored +findings here are not reported: etc\/php +fpmlint.json:8:14$/m);
});

test("the command line wins", async () => {
  planted();
  const { out } = await run(`--print-config etc --rule ${RULE}=error --rule *=on --fail-on never`);
  expect(out).toMatch(/^failOn +never +--fail-on never$/m);
  expect(out).toMatch(/^timeout\/read-zero +on +--rule \*=on$/m);
  expect(out).toMatch(/^buffer\/header-too-small +on \{"minimum":"16k"\} +--rule \*=on$/m);
});

test("without any file it says so", async () => {
  put(site());
  expect((await run("--print-config etc")).out).toBe(
    "etc: no fpmlint.json\n\nfailOn  warning  the default\n\nevery rule: on, with the severities of fpmlint rules\n",
  );
});

test("as JSON every key is there", async () => {
  planted();
  const { out } = await run("--print-config etc/nginx/sites/b --format json");
  const printed = JSON.parse(out);
  expect(printed).toMatchObject({
    version: 1,
    path: "etc/nginx/sites/b",
    files: ["fpmlint.json", "ci/base.json"],
    ignored: null,
    settings: {
      failOn: { value: "error", from: { file: "ci/base.json", line: 1, column: 13 } },
      phpVersion: { value: null, from: null },
      hosts: { value: null, from: null },
    },
    rules: {
      [RULE]: { level: "info", options: null, from: { file: "fpmlint.json", line: 10, column: 71 } },
      "buffer/header-too-small": { level: "warning", options: { minimum: "16k" } },
      "pool/backlog": { level: "on", options: null, from: null },
    },
  });
  expect(Object.keys(printed.rules)).toEqual(rules.map(({ id }) => id));
  const ignored = await run("--print-config etc/php --format json");
  expect(JSON.parse(ignored.out).ignored).toEqual({
    pattern: "etc/php",
    from: { file: "fpmlint.json", line: 8, column: 14 },
  });
});

describe("refuses", () => {
  test.each([
    ["--print-config nothing", "nothing: no such file or directory"],
    ["--print-config etc .", "prints what holds for one path"],
    ["--print-config etc --print-config .", "prints what holds for one path"],
    ["--print-config etc --format sarif", "unknown format"],
    ["--print-config etc --ram 8Q", "is not a size"],
    ["--print-config etc --config nothing.json", "nothing.json: no such file or directory"],
    ["--print-config", "Not enough arguments"],
    ["--print-confg etc", "did you mean --print-config?"],
  ])("%s", async (words, said) => {
    put(site());
    const { status, out, err } = await run(words);
    expect({ status, out }).toEqual({ status: 2, out: "" });
    expect(err).toContain(said);
  });

  test("a file with a mistake in it", async () => {
    put({ ...site(), "fpmlint.json": '{ "failon": "error" }' });
    expect((await run("--print-config etc")).err).toBe(
      'fpmlint: fpmlint.json:1:3: failon: unknown key, did you mean "failOn"?\n',
    );
  });
});

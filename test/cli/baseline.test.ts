import * as fs from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { rules } from "../../rules/index.js";
import { validators } from "../../src/validators.js";
import { type Ran, runCommand } from "../support/run-command.js";
import { tree } from "../support/tree.js";

/** `--baseline` and `--update-baseline`. */

const { top, put } = tree();

const run = (...words: readonly string[]): Promise<Ran> =>
  runCommand(words, { rules, validators, workingDirectory: top() });

const site = (name: string, more = ""): string =>
  `server {\n  server_name ${name};\n  root /srv;\n  location ~ \\.php$ {\n    include fastcgi.conf;\n    try_files $uri =404;\n${more}    fastcgi_read_timeout 0;\n    fastcgi_pass 127.0.0.1:9000;\n  }\n}\n`;

function plant(sites: Readonly<Record<string, string>>): void {
  fs.rmSync(join(top(), "etc/nginx/sites"), { recursive: true, force: true });
  put({
    "etc/nginx/nginx.conf": "events {}\nhttp {\n  include /etc/nginx/sites/*;\n}\n",
    "etc/php/8.2/fpm/php-fpm.conf": "[www]\nlisten = 127.0.0.1:9000\npm = static\npm.max_children = 5\n",
    ...Object.fromEntries(Object.entries(sites).map(([name, text]) => [`etc/nginx/sites/${name}`, text])),
  });
}

const RULE = "timeout/read-zero";
const update = (): Promise<Ran> => run("etc", "--baseline", "known.json", "--update-baseline");
/** Without what was checked. */
const said = ({ err }: Ran): string => (err.includes("fpmlint:") ? err : "");
const check = (): Promise<Ran> => run("etc", "--baseline", "known.json", "--quiet");

test("what is known is not reported, and what is new is", async () => {
  plant({ a: site("a.example.com") });
  expect((await run("etc", "--quiet")).out).toContain(RULE);
  const first = await update();
  expect({ status: first.status, out: first.out.includes(RULE) }).toEqual({ status: 0, out: false });
  expect(first.err).toMatch(/^fpmlint: wrote known\.json with \d+ findings?$/m);
  const known = await check();
  expect({ status: known.status, said: said(known) }).toEqual({ status: 0, said: "" });
  expect(known.err).toMatch(/no findings, \d+ suppressed/);
  plant({ a: site("a.example.com"), b: site("b.example.com") });
  const more = await check();
  expect(more.status).toBe(1);
  expect(more.out).toContain("etc/nginx/sites/b:7:");
  expect(more.out).not.toContain("etc/nginx/sites/a:7:");
});

test("moved lines and renamed neighbours keep their entries", async () => {
  plant({ a: site("a.example.com"), b: site("b.example.com") });
  await update();
  plant({
    a: site("a.example.com", "    # moved\n\n    fastcgi_connect_timeout 5s;\n"),
    b: site("b.example.com"),
  });
  expect((await check()).status).toBe(0);
  plant({ a: site("a.example.com"), c: "server { listen 8080; }\n", b: site("b.example.com") });
  expect((await check()).status).toBe(0);
  plant({ a: site("a.example.com"), b: site("renamed.example.com") });
  const renamed = await check();
  expect(renamed.out).not.toContain("etc/nginx/sites/a:7:");
});

test("entries of what is gone are named, until the baseline is written again", async () => {
  plant({ a: site("a.example.com"), b: site("b.example.com") });
  await update();
  plant({ a: site("a.example.com") });
  const stale = await check();
  expect(stale.status).toBe(0);
  expect(stale.err).toMatch(/known\.json: \d+ entr(?:y|ies) of the baseline no longer found/);
  await update();
  expect(said(await check())).toBe("");
});

test("the file is the same whatever the order, and for people to read", async () => {
  plant({ a: site("a.example.com"), b: site("b.example.com") });
  await update();
  const first = fs.readFileSync(join(top(), "known.json"), "utf8");
  await update();
  expect(fs.readFileSync(join(top(), "known.json"), "utf8")).toBe(first);
  expect(JSON.parse(first)).toMatchObject({ version: 1 });
  expect(first).toContain('"rule": "timeout/read-zero"');
  expect(first).toContain('"file": "etc/nginx/sites/a"');
});

test("JSON says how many were known", async () => {
  plant({ a: site("a.example.com") });
  await update();
  const { out } = await run("etc", "--baseline", "known.json", "--format", "json");
  const { summary, findings } = JSON.parse(out) as { summary: { suppressed: number }; findings: unknown[] };
  expect(findings).toEqual([]);
  expect(summary.suppressed).toBeGreaterThan(0);
});

test("--fix does not touch what is known", async () => {
  plant({ a: site("a.example.com") });
  await update();
  await run("etc", "--baseline", "known.json", "--fix-review");
  expect(fs.readFileSync(join(top(), "etc/nginx/sites/a"), "utf8")).toContain("fastcgi_read_timeout 0;");
});

describe("what is refused", () => {
  test.each([
    ["no file", null, "no such file"],
    ["no JSON", "{", "is no baseline"],
    ["another document", '{"version":1,"findings":[{"rule":1}]}', "is no baseline"],
    ["a later version", '{"version":2,"findings":[]}', "is no baseline"],
    ["a list", "[]", "is no baseline"],
    ["null", "null", "is no baseline"],
  ])("%s", async (_, text, said) => {
    plant({ a: site("a.example.com") });
    if (text !== null) put({ "known.json": text });
    const ran = await check();
    expect(ran.status).toBe(2);
    expect(ran.err).toContain(said);
    expect(ran.err).toContain("known.json");
  });

  test("--update-baseline alone, and with --fix", async () => {
    plant({ a: site("a.example.com") });
    expect((await run("etc", "--update-baseline")).err).toContain("needs --baseline FILE");
    expect((await run("etc", "--baseline", "known.json", "--update-baseline", "--fix")).status).toBe(2);
    expect(fs.existsSync(join(top(), "known.json"))).toBe(false);
  });
});

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { unknownDirective } from "../../rules/nginx/unknown-directive.js";
import { createValidators } from "../../src/engine/validate.js";
import { runCommand } from "../support/run-command.js";

let top = "";

beforeEach(() => {
  top = mkdtempSync(join(tmpdir(), "fpmlint-version-"));
  mkdirSync(join(top, "etc/nginx"), { recursive: true });
  put("http2 on;");
});

afterEach(() => {
  rmSync(top, { recursive: true });
});

function put(lines: string): void {
  const text = `events { }\nhttp {\n    server {\n        listen 443;\n        ${lines}\n    }\n}\n`;
  writeFileSync(join(top, "etc/nginx/nginx.conf"), text);
}

function run(...words: readonly string[]) {
  return runCommand([...words, "--quiet", "etc"], {
    rules: [unknownDirective],
    validators: createValidators([unknownDirective]),
    workingDirectory: top,
  });
}

test("says nothing about what some version takes while none is given", async () => {
  expect((await run()).out).not.toContain("error");
});

test("says what the given version does not have yet", async () => {
  const { status, out } = await run("--nginx-version", "1.22.1");
  expect(out).toContain("error: nginx 1.22.1 has no directive http2, which was added in 1.25.1");
  expect(status).toBe(1);
});

test("says nothing about what the given version has", async () => {
  expect((await run("--nginx-version", "1.25.1")).status).toBe(0);
  expect((await run("--nginx-version=1.31.0")).status).toBe(0);
});

test("says what the given version no longer has", async () => {
  put("ssl on;");
  expect((await run("--nginx-version", "1.22.1")).status).toBe(0);
  const { out } = await run("--nginx-version", "1.26.0");
  expect(out).toContain("nginx 1.26.0 has no directive ssl, which was removed in 1.25.1");
});

test("of two the last one counts", async () => {
  expect((await run("--nginx-version", "1.22.1", "--nginx-version", "1.29.0")).status).toBe(0);
});

test.each(["1.22", "nginx/1.22.1", "", "1.22.1-1", "latest"])("refuses %j", async (version) => {
  const { status, err } = await run(`--nginx-version=${version}`);
  expect(status).toBe(2);
  expect(err).toContain("is not a version such as 1.22.1");
});

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { rules } from "../../rules/index.js";
import { validators } from "../../src/validators.js";
import { runCommand } from "../support/run-command.js";

let root = "";
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "fpmlint-mixed-"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

async function causesOf(lines: readonly string[]): Promise<unknown> {
  writeFileSync(join(root, "c.log"), `${lines.join("\n")}\n`);
  const { out } = await runCommand(["diagnose", "c.log", "--format", "json"], {
    rules,
    validators,
    workingDirectory: root,
  });
  return JSON.parse(out);
}

const asDocker = (line: string): string =>
  JSON.stringify({ log: `${line}\n`, stream: "stderr", time: "2026-11-28T10:00:00.5Z" });
const WAYS = [["as it is", (line: string) => line] as const, ["as Docker keeps it", asDocker] as const];

describe.each(WAYS)("what a container prints, %s", (_, printed) => {
  test("of nginx has both logs in it, whichever comes first", async () => {
    const access = (status: number): string =>
      `203.0.113.7 - - [28/Nov/2026:10:00:00 +0000] "GET /index.php HTTP/1.1" ${status} 12 "-" "curl/8.5.0"`;
    const error =
      '2026/11/28 10:00:00 [error] 7#7: *1 connect() failed (111: Connection refused) while connecting to upstream, client: 203.0.113.7, server: shop.example, request: "GET /index.php HTTP/1.1", upstream: "fastcgi://172.18.0.3:9000", host: "shop.example"';
    const lines = [access(200), error, access(502), access(200)].map(printed);
    const expected = {
      lost: 1,
      requests: 3,
      causes: [{ id: "fpm-down", groups: [{ signature: "port-refused", server: "shop.example" }] }],
    };
    expect(await causesOf(lines)).toMatchObject(expected);
    expect(await causesOf([...lines.slice(1), ...lines.slice(0, 1)])).toMatchObject(expected);
  });

  test("of PHP-FPM has its access log, its slow log and its errors in it, whichever comes first", async () => {
    const lines = [
      '172.18.0.2 -  28/Nov/2026:10:00:00 +0000 "GET /index.php" 200',
      "[28-Nov-2026 10:00:04] WARNING: [pool www] server reached pm.max_children setting (5), consider raising it",
      "[28-Nov-2026 10:00:05]  [pool www] pid 12",
      "script_filename = /srv/shop/index.php",
      "[0x00007f5b5a0130c0] curl_exec() /srv/shop/src/Http.php:7",
      '172.18.0.2 -  28/Nov/2026:10:00:06 +0000 "GET /index.php" 200',
    ].map(printed);
    for (const from of [0, 1, 2]) {
      const moved = [...lines.slice(from), ...lines.slice(0, from)];
      expect(await causesOf(moved)).toMatchObject({ requests: 2, pools: [{ name: "www", full: 1 }] });
    }
  });
});

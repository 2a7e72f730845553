import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { AccessFormat } from "../../src/logs/access.js";
import { AccessFormats, formatOfJson } from "../../src/logs/access-formats.js";
import { toWall } from "../../src/logs/time.js";
import { commandIn } from "../support/run-command.js";
import { runs } from "../support/sample.js";

const AT = Date.UTC(2026, 10, 30, 1, 9, 50);

let dir = "";
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), "fpmlint-formats-"));
});
afterEach(() => rmSync(dir, { recursive: true }));

function put(path: string, text: string | Buffer): void {
  mkdirSync(dirname(join(dir, path)), { recursive: true });
  writeFileSync(join(dir, path), text);
}

async function lostIn(...words: readonly string[]): Promise<unknown> {
  const { out } = await commandIn(dir, ["diagnose", ...words, "--format", "json"]);
  const { requests, statuses } = JSON.parse(out) as {
    requests: number;
    statuses: readonly { status: number; count: number }[];
  };
  return [requests, ...statuses.map(({ status, count }) => [status, count])];
}

describe("an access log in JSON", () => {
  const nginxs = (status: number, second = 50): string =>
    JSON.stringify({
      time_iso8601: `2026-11-30T01:09:${second}+00:00`,
      request: 'GET /a?b="c" HTTP/1.1',
      status: String(status),
      request_time: "0.001",
      http_user_agent: 'curl "x"',
    });
  const others = (status: number): string =>
    `{ "@timestamp": "2026-11-30T01:09:50+00:00", "nginx": {"method": "GET", "url": "/a?b", "status_code": ${status}}, "upstream": "-" }`;

  test("tells its format, whatever its fields are called", () => {
    for (const line of [nginxs(502), others(502)]) {
      const found = new AccessFormat(formatOfJson(line) ?? "").read(line);
      expect(found, line).toMatchObject({ status: 502, method: "GET", path: "/a", time: AT });
    }
    const seconds = '{"time":1790000000.123,"request_uri":"/a","status":502}';
    expect(new AccessFormat(formatOfJson(seconds) ?? "").read(seconds)?.time).toBe(toWall(1_790_000_000_000));
  });

  test.each([
    '{"level":"error","msg":"it took 500 ms","ts":"2026-11-30T01:09:50Z"}',
    '{"status":"ok","time":"2026-11-30T01:09:50Z"}x',
    '{"status":502,"path":"/a"}',
    '{"time":"2026-11-30T01:09:50+0000","pool":"www","uri":"/a.php","status":502,"memory":2097152}',
    "{}",
    "hello",
  ])("what is none stays none: %s", (line) => {
    const format = formatOfJson(line);
    expect(format === null ? null : new AccessFormat(format).read(line)).toBeNull();
  });

  test("each line that differs in its values alone has the format of the first", () => {
    const value = fc.string({
      unit: fc.constantFrom("a", '"', "\\", "{", ":", ",", " ", "$", "\u00e9"),
      maxLength: 12,
    });
    fc.assert(
      fc.property(value, value, fc.constantFrom(200, 404, 502), (agent, referrer, status) => {
        const line = (a: string, b: string, of: number): string =>
          JSON.stringify({
            time_local: "30/Nov/2026:01:09:50 +0000",
            a,
            status: String(of),
            b,
            request: "GET /x HTTP/1.1",
          });
        const formats = new AccessFormats([]);
        expect(formats.read(line("-", "-", 200))?.status).toBe(200);
        expect(formats.read(line(agent, referrer, status))).toMatchObject({ status, path: "/x", time: AT });
      }),
      { numRuns: runs(300, 60) },
    );
  });

  test("is read without the configuration, alone and between other lines", async () => {
    put("a.log", `${nginxs(200)}\n${nginxs(502)}\n${nginxs(504)}\n`);
    put("access.json", `${others(200)}\n${others(502)}\n`);
    put("c.log", `/docker-entrypoint.sh: ready\n${others(200)}\n${nginxs(502)}\n`);
    expect(await lostIn("a.log")).toEqual([3, [502, 1], [504, 1]]);
    expect(await lostIn("access.json")).toEqual([2, [502, 1]]);
    expect(await lostIn("c.log")).toEqual([2, [502, 1]]);
  });
});

test("what a container prints is read in a format of the configuration", async () => {
  put(
    "etc/nginx/nginx.conf",
    "events {}\nhttp {\n  log_format own '$msec|$host|$request_method|$request_uri|$status';\n  access_log /dev/stdout own;\n  server { listen 80; }\n}\n",
  );
  const line = (status: number): string => `1790000000.123|a|GET|/x?y|${status}`;
  const log = `${line(200)}\n${line(502)}\n`;
  put("a.log", log);
  put("b.log", `/docker-entrypoint.sh: ready\n${log}`);
  expect(await lostIn("a.log", "etc")).toEqual([2, [502, 1]]);
  expect(await lostIn("b.log", "etc")).toEqual([2, [502, 1]]);
});

test("the mark with which Windows begins a text is no part of its first line", async () => {
  const line =
    '2026/11/30 01:09:50 [error] 7#7: *1 connect() failed (111: Connection refused) while connecting to upstream, client: 192.0.2.1, server: a, request: "GET /a HTTP/1.1", upstream: "fastcgi://127.0.0.1:9000", host: "a"';
  put("e.log", `\ufeff${line}\r\n`);
  const { out } = await commandIn(dir, ["diagnose", "e.log", "--format", "json"]);
  expect(JSON.parse(out)).toMatchObject({ lost: 1 });
});

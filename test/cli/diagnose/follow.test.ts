import { spawn } from "node:child_process";
import { appendFileSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { built } from "../support/built.js";

const line = (second: number, message: string): string =>
  `2026/11/28 12:00:${String(second).padStart(2, "0")} [error] 7#7: *1 ${message}, client: 203.0.113.77, server: shop.example, request: "GET /index.php HTTP/1.1", upstream: "fastcgi://unix:/run/php/shop.sock:", host: "shop.example"\n`;
const REFUSED =
  "connect() to unix:/run/php/shop.sock failed (111: Connection refused) while connecting to upstream";
const HEADER = "upstream sent too big header while reading response header from upstream";
const TIMED_OUT =
  "upstream timed out (110: Connection timed out) while reading response header from upstream";
const TOO_LARGE = "client intended to send too large body: 2000000 bytes";
const CYCLE = 'rewrite or internal redirection cycle while processing "/x"';

const LIMITED = 'limiting requests, excess: 1.0 by zone "few"';

test("--follow says each new cause once, through lines in halves, rotation and truncation", async () => {
  const root = mkdtempSync(join(tmpdir(), "fpmlint-follow-"));
  const log = join(root, "e.log");
  // The last line is being written.
  writeFileSync(log, line(1, REFUSED) + line(2, HEADER).slice(0, 50));
  const child = spawn(process.execPath, [built, "diagnose", "e.log", "--follow"], { cwd: root });
  let out = "";
  child.stdout.on("data", (piece: Buffer) => (out += piece.toString()));
  const seen = async (words: string): Promise<void> => {
    for (let tries = 0; tries < 400 && !out.includes(words); tries += 1)
      await new Promise((wake) => setTimeout(wake, 50));
    expect(out).toContain(words);
  };
  try {
    await seen("1 request failed");
    appendFileSync(log, line(2, HEADER).slice(50));
    await seen("12:00:02 1 request: the header of the answer does not fit into fastcgi_buffer_size");
    renameSync(log, join(root, "e.log.1"));
    // nginx writes there until it is told to open its logs anew, and what it wrote last may not have been read yet.
    appendFileSync(join(root, "e.log.1"), line(2, TIMED_OUT));
    await seen("12:00:02 1 request: the script waits");
    writeFileSync(log, line(3, CYCLE) + line(3, CYCLE));
    await seen("12:00:03 2 requests: the file that try_files or error_page falls back to does not exist");
    appendFileSync(join(root, "e.log.1"), line(3, TOO_LARGE));
    await seen("12:00:03 1 request: ");
    writeFileSync(log, line(4, LIMITED));
    await seen("12:00:04 1 request: limit_req or limit_conn refused the request");
    appendFileSync(log, line(5, REFUSED).repeat(12));
    await seen("12:00:05 13 requests: PHP-FPM is not running");
    expect(out.match(/fastcgi_buffer_size/g)).toHaveLength(1);
    expect(out).not.toContain("203.0.113.77");
  } finally {
    child.kill("SIGINT");
    await new Promise((done) => child.once("exit", done));
    rmSync(root, { recursive: true });
  }
});

test("--follow ends when nobody reads any more what it prints", async () => {
  const root = mkdtempSync(join(tmpdir(), "fpmlint-follow-"));
  const log = join(root, "e.log");
  writeFileSync(log, line(1, REFUSED));
  const child = spawn(process.execPath, [built, "diagnose", "e.log", "--follow"], { cwd: root });
  const ended = new Promise((done) => child.once("exit", done));
  try {
    await new Promise((read) => child.stdout.once("data", read));
    child.stdout.destroy();
    appendFileSync(log, line(2, HEADER));
    expect(await ended).toBe(0);
  } finally {
    child.kill("SIGKILL");
    rmSync(root, { recursive: true });
  }
});

import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { afterAll, expect, test } from "vitest";
import { askPage } from "../../src/cli/fastcgi.js";

/** Pages of PHP-FPM itself, asked for where it answers as 8.2 does while another has the table of workers. */

const dir = mkdtempSync("/tmp/fpmlint-fastcgi-");
const LOCKED = "Internal error. Please review log file for errors.";
let asked = 0;
let locked = 0;
const server = createServer((socket) => {
  socket.once("data", () => {
    asked += 1;
    const body = Buffer.from(
      `Status: ${asked > locked ? "200 OK" : "500"}\r\n\r\n${asked > locked ? "{}" : LOCKED}`,
    );
    const head = Buffer.from([1, 6, 0, 1, 0, 0, 0, 0]);
    head.writeUInt16BE(body.length, 4);
    socket.end(Buffer.concat([head, body]));
  });
});
const path = `${dir}/fpm.sock`;
await new Promise<void>((resolve) => {
  server.listen(path, resolve);
});
afterAll(() => {
  server.close();
  rmSync(dir, { recursive: true });
});

test.for([
  { name: "at once", times: 0, text: "{}", questions: 1 },
  { name: "after others had the table", times: 3, text: "{}", questions: 4 },
  { name: "never, where the table stays locked", times: 1000, text: null, questions: 5 },
])("a page answers $name", async ({ times, text, questions }) => {
  [asked, locked] = [0, times];
  expect(await askPage({ path }, "/status", "json&full", 60_000)).toBe(text);
  expect(asked).toBe(questions);
});

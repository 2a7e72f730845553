import * as fs from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { expect } from "vitest";
import { rules } from "../../rules/index.js";
import { validators } from "../../src/validators.js";
import { describeProofs } from "../daemons/available.js";
import { type Copy, copyFixture, start } from "../daemons/bench.js";
import { runCommand } from "../support/run-command.js";
import { DEBIAN, withTree } from "../support/tree.js";

/** Which requests nginx refuses for their length, to the byte: the trace says what nginx answers. */

const SITES = `client_header_buffer_size 1k;
server {
  listen 8080 default_server;
  server_name one;
  large_client_header_buffers 2 2k;
  location / { return 200 one; }
}
server {
  listen 8080;
  server_name two;
  client_header_buffer_size 8k;
  large_client_header_buffers 3 1500;
  location / { return 200 two; }
}
server {
  listen 8081;
  server_name three;
  client_header_buffer_size 5000;
  large_client_header_buffers 2 2k;
  error_page 414 =418 /long;
  error_page 494 /header;
  location / { return 200 three; }
  location = /header { return 200 header; }
}
server {
  listen 8082;
  server_name four;
  error_page 400 414 /page;
  location / { return 200 four; }
  location = /page { return 420; }
}
`;

interface Sent {
  readonly port: number;
  readonly target: string;
  readonly headers: readonly string[];
}

/** A target of so many bytes. */
const long = (bytes: number): string => `/${"a".repeat(bytes - 1)}`;
/** A header of so many bytes, without the end of its line. */
const header = (name: string, bytes: number): string => `${name}: ${"b".repeat(bytes - name.length - 2)}`;

/** `GET`, `HTTP/1.1`, two blanks and the end of the line. */
const REST = 15;
const around = (bytes: number): readonly number[] => [bytes - 1, bytes, bytes + 1];

const CASES: readonly Sent[] = [
  ...[
    [8080, "one", 2048],
    [8081, "three", 5000],
    [8082, "four", 8192],
  ].flatMap(([port, host, most]) =>
    around(Number(most)).map((bytes) => ({
      port: Number(port),
      target: long(bytes - REST),
      headers: [`Host: ${host}`],
    })),
  ),
  // One line of the header.
  ...(
    [
      [8080, "one", 2048],
      [8080, "two", 1500],
      [8081, "three", 5000 - 16 - 13],
      [8081, "three", 2048],
      [8082, "four", 8192],
    ] as const
  ).flatMap(([port, host, most]) =>
    around(most).map((bytes) => ({
      port,
      target: "/",
      headers: [`Host: ${host}`, header("X-A", bytes - 2)],
    })),
  ),
  // The name comes after the line that is too long.
  ...around(2048).map((bytes) => ({
    port: 8080,
    target: "/",
    headers: [header("X-A", bytes - 2), "Host: two"],
  })),
  // All lines together, each in what the one before left.
  ...[1, 2, 3, 4, 5].flatMap((lines) =>
    ["one", "two"].map((host) => ({
      port: 8080,
      target: "/x",
      headers: [`Host: ${host}`, ...Array.from({ length: lines }, (_, at) => header(`X-${at}`, 1200))],
    })),
  ),
  ...[680, 700, 720, 740, 760, 1021, 1023].map((bytes) => ({
    port: 8080,
    target: long(600),
    headers: ["Host: one", ...Array.from({ length: 6 }, (_, at) => header(`X-${at}`, bytes))],
  })),
];

/** The status line that nginx answers; nginx may close before everything is sent. */
function status(port: number, { target, headers }: Sent): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1");
    let text = "";
    socket.setEncoding("latin1");
    socket.on("data", (part: string) => {
      text += part;
      const found = /^HTTP\/1\.1 (\d+)/.exec(text);
      if (found === null) return;
      socket.destroy();
      resolve(Number(found[1]));
    });
    socket.on("error", reject);
    socket.on("end", () => reject(new Error(`no answer: ${text}`)));
    socket.write(`GET ${target} HTTP/1.1\r\n${headers.map((one) => `${one}\r\n`).join("")}\r\n`);
  });
}

async function traced(root: string, port: number, { target, headers }: Sent): Promise<number | null> {
  const words = headers.flatMap((one) => ["--header", one]);
  const { out, err } = await runCommand(
    ["trace", `http://x:${port}${target}`, join(root, "etc"), "--format", "json", ...words],
    { rules, validators, workingDirectory: root },
  );
  expect(err).toBe("");
  const { ways } = JSON.parse(out) as { readonly ways: readonly { outcome: { status: number | null } }[] };
  expect(ways).toHaveLength(1);
  return ways[0]?.outcome.status ?? null;
}

describeProofs("requests that are too long", (proof) => {
  proof("get the status that nginx gives them", async () => {
    let copy: Copy | null = null;
    await withTree(async ({ top, put }) => {
      put({ ...DEBIAN, "etc/nginx/sites-enabled/a": SITES });
      copy = await copyFixture(top());
    });
    if (copy === null) throw new Error("no copy was made");
    const { root } = copy as Copy;
    const main = join(root, "etc/nginx/nginx.conf");
    fs.writeFileSync(main, fs.readFileSync(main, "utf8").replace(/^user .*;/m, "user www-data;"));
    const running = await start(copy);
    try {
      expect(running.started, running.output).toBe(true);
      const seen = new Set<number | null>();
      for (const sent of CASES) {
        const port = running.copy.ports.get(sent.port) ?? sent.port;
        const answer = await status(port, sent);
        seen.add(answer);
        const name = `${sent.port} ${sent.target.length} ${sent.headers.map((one) => `${one.slice(0, 9)}… ${one.length}`).join(", ")}`;
        expect([name, await traced(root, port, sent)]).toEqual([name, answer]);
      }
      expect([...seen].sort()).toEqual([200, 400, 414, 418, 420]);
    } finally {
      await running.stop();
    }
  });
});

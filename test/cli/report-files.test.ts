import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Opened, readDescriptor } from "../../src/host/door.js";
import { commandIn, type Ran } from "../support/run-command.js";
import { bash } from "./support/built.js";

let top = "";
beforeEach(() => {
  top = fs.mkdtempSync(join(tmpdir(), "fpmlint-report-"));
});
afterEach(() => {
  fs.rmSync(top, { recursive: true, force: true });
});

const at = (name: string): string => join(top, name);
const text = (name: string): string => fs.readFileSync(at(name), "utf8");

describe("--format NAME=FILE", () => {
  const NGINX = "events {}\nhttp { server { listen 80; } }\n";
  const run = (line: string, standardInput?: () => Opened): Promise<Ran> =>
    commandIn(top, line.split(" "), standardInput === undefined ? {} : { standardInput });
  const shell = (line: string) => bash(line, top);

  beforeEach(() => {
    fs.mkdirSync(at("etc/nginx"), { recursive: true });
    fs.writeFileSync(at("etc/nginx/nginx.conf"), NGINX);
    fs.writeFileSync(at("fpmlint.json"), "{}");
    fs.writeFileSync(at("mine.json"), "{}");
  });

  test.each([
    ["etc", "etc/nginx/nginx.conf"],
    ["etc", "fpmlint.json"],
    ["etc --config mine.json", "mine.json"],
    ["etc", "other.conf"],
    ["-", "dump"],
  ])("%s: never over %s, which it reads", async (words, name) => {
    fs.linkSync(at("etc/nginx/nginx.conf"), at("other.conf"));
    fs.writeFileSync(at("dump"), `# configuration file /etc/nginx/nginx.conf:\n${NGINX}`);
    const before = text(name);
    const descriptor = fs.openSync(at("dump"), "r");
    const ran = await run(`--format json=${name} ${words}`, () => readDescriptor(descriptor));
    fs.closeSync(descriptor);
    expect(ran).toEqual({
      status: 2,
      out: "",
      err: `fpmlint: ${name}: was read in this run, and the report would replace it\n`,
    });
    expect(text(name)).toBe(before);
  });

  test("never over the samples either", async () => {
    fs.writeFileSync(at("ps"), "61440\n");
    const { status } = await run("capacity --ram 4G --samples ps --format json=ps");
    expect({ status, text: text("ps") }).toEqual({ status: 2, text: "61440\n" });
  });

  test("goes to what is open already, and to devices", async () => {
    for (const line of [
      "node $F etc --format json=/dev/stdout",
      "node $F etc --format json=/dev/fd/3 3>&1",
      "node $F etc --format json=/dev/stdout | cat",
      "node $F etc --format json=>(cat) | cat",
      "node $F etc --format json=/dev/stderr 2>&1",
    ])
      expect(JSON.parse(shell(line).out)).toMatchObject({ version: 1 });
    expect(await run("etc --format json=/dev/null")).toEqual({ status: 0, out: "", err: "" });
    expect(fs.lstatSync("/dev/null").isCharacterDevice()).toBe(true);
    expect(await run("etc --format json=/dev/full")).toEqual({
      status: 2,
      out: "",
      err: "fpmlint: /dev/full: no space left on device\n",
    });
  });

  test("does not hang on a named pipe, and does not follow a link of the checkout", async () => {
    spawnSync("mkfifo", [at("fifo")]);
    // A run that waits must not keep this process waiting.
    expect(shell("node $F etc --format json=fifo")).toMatchObject({ status: 2, out: "" });
    fs.symlinkSync("mine.json", at("report.json"));
    expect(await run("etc --format json=report.json")).toMatchObject({ status: 2, out: "" });
    expect(text("mine.json")).toBe("{}");
  });
});

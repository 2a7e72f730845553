import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readDescriptor } from "../../src/host/door.js";
import { commandIn } from "../support/run-command.js";
import { type BuiltRun, bash } from "./support/built.js";

let top = "";
beforeAll(() => {
  top = mkdtempSync(join(tmpdir(), "fpmlint-stdin-"));
  const site = "# more than a pipe holds\n".repeat(8000);
  writeFileSync(join(top, "a"), "# configuration file /etc/nginx/nginx.conf:\nevents {}\nhttp {\n");
  writeFileSync(join(top, "b"), `${site}}\n`);
  mkdirSync(join(top, "etc/php/8.2/fpm/pool.d"), { recursive: true });
  writeFileSync(
    join(top, "etc/php/8.2/fpm/php-fpm.conf"),
    "[global]\ninclude = /etc/php/8.2/fpm/pool.d/*.conf\n",
  );
  writeFileSync(
    join(top, "etc/php/8.2/fpm/pool.d/www.conf"),
    "[www]\nlisten = /run/a.sock\npm = static\npm.max_children = 5\n",
  );
});
afterAll(() => rmSync(top, { recursive: true, force: true }));

const run = (line: string): BuiltRun => bash(line, top);

describe("standard input", () => {
  test("may come late and with pauses", () => {
    const whole = run("node $F -q - < <(cat a b)");
    expect(whole).toMatchObject({ status: 0, out: "" });
    expect(whole.err).toContain("1 host, 1 file checked");
    expect(
      run("(sleep 3; cat a; sleep 1; head -c 70000 b; sleep 1; tail -c +70001 b) | node $F -q -"),
    ).toEqual(whole);
    expect(run("node $F -q - < <(cat a b | cat)")).toEqual(whole);
  });

  test("may be a pipe that does not wait, as another program can leave it", () => {
    const unblocking = `perl -e 'use Fcntl; fcntl(STDIN, F_SETFL, O_NONBLOCK | fcntl(STDIN, F_GETFL, 0)); exec @ARGV'`;
    const { status, err } = run(`(sleep 1; cat a; sleep 1; cat b) | ${unblocking} node $F -q -`);
    expect(status).toBe(0);
    expect(err).toContain("1 host, 1 file checked");
  });

  test("may be slow samples", () => {
    const slow = "(sleep 2; echo 61440; sleep 1; echo 61440)";
    const { status, out, err } = run(`${slow} | node $F capacity etc --ram 4G --samples -`);
    expect({ status, err }).toEqual({ status: 0, err: "" });
    expect(out).toContain("--samples, 2 workers");
  });

  test.each([
    ["node $F - < /etc", 2, "standard input: is a directory"],
    ["node $F - <&-", 2, "standard input is empty or closed; expected the output of nginx -T"],
    ["head -c 68000000 /dev/zero | node $F -", 3, "standard input: file larger than 64 MiB"],
    ["node $F capacity etc --samples - <&-", 2, "it is empty"],
  ])("%s ends with %d and a sentence", (line, expected, sentence) => {
    const { status, out, err } = run(line);
    expect({ status, out }).toEqual({ status: expected, out: "" });
    expect(err).toContain(sentence);
    expect(err.trimEnd().split("\n")).toHaveLength(1);
  });

  const SAMPLES = "capacity etc --samples -";

  test.each([
    ["-", "/dev/null", 2, "standard input is empty or closed; expected the output of nginx -T"],
    [SAMPLES, "/etc", 2, "--samples standard input: is a directory; a file with"],
    [SAMPLES, "large", 2, "standard input: file larger than 64 MiB"],
  ])("%s < %s ends with %d and a sentence", async (line, path, expected, sentence) => {
    writeFileSync(join(top, "large"), "");
    truncateSync(join(top, "large"), 68_000_000);
    const descriptor = openSync(resolve(top, path), "r");
    const ran = await commandIn(top, line.split(" "), { standardInput: () => readDescriptor(descriptor) });
    closeSync(descriptor);
    const { status, out, err } = ran;
    expect({ status, out }).toEqual({ status: expected, out: "" });
    expect(err).toContain(sentence);
    expect(err.trimEnd().split("\n")).toHaveLength(1);
  });
});

describe("standard output", () => {
  const said = "fpmlint: standard output is closed or /dev/null, so nobody can read it\n";

  test("that is closed is said, once", () => {
    expect(run("node $F etc >&-")).toEqual({ status: 0, out: "", err: said });
    expect(run("node $F explain 502 >&-")).toEqual({ status: 0, out: "", err: said });
  });

  test("that goes to /dev/null, or is not needed, is not", () => {
    expect(run("node $F etc > /dev/null")).toEqual({ status: 0, out: "", err: "" });
    expect(run("node $F etc --format json=report.json >&-")).toEqual({ status: 0, out: "", err: "" });
    expect(run("node $F etc >&- 2>&-")).toEqual({ status: 0, out: "", err: "" });
  });

  test("that is full or that nobody reads is as before", () => {
    expect(run("node $F etc > /dev/full")).toMatchObject({
      status: 2,
      err: expect.stringContaining("ENOSPC"),
    });
    expect(run("node $F explain 502 | true")).toMatchObject({ err: "" });
  });
});

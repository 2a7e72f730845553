import { spawnSync } from "node:child_process";
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { commandIn, type Ran } from "../support/run-command.js";
import { type BuiltRun, bash, built } from "./support/built.js";

/** Files that the command reads for itself, and those that a checkout plants for it to read. */

let top = "";
beforeEach(() => {
  top = mkdtempSync(join(tmpdir(), "fpmlint-files-"));
  put("repo/etc/nginx/nginx.conf", "events {}\nhttp { server { listen 80; } }\n");
  put(
    "repo/etc/php/8.2/fpm/pool.d/www.conf",
    "[www]\nlisten = /run/a.sock\npm = static\npm.max_children = 5\n",
  );
  put("repo/etc/php/8.2/fpm/php-fpm.conf", "[global]\ninclude = /etc/php/8.2/fpm/pool.d/*.conf\n");
});
afterEach(() => rmSync(top, { recursive: true, force: true }));

function put(path: string, content: string | Uint8Array): void {
  mkdirSync(dirname(join(top, path)), { recursive: true });
  writeFileSync(join(top, path), content);
}

/** Words that spaces keep apart, in this process. */
const run = (line: string): Promise<Ran> => commandIn(join(top, "repo"), line.split(" "));
/** A line of bash, for what only a process has. */
const shell = (line: string): BuiltRun => bash(line, join(top, "repo"));
const fifo = (path: string): void => void spawnSync("mkfifo", [join(top, path)]);
/** What `-q` says on standard error of what it checked. */
const CHECKED: unknown = expect.stringMatching(/^(?:\d+ infos?|no findings); 1 host, /);
const CAPACITY = "capacity etc --ram 4G";

describe("fpmlint.json of the working directory", () => {
  const refused = (reason: string, place = "") => ({
    status: 2,
    out: "",
    err: `fpmlint: fpmlint.json${place}: ${reason}\n`,
  });
  const LEAVES = "is a link out of its directory, which is not followed";

  test.each([["/etc/shadow"], ["/dev/zero"], ["../secret"], ["/proc/self/environ"]])(
    "that leads to %s is refused, and nothing of it is said",
    async (target) => {
      put("secret", "root:*:20228:0:99999:7:::\n");
      symlinkSync(target, join(top, "repo/fpmlint.json"));
      expect(await run("etc")).toEqual(refused(LEAVES));
      expect(await run(CAPACITY)).toEqual(refused(LEAVES));
    },
  );

  test("may lead to a file next to it or below, not to nothing", async () => {
    put("repo/ci/lint.json", '{ "failOn": "never" }');
    symlinkSync("ci/lint.json", join(top, "repo/fpmlint.json"));
    expect(await run("etc -q")).toMatchObject({ status: 0, err: CHECKED });
    rmSync(join(top, "repo/ci/lint.json"));
    expect(await run("etc -q")).toEqual(refused("no such file or directory"));
  });

  test("that leads out through a directory is refused", async () => {
    put("outside/lint.json", '{ "failOn": "never" }');
    symlinkSync("../outside", join(top, "repo/ci"));
    symlinkSync("ci/lint.json", join(top, "repo/fpmlint.json"));
    expect(await run("etc")).toEqual(refused(LEAVES));
  });

  test("that is a named pipe or a directory is refused at once", async () => {
    fifo("repo/fpmlint.json");
    // A run that waits must not keep this process waiting.
    expect(shell("node $F etc")).toEqual(refused("is not a regular file"));
    rmSync(join(top, "repo/fpmlint.json"));
    mkdirSync(join(top, "repo/fpmlint.json"));
    expect(await run("etc")).toEqual(refused("is a directory"));
  });

  test.each([
    ["root:*:20228:0:99999:7:::\n", "not valid JSON: expected a value", ":1:1"],
    ['{\n  "failOn": secret\n}', "not valid JSON: expected a value", ":2:13"],
    ['{ "rules": {} "secret"', "not valid JSON: expected a comma or }", ":1:15"],
    ["\u0001\u0000secret", "is a binary file, or UTF-16; expected UTF-8"],
    [Buffer.from("\ufeff{}", "utf16le"), "is UTF-16: save it as UTF-8"],
    [Buffer.alloc(1024 * 1024 + 1, " "), "file larger than 1 MiB"],
  ])("with %j is refused with its place alone", async (content, reason, place = "") => {
    put("repo/fpmlint.json", content);
    expect(await run("etc")).toEqual(refused(reason, place));
  });

  test("may begin with a byte order mark", async () => {
    put("repo/fpmlint.json", '\ufeff{ "failOn": "never" }');
    expect(await run("etc -q")).toMatchObject({ status: 0, err: CHECKED });
  });

  test("of bytes that are not UTF-8 is read", async () => {
    put("repo/fpmlint.json", Buffer.from('{ "failOn": "\xe9" }', "latin1"));
    expect((await run("etc")).err).toContain("failOn: must be one of");
  });
});

describe("files that the user names", () => {
  test("may be pipes, slow ones, too", () => {
    const pipe = `<(sleep 1; printf '{ "failOn":'; sleep 1; printf '"never" }')`;
    expect(shell(`node $F etc -q --config ${pipe}`)).toMatchObject({ status: 0, err: CHECKED });
    const samples = shell(`node $F ${CAPACITY} --samples <(sleep 1; echo 61440; sleep 1; echo 61440)`);
    expect(samples).toMatchObject({ status: 0, err: "" });
    expect(samples.out).toContain("--samples, 2 workers");
  });

  test("may be links that lead anywhere", async () => {
    put("outside/lint.json", '{ "failOn": "never" }');
    symlinkSync("../outside/lint.json", join(top, "repo/mine.json"));
    expect(await run("etc -q --config mine.json")).toMatchObject({ status: 0, err: CHECKED });
  });

  test.each([["--config"], ["--samples"]])("are never quoted: %s", async (option) => {
    put("secret", "root:$6$hidden:20228:0\n");
    const { status, out, err } = await run(`${CAPACITY} ${option} ../secret`);
    expect({ status, out }).toEqual({ status: 2, out: "" });
    expect(err).not.toMatch(/root|hidden/);
  });

  test("are devices without an end, named pipes without a writer, or too large: refused at once", async () => {
    fifo("fifo");
    expect((await run("etc --config /dev/zero")).err).toContain("/dev/zero: is not a regular file");
    expect((await run(`${CAPACITY} --samples /dev/zero`)).err).toContain("/dev/zero: is not a regular file");
    // A run that waits must not keep this process waiting.
    expect(shell("node $F etc --config ../fifo")).toMatchObject({ status: 2, out: "" });
    expect(shell(`node $F ${CAPACITY} --samples ../fifo`).err).toContain("it is empty");
    put("big", "");
    truncateSync(join(top, "big"), 65 * 1024 * 1024);
    expect((await run(`${CAPACITY} --samples ../big`)).err).toContain("file larger than 64 MiB");
  });

  test("in UTF-16 are said to be", async () => {
    put("samples", Buffer.from("\ufeff61440\r\n", "utf16le"));
    expect((await run(`${CAPACITY} --samples ../samples`)).err).toBe(
      "fpmlint: --samples ../samples: is UTF-16: save it as UTF-8\n",
    );
  });
});

describe("paths named as what every object has", () => {
  test.each([["constructor"], ["toString"], ["__proto__"], ["hasOwnProperty"]])("%s", async (name) => {
    expect(await run(name)).toEqual({
      status: 2,
      out: "",
      err: `fpmlint: ${name}: no such file or directory\n`,
    });
    put(`bare/${name}/a.conf`, "server { listen 80; }\n");
    expect(await commandIn(join(top, "bare"), ["-q", name])).toMatchObject({ status: 0, err: CHECKED });
    expect((await run(`--${name}`)).err).toContain("Unknown argument");
    expect((await run(`explain ${name}`)).err).toContain("no rule and no symptom named");
  });
});

describe("what yargs would open", () => {
  const texts = '{ "Options:": "pwned", "Unknown argument: %s": { "one": "pwned", "other": "pwned" } }';

  test.each([
    ["capacity --help", 0],
    ["--fial-on x", 2],
    ["-q etc", 0],
  ])("%s: a pipe as package.json and planted translations have no effect", async (words, status) => {
    // Where Node itself ends its search for what kind of program it is given.
    put("node/package.json", '{ "type": "module" }');
    mkdirSync(join(top, "node/dist"));
    copyFileSync(built, join(top, "node/dist/fpmlint.js"));
    for (const place of ["locales", "node/locales", "node/dist/locales", "repo/locales"])
      put(`${place}/en.json`, texts);
    fifo("repo/package.json");
    fifo("package.json");
    const planted = shell(`node ${top}/node/dist/fpmlint.js ${words}`);
    expect(planted).toEqual(await run(words));
    expect(planted.status).toBe(status);
    expect(planted.out + planted.err).not.toContain("pwned");
  });

  const strace = spawnSync("strace", ["-V"]).status === 0;

  test.skipIf(!strace)("is not opened: strace", () => {
    put("repo/package.json", '{ "version": "9.9.9" }');
    const log = join(top, "log");
    expect(
      shell(`strace -f --seccomp-bpf -e trace=open,openat,openat2 -o ${log} node $F -q etc`).status,
    ).toBe(0);
    const lines = readFileSync(log, "utf8").split("\n");
    const named = lines.flatMap((line) => /"([^"]*)"/.exec(line)?.[1] ?? []);
    const planted = named.filter((path) => path.endsWith("/locales/en.json") || path.startsWith(`${top}/`));
    const searched = `${top}/repo`;
    expect(planted.filter((path) => path !== searched && !path.startsWith(`${searched}/etc`))).toEqual([]);
    expect(lines.filter((line) => /"\.\.?"/.test(line))).toEqual([]);
  });
});

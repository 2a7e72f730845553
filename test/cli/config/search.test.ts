import { chmodSync, chownSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { isAlone, othersWrite } from "../../../src/cli/config/trust.js";
import { commandIn, type Ran } from "../../support/run-command.js";
import { tree } from "../../support/tree.js";
import { found, RULE, site } from "./support/site.js";

/** Which fpmlint.json holds for a path, and which is never taken. */

const { top, put, link } = tree();

const run = (words: string, directory = ""): Promise<Ran> =>
  commandIn(join(top(), directory), [...words.split(" "), "--quiet"]);

/** A file that gives the rule a level, so that a run shows which one held. */
const giving = (level: string): string => JSON.stringify({ rules: { [RULE]: level } });

const levelsOf = async (words: string, directory = ""): Promise<readonly string[]> => [
  ...new Set(found(await run(words, directory)).map((line) => line.replace(/.*: /, ""))),
];

describe("the nearest file upward from the path", () => {
  test("wins over those above it", async () => {
    put({ ...site("repo/"), "repo/.git/HEAD": "", "repo/fpmlint.json": giving("info") });
    expect(await levelsOf("repo/etc")).toEqual(["info"]);
    put({ "repo/etc/fpmlint.json": giving("warning") });
    expect(await levelsOf("repo/etc")).toEqual(["warning"]);
    expect(await levelsOf("repo/etc/nginx/sites/a")).toEqual(["warning"]);
    expect(await levelsOf("repo")).toEqual(["info"]);
  });

  test("is not above the git work tree, wherever the command runs", async () => {
    put({ ...site("x/repo/"), "fpmlint.json": giving("info"), "x/repo/.git": "gitdir: /elsewhere\n" });
    expect(await levelsOf("x/repo/etc")).toEqual(["error"]);
    expect(await levelsOf("etc", "x/repo")).toEqual(["error"]);
    put({ "x/repo/fpmlint.json": giving("warning") });
    expect(await levelsOf(`${top()}/x/repo/etc/nginx`)).toEqual(["warning"]);
  });

  test("is not above the path outside of a work tree, but for the working directory", async () => {
    put({ ...site("x/host/"), "x/fpmlint.json": giving("info") });
    expect(await levelsOf(join(top(), "x/host"), "x/host/etc")).toEqual(["error"]);
    expect(await levelsOf("host/etc", "x")).toEqual(["info"]);
    expect(await levelsOf("x/host/etc")).toEqual(["info"]);
    put({ "x/host/etc/fpmlint.json": giving("warning") });
    expect(await levelsOf(join(top(), "x/host/etc"), "x/host/etc/php")).toEqual(["warning"]);
  });

  test("may be another one for each path of a run", async () => {
    put({ ...site("one/"), ...site("two/"), "fpmlint.json": giving("off") });
    put({ "one/fpmlint.json": JSON.stringify({ rules: { [RULE]: "info" }, failOn: "never" }) });
    const ran = await run("one/etc two/etc");
    expect(found(ran)).toEqual(["a: info", "b: info"]);
    put({ "two/fpmlint.json": JSON.stringify({ rules: { "*": "off", [RULE]: "warning" } }) });
    expect(found(await run("one/etc two/etc"))).toEqual(["a: info", "b: info", "a: warning", "b: warning"]);
  });

  test("says for its own path what fails, unless the command line does", async () => {
    put({ ...site("one/"), ...site("two/") });
    put({ "one/fpmlint.json": '{ "failOn": "never" }', "two/fpmlint.json": giving("info") });
    expect((await run("one/etc")).status).toBe(0);
    expect((await run("two/etc one/etc")).status).toBe(0);
    expect((await run("one/etc --fail-on error")).status).toBe(1);
    put({ "two/fpmlint.json": giving("on") });
    expect((await run("two/etc one/etc")).status).toBe(1);
  });

  test("is read once for each host that paths with different files share", async () => {
    put({ ...site(), "etc/nginx/sites/fpmlint.json": giving("off") });
    expect(found(await run("etc/nginx/sites/a etc"))).toEqual(["a: error", "b: error"]);
    expect(found(await run("etc/nginx/sites/a"))).toEqual([]);
    // The other end of the finding is in a file for which nothing is off.
    expect(found(await run("etc/nginx/sites/a etc/php"))).toEqual(["a: error", "b: error"]);
  });

  test("is that of the working directory for what standard input says, and for this machine", async () => {
    put({ "x/fpmlint.json": giving("info") });
    const dump = `# configuration file /etc/nginx/nginx.conf:\nevents {}\nhttp {\n${site()["etc/nginx/sites/a"]}}\n`;
    const ran = await commandIn(join(top(), "x"), ["-", "-q"], { standardInput: () => dump });
    expect(found(ran)).toEqual(["nginx.conf: info"]);
    put({ "x/fpmlint.json": "{" });
    for (const words of ["capacity", "trace http://a/"]) {
      const { status, err } = await commandIn(join(top(), "x"), words.split(" "));
      expect({ status, err }).toMatchObject({ status: 2, err: expect.stringContaining("fpmlint.json:1:2") });
    }
  });

  test("holds for capacity and trace as well", async () => {
    put({ ...site("one/"), "one/fpmlint.json": '{ "memory": "3G", "workerSize": "50M" }' });
    const capacity = await commandIn(top(), ["capacity", "one/etc", "--format", "json"]);
    expect(JSON.parse(capacity.out)).toMatchObject({ memory: { total: 3 * 1024 ** 3 } });
    put({ "one/fpmlint.json": "[]" });
    expect((await commandIn(top(), ["trace", "http://a/", "one/etc"])).err).toContain("one/fpmlint.json:1:1");
  });
});

test("--config holds for every path", async () => {
  put({ ...site("one/"), "one/fpmlint.json": giving("info"), "mine.json": giving("warning") });
  expect(await levelsOf("one/etc --config mine.json")).toEqual(["warning"]);
});

describe("a file that others may write", () => {
  const OTHERS = "is not taken, because others may change it";

  test.each([
    ["the file", "repo/fpmlint.json", 0o646, "is writable by everybody"],
    ["its directory", "repo", 0o777, "is writable by everybody"],
    ["a sticky directory", "repo", 0o1777, "is writable by everybody"],
  ])("is refused: %s", async (_name, path, mode, reason) => {
    put({ ...site("repo/"), "repo/fpmlint.json": giving("info") });
    expect(await levelsOf("repo/etc")).toEqual(["info"]);
    chmodSync(join(top(), path), mode);
    const { status, out, err } = await run("repo/etc");
    expect({ status, out }).toEqual({ status: 2, out: "" });
    expect(err).toContain(`repo/fpmlint.json: ${OTHERS}: ${join(top(), path)} ${reason}`);
    expect(found(await run("repo/etc --config repo/fpmlint.json"))).toEqual(["a: info", "b: info"]);
  });

  test.skipIf(process.getuid?.() !== 0)("is refused where it belongs to another user", async () => {
    put({ ...site("repo/"), "repo/fpmlint.json": giving("info") });
    chownSync(join(top(), "repo/fpmlint.json"), 33, 33);
    expect((await run("repo/etc")).err).toContain(`${join(top(), "repo/fpmlint.json")} belongs to uid 33`);
  });

  test("is refused where only a directory on the way to what it extends is open", async () => {
    put({ ...site(), "fpmlint.json": '{ "extends": "a/b/base.json" }', "a/b/base.json": giving("info") });
    expect(await levelsOf("etc")).toEqual(["info"]);
    chmodSync(join(top(), "a"), 0o757);
    expect((await run("etc")).err).toContain(`a/b/base.json: ${OTHERS}: ${join(top(), "a")} is`);
    expect(found(await run("etc --config fpmlint.json"))).toEqual(["a: info", "b: info"]);
  });

  test.each([
    [{ uid: 0, gid: 0, mode: 0o755 }, null],
    [{ uid: 1000, gid: 1000, mode: 0o775 }, null],
    [{ uid: 1000, gid: 100, mode: 0o775 }, "is writable by its group (gid 100"],
    [{ uid: 1000, gid: 1000, mode: 0o777 }, "is writable by everybody"],
    [{ uid: 1001, gid: 1001, mode: 0o700 }, "belongs to uid 1001"],
  ])("for a user: %j", (owned, said) => {
    const problem = othersWrite("x", owned, { uid: 1000, hasAlone: (gid) => gid === 1000 });
    expect(problem).toEqual(said === null ? null : expect.stringContaining(said));
  });

  const PASSWD = "root:x:0:0::/:/bin/sh\nann:x:1000:1000::/:/bin/sh\nbob:x:1001:100::/:/bin/sh\n";

  test.each([
    [1000, 1000, "ann:x:1000:\n", true],
    [1000, 1000, "ann:x:1000:ann\n", true],
    [1000, 1000, "ann:x:1000:ann,bob\n", false],
    [1000, 100, "users:x:100:\n", false],
    [1000, 1000, "users:x:100:\n", false],
    [1234, 1234, "x:x:1234:\n", false],
    [1000, 1000, "", false],
  ])("uid %i and gid %i of %j: alone %s", (uid, gid, group, expected) => {
    expect(isAlone(uid, gid, group, PASSWD)).toBe(expected);
  });

  test("root trusts no group", () => {
    const root = { uid: 0, hasAlone: () => true };
    expect(othersWrite("x", { uid: 0, gid: 0, mode: 0o775 }, root)).toContain("its group");
    expect(othersWrite("x", { uid: 0, gid: 0, mode: 0o755 }, root)).toBe(null);
  });
});

describe("extends", () => {
  test("is a file whose settings hold where the first says nothing", async () => {
    put({ ...site(), "fpmlint.json": '{ "extends": "ci/base.json", "rules": {} }' });
    put({ "ci/base.json": '{ "extends": "more.json", "failOn": "never" }', "ci/more.json": giving("info") });
    const ran = await run("etc --fail-on error");
    expect({ found: found(ran), status: ran.status }).toEqual({ found: ["a: info", "b: info"], status: 0 });
    put({ "ci/more.json": '{ "failOn": "info" }' });
    expect((await run("etc")).status).toBe(0);
  });

  const refused = async (): Promise<string> => {
    const { status, out, err } = await run("etc");
    expect({ status, out }).toEqual({ status: 2, out: "" });
    return err;
  };

  test.each([
    ["../outside.json"],
    ["/etc/passwd"],
    ["link.json"],
    ["dir/outside.json"],
    ["ci/../../outside.json"],
  ])("stays below the directory of the file: %s", async (name) => {
    put({ "outside.json": giving("off"), ...site("repo/"), "repo/ci/x": "" });
    link("../outside.json", "repo/link.json");
    link("..", "repo/dir");
    put({ "repo/fpmlint.json": JSON.stringify({ extends: name }) });
    const { status, err } = await run("etc", "repo");
    expect(status).toBe(2);
    expect(err).toContain(`fpmlint.json:1:12: extends: ${name} is not below ${top()}/repo`);
  });

  test("does not tell what is outside from what is not there", async () => {
    const said: string[] = [];
    for (const name of ["../outside.json", "../nothing.json"]) {
      put({ "outside.json": "{}", ...site("repo/"), "repo/fpmlint.json": JSON.stringify({ extends: name }) });
      said.push((await run("etc", "repo")).err.replace(name, "NAME"));
    }
    expect(said[0]).toBe(said[1]);
  });

  test("may not lead back, nor to nothing, nor to a directory, nor on and on", async () => {
    put({
      ...site(),
      "fpmlint.json": '{\n  "extends": "a.json"\n}',
      "a.json": '{ "extends": "fpmlint.json" }',
    });
    expect(await refused()).toContain(
      "a.json:1:14: extends: fpmlint.json leads back to a file that extends it",
    );
    put({ "a.json": '{ "extends": "a.json" }' });
    expect(await refused()).toContain("a.json:1:14: extends: a.json leads back");
    link("a.json", "b.json");
    put({ "a.json": '{ "extends": "b.json" }' });
    expect(await refused()).toContain("extends: b.json leads back");
    put({ "a.json": '{ "extends": "nothing.json" }' });
    expect(await refused()).toContain("extends: nothing.json could not be read: no such file or directory");
    put({ "a.json": '{ "extends": "etc" }' });
    expect(await refused()).toContain("etc: is a directory");
    put({ "a.json": '{ "extends": "" }' });
    expect(await refused()).toContain("a.json:1:14: extends: is empty");
    put({ "a.json": '{ "extends": "a\\u0000b" }' });
    expect(await refused()).toContain("extends: a\\x00b could not be read");
    for (let at = 0; at < 12; at += 1) put({ [`x${at}.json`]: `{ "extends": "x${at + 1}.json" }` });
    put({ "a.json": '{ "extends": "x0.json" }' });
    expect(await refused()).toContain("x7.json:1:14: extends: x8.json would be more than 10 files");
  });

  test("names its own file in mistakes", async () => {
    put({ ...site(), "fpmlint.json": '{ "extends": "a.json" }', "a.json": '{\n  "failOn": "warn"\n}' });
    expect(await refused()).toBe(
      'fpmlint: a.json:2:13: failOn: must be one of "error", "warning", "info", "never"; did you mean "warning"?\n',
    );
  });
});

describe("hostile files", () => {
  const refused = async (text: string | Uint8Array): Promise<string> => {
    put(site());
    writeFileSync(join(top(), "fpmlint.json"), text);
    const { status, out, err } = await run("etc");
    expect({ status, out }).toEqual({ status: 2, out: "" });
    return err;
  };

  test.each<[string, string | Uint8Array, string]>([
    ["10 MB", " ".repeat(10 * 1024 * 1024), "fpmlint.json: file larger than 1 MiB"],
    ["bytes", Buffer.from([0x7f, 0x45, 0x4c, 0x46, 0]), "fpmlint.json: is a binary file"],
    ["__proto__", '{ "__proto__": { "failOn": "never" } }', "fpmlint.json:1:3: __proto__: unknown key"],
    ["__proto__ in rules", '{ "rules": { "__proto__": "off" } }', "1:14: rules.__proto__: unknown key"],
    [
      "__proto__ in an override",
      '{ "overrides": [{ "__proto__": 1, "files": ["a"], "rules": {} }] }',
      "1:19:",
    ],
    ["constructor", '{ "constructor": 1 }', "fpmlint.json:1:3: constructor: unknown key"],
    [
      "a key twice",
      '{\n "failOn": "info",\n "failOn": "never" }',
      "fpmlint.json:3:2: failOn: is there twice",
    ],
    ["deep arrays", "[".repeat(500_000), "fpmlint.json:1:500001: not valid JSON"],
    ["a comment without an end", '{ "failOn": /* "never" }', "fpmlint.json:1:13: not valid JSON"],
    ["a null", "null", "fpmlint.json:1:1: must be object"],
    ["a pattern out of the tree", '{ "ignore": ["a", "../b"] }', "fpmlint.json:1:19: ignore[1]: leads out"],
    [
      "an absolute pattern",
      '{ "overrides": [{ "files": ["/a"], "rules": {} }] }',
      "1:29: overrides[0].files[0]: begins",
    ],
    [
      "very many patterns",
      JSON.stringify({ ignore: Array.from({ length: 1001 }, String) }),
      "fpmlint.json:1:1: 1001 patterns are more than 1000",
    ],
    ["a terminal's escape", '{ "\u001b[31m": 1 }', "not valid JSON"],
    ["the same in JSON", '{ "\\u001b[31m": 1 }', "fpmlint.json:1:3: \\x1b[31m: unknown key"],
  ])("%s", async (_name, text, said) => {
    expect(await refused(text)).toContain(said);
  });

  test("of very many mistakes the first twenty are told", async () => {
    const many = Array.from({ length: 20_000 }, (_, index) => `"x${index}": 1`).join(", ");
    expect((await refused(`{ ${many} }`)).trim().split("\n")).toHaveLength(20);
  });

  test("mistakes are told in the order of the lines", async () => {
    const said = await refused('{\n  "rules": { "x": 1 },\n  "failOn": 1,\n  "a": 1\n}');
    expect(said.match(/json:\d+/g)).toEqual(["json:2", "json:3", "json:4"]);
  });

  test("a directory of that name, wherever it is on the way", async () => {
    put({ ...site("repo/"), "repo/.git/HEAD": "", "repo/fpmlint.json": giving("info") });
    mkdirSync(join(top(), "repo/etc/fpmlint.json"));
    expect((await run("repo/etc")).err).toContain("repo/etc/fpmlint.json: is a directory");
  });
});

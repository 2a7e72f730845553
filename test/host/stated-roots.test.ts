import { rmSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { rules } from "../../rules/index.js";
import { json } from "../../src/report/json.js";
import { quiet, text } from "../../src/report/text.js";
import { validators } from "../../src/validators.js";
import { runCommand } from "../support/run-command.js";
import { DEBIAN, tree } from "../support/tree.js";

/** What a checkout says of its hosts does not make fpmlint read anything outside of it. */

const { top, put, link, lint, outcome } = tree();

const SECRET = "root:*:20228:0:99999:7:::";

/** A checkout in `repo` whose configuration names a root, and a PHP-FPM that includes what is none of its business. */
function checkout(root: string, below = ""): void {
  const config = {
    hosts: [{ name: "x", root, nginx: `${below}/nginx.conf`, fpm: [`${below}/php-fpm.conf`] }],
  };
  put({
    "outside/secret": `${SECRET}\n`,
    "repo/nginx.conf": "events {}\nhttp {}\n",
    "repo/php-fpm.conf": `[global]\ninclude=${below.replace(/\/repo$/, "")}/outside/secret\n`,
    "repo/fpmlint.json": JSON.stringify(config),
  });
}

function run(words: readonly string[], directory = "repo") {
  return runCommand(words, { rules, validators, workingDirectory: join(top(), directory) });
}

describe("a root of fpmlint.json", () => {
  test.each([
    ["the root of the machine", "/"],
    ["the same with two slashes", "//"],
    ["more levels up than there are", "../../../../../../../../../.."],
  ])("that is %s is refused", async (_name, root) => {
    checkout(root, join(top(), "repo"));
    for (const words of [["."], [], ["nginx.conf"], ["capacity", "."], ["capacity"], ["diagnose"]]) {
      const { status, out, err } = await run(words);
      expect({ status, out }).toEqual({ status: 2, out: "" });
      expect(err).toBe(
        'fpmlint: the root of host "x" in fpmlint.json is /, which is not below the directory of that file; only the command line may allow that: name / there as well\n',
      );
    }
  });

  test("that is a link out of the checkout is refused, and where it leads is said", async () => {
    checkout("hosts/x", "/repo");
    link("../..", "repo/hosts/x");
    const { status, out, err } = await run(["."]);
    expect({ status, out }).toEqual({ status: 2, out: "" });
    expect(err).toContain(`is ${top()}, which is not below`);
  });

  test("that lies past such a link is refused, whether it is there or not", async () => {
    for (const root of ["hosts/x/outside", "hosts/x/nothing"]) {
      checkout(root);
      link("../..", "repo/hosts/x");
      expect((await run(["."])).status).toBe(2);
      rmSync(join(top(), "repo"), { recursive: true });
    }
  });

  test("that leads out and back is one of the checkout", () => {
    put(Object.fromEntries(Object.entries(DEBIAN).map(([path, file]) => [`repo/real/${path}`, file])));
    link("../../repo/real", "repo/hosts/x");
    const config = { hosts: [{ name: "x", root: "hosts/x", nginx: "etc/nginx/nginx.conf" }] };
    const directory = join(top(), "repo");
    const { summary } = lint([directory], { config, configDirectory: directory });
    expect(summary).toMatchObject({ hosts: 1, incomplete: [] });
  });

  test("is read where a path on the command line holds it", async () => {
    checkout("../", "/repo");
    for (const path of ["..", top()]) {
      const { status, out } = await run([path, "-q"]);
      expect(status).toBe(1);
      expect(out).toContain(SECRET);
    }
    expect((await run(["."])).status).toBe(2);
  });

  test("is read where the host that a path implies holds it", async () => {
    put(DEBIAN);
    const config = { hosts: [{ name: "x", root: "..", nginx: "etc/nginx/nginx.conf" }] };
    put({ "repo/fpmlint.json": JSON.stringify(config) });
    expect((await run(["../etc/nginx"])).status).not.toBe(2);
    expect((await run(["."])).status).toBe(2);
  });

  test("is not widened by a link that the checkout itself brings", async () => {
    checkout("..", "/repo");
    link("..", "repo/deploy");
    const { status, out, err } = await run(["deploy"]);
    expect({ status, out }).toEqual({ status: 2, out: "" });
    expect(err).toContain("is not below the directory of that file");
  });

  test("is compared with the real directory of the file", () => {
    put(DEBIAN);
    link(".", "self");
    const config = { hosts: [{ name: "x", root: ".", nginx: "etc/nginx/nginx.conf" }] };
    const answer = outcome(["etc"], { config, configDirectory: join(top(), "self") });
    expect(answer.kind).toBe("linted");
  });
});

describe("a typed path that is a link", () => {
  test("is followed, and where it led is said in every format", () => {
    put(Object.fromEntries(Object.entries(DEBIAN).map(([path, file]) => [`else/${path}`, file])));
    link("else", "deploy");
    link("../else/etc/nginx", "repo/conf");
    const said = (path: string) => lint([path]).summary.links;
    expect(said("deploy/etc")).toEqual([{ path: "deploy", target: "else" }]);
    expect(said("deploy")).toEqual([{ path: "deploy", target: "else" }]);
    expect(said("repo/conf")).toEqual([{ path: "repo/conf", target: "else/etc/nginx" }]);
    expect(said("else/etc")).toEqual([]);
    const result = lint(["deploy/etc"]);
    const line = "deploy is a link to else, which was read\n";
    expect(quiet(result)).toContain(line);
    expect(text(result, { color: false, unicode: false, width: 80 })).toContain(line);
    expect(JSON.parse(json(result, { version: "1" }))).toMatchObject({
      summary: { links: [{ path: "deploy", target: "else" }] },
    });
  });

  test("out of the working directory is said by the place it leads to", async () => {
    put(Object.fromEntries(Object.entries(DEBIAN).map(([path, file]) => [`else/${path}`, file])));
    link("../else", "repo/deploy");
    const line = `deploy is a link to ${top()}/else, which was read\n`;
    expect((await run(["deploy/etc", "-q"])).err).toContain(line);
    expect((await run(["capacity", "deploy/etc", "--ram", "4G"])).err).toBe(`fpmlint: ${line}`);
  });

  test("in the middle of the path, and twice", () => {
    put(Object.fromEntries(Object.entries(DEBIAN).map(([path, file]) => [`a/b/${path}`, file])));
    link("a", "one");
    link("b", "a/two");
    expect(lint(["one/two/etc", "one/two"]).summary.links).toEqual([
      { path: "one", target: "a" },
      { path: "one/two", target: "a/b" },
    ]);
  });

  test("inside a host is the host's own", () => {
    put({ ...DEBIAN, "etc/nginx/sites-available/b": "server { listen 81; }\n" });
    link("../sites-available/b", "etc/nginx/sites-enabled/b");
    expect(lint(["etc/nginx/sites-enabled/b"]).summary.links).toEqual([]);
  });

  test("may lead to a file that is none of ours: nothing of it is printed", async () => {
    put({ "outside/secret": `${SECRET}\n`, "repo/x": "" });
    link("../outside/secret", "repo/site.conf");
    const { status, out, err } = await run(["site.conf"]);
    expect({ status, out }).toEqual({ status: 0, out: "no findings; nothing was checked\n" });
    expect(err).toContain("fpmlint: skipped: ");
    expect(err).not.toContain(SECRET);
  });
});

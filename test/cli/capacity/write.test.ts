import { spawnSync } from "node:child_process";
import {
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { rules } from "../../../rules/index.js";
import { commandLine } from "../../../src/cli/command-line.js";
import { validators } from "../../../src/validators.js";
import { describeProofs, fpmCommand } from "../../daemons/available.js";
import { parseDump } from "../../fpm/support/dump.js";

/** `fpmlint capacity --diff` and `--write` on a small host with one pool, and what PHP-FPM makes of the result. */

const FPM = "etc/php/8.2/fpm";
const MAIN = `${FPM}/php-fpm.conf`;
const WWW = `${FPM}/pool.d/www.conf`;
const SHOP = `${FPM}/pool.d/shop.conf`;
const GLOBAL = "[global]\ninclude = /etc/php/8.2/fpm/pool.d/*.conf\n";
const SETTINGS = "pm = dynamic\npm.max_children = 5\npm.min_spare_servers = 1\npm.max_spare_servers = 3\n";
const POOL = `[www]\nuser = www-data\nlisten = /run/www.sock\n${SETTINGS}`;
const OTHER = POOL.replaceAll("www]", "shop]").replace("www.sock", "shop.sock");

const AMOUNT = ["--ram", "4G", "--worker-size", "60M"];
const EXPECTED = {
  pm: "dynamic",
  "pm.max_children": "47",
  "pm.start_servers": "12",
  "pm.min_spare_servers": "6",
  "pm.max_spare_servers": "24",
};

let top = "";
beforeEach(() => {
  top = realpathSync(mkdtempSync(join(tmpdir(), "fpmlint-capacity-write-")));
  put(MAIN, GLOBAL);
  put(WWW, POOL);
});
afterEach(() => {
  rmSync(top, { recursive: true });
});

function put(path: string, content: string | Buffer): void {
  mkdirSync(dirname(join(top, path)), { recursive: true });
  writeFileSync(join(top, path), content);
}

const bytes = (path: string): Buffer => readFileSync(join(top, path));
const text = (path: string): string => bytes(path).toString();

interface Ran {
  readonly status: number;
  readonly out: Buffer;
  readonly err: string;
}

async function run(path: string, ...options: readonly string[]): Promise<Ran> {
  const out: Buffer[] = [];
  let err = "";
  const status = await commandLine(["capacity", path, ...AMOUNT, ...options], {
    rules,
    validators,
    env: { FORCE_COLOR: "1" },
    workingDirectory: top,
    now: () => 0,
    standardInput: () => ({ kind: "bytes", bytes: Buffer.alloc(0) }),
    stdout: { write: (part, encoding) => out.push(Buffer.from(part, encoding)) },
    stderr: { write: (part) => (err += part) },
  });
  return { status, out: Buffer.concat(out), err };
}

/** Every file below the top with its bytes, its mode and its links. */
function everything(): Readonly<Record<string, unknown>> {
  const names = readdirSync(top, { recursive: true, encoding: "utf8" }).sort();
  return Object.fromEntries(
    names.map((name) => {
      const path = join(top, name);
      const stat = lstatSync(path);
      if (stat.isSymbolicLink()) return [name, readlinkSync(path)];
      return [name, stat.isFile() ? [readFileSync(path, "latin1"), stat.mode, stat.mtimeMs] : null];
    }),
  );
}

async function refused(
  path: string,
  options: readonly string[],
  sentence: string,
  status = 2,
): Promise<void> {
  const before = everything();
  const ran = await run(path, "--write", ...options);
  expect(ran.err).toContain(sentence);
  expect(ran.status).toBe(status);
  expect(everything()).toEqual(before);
}

describe("nothing is written", () => {
  test("where a pool could not be read: the others would get its memory", async () => {
    put(SHOP, OTHER);
    rmSync(join(top, WWW));
    symlinkSync("../../../../../../elsewhere/www.conf", join(top, WWW));
    await refused("etc", [], "pools may be missing from the sum\nfpmlint: nothing was written\n", 3);
  });

  test("outside the given path, though the host reaches further", async () => {
    put(MAIN, `${GLOBAL}include = /srv/pools/*.conf\n`);
    put("srv/pools/shop.conf", OTHER);
    await refused("etc", [], "srv/pools/shop.conf: is outside the given path");
  });

  test("behind a link that leads out of the given path, unless the link itself is given", async () => {
    put("srv/www.conf", POOL);
    rmSync(join(top, WWW));
    symlinkSync("../../../../../srv/www.conf", join(top, WWW));
    for (const path of ["etc/", dirname(WWW)])
      await refused(path, [], "srv/www.conf: is outside the given path");
    expect((await run(WWW, "--write")).status).toBe(0);
    expect(text("srv/www.conf")).toContain("pm.max_children = 47\n");
  });

  test("for process.max, where only the pools are given, and then not to the pools either", async () => {
    put(MAIN, GLOBAL.replace("\n", "\nprocess.max = 3\n"));
    await refused(dirname(WWW), [], "php-fpm.conf: is outside the given path");
  });

  test("to one of two names of a file", async () => {
    linkSync(join(top, WWW), join(top, `${WWW}.bak`));
    await refused("etc", [], "has more than one name (hard links)");
  });

  test("of any host, where one of them has a template", async () => {
    for (const name of ["a", "b"]) {
      put(`hosts/${name}/${MAIN}`, GLOBAL);
      put(`hosts/${name}/${WWW}`, name === "a" ? POOL : `; {{ managed }}\n${POOL}`);
    }
    await refused("hosts", [], `hosts/b/${WWW}: the file is a template, so pool www stays as it is`);
  });

  test("where everything is as it should be, and it is said", async () => {
    expect((await run("etc")).out.toString()).toContain("with --write it makes the change");
    const written = (await run("etc", "--write")).out.toString();
    expect(written).not.toContain("with --write");
    expect(written).toContain("process_control_timeout is 0");
    utimesSync(join(top, WWW), 1, 1);
    const before = everything();
    const { status, out, err } = await run("etc", "--write");
    expect({ status, err }).toEqual({ status: 0, err: "" });
    expect(out.toString()).toMatch(/\nnothing to change: the pools are as recommended\n$/);
    expect(everything()).toEqual(before);
  });
});

test("a reload that waits for its requests is no danger", async () => {
  put(MAIN, GLOBAL.replace("\n", "\nprocess_control_timeout = 10s\n"));
  const { out } = await run("etc", "--write");
  expect(out.toString()).toContain("then reload the service\n");
  expect(out.toString()).not.toContain("process_control_timeout");
});

describe("written", () => {
  test.each([
    ["a file", WWW],
    ["a directory", `${dirname(WWW)}/`],
    ["a host", "etc/"],
    ["a tree", "."],
  ])("where %s is given, by a relative or an absolute path", async (_, path) => {
    expect((await run(path, "--write")).status).toBe(0);
    expect(text(WWW)).toContain("pm.max_children = 47\n");
    put(WWW, POOL);
    expect((await run(join(top, path), "--write")).status).toBe(0);
    expect(text(WWW)).toContain("pm.max_children = 47\n");
  });

  test("though php.ini or the accounts could not be read: there are no pools in them", async () => {
    symlinkSync("../../../../../../elsewhere.ini", join(top, FPM, "php.ini"));
    symlinkSync("../../elsewhere", join(top, "etc/group"));
    const { status } = await run("etc", "--write");
    expect(status).toBe(3);
    expect(text(WWW)).toContain("pm.max_children = 47\n");
  });

  test("behind a link that stays in the given path, and the link stays", async () => {
    put(`${FPM}/available/www.conf`, POOL);
    rmSync(join(top, WWW));
    symlinkSync("../available/www.conf", join(top, WWW));
    expect((await run("etc", "--write")).status).toBe(0);
    expect(readlinkSync(join(top, WWW))).toBe("../available/www.conf");
    expect(text(`${FPM}/available/www.conf`)).toContain("pm.max_children = 47\n");
  });

  test("where the tree has it, though a container has it elsewhere", async () => {
    put("shop/pool.conf", POOL.replace("/run/www.sock", "9000"));
    put(
      "shop/compose.yaml",
      "services:\n  php:\n    image: php:8.2.31-fpm\n    volumes: ['./pool.conf:/usr/local/etc/php-fpm.d/www.conf']\n  web:\n    image: nginx:1.27\n    volumes: ['./site.conf:/etc/nginx/conf.d/default.conf']\n",
    );
    put("shop/site.conf", "server {\n  location ~ \\.php$ {\n    fastcgi_pass php:9000;\n  }\n}\n");
    const { status, err } = await run("shop", "--write");
    expect([status, err]).toEqual([0, ""]);
    expect(text("shop/pool.conf")).toContain("pm.max_children = 47\n");
  });

  test("with the diff, which has standard output for itself", async () => {
    const diff = await run("etc", "--diff");
    const both = await run("etc", "--diff", "--write");
    expect(both.status).toBe(0);
    expect(both.out.toString()).toBe(diff.out.toString());
    expect(both.err).toContain(`wrote ${WWW}\n`);
    const again = await run("etc", "--diff", "--write");
    expect(again.out.toString()).toBe("");
    expect(again.err).toBe("nothing to change: the pools are as recommended\n");
  });
});

describe("the diff", () => {
  test("says why the status is 3", async () => {
    symlinkSync("../../../../../../elsewhere/shop.conf", join(top, SHOP));
    const { status, out, err } = await run("etc", "--diff");
    expect(status).toBe(3);
    expect(out.toString()).toContain("+pm.max_children = 47\n");
    expect(err).toContain("pools may be missing from the sum\n");
  });

  test("leaves a document to its file", async () => {
    const { out } = await run("etc", "--diff", "--format", "json=plan.json");
    expect(out.toString()).toMatch(/^--- a\//);
    expect(JSON.parse(text("plan.json"))).toMatchObject({ version: 1 });
  });

  test("has no colours, whatever the environment wants", async () => {
    const { out } = await run("etc", "--diff", "--color", "always");
    expect(out.toString()).toMatch(/^--- a\//);
    expect(out.toString()).not.toContain("\x1b");
  });

  test.each([
    ["git", ["apply", "--whitespace=nowarn", "-"]],
    ["patch", ["-p1", "--binary", "--silent"]],
  ])("taken by %s is what --write writes, in every encoding", async (tool, args) => {
    const names = [WWW, `${FPM}/pool.d/my höst.conf`, SHOP];
    put(WWW, POOL.replace("pm =", "; für alle\r\npm ="));
    put(names[1] ?? "", Buffer.from(OTHER.replace("pm =", "; f\xfcr \xa4lle\npm ="), "latin1"));
    put(SHOP, `\uFEFF; ü\r\n${OTHER.replaceAll("shop", "blog").replaceAll("\n", "\r\n").trimEnd()}`);
    const before = names.map((name) => bytes(name));
    const { status, out } = await run("etc", "--diff");
    expect(status).toBe(0);
    expect((await run("etc", "--write")).status).toBe(0);
    const written = names.map((name) => bytes(name));
    for (const [at, name] of names.entries()) put(name, before[at] ?? "");
    const env = { ...process.env, GIT_CEILING_DIRECTORIES: dirname(top) };
    const ran = spawnSync(tool, args, { cwd: top, input: out, env, encoding: "utf8" });
    expect(ran.status, ran.stderr + ran.stdout).toBe(0);
    expect(names.map((name) => bytes(name))).toEqual(written);
    expect(readdirSync(join(top, dirname(WWW)))).toHaveLength(3);
  });
});

/** What stands in the file beside the settings that change. */
const rest = (content: string): readonly string[] =>
  content
    .split(/\r\n|\n|\r/)
    .map((line) =>
      line.replace(/^([ \t]*pm(?:\.\w+)?[ \t]*=[ \t]*)(?:\w+\|\w+|\w+|"\w+"|'\w+'|\$\{\w+\})/i, "$1"),
    )
    .filter((line) => !/^[ \t]*pm[.\w]*[ \t]*=[ \t]*$/i.test(line));

const crlf = (content: string): string => content.replaceAll("\n", "\r\n");

describeProofs("php-fpm and what --write wrote", (proof) => {
  const cases: readonly (readonly [string, string])[] = [
    ["plain", POOL],
    ["CRLF", crlf(POOL)],
    ["CR alone", POOL.replaceAll("\n", "\r")],
    ["mixed ends", POOL.replace("dynamic\n", "dynamic\r\n").replace("= 5\n", "= 5\r\n")],
    ["no last line end", POOL.trimEnd()],
    ["CRLF and no last line end", crlf(POOL).trimEnd()],
    ["a byte order mark", `\uFEFF${POOL}`],
    ["tabs", POOL.replaceAll(" = ", "\t=\t")],
    ["no blanks", POOL.replaceAll(" = ", "=")],
    ["quotes", POOL.replace(/= (\d+)/g, '= "$1"')],
    ["a sum of bits", POOL.replace("= 5", "= 4|1")],
    ["comments", POOL.replace("= 5", "= 5;five").replace("= 1", "= 1 ; \xfc # one")],
    ["a remark behind #", POOL.replace("= 5", "= 5 # five")],
    ["repeated, the last counts", `${POOL}pm.max_children = 7\n`],
    ["only pm", POOL.replace(/pm\..*\n/g, "")],
    ["without pm", POOL.replace(/pm = .*\n/, "")],
    ["the section twice", `${POOL}[blog]\n${OTHER.slice(7)}[www]\npm.max_children = 9\n`],
    ["indented, in another case", POOL.replace("pm.max_children", "    PM.Max_Children")],
    ["commented siblings", POOL.replace("pm =", ";pm.start_servers = 2\n;pm = static\npm =")],
  ];
  // One proof for all: proofs run side by side, and the tree is one.
  proof("takes the values, and nothing else is different", async () => {
    for (const [name, before] of cases) {
      put(WWW, before);
      const { status, err } = await run("etc", "--write");
      expect({ status, err }, name).toEqual({ status: 0, err: "" });
      const after = text(WWW);
      const values = dump("www");
      if (after.includes("[blog]")) expect(Number(values["pm.max_children"]), name).toBeGreaterThan(9);
      else expect(values, name).toMatchObject(EXPECTED);
      expect(rest(after.replace("; # five", "# five")), name).toEqual(rest(before));
      const inode = statSync(join(top, WWW)).ino;
      expect((await run("etc", "--write")).out.toString(), name).toContain("nothing to change");
      expect([text(WWW), statSync(join(top, WWW)).ino], name).toEqual([after, inode]);
    }
  });

  /** What `php-fpm -tt` prints of a section; its main file looks for the pools below the top. */
  function dump(section: string): Readonly<Record<string, string>> {
    put("check.conf", text(MAIN).replaceAll("/etc/", `${top}/etc/`));
    const args = ["-n", "-tt", "-y", join(top, "check.conf")];
    const answer = spawnSync(fpmCommand ?? "", args, { encoding: "utf8" });
    expect(answer.status, answer.stderr).toBe(0);
    return Object.fromEntries(parseDump(answer.stderr + answer.stdout).get(section) ?? []);
  }
});

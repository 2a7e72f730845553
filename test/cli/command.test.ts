import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createValidators } from "../../src/engine/validate.js";
import { inventedRules } from "../build/invented.js";
import { type Ran, runCommand } from "../support/run-command.js";

const built = fileURLToPath(new URL("../../dist/fpmlint.js", import.meta.url));
const validators = createValidators(inventedRules);

let top = "";

beforeEach(() => {
  top = mkdtempSync(join(tmpdir(), "fpmlint-command-"));
});

afterEach(() => {
  rmSync(top, { recursive: true });
});

function run(words: readonly string[], env: Readonly<Record<string, string>> = {}, input = ""): Promise<Ran> {
  return runCommand(words, {
    rules: inventedRules,
    validators,
    env,
    workingDirectory: top,
    standardInput: () => input,
  });
}

function put(files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(top, path)), { recursive: true });
    writeFileSync(join(top, path), text);
  }
}

const MAIN = "events {}\nhttp {\n  include /etc/nginx/sites-enabled/*;\n}\n";
const PASSWD = { "etc/passwd": "root:x:0:0::/root:/bin/sh\n", "etc/group": "root:x:0:\n" };
const lastLine = (text: string): string => text.trimEnd().split("\n").at(-1) ?? "";

function host(site: string): void {
  put({ ...PASSWD, "etc/nginx/nginx.conf": MAIN, "etc/nginx/sites-enabled/a": site });
}

describe("exit status", () => {
  test.each([
    ["charset utf-8;", [], 0],
    ["charset utf-8;", ["--fail-on", "info"], 1],
    ["root /srv;", [], 1],
    ["root /srv;", ["--fail-on", "error"], 0],
    ["index a;", ["--fail-on", "error"], 1],
    ["index a;", ["--fail-on", "never"], 0],
    ["index a;", ["--fail-on", "never", "--fail-on", "error"], 1],
  ])("of a server with %s and %j is %d", async (line, words, status) => {
    host(`server { ${line} }\n`);
    expect((await run(["etc", ...words])).status).toBe(status);
  });

  test("is 3 when something could not be read, with the findings printed all the same", async () => {
    host("server { index a; include /etc/nginx/x; }\n");
    symlinkSync("../../../secret", join(top, "etc/nginx/x"));
    const { status, out, err } = await run(["etc", "--quiet"]);
    expect(status).toBe(3);
    expect(out).toContain('etc/nginx/sites-enabled/a:1:10: error: "index a" is reported [invented/index]');
    expect(err).toContain("outside the host's root");
  });

  test("of a broken site is not 3: what it hides is listed", async () => {
    host("server { index a;\n");
    put({ "etc/nginx/sites-enabled/b": "server { root /b; }\n" });
    const { status, out, err } = await run(["etc", "-q"]);
    expect(status).toBe(1);
    expect(out).toContain('"root /b" is reported');
    expect(err).toContain(
      "etc/nginx/sites-enabled/a:2: not checked: what follows the syntax fault was not read",
    );
  });
});

describe("what cannot be linted", () => {
  test("a path that does not exist", async () => {
    expect(await run(["nowhere/etc"])).toEqual({
      status: 2,
      out: "",
      err: "fpmlint: nowhere/etc: no such file or directory\n",
    });
  });

  test("a misspelt command", async () => {
    const { status, err } = await run(["explian", "x"]);
    expect(status).toBe(2);
    expect(err).toBe('fpmlint: "explian" is neither a command nor a path; did you mean "fpmlint explain"?\n');
  });

  test("an empty directory", async () => {
    mkdirSync(join(top, "empty"));
    expect(await run(["empty"])).toEqual({
      status: 2,
      out: "",
      err: "fpmlint: no nginx or PHP-FPM configuration found below empty\n",
    });
  });

  test.each([
    [["--fial-on", "error"], "Unknown argument: fial-on; did you mean --fail-on?"],
    [["--fail-on", "sometimes"], '"sometimes"'],
    [["--format", "xml"], 'unknown format "xml"; known are text, json'],
    [["--format"], "Not enough arguments following: format"],
    [["--format", "json="], "a file name is missing"],
    [["--format", "json", "--format", "text"], "only one --format can go to standard output"],
    [["--color", "blue"], '"blue"'],
    [["--config", "missing.json"], "missing.json: no such file"],
    [["--config", "."], ".: is a directory"],
    [["explain"], "explain needs a topic or a line of a log, as in: fpmlint explain 502"],
    [["completion"], "completion needs a shell"],
    [["diagnose", "--quiet"], "Unknown argument: quiet (fpmlint diagnose --help lists the options)"],
    [["doctor", "--quit"], "did you mean --quiet? (fpmlint doctor --help"],
    [["explain", "a line that no daemon ever wrote"], "is no line of a log that fpmlint knows"],
    [
      [
        "explain",
        "connect() to unix:/run/x.sock failed (2: No such file or directory) while connecting to upstream",
        "/no/such",
      ],
      "/no/such: no such file or directory",
    ],
    [
      ["explain", "invented/indx"],
      'no rule and no symptom named "invented/indx"; did you mean invented/index?',
    ],
    [
      ["--ram", "8Q", "etc"],
      '--ram "8Q" is not a size such as 8G or 512M, or a number of bytes (fpmlint --help lists the options)',
    ],
    [["--ram=-1", "etc"], '--ram "-1" is not a size'],
    [["explain", "418"], "nothing is known about 418; known symptoms are 400, 403, 404"],
    [["explain", "999"], "no rule and no symptom named"],
  ])("%j", async (words, message) => {
    host("server {}\n");
    const { status, out, err } = await run(words);
    expect({ status, out }).toEqual({ status: 2, out: "" });
    expect(err).toContain(message);
    expect(err.trimEnd().split("\n")).toHaveLength(1);
  });
});

/** fpmlint's own colours; the `31` of the configuration is followed by `mred`. */
const ESC = String.fromCharCode(27);
const COLOR = new RegExp(`${ESC}\\[[\\d;]*m(?!red)`, "g");

/** The control characters of a text, line ends aside. */
function controls(text: string): readonly string[] {
  return [...text].filter((character) => {
    const code = character.charCodeAt(0);
    return code !== 10 && (code < 32 || (code > 126 && code < 160));
  });
}

describe("a path that is not read", () => {
  test("is nothing to lint, however much is linted around it", async () => {
    host("server { index a; }\n");
    put({ "etc/nginx/snippets/unused.conf": "index unused;\n" });
    expect(await run(["etc/nginx/snippets"])).toEqual({
      status: 2,
      out: "",
      err: "fpmlint: etc/nginx/snippets: neither nginx nor PHP-FPM of the host around it reads anything there\n",
    });
  });

  test("outside any host is searched where it stands, not from the working directory", async () => {
    put({ "a/site.conf": "server { index a; location / {} }\n", "b/site.conf": "server { index b; }\n" });
    const { out, err } = await run(["a/site.conf", "-q"]);
    expect(out).toContain('"index a"');
    expect(lastLine(err)).toContain("1 host, 1 file");
    expect((await run(["a/readme.txt"])).status).toBe(2);
  });

  test("may be an empty word, of a variable that is not set", async () => {
    host("server { index a; }\n");
    expect(await run([""])).toEqual({ status: 2, out: "", err: "fpmlint: : no such file or directory\n" });
  });

  test("stands behind a link to a directory", async () => {
    put({ "releases/42/etc/nginx/nginx.conf": "events {}\nhttp { server { index a; } }\n" });
    symlinkSync("releases/42", join(top, "current"));
    for (const path of ["current", "current/", "current/etc", "current/etc/nginx"]) {
      expect((await run([path, "-q"])).out).toContain("releases/42/etc/nginx/nginx.conf:2:17: error");
    }
  });
});

describe("bad input", () => {
  const reasonOf = async (): Promise<{ status: number; reasons: readonly string[] }> => {
    const { status, out } = await run(["etc", "--format", "json"]);
    const { summary } = JSON.parse(out) as { summary: { incomplete: { reason: string }[] } };
    return { status, reasons: summary.incomplete.map(({ reason }) => reason) };
  };

  test("a binary file among the sites", async () => {
    host("server {}\n");
    writeFileSync(join(top, "etc/nginx/sites-enabled/b"), Buffer.from([1, 2, 0, 4]));
    expect(await reasonOf()).toEqual({ status: 3, reasons: ["etc/nginx/sites-enabled/b: is a binary file"] });
  });

  // A finding tells it (nginx/missing-include), so that it is listed and the status is that of the findings.
  test("an include loop", async () => {
    host("include /etc/nginx/x;\n");
    put({ "etc/nginx/x": "include /etc/nginx/sites-enabled/a;\n" });
    expect(await reasonOf()).toEqual({
      status: 0,
      reasons: ['etc/nginx/sites-enabled/a: is included by itself: nginx ends with "Too many open files"'],
    });
  });

  test("a link out of the tree is reported, not followed", async () => {
    host("server { include /etc/nginx/x; }\n");
    symlinkSync("../../../secret", join(top, "etc/nginx/x"));
    expect(await reasonOf()).toEqual({
      status: 3,
      reasons: ["etc/nginx/x: is a link to ../../../secret, outside the host's root"],
    });
  });

  test("an absolute link counts from the host's root", async () => {
    host("server {}\n");
    put({ "etc/nginx/sites-available/b": "server { root /b; }\n" });
    symlinkSync("/etc/nginx/sites-available/b", join(top, "etc/nginx/sites-enabled/b"));
    const { status, out } = await run(["etc", "-q"]);
    expect(status).toBe(1);
    expect(out).toContain("etc/nginx/sites-available/b:1:10: warning");
  });

  test("a directory, a FIFO and a dangling link where files are wanted", async () => {
    host("server {}\n");
    mkdirSync(join(top, "etc/nginx/sites-enabled/dir"));
    execFileSync("mkfifo", [join(top, "etc/nginx/sites-enabled/fifo")]);
    symlinkSync("nothing", join(top, "etc/nginx/sites-enabled/gone"));
    expect(await reasonOf()).toEqual({
      status: 3,
      reasons: [
        "etc/nginx/sites-enabled/dir: is a directory, which nginx refuses to read",
        "etc/nginx/sites-enabled/fifo: is not a regular file",
        "etc/nginx/sites-enabled/gone: no such file in the tree",
      ],
    });
  });

  test("an include of a file that the whole host lacks", async () => {
    host("server { include /etc/nginx/gone.conf; }\n");
    expect(await reasonOf()).toEqual({
      status: 0,
      reasons: ["etc/nginx/gone.conf: no such file in the tree"],
    });
  });

  test("an include that a part of a host lacks is listed, and fails nothing", async () => {
    put({ "etc/nginx/nginx.conf": "events {}\nhttp { include /etc/letsencrypt/tls.conf; }\n" });
    expect(await reasonOf()).toEqual({
      status: 0,
      reasons: ["etc/letsencrypt/tls.conf: no such file in the tree"],
    });
  });

  test("a template is not a broken file", async () => {
    host("server { {{ vars }} }\n");
    expect(await reasonOf()).toEqual({ status: 0, reasons: [] });
    host("{% if a %}\nserver {\n{% else %}\nserver {\n{% endif %}\n}\n");
    expect(await reasonOf()).toEqual({ status: 0, reasons: ["a part of the file was not read: template"] });
    host("server {\n{% if a %}listen 80;{% endif %}\nroot /x }\n");
    expect(await reasonOf()).toEqual({ status: 0, reasons: ["the rest of the file was not read: template"] });
  });

  test("accounts that cannot be read", async () => {
    put({ "etc/nginx/nginx.conf": MAIN, "etc/nginx/sites-enabled/a": "server {}\n" });
    symlinkSync("../../../etc/passwd", join(top, "etc/passwd"));
    expect(await reasonOf()).toEqual({
      status: 3,
      reasons: ["is a link to ../../../etc/passwd, outside the host's root"],
    });
  });

  test("names in another encoding are told apart", async () => {
    host("");
    const text = Buffer.from("server { index X; }\nserver { index Y; }\n");
    text[text.indexOf("X")] = 0xe8;
    text[text.indexOf("Y")] = 0xe9;
    writeFileSync(join(top, "etc/nginx/sites-enabled/a"), text);
    const { out } = await run(["etc", "-q"]);
    expect(out).toContain('"index \\xe8"');
    expect(out).toContain('"index \\xe9"');
  });

  test("control characters never reach the terminal", async () => {
    host('server { index "a\x1b[31mred\x9b"; }\n');
    for (const words of [[], ["--quiet"], ["--format", "json"], ["--color", "always"]]) {
      const { out } = await run(["etc", ...words]);
      expect(out).toContain("red");
      expect(controls(out.replaceAll(COLOR, ""))).toEqual([]);
    }
  });

  test("blocks without end", async () => {
    host(`server {\n${"location / {\n".repeat(20_000)}${"}".repeat(20_000)}\n}\n`);
    expect(await reasonOf()).toEqual({ status: 3, reasons: ["blocks nested this deep were not read"] });
  });

  test("a line of a megabyte", async () => {
    host(`server { index ${"a ".repeat(500_000)}; }\n`);
    const { status, out } = await run(["etc"]);
    expect(status).toBe(1);
    expect(Math.max(...out.split("\n").map((line) => line.length))).toBeLessThan(1000);
  });
});

describe("output", () => {
  test("ends with what was covered", async () => {
    host("server { root /srv; index a; }\n");
    expect(lastLine((await run(["etc"])).out)).toMatch(/^1 error, 1 warning; 1 host, 2 files/);
    expect(lastLine((await run(["etc", "-q"])).err)).toMatch(/^1 error, 1 warning; 1 host, 2 files/);
  });

  test("lowers what rests on a guess, and says what would settle it", async () => {
    host("server { autoindex on; }\n");
    const { out } = await run(["etc"]);
    expect(out).toContain("warning[invented/guess]");
    expect(out).toContain("look at the host to be sure");
  });

  test("goes to several places at once", async () => {
    host("server { index a; }\n");
    const { out } = await run(["etc", "--format", "json=report.json", "--format", "text"]);
    expect(out).toContain("error[invented/index]");
    expect(JSON.parse(readFileSync(join(top, "report.json"), "utf8"))).toMatchObject({ version: 1 });
  });

  test("that cannot be written is a usage error", async () => {
    host("server {}\n");
    const { status, err } = await run(["etc", "--format", "json=no/such/place.json"]);
    expect({ status, err }).toEqual({
      status: 2,
      err: "fpmlint: no/such/place.json: no such file or directory\n",
    });
  });

  test("is the same every time, whatever the order of the paths", async () => {
    host("server { root /srv; index a; charset x; }\n");
    const one = await run(["etc", "etc/nginx", "--format", "json"]);
    expect(await run(["etc/nginx", "etc", "--format", "json"])).toEqual(one);
    expect(await run(["etc", "--format", "json"])).toEqual(one);
  });

  test("has a snippet of two servers once", async () => {
    host("server { include /etc/nginx/s; }\nserver { include /etc/nginx/s; }\n");
    put({ "etc/nginx/s": "index a;\n" });
    const { out } = await run(["etc", "-q"]);
    expect(out.match(/is reported/g)).toHaveLength(1);
  });

  test("of a part of the host holds what touches it", async () => {
    host("server { index a; include /etc/nginx/s; }\n");
    put({ "etc/nginx/s": "root /s;\n", "etc/nginx/sites-enabled/b": "server { index b; }\n" });
    const { out } = await run(["etc/nginx/s", "-q"]);
    expect(out).toContain('"root /s" is reported');
    expect(out).not.toContain('"index');
    const site = await run(["etc/nginx/sites-enabled/a", "-q"]);
    expect(site.out).toContain('"index a"');
    // Included from the site, so the site's `include` line leads there.
    expect(site.out).toContain('"root /s"');
    expect(site.out).not.toContain('"index b"');
  });

  test.each([
    [[], {}, false],
    [["--color", "always"], {}, true],
    [["--color", "always"], { NO_COLOR: "1" }, true],
    [[], { FORCE_COLOR: "1" }, true],
    [[], { FORCE_COLOR: "1", NO_COLOR: "1" }, true],
    [["--color", "never"], { FORCE_COLOR: "1" }, false],
  ])("is coloured as %j and %j say", async (words, env, colored) => {
    host("server { index a; }\n");
    expect((await run(["etc", ...words], env as Record<string, string>)).out.includes("\x1b[")).toBe(colored);
  });
});

describe("fpmlint.json", () => {
  const site = "server { root /srv; index a; }\n";

  test("turns rules off, regrades them and sets the threshold", async () => {
    host(site);
    put({
      "fpmlint.json": JSON.stringify({
        failOn: "error",
        rules: { "invented/index": "off", "invented/root": "info" },
      }),
    });
    const { status, out } = await run(["etc", "-q"]);
    expect(status).toBe(0);
    expect(out).toContain("info:");
    expect(out).not.toContain("[invented/index]");
    expect((await run(["etc", "--fail-on", "info"])).status).toBe(1);
  });

  test("gives a rule its options", async () => {
    host(site);
    put({ "fpmlint.json": JSON.stringify({ rules: { "invented/root": ["error", { least: "16k" }] } }) });
    expect((await run(["etc", "-q"])).out).toContain('error: "root /srv" is reported');
  });

  test("states hosts outright", async () => {
    put({ "web1/conf/main": "events {}\nhttp { server { index a; } }\n" });
    put({ "fpmlint.json": JSON.stringify({ hosts: [{ name: "web1", root: "web1", nginx: "conf/main" }] }) });
    const { out } = await run(["--format", "json"]);
    expect(JSON.parse(out)).toMatchObject({ findings: [{ host: "web1", file: "web1/conf/main", line: 2 }] });
  });

  test.each([
    [
      '{"rules": {"invented/indx": "off"}}',
      'fpmlint.json:1:12: rules.invented/indx: unknown key, did you mean "invented/index"?',
    ],
    [
      '{"rules": {"invented/root": ["error", {"least": 8}]}}',
      "fpmlint.json:1:49: rules.invented/root[1].least: must be string",
    ],
    ['{"rules": {"invented/root": "sometimes"}}', "must be one of"],
    ["{", "fpmlint.json:1:2: not valid JSON: expected a name in double quotes or }"],
    ["[]", "fpmlint.json:1:1: must be object"],
  ])("is refused when it is wrong: %s", async (text, message) => {
    host(site);
    put({ "fpmlint.json": text });
    const { status, err } = await run(["etc"]);
    expect(status).toBe(2);
    expect(err).toContain(message);
  });
});

describe("the output of nginx -T", () => {
  const dump = [
    "nginx: the configuration file /etc/nginx/nginx.conf syntax is ok",
    "# configuration file /etc/nginx/nginx.conf:",
    "events {}",
    "http {",
    "    include sites-enabled/*;",
    "}",
    "",
    "# configuration file /etc/nginx/sites-enabled/a:",
    "server {",
    "    index a;",
    "}",
    "",
  ].join("\n");
  const finding = '/etc/nginx/sites-enabled/a:2:5: error: "index a" is reported [invented/index]';

  test("is read from standard input, with its files and lines", async () => {
    const { status, out, err } = await run(["-", "-q"], {}, dump);
    expect(status).toBe(1);
    expect(out).toContain(finding);
    expect(lastLine(err)).toContain("2 files");
  });

  test("is read from a file, with line ends of any kind", async () => {
    put({ "nginx-T.txt": dump.replaceAll("\n", "\r\n") });
    expect((await run(["nginx-T.txt", "-q"])).out).toContain(finding);
    expect((await run(["-q"])).out).toContain(finding);
  });

  test("stands for nginx's half of the other path's host", async () => {
    host("server { root /not/read; }\n");
    put({ "etc/php/8.2/fpm/php-fpm.conf": "[www]\nlisten = /run/x\npm = static\npm.max_children = 1\n" });
    const { out, err } = await run(["etc", "-", "-q"], {}, dump);
    expect(out).toContain(finding);
    expect(out).not.toContain("/not/read");
    expect(lastLine(err)).toContain("1 host, 3 files, 1 pool");
  });

  test("and nothing else may come on standard input", async () => {
    expect(await run(["-"], {}, "server {}\n")).toEqual({
      status: 2,
      out: "",
      err: "fpmlint: standard input is not the output of nginx -T\n",
    });
  });
});

describe("the other commands", () => {
  test("explain shows a rule's page and what is behind a status", async () => {
    expect((await run(["explain", "invented/root"])).out).toContain("least");
    const { out } = await run(["explain", "502"]);
    expect(out).toContain("invented/index");
    expect(out).toContain("invented log line");
    expect(out).not.toContain("invented/root");
    expect((await run(["explain", "502", "bad", "gateway"])).out).toBe(out);
    expect((await run(["explain", "blank", "page"])).out).toContain("What ends in a blank page");
  });

  test("rules lists the catalogue", async () => {
    expect((await run(["rules"])).out).toMatch(/invented\/charset +info +finds invented\/charset/);
    const { rules } = JSON.parse((await run(["rules", "--format", "json"])).out) as {
      rules: { id: string }[];
    };
    expect(rules.map(({ id }) => id)).toEqual(inventedRules.map(({ id }) => id));
  });

  test("--help names every option and the exit statuses", async () => {
    const { status, out } = await run(["--help"]);
    expect(status).toBe(0);
    for (const word of [
      "--fail-on",
      "--format",
      "--quiet",
      "--color",
      "--config",
      "Examples:",
      "Exit status:",
    ]) {
      expect(out).toContain(word);
    }
    expect((await run(["explain", "--help"])).out).toContain("topic");
  });
});

describe("the built command", () => {
  /** Enough includes that lead nowhere for a document of more than a pipe holds. */
  function longHost(): void {
    const includes = Array.from({ length: 2000 }, (_, n) => `  include /etc/letsencrypt/tls-${n}.conf;\n`);
    put({ "etc/nginx/nginx.conf": `events {}\nhttp {\n${includes.join("")}}\n` });
  }

  test("delivers all of a long document into a pipe", () => {
    longHost();
    const { stdout } = spawnSync(process.execPath, [built, "etc", "--format", "json"], {
      encoding: "utf8",
      cwd: top,
    });
    expect(stdout.length).toBeGreaterThan(100_000);
    const { summary } = JSON.parse(stdout) as { summary: { incomplete: unknown[] } };
    expect(summary.incomplete).toHaveLength(2000);
  });

  test("ends quietly when nobody reads on", () => {
    longHost();
    const pipe = `"${process.execPath}" "${built}" etc | head -n 1`;
    const { stdout, stderr } = spawnSync("sh", ["-c", pipe], { encoding: "utf8", cwd: top });
    expect(stderr).toBe("");
    expect(stdout.split("\n")).toHaveLength(2);
  });

  test("answers --version", () => {
    const { stdout, status } = spawnSync(process.execPath, [built, "--version"], { encoding: "utf8" });
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    expect(status).toBe(0);
  });

  test.each(["--help", "-h", "explain --help", "rules --help", "-V"])(
    "answers %s as yargs would",
    async (line) => {
      const words = line.split(" ");
      const { stdout, status } = spawnSync(process.execPath, [built, ...words], { encoding: "utf8" });
      expect({ out: stdout, status, err: "" }).toEqual(await run(words));
    },
  );

  test("says that its working directory is gone", () => {
    const lost = `mkdir lost && cd lost && rmdir ../lost && "${process.execPath}" "${built}" etc`;
    const { stderr, status } = spawnSync("sh", ["-c", lost], { encoding: "utf8", cwd: top });
    expect({ stderr, status }).toEqual({
      stderr: "fpmlint: the working directory no longer exists\n",
      status: 2,
    });
  });

  test("says that it cannot write", () => {
    host("server {}\n");
    const full = `"${process.execPath}" "${built}" rules > /dev/full`;
    const { stderr, status } = spawnSync("sh", ["-c", full], { encoding: "utf8", cwd: top });
    expect({ stderr, status }).toEqual({
      stderr: "fpmlint: standard output could not be written: ENOSPC\n",
      status: 2,
    });
  });

  test("says what it does not know without a stack trace", () => {
    const { stderr, status } = spawnSync(process.execPath, [built, "--nope"], { encoding: "utf8" });
    expect(stderr).toMatch(/^fpmlint: Unknown argument: nope/);
    expect(stderr).not.toContain("    at ");
    expect(status).toBe(2);
  });
});

import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { rules } from "../../rules/index.js";
import { validators } from "../../src/validators.js";
import { annotations } from "../report/machine/commands.js";
import { pieces } from "../support/ci-commands.js";
import { type Ran, runCommand } from "../support/run-command.js";
import { runs } from "../support/sample.js";

/** The formats of services from the command line: where they go, and what their files are called. */

let top = "";
beforeEach(() => {
  top = realpathSync(mkdtempSync(join(tmpdir(), "fpmlint-formats-")));
});
afterEach(() => rmSync(top, { recursive: true, force: true }));

function put(path: string, text: string): void {
  mkdirSync(dirname(join(top, path)), { recursive: true });
  writeFileSync(join(top, path), text);
}

interface Where {
  readonly env?: Readonly<Record<string, string>>;
  readonly below?: string;
}

const run = (words: readonly string[], { env = {}, below = "" }: Where = {}): Promise<Ran> =>
  runCommand(words, { rules, validators, env, workingDirectory: join(top, below) });

/** One error: no pool listens there. */
function plantHost(at = "etc", port = 9001): void {
  put(
    `${at}/nginx/nginx.conf`,
    `events {}\nhttp {\n  server {\n    location ~ \\.php$ {\n      fastcgi_pass 127.0.0.1:${port};\n    }\n  }\n}\n`,
  );
  put(`${at}/php/8.2/fpm/php-fpm.conf`, "[www]\nlisten = 127.0.0.1:9000\npm = static\npm.max_children = 5\n");
}

const said = (ran: Ran): string => ran.err.trim();

test("annotations may share standard output with the text, and the runner obeys them alone", async () => {
  plantHost();
  const ran = await run(["etc", "--format", "text", "--format", "github"]);
  expect(ran.status).toBe(1);
  expect(ran.out).toContain("error[connect/listen-mismatch]");
  const found = annotations(ran.out);
  expect(found.map(({ level, properties }) => [level, properties.file, properties.line])).toContainEqual([
    "error",
    "etc/nginx/nginx.conf",
    "5",
  ]);
});

test("two documents do not share standard output", async () => {
  plantHost();
  const ran = await run(["etc", "--format", "sarif", "--format", "json"]);
  expect({ status: ran.status, out: ran.out }).toEqual({ status: 2, out: "" });
  expect(said(ran)).toContain("only one --format can go to standard output");
});

test("several files in one run, beside the text", async () => {
  plantHost();
  const files = ["sarif", "gitlab", "checkstyle", "junit", "prometheus", "json"];
  const ran = await run([
    "etc",
    ...["text", ...files.map((one) => `${one}=out.${one}`)].flatMap((one) => ["--format", one]),
  ]);
  expect(ran.status).toBe(1);
  for (const one of files)
    expect(readFileSync(join(top, `out.${one}`), "utf8")).toContain("connect/listen-mismatch");
});

test("a misspelt format is named with the one that was meant", async () => {
  plantHost();
  const ran = await run(["etc", "--format", "sariff"]);
  expect(ran.status).toBe(2);
  expect(said(ran)).toContain('unknown format "sariff"; did you mean sarif?');
});

test("the other commands write text and JSON only", async () => {
  plantHost();
  for (const words of [
    ["capacity", "etc", "--ram", "1G"],
    ["trace", "http://localhost/", "etc"],
  ]) {
    const ran = await run([...words, "--format", "sarif"]);
    expect(ran.status).toBe(2);
    expect(said(ran)).toContain('unknown format "sarif"');
  }
});

describe("the summary of a step", () => {
  test("is added to what is there", async () => {
    plantHost();
    put("summary.md", "before\n");
    const ran = await run(["etc", "--format", "github"], {
      env: { GITHUB_STEP_SUMMARY: join(top, "summary.md") },
    });
    expect(said(ran)).toBe("");
    const text = readFileSync(join(top, "summary.md"), "utf8");
    expect(text.startsWith("before\n### fpmlint\n")).toBe(true);
    expect(text).toContain("| error | etc/nginx/nginx.conf:5 |");
  });

  test("that cannot be written is said, and changes nothing else", async () => {
    plantHost();
    symlinkSync("elsewhere", join(top, "link"));
    for (const path of ["missing", "link", "etc"]) {
      const ran = await run(["etc", "--format", "github"], { env: { GITHUB_STEP_SUMMARY: join(top, path) } });
      expect(ran.status).toBe(1);
      expect(said(ran)).toContain("the summary of the step");
      expect(annotations(ran.out).length).toBeGreaterThan(0);
    }
  });

  test("only the github format writes it", async () => {
    plantHost();
    put("summary.md", "");
    await run(["etc", "--format", "json"], { env: { GITHUB_STEP_SUMMARY: join(top, "summary.md") } });
    expect(readFileSync(join(top, "summary.md"), "utf8")).toBe("");
  });
});

test.each(["GITHUB_WORKSPACE", "CI_PROJECT_DIR"])("files are named from %s", async (name) => {
  plantHost("servers/web1/etc");
  const where = { below: "servers", env: { [name]: top } };
  const files = async (format: string) => {
    const { out } = await run(["web1/etc", "--format", format], where);
    return out;
  };
  expect(await files("sarif")).toContain('"uri": "servers/web1/etc/nginx/nginx.conf"');
  expect(await files("gitlab")).toContain('"path": "servers/web1/etc/nginx/nginx.conf"');
  expect(await files("github")).toContain("file=servers/web1/etc/nginx/nginx.conf,");
  // A directory that the run is not in names nothing.
  const outside = await run(["web1/etc", "--format", "gitlab"], {
    below: "servers",
    env: { [name]: "/nowhere" },
  });
  expect(outside.out).toContain('"path": "web1/etc/nginx/nginx.conf"');
});

test("no link in a name: the real file is named", async () => {
  plantHost();
  put(
    "etc/nginx/sites-available/shop",
    "server {\n  location ~ \\.php$ {\n    fastcgi_pass 127.0.0.1:9002;\n  }\n}\n",
  );
  put("etc/nginx/nginx.conf", "events {}\nhttp {\n  include /etc/nginx/sites-enabled/*;\n}\n");
  mkdirSync(join(top, "etc/nginx/sites-enabled"));
  symlinkSync("../sites-available/shop", join(top, "etc/nginx/sites-enabled/shop"));
  const { out } = await run(["etc", "--format", "sarif"]);
  expect(out).toContain('"uri": "etc/nginx/sites-available/shop"');
  expect(out).not.toContain('"uri": "etc/nginx/sites-enabled/shop"');
});

test("junit fails what fails the run", async () => {
  plantHost();
  const failures = async (...words: readonly string[]) =>
    /failures="(\d+)"/.exec((await run(["etc", "--format", "junit", ...words])).out)?.[1];
  expect(await failures("--fail-on", "never")).toBe("0");
  expect(Number(await failures("--fail-on", "error"))).toBeGreaterThan(0);
  expect(Number(await failures("--fail-on", "info"))).toBeGreaterThan(
    Number(await failures("--fail-on", "error")),
  );
});

test("a run that could not read everything says so in every format that can", async () => {
  plantHost();
  put("etc/nginx/nginx.conf", "events {}\nhttp {\n  include /etc/nginx/picture.conf;\n}\n");
  writeFileSync(join(top, "etc/nginx/picture.conf"), Buffer.from([0x89, 0x50, 0, 0, 1, 2]));
  const out = async (format: string) => {
    const ran = await run(["etc", "--format", format]);
    expect(ran.status).toBe(3);
    return ran.out;
  };
  expect(await out("sarif")).toContain('"executionSuccessful": false');
  expect(await out("junit")).toContain("<error message=");
  expect(await out("prometheus")).toContain("fpmlint_last_run_complete 0");
  expect(annotations(await out("github")).some(({ message }) => message.includes("not checked"))).toBe(true);
});

test("no name and no value makes a command of its own, or breaks the document", async () => {
  const word = fc.array(pieces, { minLength: 1, maxLength: 6 }).map((parts) =>
    parts
      .join("")
      .replace(/[\0\r\n"\\$;{}/]/g, "")
      .toWellFormed()
      .slice(0, 40),
  );
  await fc.assert(
    fc.asyncProperty(word, word, async (file, value) => {
      rmSync(join(top, "etc"), { recursive: true, force: true });
      put("etc/nginx/nginx.conf", "events {}\nhttp {\n  include /etc/nginx/sites/*;\n}\n");
      put(
        `etc/nginx/sites/${file}a`,
        `server {\n  server_name "${value}";\n  location ~ \\.php$ {\n    fastcgi_pass 127.0.0.1:9001;\n  }\n}\n`,
      );
      put(
        `etc/php/8.2/fpm/php-fpm.conf`,
        "[www]\nlisten = 127.0.0.1:9000\npm = static\npm.max_children = 5\n",
      );
      const { out, status } = await run(["etc", "--format", "github"]);
      expect(status).toBe(1);
      const lines = out.trimEnd().split(/[\r\n]/);
      for (const line of lines) expect(line).toMatch(/^(?:::(?:error|warning|notice) file=|\d+ more )/);
      expect(annotations(out).length).toBe(lines.filter((line) => line.startsWith("::")).length);
      JSON.parse((await run(["etc", "--format", "sarif"])).out);
    }),
    { numRuns: runs(60) },
  );
});

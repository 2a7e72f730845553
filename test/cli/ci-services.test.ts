import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { rules } from "../../rules/index.js";
import { commandLine } from "../../src/cli/command-line.js";
import { validators } from "../../src/validators.js";
import { obeyed, pieces } from "../support/ci-commands.js";
import { type Ran, runCommand } from "../support/run-command.js";
import { runs } from "../support/sample.js";

/** Nothing that the input holds starts a command of the service whose log the output is written to. */

let top = "";
beforeEach(() => {
  top = mkdtempSync(join(tmpdir(), "fpmlint-ci-"));
});
afterEach(() => rmSync(top, { recursive: true, force: true }));

function put(path: string, text: string): void {
  mkdirSync(dirname(join(top, path)), { recursive: true });
  writeFileSync(join(top, path), text);
}

const run = (...words: readonly string[]): Promise<Ran> =>
  runCommand(words, { rules, validators, workingDirectory: top });

const hostile = fc
  .array(pieces, { minLength: 1, maxLength: 6 })
  .map((parts) => parts.join("").replace(/\0/g, "").toWellFormed());
/** Of one line, and without what would end a quoted value. */
const value = hostile.map((text) => text.replace(/[\r\n"\\$;]/g, ""));
const name = hostile.map((text) => text.replaceAll("/", "").slice(0, 40));

interface Tree {
  readonly file: string;
  readonly pool: string;
  readonly value: string;
  readonly quoted: string;
  readonly comment: string;
}

const trees: fc.Arbitrary<Tree> = fc.record({
  file: name,
  pool: value,
  value,
  quoted: hostile,
  comment: value,
});

function plant({ file, pool, value, quoted, comment }: Tree): void {
  const text = quoted.replace(/["\\$]/g, "");
  put("etc/nginx/nginx.conf", "events {}\nhttp {\n  include /etc/nginx/sites-enabled/*;\n}\n");
  put(
    `etc/nginx/sites-enabled/${file}a`,
    [
      "server {",
      `  # ${comment}`,
      `${comment.trimStart().startsWith("#") ? comment : `#${comment}`}`,
      `  server_name "${value}";`,
      `  fastcgi_read_timeout "${value}"; # ${comment}`,
      `  location / { fastcgi_pass "unix:/run/${text}.sock"; }`,
      `  "${text}" on;`,
      `  include "/etc/${value}";`,
      "}",
      "",
    ].join("\n"),
  );
  put("etc/php/8.2/fpm/php-fpm.conf", "[global]\ninclude = /etc/php/8.2/fpm/pool.d/*.conf\n");
  put(
    `etc/php/8.2/fpm/pool.d/${file}.conf`,
    [
      `; ${comment}`,
      `[${pool.replace(/[[\]]/g, "")}]`,
      "listen = /run/a.sock",
      "pm = static",
      "pm.max_children = 5",
      `${value.replaceAll("=", "")}`,
      `php_value[${value.replace(/[[\]]/g, "")}] = "${value}"`,
      "",
    ].join("\n"),
  );
}

async function outputs(tree: Tree): Promise<readonly Ran[]> {
  const sized = ["capacity", "etc", "--ram", "4G", "--worker-size", "60M"];
  return [
    await run("etc"),
    await run("etc", "--color", "always"),
    await run("etc", "--quiet"),
    await run(...sized),
    await run(...sized, "--what-if", "4G", "--what-if", "8G"),
    await run(tree.file),
    await run("explain", tree.value),
    await run("--format", tree.file, "etc"),
    await run(`--${tree.value}`),
    await run("--config", tree.file),
    await run("etc", "--format", `json=${tree.file}/x`),
    await run("capacity", tree.file, "--ram", tree.value),
  ];
}

describe("nothing that is printed starts a command of a CI service", () => {
  test("whatever names, values and comments are", async () => {
    await fc.assert(
      fc.asyncProperty(trees, async (tree) => {
        plant(tree);
        for (const { out, err } of await outputs(tree)) expect([obeyed(out), obeyed(err)]).toEqual([[], []]);
        const json = [
          await run("etc", "--format", "json"),
          await run("capacity", "etc", "--ram", "4G", "--format", "json"),
        ];
        for (const { out } of json) {
          expect(obeyed(out)).toEqual([]);
          if (out !== "") expect(JSON.parse(out)).toMatchObject({ version: 1 });
        }
        rmSync(join(top, "etc"), { recursive: true });
      }),
      { numRuns: runs(15, 4) },
    );
  }, 240_000);

  test("a file that is named as a command", async () => {
    put("::error title=fpmlint::nothing to see.conf", "server { listen 80; bad_directive; }\n");
    const { out } = await run("-q");
    expect(out).toContain("\\x3a:error title=fpmlint::nothing to see.conf:1:21: ");
  });

  test("a line end in a name of a file does not begin a line of a help", async () => {
    plant({ file: "a\n::error::x", pool: "www", value: "v", quoted: "q", comment: "c" });
    const { out } = await run("etc");
    expect(out).toContain("a\\x0a::error::x");
    expect(out).not.toMatch(/^\s*(?:\\x3a|:):error/m);
  });

  test("values and comments in frames, quiet lines and JSON", async () => {
    const hostile = "##[set-output name=approved]true";
    plant({ file: "a", pool: "www", value: hostile, quoted: "q", comment: "##vso[task.complete]" });
    const text = (await run("etc")).out;
    expect(text).toContain("#\\x23[set-output name=approved]true");
    expect(text).toContain("#\\x23vso[task.complete]");
    expect((await run("etc", "-q")).out).toContain("#\\x23[set-output");
    const json = (await run("etc", "--format", "json")).out;
    expect(json).toContain("#\\u0023[set-output name=approved]true");
    expect(JSON.stringify(JSON.parse(json))).toContain(hostile);
  });

  test("an address of our own in the middle of a line stays as it is", async () => {
    put("etc/nginx/nginx.conf", "events {}\nhttp { server { location / { fastcgi_pass [::1]:9001; } } }\n");
    put("etc/php/8.2/fpm/php-fpm.conf", "[www]\nlisten = [::1]:9000\npm = static\npm.max_children = 5\n");
    const { out } = await run("etc", "--infos");
    expect(out).toContain("[::1]:9001");
    expect(out).not.toContain("\\x3a");
  });
});

describe("capacity --diff", () => {
  const ODD = "; \x1b]0;pwned\x07 \u202e ##[add-mask]x \xe9\t";

  interface Printed {
    readonly out: Buffer;
    readonly err: string;
  }

  async function diff(
    env: Readonly<Record<string, string>>,
    shape: { isTTY?: boolean; isFile?: boolean },
  ): Promise<Printed> {
    plant({ file: "a", pool: "www", value: "v", quoted: "q", comment: "c" });
    const odd = Buffer.concat([Buffer.from(ODD), Buffer.from([0xe9])]);
    const pool = ["[www]", "listen = /run/a.sock", "pm = static", "pm.max_children = 500", ""].join("\n");
    const path = "etc/php/8.2/fpm/pool.d/a.conf";
    writeFileSync(join(top, path), Buffer.concat([odd, Buffer.from(`\n${pool}`)]));
    const out: Buffer[] = [];
    let err = "";
    await commandLine(["capacity", "etc", "--ram", "1G", "--worker-size", "60M", "--diff"], {
      rules,
      validators,
      env,
      workingDirectory: top,
      now: () => 0,
      standardInput: () => ({ kind: "bytes", bytes: Buffer.alloc(0) }),
      stdout: { write: (part, encoding) => out.push(Buffer.from(part, encoding)), ...shape },
      stderr: { write: (part) => (err += part) },
    });
    return { out: Buffer.concat(out), err };
  }

  const raw = (printed: Printed): boolean =>
    printed.out.includes(Buffer.concat([Buffer.from(ODD), Buffer.from([0xe9, 0x0a])]));

  test("is the files' own bytes in a pipe, and in a file also of a CI service", async () => {
    expect(raw(await diff({}, {}))).toBe(true);
    const file = await diff({ GITHUB_ACTIONS: "true" }, { isFile: true });
    expect(raw(file)).toBe(true);
    expect(file.err).not.toContain("is shown with escapes");
  });

  test.each([
    ["a terminal", {}, { isTTY: true }, false],
    ["GitHub's log", { GITHUB_ACTIONS: "true" }, {}, true],
    ["Azure's log", { TF_BUILD: "True" }, {}, true],
  ])("has escapes on %s", async (_what, env, shape, said) => {
    const { out, err } = await diff(env, shape);
    expect(out.toString()).toContain(" ; \\x1b]0;pwned\\x07 \\u202e #\\x23[add-mask]x é\t\\xe9\n");
    expect(out.toString()).toMatch(/^-pm.max_children = 500$/m);
    expect(err.includes("is shown with escapes")).toBe(said);
  });
});

import { execFileSync } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { rules } from "../../rules/index.js";
import { validators } from "../../src/validators.js";
import { jsonPage, keysIn } from "../support/json-page.js";
import { type Ran, runCommand } from "../support/run-command.js";
import { tree } from "../support/tree.js";

/** `docs/contract.md` is what scripts depend on: what it says is read from the page and tried. */

const top = fileURLToPath(new URL("../..", import.meta.url));
const page = readFileSync(join(top, "docs/contract.md"), "utf8");

/** The first cells of the table below a heading. */
function rows(heading: string): readonly string[] {
  const section = page.split(/^## /m).find((part) => part.startsWith(`${heading}\n`)) ?? "";
  const found = [...section.matchAll(/^\| (.+?) \| .* \|$/gm)].map(([, cell = ""]) => cell);
  return found.slice(2);
}

/** The words in code of the sentence that begins so. */
function words(start: string): readonly string[] {
  const at = page.indexOf(start);
  expect(at, start).toBeGreaterThan(0);
  const sentence = page.slice(at + start.length).split(/\.(?:\s|$)| \|/)[0] ?? "";
  return [...sentence.matchAll(/`([^`]+)`/g)].map(([, word = ""]) => word);
}

const given = { rules, validators };
const example = { ...given, workingDirectory: join(top, "fixtures/hosts/example") };

interface Document {
  readonly findings: readonly Record<string, unknown>[];
  readonly summary: Record<string, unknown>;
}

async function documentOf(...options: readonly string[]): Promise<Document> {
  const { out } = await runCommand(["etc", "--format", "json", ...options], example);
  return JSON.parse(out);
}

test("the commands are those of --help, with their arguments", async () => {
  const { out } = await runCommand(["--help"], example);
  const commands = out.split("Commands:\n")[1]?.split("\n\n")[0] ?? "";
  const listed = [...commands.matchAll(/^ {2}(fpmlint .*?)(?: {2,}.*)?$/gm)].map(([, one = ""]) => one);
  const named = rows("Commands").map((cell) => cell.replaceAll("`", ""));
  expect([...named].sort()).toEqual([...new Set(listed)].sort());
});

const PARAMETERS = [
  "SCRIPT_FILENAME $document_root$fastcgi_script_name",
  ...["QUERY_STRING", "REQUEST_METHOD", "CONTENT_TYPE", "CONTENT_LENGTH"].map(
    (name) => `${name} $${name.toLowerCase()}`,
  ),
]
  .map((words) => `fastcgi_param ${words};\n`)
  .join("");

describe("exit status", () => {
  const { put, top: directory } = tree();
  const status = async (...args: readonly string[]): Promise<number> =>
    (await runCommand(args, { ...given, workingDirectory: directory() })).status;
  const site = (pass: string): string =>
    `events {}\nhttp {\n  server {\n    location ~ \\.php$ {\n      include fastcgi.conf;\n      fastcgi_pass ${pass};\n    }\n  }\n}\n`;
  const pool = "[www]\nuser = www-data\nlisten = 127.0.0.1:9000\npm = static\npm.max_children = 4\n";
  const host = (pass: string): void =>
    put({
      "etc/nginx/nginx.conf": site(pass),
      "etc/nginx/fastcgi.conf": PARAMETERS,
      "etc/php/8.2/fpm/pool.d/www.conf": pool,
    });

  test("is one of four", () => {
    expect(rows("Exit status")).toEqual(["0", "1", "2", "3"]);
  });

  test("0 and 1: by --fail-on", async () => {
    host("127.0.0.1:9001");
    expect(await status("etc")).toBe(1);
    expect(await status("etc", "--fail-on", "never")).toBe(0);
    host("127.0.0.1:9000");
    expect(await status("etc", "--fail-on", "error")).toBe(0);
  });

  test("2: nothing that could be linted, and no usage that could be meant", async () => {
    host("127.0.0.1:9000");
    put({ "empty/readme": "nothing here\n" });
    for (const args of [["nowhere"], ["empty"], ["etc", "--fail-on", "sometimes"], ["etc", "--unknown"]])
      expect(await status(...args), args.join(" ")).toBe(2);
    put({ "fpmlint.json": "{" });
    expect(await status("etc")).toBe(2);
  });

  const env = { PATH: process.env.PATH };
  const inGit = async (...args: readonly string[]): Promise<Ran> =>
    runCommand(args, { ...given, env, workingDirectory: directory() });
  const git = (line: string): string =>
    execFileSync("git", ["-c", "user.name=a", "-c", "user.email=a@example.com", ...line.split(" ")], {
      cwd: directory(),
      encoding: "utf8",
      stdio: "pipe",
    });

  test("0 with a note: a file that neither daemon reads, and a path that git knows as removed", async () => {
    host("127.0.0.1:9000");
    put({ readme: "nothing here\n", gone: "x\n" });
    git("init -q");
    git("add -A");
    rmSync(join(directory(), "gone"));
    for (const path of ["readme", "gone"]) {
      const { status: ended, out, err } = await inGit("-q", path);
      expect([ended, out, err.includes(`fpmlint: skipped: `) && err.includes(path)]).toEqual([0, "", true]);
    }
  });

  test("with --changed, 1 is about the findings that are shown, and 3 about everything", async () => {
    host("127.0.0.1:9001");
    git("init -q");
    git("add -A");
    git("commit -qm x");
    expect((await inGit("etc")).status).toBe(1);
    expect((await inGit("etc", "--changed")).status).toBe(0);
    put({ "etc/php/8.2/fpm/pool.d/other.conf": "\0\0\0" });
    git("add -A");
    git("commit -qm y");
    expect((await inGit("etc", "--changed")).status).toBe(3);
  });

  test("3 wins over 1", async () => {
    host("127.0.0.1:9001");
    put({ "etc/php/8.2/fpm/pool.d/other.conf": "\0\0\0" });
    expect(await status("etc")).toBe(3);
  });

  test("a syntax fault is 1, and what it hides is listed", async () => {
    host("127.0.0.1:9000");
    put({ "etc/nginx/nginx.conf": `${site("127.0.0.1:9000")}}\n` });
    const ran = await runCommand(["etc", "--format", "json"], { ...given, workingDirectory: directory() });
    expect(ran.status).toBe(1);
    expect(JSON.parse(ran.out).summary.incomplete).not.toEqual([]);
  });
});

test("severities are those of findings", async () => {
  expect(rows("Severity")).toEqual(["error", "warning", "info"]);
  const { findings } = await documentOf();
  for (const { severity } of findings) expect(rows("Severity")).toContain(severity);
});

test("every format that is named works, and --help names them all", async () => {
  const formats = words("`--format` takes a name, or `NAME=FILE`, several times:");
  expect(formats.length).toBeGreaterThan(6);
  const { out } = await runCommand(["--help"], example);
  const said = out.replace(/\s+/g, " ");
  for (const format of formats) {
    expect(said).toContain(format);
    const ran = await runCommand(["etc", "--format", format], example);
    expect(ran.status, format).toBe(1);
    expect(ran.out).not.toBe("");
  }
  const other = await runCommand(["etc", "--format", "other"], example);
  expect(other.status).toBe(2);
  for (const format of formats) expect(other.err).toContain(format);
});

test("--quiet: one line for each finding, and nothing else on standard output", async () => {
  const { out } = await runCommand(["etc", "--quiet"], example);
  const lines = out.trimEnd().split("\n");
  const { findings } = await documentOf();
  expect(lines).toHaveLength(findings.length);
  for (const line of lines)
    expect(line).toMatch(/^[^:]+:\d+:\d+: (?:error|warning|info): .+ \[[a-z-]+\/[a-z0-9-]+\]$/);
});

test("every key of the JSON document has a name in docs/json.md, and is always there", async () => {
  const json = readFileSync(join(top, "docs/json.md"), "utf8");
  const { findings, summary } = await documentOf();
  const keys = [...Object.keys(summary), ...findings.flatMap((one) => Object.keys(one))];
  for (const key of new Set(keys))
    expect(json, key).toMatch(new RegExp(`\`(?:summary\\.)?${key}(?:\\[\\])?\``));
  const shapes = new Set(findings.map((one) => Object.keys(one).join()));
  expect(shapes.size).toBe(1);
});

/** Below them are names of settings. */
const CLOSED = ["current", "recommended"];

describe("the JSON of capacity", () => {
  const ram = ["--ram", "4G"];
  const sized = ["--worker-size", "60M", "--rate", "blog=40/s", "--mean", "250ms"];
  const capacityOf = async (...words: readonly string[]): Promise<Record<string, unknown>> => {
    const { out, err } = await runCommand(
      ["capacity", "etc", "--format", "json", ...sized, ...words],
      example,
    );
    expect(err).not.toContain("fpmlint:");
    return JSON.parse(out);
  };
  const section = jsonPage("## How many workers", "## Output is safe");

  test.each<[string, readonly string[]]>([
    ["of a host", [...ram, "--cores", "4", "--cpu-share", "30%", "--p95", "700ms"]],
    ["of an overload", [...ram, "--cores", "1", "--cpu-share", "90%"]],
    ["over sizes of memory", ["--what-if", "600M,4G,8G"]],
  ])("every key %s has a name in docs/json.md", async (_name, words) => {
    const keys = new Set(keysIn(await capacityOf(...words), CLOSED));
    expect(keys.size).toBeGreaterThan(10);
    for (const key of keys) expect(section, key).toMatch(new RegExp(`\`(?:\\w+\\.)?${key}(?:\\[\\])?\``));
  });

  test("every key is always there", async () => {
    const [asked, bare] = [
      await capacityOf(...ram, "--cores", "4", "--cpu-share", "30%"),
      await capacityOf(...ram),
    ];
    const shape = ({ pools, ...host }: Record<string, unknown>): readonly string[] => [
      ...Object.keys(host),
      ...(pools as readonly Record<string, unknown>[]).flatMap((pool) => Object.keys(pool)),
    ];
    expect(shape(bare)).toEqual(shape(asked));
  });
});

test("a symptom comes when the page says", () => {
  const known = words("| `symptom.when` | one of");
  const used = rules.flatMap(({ cases }) =>
    Object.values(cases).flatMap(({ symptom }) => symptom?.when ?? []),
  );
  expect([...new Set(used)].sort()).toEqual([...known].sort());
});

test("equal input gives equal output in every format", async () => {
  for (const format of ["text", "json", "sarif", "github", "gitlab", "checkstyle", "junit", "prometheus"]) {
    const runs = await Promise.all([1, 2].map(() => runCommand(["etc", "--format", format], example)));
    expect(runs[0]?.out, format).toBe(runs[1]?.out);
  }
});

test("fingerprints survive moved lines and changed numbers", async () => {
  const { put, top: directory } = moved;
  const site = (before: string, read: string): string =>
    `${before}events {}\nhttp {\n  server {\n    location ~ \\.php$ {\n      fastcgi_read_timeout ${read};\n      fastcgi_pass 127.0.0.1:9000;\n    }\n  }\n}\n`;
  put({
    "etc/php/8.2/fpm/pool.d/www.conf":
      "[www]\nuser = www-data\nlisten = 127.0.0.1:9000\npm = static\npm.max_children = 4\nrequest_terminate_timeout = 20\n",
  });
  const marks = async (text: string): Promise<readonly string[]> => {
    put({ "etc/nginx/nginx.conf": text });
    const { out } = await runCommand(["etc", "--format", "json"], {
      ...given,
      workingDirectory: directory(),
    });
    const document: Document = JSON.parse(out);
    return document.findings.map(({ fingerprint }) => String(fingerprint)).sort();
  };
  const first = await marks(site("", "300s"));
  expect(first.length).toBeGreaterThan(0);
  expect(await marks(site("# moved\n\n", "200s"))).toEqual(first);
});

const moved = tree();

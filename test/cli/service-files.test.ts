import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeEach, describe, expect, test } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import { fixtures } from "../build/fixtures.js";
import { annotations } from "../report/machine/commands.js";
import { tree } from "../support/tree.js";
import { built } from "./support/built.js";

/** The files that services ask for: pre-commit's hook, GitHub's action and problem matcher, GitLab's component. */

const project = fileURLToPath(new URL("../..", import.meta.url));
const text = (path: string): string => fs.readFileSync(join(project, path), "utf8");
const { top, put } = tree();

/** A checkout of the example, which has three errors. */
beforeEach(() => {
  fs.cpSync(join(fixtures(), "hosts/example/etc"), join(top(), "checkout/etc"), { recursive: true });
});
const checkout = (): string => join(top(), "checkout");

interface Ran {
  readonly status: number | null;
  readonly out: string;
  readonly err: string;
}

function bash(script: string, env: Readonly<Record<string, string>>, cwd = checkout()): Ran {
  const { status, stdout, stderr } = spawnSync(
    "bash",
    ["--noprofile", "--norc", "-eo", "pipefail", "-c", script],
    {
      cwd,
      encoding: "utf8",
      timeout: 60_000,
      env: { PATH: `${dirname(process.execPath)}:/usr/bin:/bin`, HOME: top(), ...env },
    },
  );
  return { status, out: stdout, err: stderr };
}

describe("GitHub's action", () => {
  const action = parse(text("action.yml")) as {
    readonly inputs: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
    readonly outputs: Readonly<Record<string, Readonly<Record<string, string>>>>;
    readonly runs: {
      readonly using: string;
      readonly steps: readonly {
        id: string;
        shell: string;
        env: Readonly<Record<string, string>>;
        run: string;
      }[];
    };
  };
  const [step] = action.runs.steps;

  test("has what the format asks for, and no more", () => {
    expect(Object.keys(action)).toEqual(["name", "description", "branding", "inputs", "outputs", "runs"]);
    for (const one of Object.values(action.inputs))
      expect(Object.keys(one)).toEqual(["description", "required", "default"]);
    for (const one of Object.values(action.outputs))
      expect(Object.keys(one)).toEqual(["description", "value"]);
    expect(action.runs.using).toBe("composite");
    expect(action.runs.steps.map((one) => Object.keys(one))).toEqual([["id", "shell", "env", "run"]]);
  });

  test("names every input in its environment, and none in the script", () => {
    const inputs = Object.values(step?.env ?? {}).map(
      (value) => /^\$\{\{ inputs\.(\w+) \}\}$/.exec(value)?.[1],
    );
    expect(inputs.sort()).toEqual(Object.keys(action.inputs).sort());
    // What is put into a script is executed.
    expect(step?.run).not.toContain("${{");
  });

  /** The step as the runner starts it. `inputs`: what the workflow says. */
  function runStep(
    inputs: Readonly<Record<string, string>>,
    env: Readonly<Record<string, string>> = {},
  ): Ran & { readonly output: string } {
    put({ output: "", summary: "", "runner/x": "" });
    const values = Object.entries(step?.env ?? {}).map(([name, value]) => {
      const input = /inputs\.(\w+)/.exec(value)?.[1] ?? "";
      return [name, inputs[input] ?? String(action.inputs[input]?.default)];
    });
    const ran = bash(step?.run ?? "", {
      ...Object.fromEntries(values),
      CI: "true",
      GITHUB_ACTIONS: "true",
      GITHUB_ACTION_PATH: project,
      GITHUB_OUTPUT: join(top(), "output"),
      GITHUB_STEP_SUMMARY: join(top(), "summary"),
      GITHUB_WORKSPACE: checkout(),
      RUNNER_TEMP: join(top(), "runner"),
      ...env,
    });
    return { ...ran, output: fs.readFileSync(join(top(), "output"), "utf8") };
  }

  test("annotates the lines, fills the summary and ends as fpmlint does", () => {
    const { status, out, output } = runStep({});
    expect({ status, output }).toEqual({ status: 1, output: "status=1\n" });
    const levels = annotations(out).map(({ level }) => level);
    expect(levels.filter((level) => level === "error")).toHaveLength(3);
    expect(annotations(out).find(({ level }) => level === "warning")?.properties).toMatchObject({
      file: "etc/nginx/snippets/slow-reports.conf",
      line: "2",
    });
    expect(out).toContain("warning[timeout/terminate-below-read]");
    expect(fs.readFileSync(join(top(), "summary"), "utf8")).toContain("timeout/terminate-below-read");
  });

  test("takes options with quotes, and paths with any character", () => {
    const args = "--fail-on never --rule 'buffer/*=off'\n--format \"json=a report.json\"";
    const { status } = runStep({ args });
    expect(status).toBe(0);
    const report = fs.readFileSync(join(checkout(), "a report.json"), "utf8");
    expect(report).toContain("connect/listen-mismatch");
    expect(report).not.toContain('"buffer/');
    fs.renameSync(join(checkout(), "etc"), join(checkout(), "a $(touch x) ;'\" b"));
    fs.mkdirSync(join(checkout(), "second"));
    fs.renameSync(join(checkout(), "a $(touch x) ;'\" b"), join(checkout(), "second/etc"));
    expect(runStep({ path: "second/etc\n\n" }).status).toBe(1);
    fs.renameSync(join(checkout(), "second"), join(checkout(), "-a $(touch x) `touch y`;'\" b"));
    expect(runStep({ path: "-a $(touch x) `touch y`;'\" b/etc" }).output).toBe("status=1\n");
    expect(fs.readdirSync(checkout()).sort()).toEqual(["-a $(touch x) `touch y`;'\" b", "a report.json"]);
  });

  test("says what is wrong before it begins", () => {
    const quotes = runStep({ args: "--rule 'x" });
    expect(quotes.status).toBe(2);
    expect(quotes.out).toContain("::error title=fpmlint::the quotes in args do not match\n");
    put({ "bin/node": "#!/bin/sh\nexit 1\n" });
    fs.chmodSync(join(top(), "bin/node"), 0o755);
    const old = runStep({}, { PATH: `${join(top(), "bin")}:/usr/bin:/bin` });
    expect(old.status).toBe(2);
    expect(old.out).toContain("::error title=fpmlint::Node 20.19 or later is needed");
  });

  test("installs a version outside of the checkout", () => {
    const said = join(top(), "said");
    put({
      "bin/npm": `#!/bin/sh\npwd >${said}\necho "$@" >>${said}\nmkdir -p node_modules/fpmlint/dist && cp ${built} node_modules/fpmlint/dist/\n`,
    });
    fs.chmodSync(join(top(), "bin/npm"), 0o755);
    const PATH = `${join(top(), "bin")}:${dirname(process.execPath)}:/usr/bin:/bin`;
    const { status } = runStep({ version: "1.2.3" }, { PATH, GITHUB_ACTION_PATH: "/nonexistent" });
    expect(status).toBe(1);
    const home = join(top(), "runner/fpmlint");
    expect(fs.readFileSync(said, "utf8")).toBe(
      `${home}\ninstall --prefix ${home} --no-audit --no-fund --ignore-scripts fpmlint@1.2.3\n`,
    );
    put({ "bin/npm": "#!/bin/sh\nexit 1\n" });
    const failed = runStep({ version: "1.2.3" }, { PATH });
    expect(failed.status).toBe(2);
    expect(failed.out).toContain("::error title=fpmlint::npm could not install version 1.2.3\n");
  });
});

describe("GitHub's problem matcher", () => {
  interface Pattern {
    readonly regexp: string;
    readonly file: number;
    readonly line: number;
    readonly column: number;
    readonly severity?: number;
    readonly message: number;
    readonly code: number;
  }
  const { problemMatcher: matchers } = JSON.parse(text(".github/problem-matcher.json")) as {
    readonly problemMatcher: readonly { owner: string; severity?: string; pattern: readonly Pattern[] }[];
  };

  test("takes every line of --quiet, once, with all that it says", () => {
    const run = (...words: readonly string[]): string =>
      spawnSync(process.execPath, [built, ...words], { cwd: checkout(), encoding: "utf8" }).stdout;
    const { findings } = JSON.parse(run("--format", "json")) as {
      readonly findings: readonly Readonly<Record<string, string | number>>[];
    };
    const lines = run("--quiet").trimEnd().split("\n");
    const read = lines.flatMap((line) =>
      matchers.flatMap(({ severity, pattern }) => {
        const [one] = pattern;
        const found = one === undefined ? null : new RegExp(one.regexp).exec(line);
        if (one === undefined || found === null) return [];
        return [
          {
            file: found[one.file],
            line: Number(found[one.line]),
            column: Number(found[one.column]),
            severity: one.severity === undefined ? severity : found[one.severity],
            message: found[one.message],
            rule: found[one.code],
          },
        ];
      }),
    );
    expect(read).toEqual(
      findings.map(({ file, line, column, severity, message, rule }) => ({
        file,
        line,
        column,
        // GitHub's word for it.
        severity: severity === "info" ? "notice" : severity,
        message,
        rule,
      })),
    );
    expect(new Set(read.map(({ severity }) => severity))).toEqual(new Set(["error", "warning", "notice"]));
  });

  test("has an owner each, for a matcher of the same owner replaces the one before", () => {
    expect(new Set(matchers.map(({ owner }) => owner)).size).toBe(matchers.length);
  });
});

describe("GitLab's component", () => {
  const [header, body] = parseAllDocuments(text("templates/fpmlint.yml")).map((one) => one.toJS()) as [
    { readonly spec: { readonly inputs: Readonly<Record<string, Readonly<Record<string, string>>>> } },
    Readonly<Record<string, { readonly script: readonly string[]; readonly artifacts: unknown }>>,
  ];
  const { inputs } = header.spec;

  /** The job with inputs in their places, as GitLab puts them there. */
  function job(given: Readonly<Record<string, string>> = {}) {
    const filled = JSON.stringify(body).replace(
      /\$\[\[ inputs\.([\w-]+) \]\]/g,
      (_, name: string) => given[name] ?? inputs[name]?.default ?? "",
    );
    return Object.entries(JSON.parse(filled) as typeof body);
  }

  test("every input is described, has a default and is used", () => {
    const used = [...JSON.stringify(body).matchAll(/inputs\.([\w-]+)/g)].map(([, name]) => name);
    expect([...new Set(used)].sort()).toEqual(Object.keys(inputs).sort());
    for (const one of Object.values(inputs)) expect(Object.keys(one)).toEqual(["default", "description"]);
  });

  test("prints the text, writes the report and ends as fpmlint does", () => {
    put({
      "bin/npx": `#!/bin/sh\necho "$1 $2" >${join(top(), "said")}\nshift 2\nexec ${process.execPath} ${built} "$@"\n`,
    });
    fs.chmodSync(join(top(), "bin/npx"), 0o755);
    const env = {
      PATH: `${join(top(), "bin")}:/usr/bin:/bin`,
      CI_PROJECT_DIR: checkout(),
      GITLAB_CI: "true",
    };
    const [[name, { script, artifacts }] = ["", { script: [], artifacts: null }]] = job({
      version: "1.2.3",
      args: "--fail-on error",
    });
    const { status, out } = bash(script.join("\n"), env);
    expect({ name, status, said: fs.readFileSync(join(top(), "said"), "utf8") }).toEqual({
      name: "fpmlint",
      status: 1,
      said: "--yes fpmlint@1.2.3\n",
    });
    expect(out).toContain("error[connect/listen-mismatch]");
    const reports = JSON.parse(JSON.stringify(artifacts)) as { reports: { codequality: string } };
    const report = JSON.parse(
      fs.readFileSync(join(checkout(), reports.reports.codequality), "utf8"),
    ) as unknown[];
    expect(report).toHaveLength(12);
  });
});

describe("pre-commit's hook", () => {
  const [hook] = parse(text(".pre-commit-hooks.yaml")) as readonly Readonly<Record<string, unknown>>[];

  test("has the command that the package has, and reads the whole tree", () => {
    const { bin } = JSON.parse(text("package.json")) as { readonly bin: Readonly<Record<string, string>> };
    const [command = "", ...words] = String(hook?.entry).split(" ");
    expect(resolve(project, bin[command] ?? "")).toBe(built);
    expect(hook).toMatchObject({ language: "node", pass_filenames: false, always_run: true });
    const { status, stdout } = spawnSync(process.execPath, [built, ...words], {
      cwd: checkout(),
      encoding: "utf8",
    });
    expect(status).toBe(1);
    expect(stdout.trimEnd().split("\n")).toHaveLength(12);
  });

  test("npm pack says the file's name and nothing else, which pre-commit 3 takes for it", () => {
    // Of its own: a package whose prepare script prints.
    put({
      "package/package.json": JSON.stringify({
        name: "x",
        version: "1.0.0",
        scripts: { prepare: "echo loud" },
      }),
      "package/.npmrc": text(".npmrc"),
    });
    const packed = spawnSync("npm", ["pack"], { cwd: join(top(), "package"), encoding: "utf8" });
    expect(packed.stdout).toBe("x-1.0.0.tgz\n");
  });
});

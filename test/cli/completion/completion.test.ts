import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { rules } from "../../../rules/index.js";
import { COMMANDS } from "../../../src/cli/commands.js";
import { COMMON_OPTIONS, type OptionRow } from "../../../src/cli/options.js";
import { commandIn } from "../../support/run-command.js";

let top = "";

beforeAll(async () => {
  top = mkdtempSync(join(tmpdir(), "fpmlint-completion-"));
  mkdirSync(join(top, "tree/etc"), { recursive: true });
  mkdirSync(join(top, "tree/my dir"));
  writeFileSync(join(top, "tree/notes.json"), "");
  for (const shell of ["bash", "zsh", "fish"])
    writeFileSync(join(top, shell), (await commandIn(top, ["completion", shell])).out);
});

afterAll(() => rmSync(top, { recursive: true, force: true }));

function isThere(program: string): boolean {
  return process.env.FPMLINT_REQUIRE_DAEMONS === "1" || spawnSync(program, ["--version"]).error === undefined;
}

/** What is typed, `\t` for the key, and the words that the command gets. */
const TYPED: readonly (readonly [line: string, words: readonly string[]])[] = [
  ["cap\t --res\t 500M", ["capacity", "--reserve", "500M"]],
  ["expl\t timeout/read-z\t", ["explain", "timeout/read-zero"]],
  ["--fail-on err\t not\t", ["--fail-on", "error", "notes.json"]],
  ["--fail-on=warn\t", ["--fail-on=warning"]],
  ["--rule timeout/read-z\toff", ["--rule", "timeout/read-zero=off"]],
  [
    "--rule=timeout/read-z\tof\t --rule pool/ba\te\t",
    ["--rule=timeout/read-zero=off", "--rule", "pool/backlog=error"],
  ],
  ["--format sar\t --format sarif=not\t", ["--format", "sarif", "--format", "sarif=notes.json"]],
  ["--format=json=not\t", ["--format=json=notes.json"]],
  ["trace http://x/y --htt\t 1.0", ["trace", "http://x/y", "--http", "1.0"]],
  ["completion f\t", ["completion", "fish"]],
  ["rules --form\t js\t", ["rules", "--format", "json"]],
  ["capacity --config=not\t", ["capacity", "--config=notes.json"]],
  ["-q -- --x not\t", ["-q", "--", "--x", "notes.json"]],
  ["explain dow\t", ["explain", "downloads"]],
];

/** Types every line into an interactive shell; `fpmlint` there is a function that prints its words. */
function typed(shell: string, setup: readonly string[]): readonly (readonly string[])[] {
  const print = `fpmlint() { printf '%s' @; printf '<%s>' "$@"; echo; }`;
  const lines = ["PS1=", ...setup, print, ...TYPED.map(([line]) => `fpmlint ${line}`), "exit", ""];
  const { stdout } = spawnSync("script", ["-qec", shell, "/dev/null"], {
    cwd: join(top, "tree"),
    input: lines.join("\n"),
    encoding: "utf8",
    env: { PATH: process.env.PATH, HOME: top, TERM: "dumb" },
    timeout: 120_000,
  });
  // The terminal also shows what is typed, but only what is printed begins so.
  return [...stdout.matchAll(/@(<[^\r\n]*>)/g)]
    .map(([, words = ""]) => words.slice(1, -1).split("><"))
    .map((words) => words.map((word) => word.trimEnd()));
}

describe("what a shell types for the key", () => {
  test.runIf(isThere("bash"))("in bash", () => {
    const setup = ["bind 'set enable-bracketed-paste off'", `source '${top}/bash'`];
    expect(typed("bash --norc --noprofile -i", setup)).toEqual(TYPED.map(([, words]) => words));
  });

  test.runIf(isThere("zsh"))("in zsh", () => {
    const setup = ["autoload -U compinit", "compinit -u -D", `source '${top}/zsh'`];
    expect(typed("zsh -f -i", setup)).toEqual(TYPED.map(([, words]) => words));
  });

  test.runIf(isThere("fish")).each([
    ["cap", ["capacity"]],
    ["explain timeout/read-z", ["timeout/read-zero"]],
    ["explain blank", ["blank page"]],
    ["--fail-on e", ["error"]],
    ["--fail-on=w", ["--fail-on=warning"]],
    ["--rule timeout/read-z", ["timeout/read-zero="]],
    ["--rule=timeout/read-zero=of", ["--rule=timeout/read-zero=off"]],
    ["--format sarif=no", ["sarif=notes.json"]],
    ["trace --http 1", ["1.0", "1.1"]],
    ["rules --format ", ["json", "text"]],
    ["rules ", []],
    ["capacity --config=no", ["--config=notes.json"]],
    ["capacity --fail", []],
    ["my", ["my dir/"]],
  ])("in fish after fpmlint %s", (line, words) => {
    const script = `source '${top}/fish'; complete -C 'fpmlint ${line}'`;
    const { stdout } = spawnSync("fish", ["--no-config", "-c", script], {
      cwd: join(top, "tree"),
      encoding: "utf8",
      env: { PATH: process.env.PATH, HOME: top },
    });
    expect(stdout.split("\n").flatMap((one) => one.split("\t")[0] || [])).toEqual(words);
  });
});

describe("a script", () => {
  test.each(["bash", "zsh", "fish"])("of %s has every option, rule and command", async (shell) => {
    const { status, out } = await commandIn(top, ["completion", shell]);
    expect(status).toBe(0);
    const tables = [COMMON_OPTIONS, ...COMMANDS.map(({ options }) => options)];
    const options = tables.flatMap((table) => Object.keys(table));
    const dash = shell === "fish" ? "-l " : "--";
    expect(options.filter((name) => !out.includes(`${dash}${name}`))).toEqual([]);
    expect(rules.filter(({ id }) => !out.includes(id))).toEqual([]);
    expect(COMMANDS.filter(({ name }) => !out.includes(name))).toEqual([]);
  });

  test("of an unknown shell does not exist", async () => {
    const { status, err } = await commandIn(top, ["completion", "bahs"]);
    expect({ status, err }).toEqual({ status: 2, err: expect.stringContaining("did you mean bash?") });
  });
});

/** Options whose value only a person knows. A new one is put here, or its row says what completes it. */
const FREE: ReadonlySet<string> = new Set([
  ...["nginx-version", "php-version", "ram", "reserve", "headroom", "worker-size", "shared", "weight"],
  ...["cores", "cpu-share", "rate", "mean", "p95", "what-if", "method", "header", "body-size", "from"],
  ...["since", "until", "status", "server", "pool"],
]);

test("every option that takes a value says what completes it", () => {
  const rows = COMMANDS.flatMap(({ options }) => Object.entries<OptionRow>(options));
  const silent = rows.filter(
    ([name, { type, choices, completes }]) =>
      type !== "boolean" && choices === undefined && completes === undefined && !FREE.has(name),
  );
  expect(silent.map(([name]) => name)).toEqual([]);
});

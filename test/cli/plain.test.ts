import fc from "fast-check";
import { expect, test } from "vitest";
import { rules } from "../../rules/index.js";
import { parse } from "../../src/cli/command.js";
import { COMMANDS, DIAGNOSE, LINT } from "../../src/cli/commands.js";
import type { DiagnoseArguments, DiagnoseOptionValues } from "../../src/cli/diagnose/command.js";
import type { LintArguments } from "../../src/cli/lint.js";
import { type LintOptionValues, lintArguments } from "../../src/cli/lint-words.js";
import { COMMON_OPTIONS, type OptionTable } from "../../src/cli/options.js";
import { plainLine } from "../../src/cli/plain.js";
import type { World } from "../../src/cli/world.js";
import { validators } from "../../src/validators.js";
import { runCommand } from "../support/run-command.js";

const TABLE: OptionTable = { ...COMMON_OPTIONS, ...LINT.options, ...DIAGNOSE.options };
const TAKEN = [
  "color",
  "failOn",
  "format",
  "rule",
  "baseline",
  "updateBaseline",
  "changed",
  "fix",
  "fixReview",
  "diff",
  "infos",
  "minSeverity",
  "quiet",
  "config",
  "printConfig",
  "nginxVersion",
  "phpVersion",
  "ram",
  "paths",
] as const satisfies readonly (keyof LintArguments)[];
const TAKEN_BY_DIAGNOSE = [
  "color",
  "since",
  "until",
  "status",
  "server",
  "pool",
  "host",
  "journal",
  "follow",
  "show-requests",
  "format",
  "config",
  "words",
] as const satisfies readonly (keyof DiagnoseArguments)[];

const world: World = {
  rules,
  validators,
  env: {},
  workingDirectory: "/nowhere",
  standardInput: () => ({ kind: "refused", code: "", reason: "" }),
  now: () => 0,
  stdout: { write: () => true },
  stderr: { write: () => true },
};

/** What a command is asked for; what makes no difference to it left out. */
type Asked = Record<string, unknown>;

function askedOf<K extends string>(
  command: string,
  keys: readonly K[],
  args: Partial<Record<K, unknown>>,
): Asked {
  return Object.fromEntries([
    ["command", command],
    ...keys.flatMap((key) => (args[key] === undefined ? [] : [[key, args[key]] as const])),
  ]);
}

/** As yargs reads the line; `null`: it runs another command. Throws what it complains about. */
async function byYargs(words: readonly string[]): Promise<Asked | null> {
  let found: Asked | null = null;
  await parse(words, world, {
    lint: (args) => {
      found = askedOf("", TAKEN, args);
      return 0;
    },
    diagnose: async (args) => {
      found = askedOf("diagnose", TAKEN_BY_DIAGNOSE, args);
      return 0;
    },
  });
  return found;
}

function byTable(line: readonly string[]): Asked | null {
  const plain = plainLine(line);
  if (plain === null) return null;
  const { command, words } = plain;
  if (command === "diagnose")
    return askedOf(command, TAKEN_BY_DIAGNOSE, {
      ...(plain.options as unknown as DiagnoseOptionValues),
      words,
    });
  const options = plain.options as unknown as LintOptionValues;
  return askedOf(command, TAKEN, lintArguments(options, words, line, world));
}

const optionWords = Object.entries(TABLE).flatMap(([name, { alias }]) => [
  `--${name}`,
  `--no-${name}`,
  `--${name}=json`,
  ...[alias ?? []].flat().map((one) => `-${one}`),
]);
const values = Object.values(TABLE).flatMap(({ choices }) => (choices ?? []).map(String));
const word = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom(...optionWords) },
  {
    weight: 3,
    arbitrary: fc.constantFrom("etc", "/etc", ".", "..", "a b", "-", "json", "buffer/*=off", "1.22.1", "8G"),
  },
  { weight: 2, arbitrary: fc.constantFrom(...values) },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      "",
      " ",
      "0",
      "1e3",
      "0x1f",
      ".5",
      "-1",
      "Infinity",
      "NaN",
      "true",
      "false",
      "null",
      "undefined",
      "help",
      "h",
      "-h",
      "version",
      "-V",
      "--",
      "---",
      "-q=1",
      "-qq",
      "-q1",
      "'x'",
      '"x"',
      '"x',
      "--quiet.x",
      "--Quiet",
      "--fixreview",
      "$0",
      "_",
      "__proto__",
      "--__proto__",
      "constructor",
      "--constructor",
      "toString",
      "a=b",
      "=",
      "--=",
      "--format=",
      "\0",
      "\n",
      "é",
      ...COMMANDS.map(({ name }) => name),
    ),
  },
  { weight: 1, arbitrary: fc.string({ unit: "grapheme", maxLength: 6 }) },
);

test.each([[[]], [["diagnose"]]])(
  "a line that is read without yargs asks for what yargs reads in it: %j …",
  async (first) => {
    let read = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(word, { maxLength: 6 }), async (more) => {
        const words = [...first, ...more];
        let plain: ReturnType<typeof byTable>;
        try {
          plain = byTable(words);
        } catch (error) {
          await expect(byYargs(words)).rejects.toThrow((error as Error).message);
          return;
        }
        if (plain === null) return;
        read += 1;
        expect(await byYargs(words)).toEqual(plain);
      }),
    );
    expect(read).toBeGreaterThan(0);
  },
);

test.each([
  [],
  ["/etc"],
  ["-"],
  ["etc/nginx", "etc/php", "-q"],
  ["--quiet", "--fail-on", "error", "--format", "text", "--format", "sarif=x.sarif", "."],
  ["--rule", "buffer/*=off", "--rule", "timeout/read-zero=error", "--color", "never", "--color", "always"],
  ["diagnose"],
  ["diagnose", "-"],
  ["diagnose", "/var/log/nginx/error.log", "a.log", "/etc"],
  ["diagnose", "--since", "1h", "--status", "502", "--status", "504,499", "--server", "shop.example"],
  ["diagnose", "--pool", "www", "--journal", "--follow", "--show-requests", "--host", "copies/web1"],
  ["diagnose", "x.log", "--format", "json", "--format", "sarif=x", "--config", "f.json", "--color", "never"],
  ["--fix", "--diff", "--infos", "--min-severity", "warning", "--ram", "8", "--nginx-version", "1.22.1"],
])("a plain line needs no yargs: %j", async (...words) => {
  const plain = byTable(words);
  expect(plain).not.toBeNull();
  expect(await byYargs(words)).toEqual(plain);
});

test.each([
  ["--nope"],
  ["--format"],
  ["--color", "blue"],
  ["--format=json"],
  ["--no-quiet"],
  ["--changed", "main"],
  ["explain"],
  ["-q", "rules"],
  ["help"],
  ["--", "etc"],
  ["--config", "-"],
  ["diagnose", "502"],
  ["diagnose", "--quiet"],
  ["diagnose", "--no-journal"],
  ["diagnose", "--since"],
  ["diagnose", "help"],
  ["diagnose", "--help"],
  ["--color", "never", "diagnose"],
])("yargs reads what is out of the ordinary: %j", (...words) => {
  expect(plainLine(words)).toBeNull();
});

test("a misspelt command is told on both ways", async () => {
  const run = (words: readonly string[]) =>
    runCommand(words, { rules, validators, workingDirectory: "/nowhere" });
  const message = 'fpmlint: "explian" is neither a command nor a path; did you mean "fpmlint explain"?\n';
  expect(await run(["explian"])).toMatchObject({ status: 2, err: message });
  expect(await run(["explian", "--color=never"])).toMatchObject({ status: 2, err: message });
});

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { rules } from "../../rules/index.js";
import { validators } from "../../src/validators.js";
import { type Ran, runCommand } from "../support/run-command.js";
import { runs, sample, saySample } from "../support/sample.js";
import {
  dumpOf,
  hostTree,
  OTHER_NAMES,
  ordinary,
  PROTOTYPE_NAMES,
  TREES,
  type Tree,
} from "./support/words.js";

/**
 * No word is special: what is said of `constructor` is what is said of any word that nobody knows.
 * Each word is tried in places of its own, drawn by the seed; FPMLINT_SLOW=1 tries each in all.
 */

let top = "";

beforeAll(() => {
  top = mkdtempSync(join(tmpdir(), "fpmlint-words-"));
});

afterAll(() => {
  rmSync(top, { recursive: true });
});

/** Runs in a directory of its own that holds the tree. */
async function inTree(tree: Tree, words: readonly string[], input = ""): Promise<Ran> {
  const workingDirectory = mkdtempSync(join(top, "tree-"));
  for (const [path, text] of Object.entries(tree)) {
    mkdirSync(join(workingDirectory, dirname(path)), { recursive: true });
    writeFileSync(join(workingDirectory, path), text);
  }
  try {
    return await runCommand(words, { rules, validators, workingDirectory, standardInput: () => input });
  } finally {
    rmSync(workingDirectory, { recursive: true });
  }
}

interface Document {
  readonly findings: readonly Readonly<
    Record<"rule" | "severity" | "message" | "host" | "file" | "effect" | "help", string> & {
      line: number;
      column: number;
    }
  >[];
  readonly summary: {
    readonly incomplete: readonly Readonly<{ file: string; line: number | null; reason: string }>[];
  };
}

/** What is said, one line each, whatever the order of the names. What a name was meant to be depends on its letters. */
function said({ status, out, err }: Ran): readonly string[] {
  expect(err).toBe("");
  const { findings, summary } = JSON.parse(out) as Document;
  const lines = [
    ...findings.map(({ file, line, column, rule, severity, message, help, effect, host }) => {
      const place = [file, line, column, rule, severity, host];
      return JSON.stringify(GUESSED.test(rule) ? place : [...place, message, help, effect]);
    }),
    ...summary.incomplete.map(({ file, line, reason }) => JSON.stringify([file, line, reason])),
    `exit ${status}`,
  ];
  return lines.sort();
}

/** Rules that say which name was meant. */
const GUESSED = /^(?:nginx|fpm)\/unknown-/;

function expectSane({ status, out, err }: Ran): void {
  expect(`${out}${err}`).not.toMatch(/native code|\[object |internal error|a bug in fpmlint|NaN/);
  expect([0, 1, 2, 3]).toContain(status);
}

/** Names are compared in lower case, as nginx does with hosts; what is cut off ends with three dots. */
function without(word: string, lines: readonly string[]): readonly string[] {
  const lower = (line: string): string => line.toLowerCase().replaceAll(word.toLowerCase(), "WORD");
  return lines.map((line) => lower(line).replace(/\w+\.\.\./g, "...")).sort();
}

/** Some of the places for a word, in which all words together are in nearly all of them. */
function placesFor<T>(places: readonly T[], word: string, count: number): readonly T[] {
  return sample(places, count, word);
}

const trees = [...TREES];

describe("in trees", () => {
  test.each(PROTOTYPE_NAMES)("%s is an ordinary word", async (word) => {
    for (const [name, tree] of placesFor(trees, word, 1)) {
      const special = await inTree(tree(word), ["--format", "json", "."]);
      const other = await inTree(tree(ordinary(word)), ["--format", "json", "."]);
      expectSane(special);
      expect(said(other).length, name).toBeGreaterThan(2);
      expect(without(word, said(special)), name).toEqual(without(ordinary(word), said(other)));
    }
  });

  test.each(["toString", "__proto__"])("%s in text", async (word) => {
    for (const [, tree] of placesFor(trees, `${word} in text`, runs(2))) {
      expectSane(await inTree(tree(word), ["."]));
      expectSane(await inTree(tree(word), ["--quiet", "."]));
    }
  });
});

test("names that lists or functions have break nothing", { timeout: 600_000 }, async () => {
  const drawn = sample(OTHER_NAMES, runs(8, 3));
  saySample("names that lists or functions have", drawn.length, OTHER_NAMES.length);
  for (const word of drawn) expectSane(await inTree(hostTree(word), ["--quiet", "."]));
});

/** The two words' answers to one command line, each in a tree of its own. */
async function bothSay(
  word: string,
  words: (word: string) => readonly string[],
  make = hostTree,
  input = dumpOf,
) {
  const [special, other] = [
    await inTree(make(word), words(word), input(word)),
    await inTree(make(ordinary(word)), words(ordinary(word)), input(ordinary(word))),
  ];
  expectSane(special);
  const lines = ({ out, err, status }: Ran): readonly string[] => [
    ...out.split("\n"),
    ...err.split("\n"),
    `${status}`,
  ];
  return [without(word, lines(special)), without(ordinary(word), lines(other))];
}

const CAPACITY = ["capacity", ".", "--format", "json", "--ram", "8G"];

/** Command lines, each said with the word and with an ordinary one. */
const COMMANDS: readonly (readonly [name: string, words: (word: string) => readonly string[]])[] = [
  ["a dump", () => ["--quiet", "-"]],
  ["a dump and a host", () => ["--quiet", "-", "."]],
  ["a file of that name", (word) => ["--quiet", `etc/nginx/${word}`]],
  ["a directory of that name", (word) => ["--quiet", `etc/php/8.2/fpm/${word}`]],
  ["no such path", (word) => [word]],
  ["no such paths", (word) => ["--quiet", `./${word}`, word]],
  ["explain", (word) => ["explain", word]],
  ["explain a rule", (word) => ["explain", `nginx/${word}`]],
  ["explain a status", (word) => ["explain", `502 ${word}`]],
  ["rules", (word) => ["rules", "--format", word]],
  ["--format", (word) => ["--format", word, "."]],
  ["--format to a file", (word) => ["--format", `json=${word}`, "--quiet", "."]],
  ["--format of a file", (word) => ["--format", `${word}=x`, "."]],
  ["--fail-on", (word) => ["--fail-on", word, "."]],
  ["--color", (word) => ["--color", word, "."]],
  ["--config", (word) => ["--config", word, "."]],
  ["--nginx-version", (word) => ["--nginx-version", word, "."]],
  ["--php-version", (word) => ["--php-version", word, "."]],
  ["--ram", (word) => ["--ram", word, "."]],
  ["--ram with a unit", (word) => ["--ram", `8${word}`, "."]],
  ["capacity", () => CAPACITY],
  ["capacity as text", () => ["capacity", ".", "--ram", "8G"]],
  ["capacity --diff", () => ["capacity", ".", "--ram", "8G", "--diff"]],
  ["capacity of a pool", (word) => [...CAPACITY, "--worker-size", `${word}=60M`, "--weight", `${word}=2`]],
  ["capacity, demand", (word) => [...CAPACITY, "--rate", `${word}=40/s`, "--mean", `${word}=${word}`]],
  ["capacity, rate", (word) => [...CAPACITY, "--rate", `${word}=40/${word}`]],
  ["capacity, no such pool", (word) => [...CAPACITY, "--weight", `x${word}=2`]],
  ["capacity, no number", (word) => [...CAPACITY, "--weight", word]],
  ["capacity, no such samples", (word) => [...CAPACITY, "--samples", word]],
  ["capacity, samples", () => [...CAPACITY, "--samples", "-"]],
  ["trace", (word) => ["trace", `http://${word}/${word}?${word}`, "."]],
  ["trace of a file", (word) => ["trace", `/${word}`, ".", "--missing", `/${word}`, "--format", "json"]],
  ["trace, options", (word) => ["trace", "/", ".", "--method", word, "--header", `${word}: ${word}`]],
  ["trace, no version", (word) => ["trace", "/", ".", "--http", word]],
  ["trace, no address", (word) => ["trace", "/", ".", "--from", word]],
  ["capacity --what-if", (word) => ["capacity", ".", "--what-if", word]],
];

/** The output of ps with the word for a pool, and with lines that are none. */
function psOf(word: string): string {
  return `RSS COMMAND\n61440 php-fpm: pool ${word}\n${word} php-fpm: pool www\n60000 ${word}\n${word}\n`;
}

describe("on the command line", () => {
  // Those that a reader of objects treats differently: a method, what is inherited, and the prototype itself.
  test.each(["toString", "constructor", "__proto__"])(
    "%s is an ordinary word",
    { timeout: 600_000 },
    async (word) => {
      const drawn = placesFor(COMMANDS, word, runs(8, 3));
      saySample(`command lines with ${word}`, drawn.length, COMMANDS.length);
      for (const [name, words] of drawn) {
        const input = words(word).includes("--samples") ? psOf : dumpOf;
        const [special, other] = await bothSay(word, words, hostTree, input);
        expect(special, name).toEqual(other);
      }
    },
  );
});

test.each(PROTOTYPE_NAMES)("--%s is no option", async (word) => {
  for (const option of [`--${word}`, `--${word}=1`, `--${word}.x=1`, `--no-${word}`]) {
    const ran = await inTree({}, [option, "."]);
    expectSane(ran);
    expect(ran.status).toBe(2);
  }
  expect(Object.hasOwn(Object.prototype, "x")).toBe(false);
});

const SMALL: Tree = { "etc/nginx/nginx.conf": "events {}\nhttp { server { lisen 80; } }\n" };

/** `fpmlint.json` as text: in an object literal `__proto__` would be no key. */
const CONFIGS: readonly (readonly [name: string, text: (word: string) => string])[] = [
  ["a key", (word) => `{"${word}": 1}`],
  ["a rule", (word) => `{"rules": {"${word}": "off"}}`],
  ["the severity of a rule", (word) => `{"rules": {"nginx/syntax": "${word}"}}`],
  ["an option of a rule", (word) => `{"rules": {"pool/memory-oversubscribed": ["error", {"${word}": 1}]}}`],
  ["failOn", (word) => `{"failOn": "${word}"}`],
  ["a group of rules", (word) => `{"rules": {"${word}/*": "off"}}`],
  ["a file of an override", (word) => `{"overrides": [{"files": ["${word}"], "rules": {"*": "off"}}]}`],
  ["a rule of an override", (word) => `{"overrides": [{"files": ["a"], "rules": {"${word}": "off"}}]}`],
  ["what is ignored", (word) => `{"ignore": ["${word}"]}`],
  ["what is extended", (word) => `{"extends": "${word}"}`],
  ["memory", (word) => `{"memory": "8${word}", "headroom": "${word}"}`],
  ["a key of a host", (word) => `{"hosts": [{"name": "${word}", "root": ".", "${word}": 1}]}`],
  [
    "a host",
    (word) =>
      `{"hosts": [{"name": "${word}", "root": ".", "nginx": "etc/nginx/${word}", "fpm": ["${word}"]}]}`,
  ],
];

describe("in fpmlint.json", () => {
  test.each(PROTOTYPE_NAMES)("%s is an ordinary word", async (word) => {
    for (const [name, text] of placesFor(CONFIGS, word, runs(2))) {
      const make = (of: string): Tree => ({ ...SMALL, "fpmlint.json": text(of) });
      const [special, other] = await bothSay(word, () => ["--quiet", "."], make);
      expect(special, name).toEqual(other);
    }
  });
});

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { isKnown, profileOf } from "../../src/kinds/words.js";
import { texts } from "../support/typescript.js";
import { numbersIn } from "./support/numbers.js";

/**
 * Which words the code knows, for what is alike: src/kinds/words.ts. They are collected from every regular expression
 * and every text in the rooms that see the names of a host. FPMLINT_UPDATE=1 writes them anew.
 */

/** Rooms whose code sees names, apart from tables of directives and readers of syntax, which look at other words. */
const ROOMS = [
  "rules",
  "src/capacity",
  "src/engine",
  "src/evidence",
  "src/fpm",
  "src/help",
  "src/host",
  "src/intent",
  "src/kinds/judged.ts",
  "src/kinds/named.ts",
  "src/model",
  "src/nginx/address",
  "src/nginx/checks",
  "src/nginx/facts/stock.ts",
  "src/nginx/location",
  "src/nginx/syntax",
  "src/nginx/template",
  "src/nginx/tree",
  "src/php",
  "src/sizing",
  "src/source",
];
const NOT = /^src\/(?:host\/find\/|fpm\/edit\/)/;

/** Names of parameters of FastCGI, as `PHP_VALUE`. */
const PARAMETER = /[A-Z]+(?:_[A-Z0-9]+)*/g;

interface Collected {
  readonly inside: readonly string[];
  readonly whole: readonly string[];
  readonly parameters: readonly string[];
  /** Numbers that may match in the midst of a run of digits. */
  readonly inTheMidst: readonly string[];
}

function collected(): Collected {
  const parameters = new Set<string>();
  const inside = new Set<string>();
  const whole = new Set<string>();
  const inTheMidst: string[] = [];
  const add = (to: Set<string>, text: string): void => {
    for (const word of text.toLowerCase().match(/[a-z0-9]+/g) ?? []) to.add(word);
  };
  for (const room of ROOMS) {
    const files = room.endsWith(".ts")
      ? [room]
      : readdirSync(room, { recursive: true, encoding: "utf8" }).map((name) => join(room, name));
    for (const path of files) {
      if (!path.endsWith(".ts") || NOT.test(path)) continue;
      for (const text of texts(readFileSync(path, "utf8"))) {
        for (const word of text.match(PARAMETER) ?? []) if (word.length > 1) parameters.add(word);
        const isPattern = text.startsWith("/");
        // What is made into an expression.
        const isMade = !isPattern && /[|()[\]^\\]/.test(text) && !/\s[a-z]+\s/.test(text);
        if (isPattern || isMade) {
          const source = isPattern ? text.slice(1, text.lastIndexOf("/")) : text.slice(1, -1);
          const { bound, loose, rest } = numbersIn(source, isMade);
          for (const number of loose) inTheMidst.push(`${number} in ${text}`);
          for (const number of bound) whole.add(number);
          add(inside, literalPart(rest));
        } else if (/^["'`}]?[\w./\s,:@*-]*["'`]?$/.test(text)) add(whole, text);
      }
    }
  }
  const parts = [...inside].filter((word) => word.length > 1).sort();
  for (const word of inside) if (word.length === 1) whole.add(word);
  return {
    inside: parts,
    whole: [...whole].filter((word) => !inside.has(word) || word.length === 1).sort(),
    parameters: [...parameters].sort(),
    inTheMidst,
  };
}

/** The characters of an expression that stand for themselves, without those that may be absent. */
function literalPart(source: string): string {
  return source
    .replace(/(?<!\\)(?:[a-z0-9]|\\.)(?:[?*]|\{0?,\d*\})/gi, " ")
    .replace(/\\(?:x[0-9a-f]{2}|u[0-9a-f]{4}|u\{[0-9a-f]+\}|[dDwWsSbB])/gi, " ")
    .replace(/\(\?<?(?:[:=!]|\w+>)|\{\d*,?\d*\}|\[\^?(?:\\.|[^\]\\])*\]|\\./g, " ");
}

test("the vocabulary has every word of the code", () => {
  const { inside, whole, parameters, inTheMidst } = collected();
  expect(inTheMidst, "profileOf looks for a number where a run of digits begins").toEqual([]);
  const path = "src/kinds/vocabulary.ts";
  if (process.env.FPMLINT_UPDATE === "1") writeFileSync(path, written({ inside, whole, parameters }));
  const [, ...lists] = readFileSync(path, "utf8")
    .split("`")
    .filter((_, at) => at === 0 || at % 2 === 1);
  for (const [at, words] of [inside, whole, parameters].entries()) {
    const listed = new Set(lists[at]?.trim().split(/\s+/));
    // Words that the code no longer knows do no harm.
    expect(
      words.filter((word) => !listed.has(word)),
      "FPMLINT_UPDATE=1 writes them",
    ).toEqual([]);
  }
});

function written({ inside, whole, parameters }: Omit<Collected, "inTheMidst">): string {
  const lines = (words: readonly string[]): string => {
    const found: string[] = [];
    for (const word of words) {
      const last = found.at(-1);
      if (last === undefined || last.length + word.length > 100) found.push(word);
      else found[found.length - 1] = `${last} ${word}`;
    }
    return found.join("\n");
  };
  return `/** Every word that the code knows, collected by test/kinds/vocabulary.test.ts: in a pattern, as a whole, as a parameter. */
export const VOCABULARY = {
  inside: \`
${lines(inside)}
\`,
  whole: \`
${lines(whole)}
\`,
  parameters: \`
${lines(parameters)}
\`,
} as const;
`;
}

test("names that a line of the code tells apart have different profiles", () => {
  expect(isKnown("php")).toBe(true);
  for (const [one, other] of [
    ["livestream", "livestrand"],
    ["default", "defraude"],
    ["fcgiwrap", "fcgxwrap"],
    ["wsshop", "xsshop"],
    ["site1", "site"],
    ["munin2", "mumin2"],
    ["shop127001", "shop128001"],
    ["shop404", "shop405"],
  ] as const)
    expect(profileOf(one), `${one} and ${other}`).not.toBe(profileOf(other));
  expect(profileOf("site00017")).toBe(profileOf("site00018"));
  expect(profileOf("site00404")).toBe(profileOf("site01270"));
  expect(profileOf("baker")).toBe(profileOf("dexer"));
});

test("a number is told from the same digits in the midst of others", () => {
  for (const [source, bound, loose] of [
    ["^(?:40[01]|410|503)$", ["410", "503"], []],
    ["\\b(?:502 Bad Gateway|404)\\b", ["502", "404"], []],
    ["^127(\\.\\d+){3}$", [], []],
    ["^(?:|000-default)$", ["000"], []],
    ["404", [], ["404"]],
    ["^(?:a|404)*$", [], ["404"]],
    ["(?<=a)404$", [], ["404"]],
    ["^\\d*404$", [], ["404"]],
    ["^.404$", [], ["404"]],
    ["^404?$", [], []],
  ] as const) {
    const found = numbersIn(source, false);
    expect([found.bound, found.loose], source).toEqual([bound, loose]);
  }
});

import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { isKnown, profileOf } from "../../src/kinds/words.js";
import { texts } from "../support/typescript.js";
import { type Literal, literalsIn } from "./support/literals.js";

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
  /** What a pattern may meet in the midst of a name. */
  readonly inside: readonly string[];
  /** What patterns meet where a name begins, or where it ends, and nowhere else. */
  readonly starts: readonly string[];
  readonly ends: readonly string[];
  readonly whole: readonly string[];
  readonly parameters: readonly string[];
}

function collected(): Collected {
  const parameters = new Set<string>();
  const met = new Map<string, Literal[]>();
  const whole = new Set<string>();
  for (const room of ROOMS) {
    const files = room.endsWith(".ts")
      ? [room]
      : readdirSync(room, { recursive: true, encoding: "utf8" }).map((name) => join(room, name));
    for (const path of files) {
      if (!path.endsWith(".ts") || NOT.test(path)) continue;
      for (const text of texts(readFileSync(path, "utf8"))) {
        for (const word of text.match(PARAMETER) ?? []) if (word.length > 1) parameters.add(word);
        const literals = patternIn(text);
        if (literals !== null)
          for (const one of literals) met.set(one.word, [...(met.get(one.word) ?? []), one]);
        else if (/^["'`}]?[\w./\s,:@*-]*["'`]?$/.test(text))
          for (const word of text.toLowerCase().match(/[a-z0-9]+/g) ?? []) whole.add(word);
      }
    }
  }
  const found = { inside: new Set<string>(), starts: new Set<string>(), ends: new Set<string>() };
  for (const [word, literals] of met) {
    if (word.length === 1) whole.add(word);
    else if (literals.some(({ begins, ends }) => !begins && !ends)) found.inside.add(word);
    else {
      if (literals.some(({ ends }) => !ends)) found.starts.add(word);
      if (literals.some(({ begins }) => !begins)) found.ends.add(word);
      whole.add(word);
    }
  }
  const { inside, starts, ends } = found;
  return {
    inside: [...inside].sort(),
    starts: [...starts].sort(),
    ends: [...ends].sort(),
    whole: [...whole].filter((word) => !inside.has(word)).sort(),
    parameters: [...parameters].sort(),
  };
}

/** The words in a text of the code, if it is a pattern. */
function patternIn(text: string): readonly Literal[] | null {
  if (text.startsWith("/")) return literalsIn(text.slice(1, text.lastIndexOf("/")));
  // What is made into an expression.
  if (!/[|()[\]^\\]/.test(text) || /\s[a-z]+\s/.test(text)) return null;
  const inner = text.replace(/^["'`}]|(?:\$\{|["'`])$/g, "");
  return literalsIn(inner.replaceAll("\\\\", "\\"), !/[|[\]^\\]/.test(inner));
}

test("the vocabulary has every word of the code", () => {
  const found = collected();
  const path = "src/kinds/vocabulary.ts";
  if (process.env.FPMLINT_UPDATE === "1") writeFileSync(path, written(found));
  const [, ...lists] = readFileSync(path, "utf8")
    .split("`")
    .filter((_, at) => at === 0 || at % 2 === 1);
  const listed = lists.map((list) => new Set(list.trim().split(/\s+/)));
  const { inside, starts, ends, whole, parameters } = found;
  for (const [at, words] of [inside, starts, ends, whole, parameters].entries()) {
    // Words that the code no longer knows do no harm, nor do those that are looked for everywhere.
    expect(
      words.filter((word) => listed[at]?.has(word) !== true && (at === 4 || listed[0]?.has(word) !== true)),
      "FPMLINT_UPDATE=1 writes them",
    ).toEqual([]);
  }
});

function written({ inside, starts, ends, whole, parameters }: Collected): string {
  const lines = (words: readonly string[]): string => {
    const found: string[] = [];
    for (const word of words) {
      const last = found.at(-1);
      if (last === undefined || last.length + word.length > 100) found.push(word);
      else found[found.length - 1] = `${last} ${word}`;
    }
    return found.join("\n");
  };
  return `/** Every word that the code knows, collected by test/kinds/vocabulary.test.ts. */
export const VOCABULARY = {
  /** A pattern may meet it in the midst of a name. */
  inside: \`
${lines(inside)}
\`,
  /** Patterns meet it only where a name begins. */
  starts: \`
${lines(starts)}
\`,
  /** Patterns meet it only where a name ends. */
  ends: \`
${lines(ends)}
\`,
  /** A name as a whole. */
  whole: \`
${lines(whole)}
\`,
  /** Parameters of FastCGI. */
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
    ["nginxshop", "ngxinshop"],
    // What is left when a word was taken away.
    ["nginxcsv", "nginxcsw"],
    ["site1", "site"],
    ["munin2", "mumin2"],
    ["shop404", "shop405"],
  ] as const)
    expect(profileOf(one), `${one} and ${other}`).not.toBe(profileOf(other));
  expect(profileOf("site00017")).toBe(profileOf("site00018"));
  expect(profileOf("site00404")).toBe(profileOf("site01270"));
  // A pattern for the whole word meets neither.
  expect(profileOf("wsshop")).toBe(profileOf("xsshop"));
  expect(profileOf("baker")).toBe(profileOf("dexer"));
});

test("where a pattern can meet a word", () => {
  const shown = (source: string): string =>
    literalsIn(source)
      .map(({ word, begins, ends }) => `${begins ? "<" : ""}${word}${ends ? ">" : ""}`)
      .join(" ");
  for (const [source, words] of [
    ["^(?:40[01]|410|503)$", "<40 <410> <503>"],
    ["\\b(?:502 Bad|504)\\b", "<502> <bad> <504>"],
    ["^127(\\.\\d+){3}$", "<127>"],
    ["^127(\\.\\d+)?$", "<127>"],
    ["404", "404"],
    ["^(?:ab|404)*$", "ab 404"],
    ["(?<=a)404$", "a 404>"],
    ["(?<=^|[/.])js(?:$|\\?)", "<js>"],
    ["(?<![-.])js(?!x)", "js x"],
    ["\\w-?www\\.", "www>"],
    ["\\Bab\\S", "ab"],
    ["^\\s*(?:no|off)\\s*$", "<no> <off>"],
    ["^(?:no|off)\\w*$", "<no <off"],
    ["^x-?docs?$", "<x doc> docs>"],
    ["^(?:docs?|monitor(?:ing)?)\\b", "<doc> <docs> <monitor> <monitoring>"],
    ["a(?:\\.so)?\\b", "a> <so>"],
    ["a(?:b|\\.c)?\\b", "a b> <c>"],
    ["colou?r", "colo r"],
    // Pieces of an expression.
    ["^ab|cd", "<ab cd"],
    ["x)ab$", "x ab>"],
    ["^(?:ab|cd", "ab cd"],
    ["[^/]ab[-_.]cd[!-~]", "ab> <cd"],
    ["(?:^www\\.)?(ab)+\\.", "<www> ab"],
  ] as const)
    expect(shown(source), source).toBe(words);
});

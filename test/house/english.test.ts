import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { sentences } from "../support/typescript.js";
import { files } from "./sources.js";

/**
 * Words that nobody says aloud in the sense that they had here, in everything that a user reads:
 * texts in the sources, README and docs. Comments are for whoever reads the code.
 */
const TICS: readonly (readonly [RegExp, string])[] = [
  [/\bbehind\b/i, "after, or what it is behind in so many words"],
  [/\bstands?\b(?! for\b)/i, "is"],
  [/\bblanks?\b(?! (?:page|line))/i, "space"],
  [/\bbesides?\b/i, "next to, also"],
  [/, too\b/i, "also, before the verb"],
  [/\bof which nothing\b/i, "whose … is unknown"],
  [/\b(?:that|which) (?:is|are) (?:none|no)\b/i, "is not a …"],
  [/\bwho(?:so)?ever\b/i, "anyone who, a client that"],
  [/\btakes? [^.;:]{1,40} for an?\b/i, "reads … as"],
  [/\bexchang(?:e|es|ed|ing)\b/i, "replace"],
  [/\bmend(?:s|ed|ing)?\b/i, "fix"],
  [/\bleaves? out\b|\bleft out\b/i, "skip"],
  [/\bsuffices?\b/i, "be enough"],
  [/\bno less than\b/i, "at least"],
];

/** Texts that only look like one of them: another sense of the word, a name, or what a daemon logs. */
const FINE: readonly RegExp[] = [
  /blank page/,
  /behind (?:a|the|another) (?:proxy|load balancer|reverse proxy|firewall)/,
];

function ticsIn(text: string): readonly string[] {
  const plain = FINE.reduce((rest, fine) => rest.replaceAll(new RegExp(fine, "gi"), ""), text);
  return TICS.flatMap(([pattern, instead]) => {
    const found = pattern.exec(plain)?.[0];
    return found === undefined ? [] : [`"${found}": ${instead}`];
  });
}

function inSource(path: string): readonly string[] {
  return sentences(readFileSync(path, "utf8")).flatMap(({ line, text }) =>
    // One word alone is a key or a name.
    /\s/.test(text.trim()) ? ticsIn(text).map((tic) => `${path}:${line}: ${tic}`) : [],
  );
}

function inPage(path: string): readonly string[] {
  const text = readFileSync(path, "utf8").replace(/```[\s\S]*?```|`[^`\n]*`/g, (code) =>
    code.replace(/[^\n]/g, ""),
  );
  return text.split("\n").flatMap((line, at) => ticsIn(line).map((tic) => `${path}:${at + 1}: ${tic}`));
}

function pages(): readonly string[] {
  const folders = ["docs", "src", "test"].flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: "utf8" }).map((name) => join(folder, name)),
  );
  return ["README.md", ...folders.filter((path) => path.endsWith(".md"))];
}

test("what users read says what a native speaker would say", () => {
  // Names of directives, and single words.
  const sources = [...files("src"), ...files("rules")].filter(
    (path) => !/\/(?:facts[^/]*|vocabulary)\.ts$/.test(path),
  );
  expect([...sources.flatMap(inSource), ...pages().flatMap(inPage)]).toEqual([]);
});

test("the list knows its tics, and what only looks like one", () => {
  expect(ticsIn("a ; behind it")).toHaveLength(1);
  expect(ticsIn("nginx stands behind the load balancer")).toHaveLength(1);
  expect(ticsIn("it passes it, too")).toHaveLength(1);
  expect(ticsIn("an address that is none")).toHaveLength(1);
  expect(ticsIn("a blank page after the second request")).toEqual([]);
});

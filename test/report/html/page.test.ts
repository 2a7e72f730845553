import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { commandIn, type Ran } from "../../support/run-command.js";
import { runs, sample } from "../../support/sample.js";
import { withTree } from "../../support/tree.js";
import {
  drawn,
  drawnAnew,
  HOSTILE_FILES,
  hostNames,
  likeSites,
  unlikeSites,
} from "../topology/support/hosts.js";

/** The page as a text. What a browser makes of it: browser.test.ts. */

const TAG = /<(\/?)([a-zA-Z][a-zA-Z0-9]*)((?:\s+[a-zA-Z][\w:-]*(?:=(?:"[^"]*"|[^\s">]+))?)*)\s*\/?>/g;

/** Values of an attribute, unescaped. */
function attributes(page: string, name: string): readonly string[] {
  const found = [...page.matchAll(TAG)].flatMap(([, , , rest = ""]) =>
    [...rest.matchAll(new RegExp(`\\s${name}=(?:"([^"]*)"|([^\\s">]+))`, "g"))].map(
      ([, quoted, bare]) => quoted ?? bare ?? "",
    ),
  );
  return found.map((value) =>
    value.replaceAll("&#39;", "'").replaceAll("&quot;", '"').replaceAll("&amp;", "&"),
  );
}

function partOf(page: string, name: string): string {
  return page.split(`<${name}>`)[1]?.split(`</${name}>`)[0] ?? "";
}

const hashOf = (text: string): string => `sha256-${createHash("sha256").update(text).digest("base64")}`;

describe.each(hostNames)("the page of %s", (name) => {
  test("is one file with one style and one script, both of the policy, and asks for nothing", async () => {
    const page = await drawn(name, "--ram", "4G", "--format", "html");
    const [policy = ""] = [...page.matchAll(/Content-Security-Policy content="([^"]*)"/g)].map(
      ([, one]) => one,
    );
    const [style, script] = [partOf(page, "style"), partOf(page, "script")];
    expect(policy).toBe(
      `default-src 'none'; style-src '${hashOf(style)}'; script-src '${hashOf(script)}'; base-uri 'none'; form-action 'none'`,
    );
    expect(script.length).toBeLessThanOrEqual(5 * 1024);
    const rest = page.replace(style, "").replace(script, "");
    expect(rest.match(/<script/g)?.length).toBe(1);
    expect(rest).not.toMatch(/<(?:img|iframe|object|embed|link|base|audio|video|source)\b/i);
    expect(attributes(page, "href").filter((one) => !one.startsWith("#"))).toEqual([]);
    for (const outside of ["src", "style", "srcset", "action", "onclick", "onerror", "onload"])
      expect(attributes(rest, outside)).toEqual([]);
    expect(style).not.toMatch(/url\(|@import/);
  });

  test("has each finding once, and leads to nothing that it does not have", async () => {
    const page = await drawn(name, "--ram", "4G", "--format", "html");
    const { findings } = JSON.parse(await drawn(name, "--format", "json", "--ram", "4G"));
    const ids = attributes(page, "id");
    expect(new Set(ids).size).toBe(ids.length);
    for (const { rule, fingerprint } of findings) expect(ids).toContain(`${rule}:${fingerprint}`);
    expect(attributes(page, "href").filter((one) => !ids.includes(one.slice(1)))).toEqual([]);
  });
});

test.each(sample(hostNames, runs(hostNames.length, 4), "drawn anew"))(
  "the page of %s is the same each time",
  async (name) => {
    expect(await drawnAnew(name, "--ram", "4G", "--format", "html")).toBe(
      await drawn(name, "--ram", "4G", "--format", "html"),
    );
  },
);

test("everything that a configuration names is text", async () => {
  await withTree(async ({ top, put }) => {
    put(HOSTILE_FILES);
    const { out } = await commandIn(top(), ["report", "--format", "html", "."]);
    const names = new Set([...out.matchAll(TAG)].map(([, , name = ""]) => name.toLowerCase()));
    for (const one of ["img", "i", "u"]) expect(names).not.toContain(one);
    expect(out.match(/<script/g)?.length).toBe(1);
    expect(out).not.toContain("\u202e");
    expect(out).toContain("&lt;/script&gt;");
    // What is no tag of ours is no tag: every "<" begins one.
    const body = out.slice(out.indexOf("<body>")).replace(/<script>[\s\S]*<\/script>/, "");
    expect(body.replace(TAG, "")).not.toContain("<");
  });
});

test("a date is there only if it is asked for", async () => {
  await withTree(async ({ top, put }) => {
    put(likeSites(1));
    const now = () => Date.UTC(2026, 10, 29, 7, 15);
    const run = (...words: readonly string[]): Promise<Ran> =>
      commandIn(top(), ["report", "--format", "html", ...words, "etc"], { now });
    expect((await run("--stamp")).out).toContain("2026-11-29 07:15 UTC");
    expect((await run()).out).not.toContain("2026");
  });
});

describe("the size of the page", () => {
  const sizeOf = (files: Readonly<Record<string, string>>): Promise<number> => {
    let size = 0;
    return withTree(async ({ top, put }) => {
      put(files);
      const { out } = await commandIn(top(), ["report", "--format", "html", "--ram", "64G", "etc"]);
      size = Buffer.byteLength(out);
    }).then(() => size);
  };

  test.each([
    ["alike", likeSites],
    ["unlike", unlikeSites],
  ] as const)("of 100 sites that are %s is at most 200 KB", async (_, sites) => {
    expect(await sizeOf(sites(100))).toBeLessThanOrEqual(200_000);
  });

  test("what has no bars of its own is folded in pages, with one bar, and nothing is left out", async () => {
    await withTree(async ({ top, put }) => {
      put(unlikeSites(100));
      const { out } = await commandIn(top(), ["report", "--format", "html", "--ram", "64G", "etc"]);
      expect(out).toMatch(
        /<summary>17 to 66 of \d+ rows, without defaults<\/summary><ul><li><svg class=w aria-hidden=true><rect width=\d+%/,
      );
      expect(out).toContain("<summary>41 to 90 of 100 pools, now → recommended</summary>");
      expect(out).toContain("<summary>91 to 100 of 100 pools, now → recommended</summary>");
      const memory = out.slice(out.indexOf('id="h1-memory"'));
      for (let site = 0; site < 100; site++) expect(memory).toMatch(new RegExp(`>s${site}(?:<|:)`));
    });
  });

  // Each further site is what 2,000 of them have room for.
  test("grows by at most 1 KB for each further site", async () => {
    const [less, more] = [await sizeOf(unlikeSites(200)), await sizeOf(unlikeSites(400))];
    expect((more - less) / 200).toBeLessThanOrEqual(1000);
  });
});

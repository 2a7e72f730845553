import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { pathPattern } from "../../src/policy/patterns.js";
import { runs } from "../support/sample.js";

/** Patterns of `files` and `ignore` in fpmlint.json. */

function matches(text: string, path: string): boolean {
  const pattern = pathPattern(text);
  if (typeof pattern === "string") throw new Error(`${text} ${pattern}`);
  return pattern.matches(path.split("/"));
}

test.each([
  ["hosts/web1", "hosts/web1/etc/nginx/nginx.conf", true],
  ["hosts/web1/", "hosts/web1/etc/nginx/nginx.conf", true],
  ["./hosts/web1", "hosts/web1", true],
  ["hosts/web1", "hosts/web10/a", false],
  ["hosts/web1", "old/hosts/web1/a", false],
  ["hosts/*", "hosts/web1/a", true],
  ["hosts/*/a", "hosts/web1/b/a", false],
  ["hosts/**/a", "hosts/web1/b/a", true],
  ["hosts/**/a", "hosts/a", true],
  ["**/a/**/b", "x/a/y/z/b/c", true],
  ["**/a/**/b", "x/b/a", false],
  ["*.j2", "deep/down/site.conf.j2", true],
  ["*.j2", "site.j2/inside", true],
  ["vendor", "a/vendor/b", true],
  ["./*.j2", "deep/site.j2", false],
  ["*", ".hidden", true],
  ["**", "a/.git/b", true],
  [".", "anything/at/all", true],
  ["a?c", "abc", true],
  ["a?c", "a/c", false],
  ["a[0-9]", "a7", true],
  ["a[!0-9]", "a7", false],
  ["a/*.{conf,inc}", "a/b.inc", true],
  ["a/*.{conf,inc}", "a/b.txt", false],
  ["{a,b/c}/d", "b/c/d", true],
  ["{{ site }}.conf", "x/{{ site }}.conf", true],
  ["a\\*", "a*", true],
  ["a\\*", "ab", false],
  ["\\{a,b}", "{a,b}", true],
  ["é*", "tété", false],
  ["é*", "évier", true],
] as const)("%s and %s: %s", (text, path, expected) => {
  expect(matches(text, path)).toBe(expected);
});

test.each([
  ["", "is empty"],
  ["/etc/nginx", "begins with a slash"],
  ["../other", "leads out of"],
  ["a/../../b", "leads out of"],
  ["!a", "no pattern takes back"],
  ["{a,b}".repeat(5), "more than 20 paths"],
  ["{a,b}".repeat(80), "more than 20 paths"],
  ["a".repeat(401), "longer than 400"],
])("%j is no pattern", (text, reason) => {
  expect(pathPattern(text)).toContain(reason);
});

/** The same in the plainest way, without a limit on its cost. */
function plainly(names: readonly string[], path: readonly string[]): boolean {
  const [first, ...rest] = names;
  if (first === undefined) return true;
  if (first === "**") return plainly(rest, path) || (path.length > 0 && plainly(names, path.slice(1)));
  const [name, ...below] = path;
  return name !== undefined && nameMatches([...first], [...name]) && plainly(rest, below);
}

function nameMatches([first, ...rest]: readonly string[], name: readonly string[]): boolean {
  if (first === undefined) return name.length === 0;
  if (first === "*")
    return nameMatches(rest, name) || (name.length > 0 && nameMatches([first, ...rest], name.slice(1)));
  return name.length > 0 && (first === "?" || first === name[0]) && nameMatches(rest, name.slice(1));
}

describe("wildcards", () => {
  const name = fc.string({ unit: fc.constantFrom("a", "b", ".", "*", "?"), minLength: 1, maxLength: 4 });
  const pattern = fc.array(fc.oneof(name, fc.constant("**")), { minLength: 2, maxLength: 5 });
  const path = fc.array(fc.string({ unit: fc.constantFrom("a", "b", "."), minLength: 1, maxLength: 4 }), {
    minLength: 1,
    maxLength: 6,
  });
  const isPlain = (names: readonly string[]): boolean => !names.some((one) => /^\.{1,2}$/.test(one));

  test("mean what trying everything says", () => {
    fc.assert(
      fc.property(pattern.filter(isPlain), path.filter(isPlain), (names, parts) => {
        expect(matches(names.join("/"), parts.join("/"))).toBe(plainly(names, parts));
      }),
      { numRuns: runs(5000) },
    );
  });

  test("cost no more than pattern times path, however they are nested", () => {
    const letters = "a".repeat(250);
    expect(matches(`${"*a".repeat(100)}*b`, letters)).toBe(false);
    expect(matches(`${"**/a/".repeat(75)}b`, "a/".repeat(2000))).toBe(false);
    expect(matches(`${"{a,a}".repeat(4)}b`, letters)).toBe(false);
  });
});

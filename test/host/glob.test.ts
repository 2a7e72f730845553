import fc from "fast-check";
import { expect, test } from "vitest";
import { componentPattern, glob } from "../../src/host/glob.js";
import { memoryFilesystem } from "../../src/host/memory.js";

/** What `glob(3)` matches, as both daemons call it. */

test.each([
  ["*.conf", "a.conf", true],
  ["*.conf", ".conf", false],
  [".*", ".conf", true],
  ["*.conf", "a.conf~", false],
  ["?.conf", "ab.conf", false],
  ["[ab].conf", "b.conf", true],
  ["[!ab].conf", "b.conf", false],
  ["[^ab].conf", "c.conf", true],
  ["[a-c].conf", "b.conf", true],
  ["[c-a].conf", "b.conf", false],
  ["[]a].conf", "].conf", true],
  ["[a.conf", "[a.conf", true],
  ["[[:digit:]].conf", "7.conf", true],
  ["a\\*.conf", "a*.conf", true],
  ["a\\*.conf", "ab.conf", false],
  ["{a,b}.conf", "a.conf", false],
  ["a**b", "a-b", true],
  ["*a*b*c", "xxaxxbxxc", true],
  ["*a*b*c", "xxaxxcxxb", false],
  ["?.conf", "é.conf", false],
  ["??.conf", "é.conf", true],
])("%s and %s: %s", (pattern, name, wanted) => {
  expect(componentPattern(pattern)(name)).toBe(wanted);
});

test("a pattern with many stars does not run away", () => {
  const name = `${"a-".repeat(2000)}.conf`;
  expect(componentPattern(`${"*-".repeat(500)}x.conf`)(name)).toBe(false);
  expect(componentPattern(`${"*-".repeat(500)}*.conf`)(name)).toBe(true);
});

test("stars and question marks mean what a regular expression of them means", () => {
  const piece = fc
    .array(fc.constantFrom("a", "b", "*", "?"), { maxLength: 8 })
    .map((parts) => parts.join(""));
  const text = fc.array(fc.constantFrom("a", "b"), { maxLength: 10 }).map((parts) => parts.join(""));
  fc.assert(
    fc.property(piece, text, (pattern, name) => {
      const regex = new RegExp(`^${pattern.replaceAll("*", ".*").replaceAll("?", ".")}$`);
      expect(componentPattern(pattern)(name)).toBe(regex.test(name));
    }),
  );
});

test("directories that could not be looked into are named", () => {
  const fs = memoryFilesystem({ "/etc/a": { unreadable: "Permission denied" }, "/etc/b/x.conf": "" });
  const unread: string[] = [];
  expect(glob(fs, "/etc/*/*.conf", (entry) => unread.push(entry.path))).toEqual(["/etc/b/x.conf"]);
  expect(unread).toEqual(["/etc/a"]);
});

import { expect, test } from "vitest";
import {
  at,
  itemsOf,
  LARGEST_YAML,
  readYaml,
  textOf,
  type Yaml,
  type YamlFile,
} from "../../src/containers/yaml.js";

const first = (file: YamlFile): Yaml | null => (file.kind === "read" ? (file.documents[0] ?? null) : null);
const reason = (file: YamlFile): string => (file.kind === "unread" ? file.reason : "");

test("values have the places that they have in the file", () => {
  const text = "services:\n  php:\n    image: php:8.3-fpm\n    volumes: ['./a:/b', \"./c:/d\"]\n";
  const root = first(readYaml(text));
  const image = at(root, "services", "php", "image");
  expect(textOf(image)).toBe("php:8.3-fpm");
  expect(text.slice(image?.start, image?.end)).toBe("php:8.3-fpm");
  expect(itemsOf(at(root, "services", "php", "volumes")).map(textOf)).toEqual(["./a:/b", "./c:/d"]);
});

test("aliases and merge keys bring what they name, and what is written wins", () => {
  const root = first(
    readYaml("x: &x\n  image: a\n  user: b\ny:\n  <<: *x\n  user: c\nz:\n  <<: [*x, {user: d, z: e}]\n"),
  );
  expect([at(root, "y", "image"), at(root, "y", "user")].map(textOf)).toEqual(["a", "c"]);
  expect([at(root, "z", "user"), at(root, "z", "z")].map(textOf)).toEqual(["b", "e"]);
});

test("of two keys with one name the last counts, and words of JavaScript are words", () => {
  const root = first(readYaml("a: 1\na: 2\n__proto__: 3\nconstructor: 4\n"));
  expect(["a", "__proto__", "constructor", "toString"].map((key) => textOf(at(root, key)))).toEqual([
    "2",
    "3",
    "4",
    null,
  ]);
});

test("numbers, booleans and dates stay as they are written", () => {
  const root = first(readYaml("a: 9000:9000\nb: yes\nc: 0777\nd: ~\n"));
  expect(["a", "b", "c", "d"].map((key) => textOf(at(root, key)))).toEqual(["9000:9000", "yes", "0777", "~"]);
});

test("a tab in the indentation and an open bracket are refused with their line", () => {
  expect(readYaml("a:\n\tb: 1\n")).toMatchObject({ kind: "unread", line: 2 });
  expect(readYaml("a: [1\nb: 2\n")).toMatchObject({ kind: "unread", line: 2 });
});

test("a bomb of aliases costs no more than its letters", () => {
  const levels = Array.from(
    { length: 60 },
    (_, level) => `a${level + 1}: &a${level + 1} [${"*a".concat(String(level), ",").repeat(9)}]`,
  );
  expect(readYaml(`a0: &a0 [lol]\n${levels.join("\n")}\n`).kind).toBe("read");
});

test("an alias that leads back to itself, or to nothing, brings nothing", () => {
  expect(first(readYaml("a: *nobody\n"))).toMatchObject({ kind: "map" });
  expect(readYaml("a: &a\n  b: *a\n").kind).toBe("read");
});

test("merge keys that multiply meet a limit", () => {
  const keys = Array.from({ length: 150 }, (_, index) => `  k${index}: v`).join("\n");
  const many = Array.from({ length: 150 }, (_, index) => `m${index}: {<<: *x}`).join("\n");
  expect(reason(readYaml(`x: &x\n${keys}\n${many}\n`))).toContain("merge keys");
});

test.each([
  ["brackets", "[".repeat(5000)],
  ["braces", "{a: ".repeat(5000)],
  ["indentation", Array.from({ length: 500 }, (_, level) => `${" ".repeat(level)}a:`).join("\n")],
  ["dashes", `${"- ".repeat(5000)}a`],
])("%s that are nested too deep are not followed", (_, text) => {
  expect(reason(readYaml(text))).toContain("nested");
});

test("a huge file is not read", () => {
  expect(reason(readYaml(`a: ${"x".repeat(LARGEST_YAML)}`))).toContain("512 KiB");
});

test.each([
  "",
  "\0",
  "\u0001: \u0002",
  "%YAML 9.9\n---\n",
  "? - a\n",
  "- - -",
  "!!binary x",
  "&a &b c",
  "'",
  "|\n\t",
  "\ufeffa: 1",
])("%j gives an answer", (text) => {
  expect(["read", "unread"]).toContain(readYaml(text).kind);
});

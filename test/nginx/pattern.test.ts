import fc from "fast-check";
import { expect, test, vi } from "vitest";
import { memoryFilesystem } from "../../src/host/memory.js";
import { namedExtensions } from "../../src/nginx/location/extensions.js";
import { surelyPassed } from "../../src/nginx/location/passed.js";
import { matches, readPattern } from "../../src/nginx/location/pattern.js";
import { descendants } from "../../src/nginx/tree/nodes.js";
import { readTree } from "../../src/nginx/tree/tree.js";
import type { Node } from "../../src/nginx/types.js";
import { runs } from "../support/sample.js";

const atom = fc.constantFrom(
  "a",
  "b",
  "/",
  String.raw`\.`,
  ".",
  "[ab]",
  "[^/]",
  "[a-c/]",
  String.raw`\w`,
  "^",
  "$",
);
const repeat = fc.constantFrom("", "", "", "?", "*", "+", "{2}", "{0,2}", "*?");
const { regex } = fc.letrec<{ regex: string; item: string }>((tie) => ({
  item: fc.oneof(
    { maxDepth: 3 },
    fc.tuple(atom, repeat).map(([one, times]) => (/^[$^]$/.test(one) ? one : one + times)),
    fc
      .tuple(fc.constantFrom("(", "(?:", "(?=", "(?!", "(?<=", "(?<!"), tie("regex"), repeat)
      .map(([open, inner, times]) => `${open}${inner})${/[=!]/.test(open) ? "" : times}`),
  ),
  regex: fc.oneof(
    { maxDepth: 3 },
    fc.array(tie("item"), { maxLength: 4 }).map((items) => items.join("")),
    fc.tuple(tie("regex"), tie("regex")).map(([one, other]) => `${one}|${other}`),
  ),
}));
const text = fc.string({ unit: fc.constantFrom(..."abc/."), maxLength: 6 });

test("patterns match what a backtracking engine matches", () => {
  fc.assert(
    fc.property(regex, text, (source, uri) => {
      const pattern = readPattern(source, false);
      if (pattern !== null) expect(matches(pattern, uri)).toBe(new RegExp(source).test(uri));
    }),
    { numRuns: runs(5000) },
  );
});

/** How many positions the work puts into sets, all that it does with a text. */
function addedTo<T>(work: () => T): readonly [answer: T, added: number] {
  const counted = vi.spyOn(Set.prototype, "add");
  try {
    return [work(), counted.mock.calls.length];
  } finally {
    counted.mockRestore();
  }
}

test.each(["(a+)+$", String.raw`^/([a-z]+[-_/]?)+\.php$`, "^(((((a*)*)*)*)*)*b$"])(
  "%s is decided, or given up, in no time",
  (source) => {
    const pattern = readPattern(source, false);
    const [answer, added] = addedTo(() => pattern !== null && matches(pattern, `/${"a".repeat(2000)}!`));
    expect(answer).not.toBe(true);
    expect(added).toBeLessThan(100_000);
  },
);

test.each([String.raw`(a)\1`, "(?<=a+)b", "(?>a)", "a++", String.raw`\bfoo`, "a**", "(a", "[[:alpha:]]"])(
  "%s is not understood",
  (source) => {
    expect(readPattern(source, false)).toBeNull();
  },
);

function locations(text: string): readonly Node[] {
  const fs = memoryFilesystem({ "/nginx.conf": `events { } http { server { ${text} } }` });
  const tree = readTree({ fs, whole: true }, "/nginx.conf");
  return tree === null ? [] : [...descendants(tree.root)].filter(({ name }) => name === "location");
}

function named(location: string): string {
  const [found] = locations(`location ${location} { }`);
  if (found === undefined) return "none";
  return namedExtensions(found)
    .map((spellings) => spellings.map(({ extension }) => extension).join("/"))
    .join(" ");
}

test.each([
  [String.raw`~ \.php$`, ".php"],
  [String.raw`~ \.(php|phtml)$`, ".php .phtml"],
  [String.raw`~ \.ph(p|tml)$`, ".php .phtml"],
  [String.raw`~ \.php[345]?$|\.phtml$`, ".php/.php3/.php4/.php5 .phtml"],
  [String.raw`~ \.(php|html?)$`, ".php .htm/.html"],
  [String.raw`~* \.(PHP|PHTML)$`, ".php .phtml"],
  [String.raw`~ \.(PHP)$`, ".PHP"],
  [String.raw`~ ^(.+\.(?:php|phtml))(/.*)?$`, ".php .phtml"],
  [String.raw`~ [^/]\.php(/|$)`, ".php"],
  [String.raw`~ \.php`, ".php"],
  [String.raw`~\.php$`, ".php"],
  ["= /page.phtml", ".phtml"],
  ["~ ^/", ""],
  ["~ ^/(status|ping)$", ""],
  [String.raw`~ \.[a-z]+$`, ""],
  [String.raw`~ (?<=a)\.php$`, ""],
  ["/", ""],
])("location %s names %s", (location, extensions) => {
  expect(named(location)).toBe(extensions);
});

test.each([
  ["the longest prefix, when no regex takes it", "location / { } location /a/ { }", "/a/x.css", 1],
  ["an exact path first", "location ~ x { } location = /x.css { }", "/x.css", 1],
  ["^~ before every regex", "location ~ css { } location ^~ /a/ { }", "/a/x.css", 1],
  ["the first regex, not the best", "location ~ x { } location ~ css$ { }", "/x.css", 0],
  [
    "a regex nested in the prefix before those outside",
    "location ~ css$ { } location /a/ { location ~ x { } }",
    "/a/x.css",
    2,
  ],
  [
    "a regex outside when the nested ones fail",
    "location /a/ { location ~ y { } } location ~ css$ { }",
    "/a/x.css",
    2,
  ],
  ["a location nested in the regex", "location ~ css$ { location ~ x { } }", "/x.css", 1],
  ["none when a regex before is not understood", "location ~ (?<=x+)y { } location ~ css$ { }", "/x.css", -1],
])("a request goes to %s", (_, text, uri, index) => {
  const all = locations(text);
  const server = all[0]?.parent ?? null;
  const taking = all.flatMap((one, at) => (surelyPassed(one, server, uri, true) ? [at] : []));
  expect(taking).toEqual(index === -1 ? [] : [index]);
});

test("a pattern that would make V8 backtrack without end is answered", () => {
  const answer = (text: string, uri: string) => {
    const pattern = readPattern(text, false);
    return pattern === null ? undefined : matches(pattern, uri);
  };
  expect(answer("^/([a-z]+[-_/]?)+\\.php$", `/${"a".repeat(60)}`)).toBe(false);
  expect(answer("^/(status|ping)$", "/ping")).toBe(true);
  expect(answer("\\.php$", "/ping")).toBe(false);
  expect(answer("(?<!x)(", "/ping")).toBeUndefined();
  expect(answer("/files/.*(?<!\\.pdf)$", "/files/a.txt")).toBe(true);
  expect(answer("/files/.*(?<!\\.pdf)$", "/files/a.pdf")).toBe(false);
  expect(answer("(?<=^/a|/files)/b", "/files/b")).toBe(true);
});

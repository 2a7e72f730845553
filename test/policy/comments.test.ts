import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type CommentMark, suppressionsIn } from "../../src/policy/comments.js";
import { sourceFile } from "../../src/source/file.js";

const read = (text: string, mark: CommentMark = "#") =>
  suppressionsIn(sourceFile("/a", "a", text), mark).map(({ span, ...rest }) => ({
    ...rest,
    text: text.slice(span.start, span.end),
  }));

const NEXT = "fpmlint-disable-next-line";

describe("what a comment is about", () => {
  test.each([
    ["the next line", `# ${NEXT} a/b -- why\nx;\n`, 2],
    [
      "the first line after more comments and empty lines",
      `# ${NEXT} a/b -- why\n# more\n\n  # ${NEXT} c/d -- why\nx;\n`,
      5,
    ],
    ["no line", `x;\n# ${NEXT} a/b -- why\n# more\n`, null],
    ["its own line", "x; # fpmlint-disable-line a/b -- why\n", 1],
    ["its own line, indented", "\n\t# fpmlint-disable-line a/b -- why", 2],
    ["the next line of CRLF", `# ${NEXT} a/b -- why\r\n\r\nx;\r\n`, 3],
  ])("%s", (_, text, line) => {
    const [first] = read(text);
    expect(first).toMatchObject({ line, wholeFile: false, rules: ["a/b"], reason: "why" });
  });

  test("the whole file", () => {
    expect(read("x;\n# fpmlint-disable-file a/b -- why\n")).toMatchObject([{ wholeFile: true, line: null }]);
  });

  test("a pool file begins its comments otherwise", () => {
    expect(read(`; ${NEXT} a/b -- why\n[www]\n`, ";")).toMatchObject([{ line: 2 }]);
    expect(read(`# ${NEXT} a/b -- why\n[www]\n`, ";")).toEqual([]);
    expect(read(`; ${NEXT} a/b -- why\nx;\n`)).toEqual([]);
  });
});

describe("what it says", () => {
  test.each([
    ["several rules", "a/b, c/d e/f -- why", ["a/b", "c/d", "e/f"], null, "why"],
    ["a group", "a/* -- why", ["a/*"], null, "why"],
    ["a date", "a/b until 2027-01-31 -- why", ["a/b"], "2027-01-31", "why"],
    ["no date", "a/b until spring -- why", ["a/b"], "spring", "why"],
    ["no reason", "a/b", ["a/b"], null, null],
    ["an empty reason", "a/b -- ", ["a/b"], null, null],
    [
      "a reason with dashes and the word until",
      "a/b -- one -- two until 2020-01-01",
      ["a/b"],
      null,
      "one -- two until 2020-01-01",
    ],
    ["no rule", "-- why", [], null, "why"],
  ])("%s", (_, said, rules, until, reason) => {
    expect(read(`# ${NEXT} ${said}\nx;`)).toMatchObject([{ rules, until, reason }]);
  });
});

test.each([
  ["in the middle of a word", `x#${NEXT} a/b -- why\ny;`],
  ["without a mark", `${NEXT} a/b -- why\ny;`],
  ["of another name", "# fpmlint-disable-next-lines a/b -- why\ny;"],
  ["at the end of a line that is too long", `${"x ".repeat(3000)}# ${NEXT} a/b -- why\ny;`],
  ["after other words", `# see ${NEXT} a/b -- why\ny;`],
])("it is none %s", (_, text) => {
  expect(read(text)).toEqual([]);
});

test("whatever a file holds, the comment stays within its line", () => {
  const part = fc.constantFrom(
    "# ",
    "; ",
    "fpmlint-disable-",
    "next-line",
    "line",
    "file",
    " ",
    "\n",
    "a/b",
    "--",
    "until ",
    "2027-01-31",
    "x",
  );
  fc.assert(
    fc.property(fc.array(part, { maxLength: 30 }), (parts) => {
      const text = parts.join("");
      for (const one of read(text)) {
        expect(one.text.includes("\n")).toBe(false);
        expect(one.text.startsWith("fpmlint-disable-")).toBe(true);
        if (one.line !== null) expect(text.split("\n").length).toBeGreaterThanOrEqual(one.line);
      }
    }),
  );
});

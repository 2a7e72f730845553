import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { strip } from "../../src/report/frame/excerpt.js";
import { stringify } from "../../src/report/json.js";
import { escapeText, withoutCommands } from "../../src/report/terminal/escape.js";
import { obeyed, pieces } from "../support/ci-commands.js";

const hostile = fc.array(pieces, { maxLength: 12 }).map((parts) => parts.join(""));

describe("what a CI service would obey", () => {
  test.each([
    ["::error::x", "\\x3a:error::x"],
    ["      ::add-mask::x", "      \\x3a:add-mask::x"],
    ["a\n\t::x\r::y", "a\n\t\\x3a:x\r\\x3a:y"],
    ["\x1b[1m::x", "\x1b[1m\\x3a:x"],
    ["\u034f::x", "\u034f\\x3a:x"],
    ["a ##[set-output name=a]b", "a #\\x23[set-output name=a]b"],
    ["###[x]", "##\\x23[x]"],
    ["##VSO[task.setvariable]", "#\\x23VSO[task.setvariable]"],
    ["x ##teamcity[buildStop]", "x #\\x23teamcity[buildStop]"],
    ["#\u034f#[x]", "#\u034f\\x23[x]"],
  ])("%j is shown as %j", (text, shown) => {
    expect(withoutCommands(text)).toBe(shown);
    expect(withoutCommands(shown)).toBe(shown);
  });

  test("is decided for a line of many marks that are spaces and ignorable too", () => {
    // Once each of them doubled the work: 60 would take longer than anybody lives.
    const marks = "\ufeff".repeat(60);
    expect(withoutCommands(`${marks}x`)).toBe(`${marks}x`);
    expect(withoutCommands(`${marks}::x`)).toBe(`${marks}\\x3a:x`);
  });

  test.each([
    "  listen = [::1]:9000",
    " 12 │ listen [::]:80;",
    "a::b",
    "## heading [x]",
    "#[x] # #[",
    ": :",
    "http://##",
  ])("%j stays", (text) => {
    expect(withoutCommands(text)).toBe(text);
    expect(escapeText(text)).toBe(text);
  });

  test("is in no text that passed", () => {
    fc.assert(
      fc.property(hostile, (text) => {
        expect(obeyed(withoutCommands(text))).toEqual([]);
      }),
    );
  });

  test("is in no JSON, whose values are the same, and which passes unchanged", () => {
    fc.assert(
      fc.property(hostile, hostile, (key, value) => {
        const document = { a: [value], b: { [`k${key}`]: value } };
        const text = stringify(document);
        expect(obeyed(text)).toEqual([]);
        expect(JSON.parse(text)).toEqual(document);
        expect(withoutCommands(text)).toBe(text);
      }),
    );
  });

  test("leaves the marks of a frame where they belong", () => {
    const excerpt = strip("a ##[x] b", 80).cut({ start: 8, end: 9 }, 80, "…");
    expect(excerpt.text).toBe("a #\\x23[x] b");
    expect(excerpt.locate({ start: 8, end: 9 })).toEqual({ column: 11, columns: 1 });
  });
});

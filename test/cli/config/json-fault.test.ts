import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { jsonFault } from "../../../src/cli/config/json-fault.js";
import { runs } from "../../support/sample.js";

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** JSON with one piece of it changed, and texts made of JSON's own characters. */
const nearJson = fc.oneof(
  fc.json(),
  fc.tuple(fc.json(), fc.nat(), fc.nat(3), fc.string({ maxLength: 2 })).map(([text, at, drop, put]) => {
    const from = at % (text.length + 1);
    return text.slice(0, from) + put + text.slice(from + drop);
  }),
  fc.string({ unit: fc.constantFrom(...'{}[],:"\\ \n\t-+.0123eEtruefalsnu/b\u0007\u2028é'), maxLength: 12 }),
);

describe("where a text stops being JSON", () => {
  test("is nowhere exactly where JSON.parse takes it", () => {
    fc.assert(
      fc.property(nearJson, (text) => {
        expect(jsonFault(text) === null, text).toBe(isJson(text));
      }),
      { numRuns: runs(3000) },
    );
  });

  test("is a place before which all is well: something could follow there", () => {
    fc.assert(
      fc.property(nearJson, (text) => {
        const fault = jsonFault(text);
        if (fault === null) return;
        const before = jsonFault(text.slice(0, fault.offset));
        expect(before === null || before.offset >= fault.offset - 6, text).toBe(true);
      }),
      { numRuns: runs(1000) },
    );
  });

  test.each([
    ["", 0, "a value"],
    ["{", 1, "a name in double quotes or }"],
    ["[1,]", 3, "a value"],
    ['{"a" 1}', 5, "a colon"],
    ['{"a":1 "b"}', 7, "a comma or }"],
    ['{"a":1,}', 7, "a name in double quotes"],
    ["[1 2]", 3, "a comma or ]"],
    ["[}", 1, "a value or ]"],
    ["1 2", 2, "the end of the file"],
    ["root:*:20228", 0, "a value"],
    ['["a\nb"]', 3, "the end of the string"],
    ['["\\x"]', 2, "an escape that JSON knows"],
  ])("%j: at %d %s is expected", (text, offset, expected) => {
    expect(jsonFault(text)).toEqual({ offset, expected });
  });

  test("a million brackets and a string of a megabyte cost no stack", () => {
    expect(jsonFault("[".repeat(1_000_000))).toMatchObject({ offset: 1_000_000 });
    expect(jsonFault(`"${"\\n".repeat(500_000)}`)).toMatchObject({ offset: 1_000_001 });
  });
});

import fc from "fast-check";
import { expect, it } from "vitest";
import { readIni, readTokens } from "../../src/php/grammar.js";
import { runs } from "../support/sample.js";

it("reads headers and paths as the grammar does", () => {
  const word = fc.constantFrom(
    "on",
    "off",
    "none",
    "null",
    "yes",
    "no",
    "true",
    "E_ALL",
    "listen",
    "a.b",
    "x-1",
    "7",
    "PHP_OS",
    "é",
  );
  const piece = fc.oneof(
    word,
    fc.constantFrom("[", "]", "=", " = ", "/", "//", ".", "-", "_", " ", "\t", "\n", ";", "$", "~", "^"),
  );
  const name = fc.oneof(word, fc.stringMatching(/^[a-z_.]{1,8}$/));
  const path = fc
    .array(fc.oneof(word, fc.constantFrom("/", ".", "-", "..", "_")), { maxLength: 6 })
    .map((parts) => `/${parts.join("")}`);
  const plain = fc.oneof(
    name.map((text) => `[${text}]`),
    fc.tuple(name, fc.constantFrom("=", " = ", "= ", " =", "  = "), path).map((parts) => parts.join("")),
  );
  const text = fc.oneof(
    plain,
    fc.array(piece, { maxLength: 8 }).map((parts) => parts.join("")),
    fc.tuple(plain, piece).map((parts) => parts.join("")),
  );
  fc.assert(
    fc.property(text, fc.constantFrom("", "\n"), (line, end) => {
      expect(readIni(line + end)).toEqual(readTokens(line + end));
    }),
    { numRuns: runs(2000) },
  );
});

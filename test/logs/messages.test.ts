import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MessageLines } from "../../src/logs/messages.js";
import { runs } from "../support/sample.js";

const HEAD = "2026/11/30 01:09:50 [error] 7#7: *1 ";
const SAID = 'FastCGI sent in stderr: "PHP message: PHP Warning:  a';
const END = 'b" while reading response header from upstream, client: 192.0.2.1, server: a';

function whole(...lines: readonly string[]): readonly string[] {
  const messages = new MessageLines();
  return [...lines.flatMap((line) => messages.add(line)), ...messages.end()];
}

describe("lines of a log", () => {
  test("are one message up to what nginx adds at its end", () => {
    expect(whole(HEAD + SAID, "  #0 {main}", `  ${END}`, "next")).toEqual([
      `${HEAD}${SAID} #0 {main} ${END}`,
      "next",
    ]);
  });

  test("a message that was cut ends where the next line of nginx begins, whatever is before that", () => {
    for (const before of ["", "Nov 30 01:09:50 web nginx: ", "<27>Nov 30 01:09:50 web nginx[7]: "])
      expect(whole(HEAD + SAID, `${before}${HEAD}x`)).toEqual([HEAD + SAID, `${before}${HEAD}x`]);
  });

  test("one that has no end is there at the end of the log", () => {
    expect(whole("a", HEAD + SAID)).toEqual(["a", HEAD + SAID]);
  });

  test("what only says the same words begins none", () => {
    expect(whole(`PHP: ${SAID}`, "next")).toEqual([`PHP: ${SAID}`, "next"]);
  });

  test("nothing is lost, and a message grows no further than its bounds", () => {
    const line = fc.constantFrom(
      "a",
      "  b",
      `${HEAD}x`,
      HEAD + SAID,
      END,
      `${HEAD}${SAID}${END}`,
      "x".repeat(40_000),
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 80 }), (lines) => {
        const messages = whole(...lines);
        expect(messages.join(" ").replace(/ +/g, " ")).toBe(lines.join(" ").replace(/ +/g, " "));
        for (const message of messages) {
          expect(message.length).toBeLessThan(65_536 + 40_001);
          expect(message.split(HEAD).length).toBeLessThan(3);
        }
      }),
      { numRuns: runs(300, 60) },
    );
  });
});

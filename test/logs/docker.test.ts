import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { unwrapped, unwrappedLines } from "../../src/logs/docker.js";
import { eachLine } from "../../src/logs/scan.js";
import { runs } from "../support/sample.js";

const text = fc.string({
  unit: fc.constantFrom(
    "a",
    " ",
    '"',
    "\\",
    "/",
    "\t",
    "\b",
    "<",
    "\u00e9",
    "\u2028",
    "\ud83d\ude00",
    "\ud83d",
    "\u0001",
  ),
  maxLength: 20,
});

/** As Docker writes it, and others do: which characters are escaped differs. */
const json = fc.tuple(text, fc.constantFrom("\n", "\r\n", ""), fc.boolean()).map(([said, end, isPlain]) => {
  const line = JSON.stringify({ log: said + end, stream: "stderr", time: "2026-11-28T12:00:00Z" });
  return isPlain
    ? line
    : line.replace(/[^ -~]|[<]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
});

const others = fc
  .tuple(
    fc.constantFrom(
      ...[
        "2026-11-28T12:00:00.123456789Z stderr F ",
        "2026-11-28T12:00:00.123456789Z ",
        "",
        "[pod/web/php] ",
      ],
      ...[
        "web-1  | ",
        "php_1 | 2026-11-28T12:00:00.123456789Z ",
        "2026-11-28T12:00:00.123456+00:00 web1 cron: ",
      ],
    ),
    text.filter((said) => !/[\n\r]/.test(said)),
  )
  .map(([before, said]) => before + said);

function linesOf(bytes: Buffer): readonly string[] {
  const lines: string[] = [];
  eachLine(bytes, (one) => lines.push(one));
  return lines;
}

describe("lines with something around them", () => {
  test("are the same whether they are read as bytes or as texts", () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof(json, others), { maxLength: 30 }),
        fc.constantFrom("\n", ""),
        (lines, end) => {
          const block = Buffer.from(lines.join("\n") + end);
          const texts = linesOf(block).map((line) => Buffer.from(unwrapped(line)).toString());
          expect(linesOf(unwrappedLines(block))).toEqual(texts.filter((line) => line !== ""));
        },
      ),
      { numRuns: runs(2000) },
    );
  });

  test("that are cut say what is there", () => {
    const whole = `{"log":"caf\\u00e9 \\"x\\" \\ud83d\\ude00\\n","stream":"stderr"}`;
    const said = 'caf\u00e9 "x" \ud83d\ude00';
    for (let length = 9; length < whole.length; length += 1) {
      const [line = ""] = linesOf(unwrappedLines(Buffer.from(whole.slice(0, length))));
      expect(said.startsWith(line.replace(/[\ufffdu\\].*$/, ""))).toBe(true);
    }
  });
});

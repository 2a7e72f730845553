import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { displayWidth } from "../../src/report/terminal/width.js";
import { quiet, text } from "../../src/report/text.js";
import { place, sourceFile } from "../../src/source/file.js";
import { at, draw, file, finding, inWords, result, UNICODE } from "../build/findings.js";

describe("width", () => {
  const narrow = { ...UNICODE, width: 40 };
  const long = file("a", `${"a".repeat(50)} MARK ${"b".repeat(50)}`);

  test("a long line is cut around the mark", () => {
    expect(draw(finding(at(long, "MARK")), narrow).slice(2, 4)).toEqual([
      ` 1 │ …${"a".repeat(13)} MARK ${"b".repeat(14)}…`,
      `   │ ${" ".repeat(15)}━━━━`,
    ]);
    expect(draw(finding(at(long, "MARK")), { ...narrow, unicode: false }).slice(2, 4)).toEqual([
      ` 1 | ...${"a".repeat(11)} MARK ${"b".repeat(12)}...`,
      `   | ${" ".repeat(15)}^^^^`,
    ]);
  });

  test("the start and the end stay where the mark is near them", () => {
    expect(draw(finding(place(long, 0, 3)), narrow)[2]).toBe(` 1 │ ${"a".repeat(34)}…`);
    expect(draw(finding(place(long, 100, 106)), narrow)[2]).toBe(` 1 │ …${"b".repeat(34)}`);
    expect(draw(finding(at(long, "MARK")), { ...narrow, width: Infinity })[2]).toBe(` 1 │ ${long.text}`);
  });

  test("a mark longer than the room, and two that are far apart", () => {
    expect(draw(finding(place(long, 10, 90)), narrow)[3]).toBe(`   │  ${"━".repeat(33)}`);
    const one = finding(place(long, 0, 2), { related: [{ place: place(long, 104, 106), message: "end" }] });
    expect(draw(one, narrow).slice(2, 7)).toEqual([
      ` 1 │ ${"a".repeat(34)}…`,
      "   │ ━━",
      ` 1 │ …${"b".repeat(34)}`,
      `   │ ${" ".repeat(33)}──`,
      `   │ ${" ".repeat(32)}end`,
    ]);
  });

  test("a line that fits is drawn once, wherever its marks are", () => {
    const body = file("a", `x${" ".repeat(32)}y`);
    const one = finding(at(body, "x"), { related: [{ place: at(body, "y"), message: "end" }] });
    expect(draw(one, narrow).slice(2, 5)).toEqual([` 1 │ ${body.text}`, "   │ ━", `   │ ${" ".repeat(33)}─`]);
  });

  test("a message without room beside its mark goes below", () => {
    const body = file("a", "listen = /run/some/socket.sock");
    const message = "the address that nginx does not know of";
    const one = finding(place(body, 0, 6), {
      related: [{ place: at(body, "/run/some/socket.sock"), message }],
    });
    expect(draw(one, narrow).slice(4, 7)).toEqual([
      `   │ ${" ".repeat(9)}${"─".repeat(21)}`,
      "   │ the address that nginx does not",
      "   │ know of",
    ]);
  });
});

describe("folding", () => {
  test("three further places are drawn, and the others counted", () => {
    const others = Array.from({ length: 16 }, (_, index) => file(`pool${index}`, "a = 1\n"));
    const related = others.map((other) => ({
      place: place(other, 0, 1),
      message: `said in ${other.display}`,
    }));
    const rows = draw(finding(place(file("a", "x"), 0, 1), { related }));
    expect(rows.filter((row) => row.includes("├─"))).toHaveLength(3);
    expect(rows).toContain("   = and 13 more");
  });

  test("so are marks in one file", () => {
    const body = file("a", "x\n".repeat(20));
    const related = Array.from({ length: 9 }, (_, index) => ({
      place: place(body, 2 * index + 2, 2 * index + 3),
      message: "the same",
    }));
    expect(draw(finding(place(body, 0, 1), { related }))).toContain("   = and 6 more");
  });
});

describe("any input", () => {
  const PALETTE = ["0", "1", "2", "1;31", "1;35"];
  const ascii = fc.string({ unit: fc.constantFrom(..."ab {}[];#\t\n\r\x1b".split("")), maxLength: 300 });
  const words = fc.oneof(fc.string({ unit: "binary", maxLength: 80 }), ascii);
  const findings = (body: fc.Arbitrary<string>) =>
    fc
      .record({
        bodies: fc.array(body, { minLength: 1, maxLength: 8 }),
        said: words,
        rows: fc.array(fc.tuple(fc.nat(9), fc.nat(320), fc.nat(90), words), { minLength: 1, maxLength: 12 }),
      })
      .map(({ bodies, said, rows }) => {
        const files = bodies.map((one, index) => sourceFile(`/${index}`, `${said}${index}`, one));
        const [first, ...rest] = rows.map(([index, start, length, message]) => {
          const source = files[index % files.length] ?? file("a", "");
          return {
            place: place(source, start, start + length, [place(source, length, start).span]),
            message,
          };
        });
        const half = Math.floor(rest.length / 2);
        return finding(first?.place ?? place(file("a", ""), 0, 0), {
          message: said,
          help: inWords(said),
          effect: said,
          link: rest.slice(0, half),
          related: rest.slice(half),
        });
      });

  test("no control character but LF, and ESC with colour only", () => {
    fc.assert(
      fc.property(findings(words), fc.boolean(), fc.boolean(), fc.nat(120), (one, color, unicode, width) => {
        const drawn = text(result([one]), { color, unicode, width });
        const bare = PALETTE.reduce((left, code) => left.replaceAll(`\x1b[${code}m`, ""), drawn);
        if (!color) expect(drawn).not.toContain("\x1b");
        for (const output of [bare, quiet(result([one]))]) {
          expect(output).not.toMatch(/[^\P{Cc}\n]|[\u202a-\u202e\u2066-\u2069]|\p{Cs}/u);
        }
        expect(quiet(result([one])).split("\n")).toHaveLength(3);
      }),
    );
  });

  test("no source line is wider than the terminal", () => {
    fc.assert(
      fc.property(findings(ascii), fc.integer({ min: 40, max: 120 }), fc.boolean(), (one, width, unicode) => {
        for (const row of draw(one, { color: false, unicode, width })) {
          if (/^ +\d+ [│|]/.test(row)) expect(displayWidth(row)).toBeLessThanOrEqual(width);
          if (/^ +[│|][ ━─^-]*$/.test(row)) expect(displayWidth(row)).toBeLessThanOrEqual(width);
        }
      }),
    );
  });
});

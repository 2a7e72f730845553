import { describe, expect, test } from "vitest";
import { CODES } from "../../src/report/terminal/color.js";

/** The sixteen colours as xterm and VGA have them, the two that other palettes vary: red, green, blue. */
const PALETTES = {
  xterm: ["000000", "cd0000", "00cd00", "cdcd00", "0000ee", "cd00cd", "00cdcd", "e5e5e5"],
  vga: ["000000", "aa0000", "00aa00", "aa5500", "0000aa", "aa00aa", "00aaaa", "aaaaaa"],
} as const;

/** Relative luminance, as the Web Content Accessibility Guidelines define it. */
function luminance(hex: string): number {
  const [red = 0, green = 0, blue = 0] = [0, 2, 4].map((at) => {
    const share = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return share <= 0.03928 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one: string, other: string): number {
  const [low = 0, high = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

const colored = Object.entries(CODES).flatMap(([role, codes]) =>
  codes
    .split(";")
    .filter((code) => /^3[0-7]$/.test(code))
    .map((code) => [role, Number(code) - 30] as const),
);

describe.each(Object.entries(PALETTES))("on the palette of %s", (_, palette) => {
  test.each(colored)("%s is read on a dark and on a light terminal", (_role, index) => {
    const color = palette[index] ?? "";
    // Two and a half are little, but red on black has no more; what matters is bold, and is said in words.
    expect(contrast(color, "000000")).toBeGreaterThan(2.5);
    expect(contrast(color, "ffffff")).toBeGreaterThan(4);
  });
});

test("errors and warnings have a colour, and no more than that", () => {
  expect(colored.map(([role]) => role)).toEqual(["error", "warning"]);
});

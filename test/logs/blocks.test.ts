import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LineBlocks } from "../../src/logs/blocks.js";
import { eachLine } from "../../src/logs/scan.js";
import { runs } from "../support/sample.js";

function linesOf(pieces: readonly Buffer[]): readonly string[] {
  const blocks = new LineBlocks();
  const lines: string[] = [];
  const take = (block: Buffer): void => eachLine(block, (line) => lines.push(line));
  for (const piece of pieces) {
    // As a file is read: the next piece comes into the same memory.
    const shared = Buffer.from(piece);
    for (const block of blocks.push(shared)) take(block);
    shared.fill(0);
  }
  const rest = blocks.end();
  if (rest !== null) take(rest);
  return lines;
}

describe("blocks of lines", () => {
  test("are the same, wherever the pieces end", () => {
    const text = fc.array(fc.constantFrom("a", "bc", "\n", "\r\n", "\0", "ü", "\n\n"), { maxLength: 60 });
    fc.assert(
      fc.property(text, fc.array(fc.nat(80), { maxLength: 8 }), (parts, cuts) => {
        const bytes = Buffer.from(parts.join(""));
        const places = [0, ...cuts.map((cut) => Math.min(cut, bytes.length)), bytes.length].sort(
          (a, b) => a - b,
        );
        const pieces = places.slice(1).map((to, at) => bytes.subarray(places[at], to));
        expect(linesOf(pieces)).toEqual(
          bytes
            .toString()
            .split("\n")
            .map((line) => line.replace(/\r$/, ""))
            .filter((line) => line !== ""),
        );
      }),
      { numRuns: runs(2000) },
    );
  });

  test("a line of 100 MB is cut, and what follows is read", () => {
    const blocks = new LineBlocks();
    const piece = Buffer.alloc(1024 * 1024, "x");
    let longest = 0;
    const lines: string[] = [];
    const take = (block: Buffer): void => {
      longest = Math.max(longest, block.length);
      eachLine(block, (line) => lines.push(line));
    };
    for (let at = 0; at < 100; at += 1) for (const block of blocks.push(piece)) take(block);
    for (const block of blocks.push(Buffer.from("\nnext\ncut off"))) take(block);
    const rest = blocks.end();
    if (rest !== null) take(rest);
    expect(blocks.cut).toBe(1);
    expect(longest).toBeLessThan(100_000);
    expect(lines.map((line) => line.slice(0, 8))).toEqual(["xxxxxxxx", "next", "cut off"]);
  });
});

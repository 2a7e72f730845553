import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LogReader } from "../../src/cli/diagnose/read.js";
import { Collector } from "../../src/diagnose/collect.js";
import { LineBlocks } from "../../src/logs/blocks.js";
import { runs } from "../support/sample.js";

const NOW = Date.UTC(2026, 11, 1);

/** Of a part the lines, of which the first has the time, and whether one of them was lost. */
const line = fc
  .tuple(fc.nat(59), fc.nat(59), fc.constantFrom(200, 200, 200, 404, 499, 502), fc.nat(40))
  .map(
    ([minute, second, status, long]) =>
      `192.0.2.1 - - [28/Nov/2026:12:${String(minute).padStart(2, "0")}:${String(second).padStart(2, "0")} +0000] "GET / HTTP/1.1" ${status} 12 "-" "${"x".repeat(long)}"\n`,
  );

/** What is kept of a log that is read in parts of so many bytes, each in pieces of so many. */
function kept(log: Buffer, part: number, piece: number, since: number | null): unknown {
  const wanted = { since, until: null, statuses: null, server: null, pool: null };
  const collector = new Collector(wanted, NOW);
  const named = { display: "a.log", kind: "access", format: null, pool: null } as const;
  const reader = new LogReader(named, collector, wanted);
  const blocks = new LineBlocks();
  for (let from = 0; from < log.length; from += part) {
    reader.part(blocks.isInLine);
    const to = Math.min(from + part, log.length);
    for (let at = from; at < to; at += piece)
      for (const block of blocks.push(Buffer.from(log.subarray(at, Math.min(at + piece, to)))))
        reader.block(block);
  }
  const rest = blocks.end();
  if (rest !== null) {
    reader.part(true);
    reader.block(rest);
  }
  reader.end();
  const { access, rates } = collector;
  const times = Array.from({ length: 60 }, (_, minute) => Date.UTC(2026, 10, 28, 12, minute, 30));
  return {
    lines: access.lines,
    lost: [...access.lost],
    times: access.times.entries(),
    rate: rates.perSecond,
    good: times.map((time) => collector.goodBefore(time)),
  };
}

describe("an access log", () => {
  test("counts the same, whatever pieces its parts come in", () => {
    fc.assert(
      fc.property(
        fc.array(line, { maxLength: 40 }),
        fc.integer({ min: 1, max: 1500 }),
        fc.integer({ min: 1, max: 700 }),
        fc.constantFrom(null, Date.UTC(2026, 10, 28, 12, 30)),
        fc.nat(30),
        (lines, part, piece, since, cut) => {
          const whole = Buffer.from(lines.join(""));
          const log = whole.subarray(0, Math.max(0, whole.length - cut));
          expect(kept(log, part, piece, since)).toEqual(kept(log, part, part, since));
        },
      ),
      { numRuns: runs(500) },
    );
  });
});

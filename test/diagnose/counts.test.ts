import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Counts, LONGEST_PART, Room, TimeCounts } from "../../src/diagnose/counts.js";
import { Block, Part } from "../../src/logs/part.js";
import { textOf } from "../../src/logs/scan.js";
import { DAY, HOUR, MINUTE } from "../../src/logs/time.js";
import { runs } from "../support/sample.js";

/** What is counted, of bytes or a text, as plainly as can be. */
function counted(all: readonly (Buffer | string)[], most: number): readonly (readonly [string, number])[] {
  const counts = new Map<string, number>();
  for (const one of all) {
    const text = typeof one === "string" ? one : textOf(one);
    const cut = Buffer.from(text.slice(0, 300)).toString();
    const before = counts.get(cut);
    if (before !== undefined) counts.set(cut, before + 1);
    else if (counts.size < most) counts.set(cut, 1);
  }
  return [...counts];
}

function partOf(bytes: Buffer): { readonly part: Part; readonly block: Block } {
  const block = new Block(Buffer.concat([Buffer.from("/"), bytes, Buffer.from("?")]));
  const part = new Part(LONGEST_PART);
  part.addBetween(block, 1, 1 + bytes.length);
  return { part, block };
}

function addTo(counts: Counts, one: Buffer | string): void {
  if (typeof one === "string") {
    counts.add(one);
    return;
  }
  const { block, part } = partOf(one);
  counts.addPart(part, block);
}

const long = fc.constantFrom(
  "x".repeat(300),
  "x".repeat(301),
  "x".repeat(1300),
  `${"x".repeat(299)}\u00e9`,
  `${"x".repeat(299)}\ud83d\ude00`,
  `${"\u00e9".repeat(150)}y`,
  `${"\u00e9".repeat(300)}y`,
  `${"\u00e9".repeat(300)}z`,
);
const short = fc.string({
  unit: fc.constantFrom("a", "/", "\0", "\u007f", "\u00e9", "\ufffd", "\ud800"),
  maxLength: 5,
});
const bytes = fc
  .array(fc.constantFrom(0x61, 0x2f, 0, 0x7f, 0xc3, 0xa9, 0xff, 0xbf), { maxLength: 6 })
  .map((all) => Buffer.from(all));

describe("counts of texts", () => {
  test("are the same for bytes and for characters, whichever come", () => {
    const one = fc.oneof(
      short,
      long,
      bytes,
      short.map((text) => Buffer.from(text)),
      long.map((text) => Buffer.from(text)),
      fc.nat(40).map((number) => Buffer.from(`/product/${number}/index.php`)),
    );
    fc.assert(
      fc.property(fc.array(one, { maxLength: 80 }), fc.integer({ min: 1, max: 30 }), (all, most) => {
        const counts = new Counts(most);
        for (const each of all) addTo(counts, each);
        const plain = counted(all, most);
        expect([...counts]).toEqual(plain);
        expect([counts.size, counts.isFull]).toEqual([plain.length, plain.length === most]);
      }),
      { numRuns: runs(2000) },
    );
  });

  test("have one text each where there is no room for more", () => {
    const room = new Room(200);
    const all = [1, 2, 3].map(() => new Counts(10, room));
    for (const counts of all)
      for (const text of ["/a", "/a", Buffer.from("/b"), "/\u00e9", "/a"]) addTo(counts, text);
    expect(all.map((counts) => [...counts])).toEqual([
      [
        ["/a", 3],
        ["/b", 1],
        ["/\u00e9", 1],
      ],
      [["/a", 3]],
      [["/a", 3]],
    ]);
    expect(all.every(({ isFull }) => isFull)).toBe(true);
  });

  test("tell texts apart that have one place in the table", () => {
    const crowd = Array.from({ length: 30_000 }, (_, at) => `/${at}.php`).filter(
      (text) => (partOf(Buffer.from(text)).part.hash & 4095) === 5,
    );
    expect(crowd.length).toBeGreaterThan(4);
    const all = [...crowd, ...crowd.map((text) => Buffer.from(text)), ...crowd.slice(2)];
    for (const most of [3, crowd.length - 1, 100]) {
      const counts = new Counts(most);
      for (const one of all) addTo(counts, one);
      expect([...counts]).toEqual(counted(all, most));
      const ofBytes = new Counts(most);
      for (const one of all) addTo(ofBytes, Buffer.from(one));
      expect([...ofBytes]).toEqual(counted(all, most));
    }
  });

  test("forget none where more bytes are shown alike than are known again", () => {
    const all = Array.from({ length: 3000 }, (_, at) =>
      Buffer.of(0xff, 0xfe - (at % 60), 0x80 + Math.floor(at / 60)),
    );
    const counts = new Counts(5);
    for (const one of [Buffer.from("/a"), ...all, Buffer.from("/a"), Buffer.from("/b")]) addTo(counts, one);
    expect([...counts]).toEqual(
      counted([Buffer.from("/a"), ...all, Buffer.from("/a"), Buffer.from("/b")], 5),
    );
  });
});

/** By minute, and where there are more of them than `most`, by hour, by four hours and so on. */
function timed(times: readonly number[], most: number): readonly (readonly [number, number])[] {
  let step = MINUTE;
  let counts = new Map<number, number>();
  for (const time of times) {
    const own = Math.floor(time / step);
    counts.set(own, (counts.get(own) ?? 0) + 1);
    if (counts.size <= most) continue;
    const wider = step === MINUTE ? HOUR : step * 4;
    const wide = new Map<number, number>();
    for (const [each, count] of counts) {
      const at = Math.floor((each * step) / wider);
      wide.set(at, (wide.get(at) ?? 0) + count);
    }
    step = wider;
    counts = wide;
  }
  return [...counts].map(([own, count]) => [own * step, count] as const).sort(([a], [b]) => a - b);
}

describe("counts by time", () => {
  test("are the same in whatever order times come", () => {
    const time = fc.oneof(
      fc.integer({ min: 0, max: 20 * MINUTE }),
      fc.integer({ min: -DAY, max: 5 * DAY }),
      fc.integer({ min: 0, max: 40_000 * DAY }),
    );
    fc.assert(
      fc.property(
        fc.array(time, { maxLength: 60 }),
        fc.boolean(),
        fc.integer({ min: 1, max: 12 }),
        (all, isSorted, most) => {
          const times = isSorted ? all.toSorted((a, b) => a - b) : all;
          const counts = new TimeCounts(most);
          for (const one of times) counts.add(one);
          const plain = timed(times, most);
          expect(counts.entries()).toEqual(plain);
          expect(counts.size).toBe(plain.length);
          const ends = times.length === 0 ? [null, null] : [Math.min(...times), Math.max(...times)];
          expect([counts.first, counts.last]).toEqual(ends);
        },
      ),
      { numRuns: runs(2000) },
    );
  });
});

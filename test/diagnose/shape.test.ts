import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { TimeCounts } from "../../src/diagnose/counts.js";
import type { Group } from "../../src/diagnose/groups.js";
import { COLUMNS, shapeOf } from "../../src/diagnose/shape.js";
import { DAY, HOUR, MINUTE } from "../../src/logs/time.js";
import { runs } from "../support/sample.js";

/** As many groups as there are lists of times; of a group its times are all that counts here. */
function groupsOf(lists: readonly (readonly number[])[], most: number): readonly Group[] {
  return lists.map((list) => {
    const times = new TimeCounts(most);
    for (const time of list) times.add(time);
    return { times } as unknown as Group;
  });
}

/** The picture as each step by itself makes it. */
function plainCounts(groups: readonly Group[], first: number, last: number): readonly number[] {
  const counts = Array.from({ length: COLUMNS }, () => 0);
  const width = Math.max(1, (last - first) / COLUMNS);
  for (const [time, count] of groups.flatMap(({ times }) => times.entries())) {
    const column = Math.min(COLUMNS - 1, Math.max(0, Math.floor((time - first) / width)));
    counts[column] = (counts[column] ?? 0) + count;
  }
  return counts;
}

/** The word as all steps together make it. */
function plainWord(groups: readonly Group[]): string {
  const times = groups.flatMap((group) => group.times.entries().map(([time]) => time));
  const from = Math.min(...groups.flatMap(({ times: { first } }) => first ?? []));
  const to = Math.max(...groups.flatMap(({ times: { last } }) => last ?? []));
  if (to - from < 2 * MINUTE) return "once";
  const days = new Map(times.map((time) => [Math.floor(time / DAY), time % DAY]));
  const clocks = [...days.values()];
  if (
    days.size >= 3 &&
    Math.max(...clocks) - Math.min(...clocks) <= 4 * MINUTE &&
    times.length <= days.size * 6
  )
    return `daily ${days.size}`;
  const minutes = [...new Set(times.map((time) => Math.floor(time / MINUTE)))];
  if (minutes.length * 2 >= Math.ceil((to - from + 1) / MINUTE)) return "steady";
  const sorted = times.toSorted((a, b) => a - b);
  const bursts = sorted.filter((time, at) => at === 0 || time - (sorted[at - 1] ?? 0) > 5 * MINUTE).length;
  return bursts === 1 ? "" : `${bursts} bursts`;
}

const START = Date.UTC(2026, 10, 27, 22);

const list = fc.oneof(
  fc.array(fc.nat(40 * MINUTE), { maxLength: 60 }),
  fc.array(fc.nat(3 * DAY), { maxLength: 12 }),
  fc.array(fc.nat(5), { maxLength: 8 }).map((days) => days.map((day) => day * DAY + (day % 3) * MINUTE)),
  fc.nat(90).map((length) => Array.from({ length }, (_, at) => at * MINUTE)),
  fc.array(fc.nat(90 * DAY), { maxLength: 30 }),
);

describe("how lost requests lie in time", () => {
  test("is said and drawn as of all their times one by one", () => {
    const most = fc.constantFrom(3, 20, 3000);
    fc.assert(
      fc.property(
        fc.array(list, { minLength: 1, maxLength: 4 }),
        most,
        fc.nat(2 * HOUR),
        (all, kept, more) => {
          const groups = groupsOf(
            all.map((times) => times.map((time) => START + time)),
            kept,
          );
          const [first, last] = [START - more, START + 90 * DAY];
          const { counts, words } = shapeOf(groups, first, last);
          if (all.every((times) => times.length === 0)) {
            expect([counts, words]).toEqual([[], ""]);
            return;
          }
          expect(counts).toEqual(plainCounts(groups, first, last));
          const word = plainWord(groups);
          const said = words.replace(/^daily about \d\d:\d\d, on (\d+) days$/, "daily $1");
          const isTimeAlone = word === "" && /^2026-11|^2026-12|^2027/.test(said);
          expect(isTimeAlone || said.startsWith(word === "" ? "?" : word)).toBe(true);
        },
      ),
      { numRuns: runs(2000) },
    );
  });
});

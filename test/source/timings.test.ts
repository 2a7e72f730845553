import { describe, expect, test } from "vitest";
import { table } from "../../src/cli/timings.js";
import { endTimings, startTimings, timed } from "../../src/source/timings.js";

/** A clock that goes on by hand. */
function byHand() {
  let now = 5;
  return {
    clock: () => now,
    work: (time: number) => {
      now += time;
    },
  };
}

describe("timings", () => {
  test("a part has its own time, without that of the parts inside it", () => {
    const { clock, work } = byHand();
    startTimings(clock, "rest");
    work(1);
    const answer = timed("outer", () => {
      work(10);
      timed("inner", () => work(100));
      work(1000);
      return timed("inner", () => {
        work(10_000);
        return "answer";
      });
    });
    work(100_000);
    expect(answer).toBe("answer");
    expect(endTimings()).toEqual([
      { what: "rest", time: 100_001, times: 1 },
      { what: "inner", time: 10_100, times: 2 },
      { what: "outer", time: 1010, times: 1 },
    ]);
  });

  test("work that fails ends its part", () => {
    const { clock, work } = byHand();
    startTimings(clock, "rest");
    const failing = () =>
      timed("failing", () => {
        work(3);
        throw new Error("no");
      });
    expect(failing).toThrow("no");
    work(4);
    expect(endTimings()).toEqual([
      { what: "rest", time: 4, times: 1 },
      { what: "failing", time: 3, times: 1 },
    ]);
  });

  test("nothing is measured before the start and after the end", () => {
    expect(timed("early", () => 1)).toBe(1);
    expect(endTimings()).toEqual([]);
  });

  test("the table has the longest first, and the sum", () => {
    const lines = table([
      { what: "short", time: 1, times: 2 },
      { what: "long", time: 3, times: 1 },
    ]).split("\n");
    expect(lines.slice(1)).toEqual([
      "       3.0  75.0 %        1  long",
      "       1.0  25.0 %        2  short",
      "       4.0 100.0 %           all",
      "",
    ]);
  });
});

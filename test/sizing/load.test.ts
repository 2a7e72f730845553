import { describe, expect, test } from "vitest";
import { readStatus } from "../../src/live/status-page.js";
import { type Look, loadBetween } from "../../src/sizing/load.js";

/** What two looks at the workers of a pool say about its requests. */

const page = (accepted: number, active: number, processes: readonly unknown[] = []): string =>
  JSON.stringify({ pool: "www", "accepted conn": accepted, "active processes": active, processes });
const idle = (seconds: number, uri = "/index.php") => ({
  state: "Idle",
  requests: 7,
  "request duration": seconds * 1e6,
  "request uri": uri,
});
const look = (
  at: number,
  computed: Readonly<Record<string, number>>,
  text: string | null,
  counted = true,
): Look => ({
  at,
  computed: new Map(Object.entries(computed)),
  status: text === null ? null : readStatus(text, "/status"),
  counted,
});

describe("between two looks", () => {
  test("busy workers, requests and computing, without the looks themselves", () => {
    const first = look(10, { 1: 5, 2: 3 }, page(1000, 11));
    const second = look(12, { 1: 5.5, 2: 3.5, 3: 0.2 }, page(1081, 11));
    const load = loadBetween(first, second);
    // 80 requests and 10 busy workers: each took 0.25 s; 1.2 s of 20 were computing.
    expect(load).toMatchObject({ seconds: 2, cores: 0.6, rate: 40, mean: 0.25 });
    expect(load?.share).toBeCloseTo(0.06, 10);
  });

  test("a page of its own counts neither", () => {
    const first = look(0, { 1: 0 }, page(0, 10), false);
    expect(loadBetween(first, look(1, { 1: 1 }, page(40, 10), false))).toMatchObject({
      rate: 40,
      mean: 0.25,
    });
  });

  test("few busy workers say nothing, and those that are idle tell how long their last request took", () => {
    const first = look(0, { 1: 0 }, page(0, 2));
    const durations = [0.1, 0.2, 0.3, 0.1, 0.3].map((one) => idle(one));
    const own = [idle(9, "/status"), idle(9, "/status?json&full")];
    const second = look(1, { 1: 1 }, page(41, 2, [...durations, ...own]));
    expect(loadBetween(first, second)).toMatchObject({ rate: 40, mean: 0.2, share: 0.125 });
    const fewer = look(1, { 1: 1 }, page(41, 2, [idle(0.1), ...own]));
    expect(loadBetween(first, fewer)).toMatchObject({ rate: 40, mean: null, share: null });
  });

  test.each<[string, Look, Look]>([
    ["no page", look(0, { 1: 0 }, null), look(1, { 1: 0.5 }, null)],
    ["few requests", look(0, { 1: 0 }, page(0, 9)), look(1, { 1: 0.5 }, page(11, 9))],
    ["a pool that was restarted", look(0, { 1: 0 }, page(5000, 9)), look(1, { 1: 0.5 }, page(60, 9))],
  ])("%s: only what was computed is known", (_name, first, second) => {
    expect(loadBetween(first, second)).toEqual({
      seconds: 1,
      cores: 0.5,
      rate: null,
      mean: null,
      share: null,
    });
  });

  test("hardly any computing is no share of 0, and none is above the whole", () => {
    const after = page(81, 21);
    expect(loadBetween(look(0, {}, page(0, 21)), look(1, { 1: 0.02 }, after))?.share).toBeNull();
    expect(loadBetween(look(0, {}, page(0, 21)), look(1, { 1: 99 }, after))?.share).toBe(1);
  });

  test("no time between them: nothing", () =>
    expect(loadBetween(look(1, {}, null), look(1, {}, null))).toBeNull());
});

test.each([
  "",
  "{",
  "[]",
  "null",
  '{"accepted conn":"1"}',
  '{"accepted conn":-1,"active processes":1,"processes":[]}',
])("%j is no status page", (text) => expect(readStatus(text, "/status")).toBeNull());

test("busy workers are those whose state says so: the page's own sum counts ended questions for values", () => {
  const running = { ...idle(0, "/status"), state: "Running" };
  const reading = { ...running, state: "Reading headers" };
  const busy = (processes: readonly unknown[]) => readStatus(page(9, 3, processes), "/status")?.active;
  expect(busy([running, idle(0.1), idle(0.1)])).toBe(1);
  expect(busy([running, reading, idle(0.1)])).toBe(2);
  // As PHP 8.2 prints a worker that is being started.
  expect(busy([running, { ...idle(0), state: "(null)" }])).toBe(1);
  // Without states there is only the sum.
  expect(busy([])).toBe(3);
  expect(busy([running, {}])).toBe(3);
});

import { describe, expect, test } from "vitest";
import { FpmRequests } from "../../src/diagnose/fpm-requests.js";
import type { AccessLine } from "../../src/logs/access.js";
import { HOUR } from "../../src/logs/time.js";

const START = Date.UTC(2026, 10, 28);
const ran = (start: number, seconds: number): AccessLine => ({
  time: start,
  status: 200,
  method: "GET",
  path: "/index.php",
  values: new Map([["fpm_seconds", String(seconds)]]),
});

describe("requests of PHP-FPM's access log", () => {
  test("that ran longest are kept, and it is known from where on all are", () => {
    const requests = new FpmRequests();
    requests.add(ran(START, 60.5), "www");
    expect(requests.hasAll(["www"], 1)).toBe(true);
    for (let at = 0; at < 40_000; at += 1) requests.add(ran(START + at * 1000, 1 + (at % 20)), "www");
    requests.add(ran(START + HOUR, 60), "www");
    expect(requests.hasAll(["www"], 2)).toBe(false);
    expect(requests.hasAll(["www"], 60)).toBe(true);
    expect(requests.longer(["www"], 60, START, START + 2 * HOUR).map(({ seconds }) => seconds)).toEqual([
      60.5, 60,
    ]);
    const least = [1, 2, 5, 10, 15, 18, 20].find((seconds) => requests.hasAll(["www"], seconds)) ?? 60;
    expect(requests.longer(["www"], least, START, START + 12 * HOUR).length).toBeLessThanOrEqual(5000);
  });

  test("that all ran for the same time are not called all", () => {
    const requests = new FpmRequests();
    for (let at = 0; at < 6000; at += 1) requests.add(ran(START + at, 30), "www");
    expect(requests.hasAll(["www"], 30)).toBe(false);
    expect(requests.hasAll(["www"], 31)).toBe(true);
  });

  test("of very many pools are bounded together", () => {
    const requests = new FpmRequests();
    for (let at = 0; at < 150_000; at += 1) requests.add(ran(START + at, 2 + (at % 7)), `p${at % 300}`);
    const pools = Array.from({ length: 300 }, (_, at) => `p${at}`);
    expect(requests.longer(pools, 1, START, START + HOUR).length).toBeLessThanOrEqual(50_000);
    expect(requests.hasAll(pools, 1)).toBe(false);
  });
});

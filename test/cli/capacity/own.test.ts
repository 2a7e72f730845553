import { rmSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, describe, expect, test } from "vitest";
import { commandIn } from "../../support/run-command.js";
import { onePool } from "./support/one-pool.js";

/** Samples that tell what a worker does not share. */

const INI = "etc/php/8.2/fpm/php.ini";

const { top, put } = onePool();
beforeEach(() => put({ [INI]: "zend_extension=opcache\nopcache.memory_consumption=128\n" }));

const MIB = 1024 * 1024;

/** Eight workers in the middle of requests; sizes in MiB. */
function ps(rss: number, own: number | string, column = "USS", site = "www"): string {
  const size = typeof own === "number" ? own * 1024 : own;
  return [
    `PID RSS ${column} STAT WCHAN COMMAND`,
    ...Array.from(
      { length: 8 },
      (_, index) => `${index + 2} ${rss * 1024} ${size} S hrtimer_nanosleep php-fpm: pool ${site}`,
    ),
  ].join("\n");
}

const run = (input: string, ...words: readonly string[]) =>
  commandIn(
    top(),
    ["capacity", "etc", ...(words.includes("--ram") ? [] : ["--ram", "2G"]), "--samples", "-", ...words],
    { standardInput: () => input },
  );

interface Found {
  readonly memory: { readonly shared: number };
  readonly pools: readonly {
    readonly worker: { readonly bytes: number; readonly source: string; readonly guess: string | null };
    readonly recommended: Readonly<Record<string, number>>;
  }[];
  readonly warnings: readonly string[];
}

async function found(input: string, ...words: readonly string[]): Promise<Found> {
  const { status, out, err } = await run(input, ...words, "--format", "json");
  expect(status, err).toBe(0);
  return JSON.parse(out) as Found;
}

describe("what a worker does not share", () => {
  test.each(["USS", "PSS"])("is its size, by %s, and what is shared is added once", async (column) => {
    const { pools, memory, warnings } = await found(ps(60, 16, column));
    expect(pools[0]?.worker).toMatchObject({
      ...{ bytes: 20 * MIB, source: `--samples (${column})`, samples: 8, rss: 60 * MIB, guess: null },
    });
    expect(memory.shared).toBe(128 * MIB);
    // ((2048 − 500) × 0.8 − 128) / 20
    expect(pools[0]?.recommended["pm.max_children"]).toBe(55);
    expect(warnings.join("\n")).not.toContain("RSS");
  });

  test("is never more than RSS", async () => {
    expect((await found(ps(18, 16))).pools[0]?.worker.bytes).toBe(18 * MIB);
  });

  test("of tiny requests is known where enough workers are in the middle of one", async () => {
    expect((await found(ps(17, 2))).pools[0]?.worker).toMatchObject({ bytes: 6 * MIB, guess: null });
    const few = ps(17, 2).split("\n").slice(0, 5).join("\n");
    expect((await found(few)).pools[0]?.worker).toMatchObject({ bytes: 63 * MIB, guess: "resting" });
  });

  test.each([
    ["not known of the workers", () => {}, ps(60, 0)],
    ["not known of one of them", () => {}, `${ps(60, 16)}\n99 61440 - S hrtimer_nanosleep php-fpm: pool www`],
    ["without php.ini", () => rmSync(join(top(), INI)), ps(60, 16)],
    [
      "where php.ini shares less than the workers do",
      () => put({ [INI]: "memory_limit = 64M\n" }),
      ps(60, 16),
    ],
    [
      "where php.ini does not tell",
      () => put({ [INI]: `zend_extension=opcache\nopcache.memory_consumption=\${M}\n` }),
      ps(60, 16),
    ],
  ])("is no size %s", async (_name, change, input) => {
    change();
    const { pools } = await found(input, "--headroom", "0");
    expect(pools[0]?.worker).toMatchObject({ source: "--samples" });
    expect(pools[0]?.worker.bytes).toBeGreaterThanOrEqual(56 * MIB);
  });

  test("is a size without php.ini where --shared says the rest", async () => {
    rmSync(join(top(), INI));
    const { pools, memory } = await found(ps(60, 16), "--shared", "64M");
    expect(pools[0]?.worker).toMatchObject({ bytes: 20 * MIB, source: "--samples (USS)" });
    expect(memory.shared).toBe(64 * MIB);
  });

  test("is said in text", async () => {
    const { out } = await run(ps(60, 16));
    const text = out.replaceAll(/\s+/g, " ");
    expect(text).toContain("--samples (USS), 8 workers");
    expect(text).toContain(
      "no sample is above 20 MiB by USS and 4 MiB that it has in common with the master",
    );
    expect(text).toContain(
      "128 MiB shared by the workers, counted once (opcache.memory_consumption 128 MiB)",
    );
  });
});

describe("resident sizes", () => {
  const better = '"ps -eo pid,rss,uss,stat,wchan:30,args" tells what is not shared';

  test("are said to be too large, and what is better", async () => {
    const { warnings } = await found(ps(60, 0));
    expect(warnings.join("\n")).toContain("count shared memory in every worker");
    expect(warnings.join("\n")).toContain(better);
    expect(warnings.join("\n")).not.toContain("before workers are taken away");
  });

  test("are named where fewer workers are recommended than were at work", async () => {
    const { pools, warnings } = await found(ps(60, 0), "--ram", "800M");
    expect(pools[0]?.recommended["pm.max_children"]).toBeLessThan(8);
    expect(warnings.join("\n")).toContain(
      `more workers were at work at once for www than are recommended, maybe only because RSS counts what is shared in each of them: before workers are taken away, as root and with procps-ng 4 or later, ${better}`,
    );
    expect((await found(ps(60, 40), "--ram", "800M")).warnings.join("\n")).not.toContain("RSS");
  });
});

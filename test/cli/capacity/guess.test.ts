import { cpSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { commandIn } from "../../support/run-command.js";
import { onePool, poolText } from "./support/one-pool.js";

/** Sizes of workers that nobody knows, and what bounds the workers where they are known. */

const { top, put } = onePool();

interface Found {
  readonly pools: readonly {
    readonly guess: boolean;
    readonly worker: Readonly<Record<string, unknown>>;
    readonly recommended: Readonly<Record<string, number | string>>;
    readonly fits: { readonly workers: number | null; readonly because: string };
    readonly useful: Readonly<Record<string, unknown>>;
    readonly needed: { readonly workers: number | null; readonly because: string };
    readonly least: string;
    readonly demand: Readonly<Record<string, unknown>> | null;
  }[];
  readonly overload: Readonly<Record<string, unknown>> | null;
  readonly warnings: readonly string[];
  readonly notes: readonly string[];
}

const run = (words: readonly string[], input = "") =>
  commandIn(top(), ["capacity", "etc", "--ram", "8G", ...words], { standardInput: () => input });

async function found(words: readonly string[], input = ""): Promise<Found> {
  const { status, out, err } = await run([...words, "--format", "json"], input);
  expect(status, err).toBe(0);
  return JSON.parse(out) as Found;
}

/** Lines of the listing that the documentation names: the workers of a pool, how they run or wait, and their RSS. */
const ps = (...workers: readonly (readonly [name: string, doing: string, rss: number])[]): string =>
  [
    "  PID   RSS STAT WCHAN                          COMMAND",
    "1 21000 Ss ep_poll php-fpm: master process (/etc/php/8.2/fpm/php-fpm.conf)",
    ...workers.map(([name, doing, rss], index) => `${index + 2} ${rss} ${doing} php-fpm: pool ${name}`),
  ].join("\n");
/** Lines of `ps aux`. */
const aux = (state: string, count: number, first = 2): string =>
  Array.from(
    { length: count },
    (_, index) => `u ${index + first} 0.0 0.5 243000 51200 ? ${state} 10:00 0:01 php-fpm: pool www`,
  ).join("\n");
/** One listing after the other, of as many workers alike. */
const listings = (count: number, one: readonly [string, string, number], workers = 8): string =>
  times(count, ps(...times(workers, one))).join("\n");
const [ACCEPTS, READS] = ["S skb_wait_for_more_packets", "S unix_stream_read_generic"];
const [WAITS, RUNS, DISK] = ["S poll_schedule_timeout.constprop.", "R -", "D+ rq_qos_wait"];
const times = <T>(count: number, one: T): readonly T[] => Array.from({ length: count }, () => one);

const MIB = 1024 * 1024;

describe("the size of a worker", () => {
  test.each<[string, string, string | null, number]>([
    [
      "at rest is smaller than what is assumed",
      ps(...times(8, ["www", ACCEPTS, 12_760] as const)),
      "resting",
      63,
    ],
    ["at rest, with much that was kept", ps(...times(8, ["www", ACCEPTS, 81_920] as const)), "resting", 80],
    ["waiting for an answer", ps(...times(8, ["www", WAITS, 51_200] as const)), null, 50],
    ["computing, maybe at the end of requests", ps(...times(8, ["www", RUNS, 51_200] as const)), "few", 50],
    ["computing in two listings", listings(2, ["www", RUNS, 51_200]), "few", 50],
    ["computing in three listings", listings(3, ["www", RUNS, 51_200]), null, 50],
    ["reading from a disk", listings(3, ["www", DISK, 51_200]), null, 50],
    ["on a connection that nginx keeps open", ps(...times(8, ["www", READS, 51_200] as const)), "untold", 50],
    ["just started", ps(...times(8, ["www", RUNS, 9000] as const)), "resting", 63],
    ["just started, and few", ps(...times(4, ["www", WAITS, 9000] as const)), "resting", 63],
    ["small, in the middle of requests", ps(...times(8, ["www", WAITS, 9000] as const)), null, 9],
    [
      "computing, among as many that wait",
      ps(...times(4, ["www", WAITS, 51_200] as const), ...times(4, ["www", RUNS, 51_200] as const)),
      null,
      50,
    ],
    [
      "computing, among fewer that wait",
      ps(...times(4, ["www", WAITS, 51_200] as const), ...times(5, ["www", RUNS, 51_200] as const)),
      "few",
      50,
    ],
    [
      "busy, among others that rest",
      ps(...times(6, ["www", WAITS, 51_200] as const), ...times(30, ["www", ACCEPTS, 81_920] as const)),
      null,
      50,
    ],
    ["of a few that are busy", ps(...times(3, ["www", WAITS, 51_200] as const)), "few", 50],
    ["of a few that are busy, listed several times", listings(3, ["www", WAITS, 51_200], 3), "few", 50],
    ["of another pool", ps(...times(8, ["shop", WAITS, 51_200] as const)), "unnamed", 63],
    ["as ps aux prints them, asleep", aux("S", 10), "untold", 50],
    ["as ps aux prints them, computing", aux("R", 5), "few", 50],
    [
      "as ps aux prints them several times",
      [aux("R", 3), aux("S", 9), aux("Rl", 3, 4), aux("R+", 2, 4)].join("\n"),
      null,
      50,
    ],
    [
      "as ps l prints them, without their pools",
      `S PID RSS WCHAN CMD\n${Array.from({ length: 9 }, (_, index) => `R ${index} 51200 poll_s php-fpm8.2`).join("\n")}`,
      "untold",
      50,
    ],
    ["as numbers of workers at rest, with the master", `20968\n${"12760\n".repeat(9)}`, "resting", 63],
    ["as numbers", "51200\n".repeat(9), "untold", 50],
  ])("%s", async (_name, input, guess, size) => {
    const { pools, warnings } = await found(["--samples", "-"], input);
    expect(pools[0]?.worker).toMatchObject({ guess });
    expect(Math.round(Number(pools[0]?.worker.bytes) / MIB)).toBe(size);
    expect(pools[0]?.guess).toBe(guess !== null);
    // The sum is what is recommended where the size is known, and otherwise nothing changes.
    const sum = Math.floor((7692 * 0.8) / (Number(pools[0]?.worker.bytes) / MIB));
    expect(pools[0]?.fits.workers).toBe(sum);
    expect(pools[0]?.recommended).toEqual(
      guess === null
        ? { pm: "static", "pm.max_children": sum, "pm.max_requests": 1000 }
        : { pm: "static", "pm.max_children": 10 },
    );
    expect(warnings.some((one) => one.includes("is a guess, the pool keeps"))).toBe(guess !== null);
  });

  test("of as many as the pool has is known, however few they are", async () => {
    put({ "etc/php/8.2/fpm/pool.d/www.conf": poolText("www", 2) });
    const { pools } = await found(["--samples", "-"], ps(...times(2, ["www", WAITS, 51_200] as const)));
    expect(pools[0]).toMatchObject({ guess: false, recommended: { "pm.max_children": 123 } });
  });

  test("that is a guess never raises a number, and lowers those that do not fit", async () => {
    const { pools } = await found(["--ram", "1G"]);
    expect(pools[0]).toMatchObject({ guess: true, recommended: { "pm.max_children": 6 } });
  });

  test("that is a guess for one pool does not hold back the others", async () => {
    put({ "etc/php/8.2/fpm/pool.d/shop.conf": poolText("shop", 10) });
    const { pools } = await found(["--worker-size", "shop=50M"]);
    expect(pools.map(({ guess }) => guess)).toEqual([false, true]);
    // (6153.6 MiB − 10 × 63 MiB) / 50 MiB
    expect(pools.map(({ recommended }) => recommended["pm.max_children"])).toEqual([110, 10]);
  });
});

describe("--write", () => {
  test("refuses a guess, and --accept-guess writes it", async () => {
    const before = readFileSync(join(top(), "etc/php/8.2/fpm/pool.d/www.conf"), "utf8");
    const { status, err } = await run(["--ram", "1G", "--write"]);
    expect(status).toBe(2);
    expect(err).toContain("the size of a worker is a guess for www");
    expect(err).toContain("nothing was written");
    expect(readFileSync(join(top(), "etc/php/8.2/fpm/pool.d/www.conf"), "utf8")).toBe(before);
    expect((await run(["--ram", "1G", "--write", "--accept-guess"])).status).toBe(0);
    expect(readFileSync(join(top(), "etc/php/8.2/fpm/pool.d/www.conf"), "utf8")).toContain(
      "pm.max_children = 6\n",
    );
  });

  test("names the host where there are several", async () => {
    cpSync(join(top(), "etc"), join(top(), "hosts/a/etc"), { recursive: true });
    cpSync(join(top(), "etc"), join(top(), "hosts/b/etc"), { recursive: true });
    const { err } = await commandIn(top(), ["capacity", "hosts", "--ram", "8G", "--write"]);
    expect(err).toMatch(/a: the size of a worker is a guess[\s\S]*b: the size of a worker is a guess/);
  });

  test("is what --accept-guess is about", async () => {
    expect((await run(["--accept-guess"])).err).toContain("--accept-guess means nothing without --write");
  });
});

test("--diff says on standard error what the text warns of", async () => {
  const { err, out } = await run(["--ram", "1G", "--diff"]);
  expect(out).toContain("+pm.max_children = 6");
  expect(err).toContain("the size of a worker is assumed");
});

describe("memory, cores and requests", () => {
  const sized = ["--worker-size", "60M"];

  test("are each a number with its sum, and the least is named", async () => {
    const words = [...sized, "--cores", "4", "--cpu-share", "25%", "--rate", "20/s", "--mean", "500ms"];
    const { pools, overload } = await found(words);
    expect(overload).toBeNull();
    expect(pools[0]).toMatchObject({
      recommended: { "pm.max_children": 16 },
      fits: { workers: 102, because: "(8192 MiB − 500 MiB) × 0.8 / 60 MiB = 102" },
      useful: { workers: 16, least: 16, most: 16, because: expect.stringContaining("4 cores / 0.25 = 16") },
      needed: { workers: 17, because: expect.stringContaining("20 requests/s × 500 ms = 10") },
      least: "useful",
    });
  });

  test("a share that nobody states gives a range, and holds nothing back", async () => {
    const { pools } = await found([...sized, "--cores", "4"]);
    expect(pools[0]).toMatchObject({
      recommended: { "pm.max_children": 102 },
      useful: { workers: null, least: 5, most: 40 },
      needed: { workers: null },
      least: "useful",
    });
    const { out } = await run([...sized, "--cores", "4"]);
    expect(out).toMatch(/www +102 +5 to 40 +\? +cores/);
  });

  test("what is not known is asked for", async () => {
    const [only] = (await found(sized)).pools;
    expect(only?.useful).toMatchObject({ workers: null, because: expect.stringContaining("give --cores") });
    expect(only?.needed).toMatchObject({ workers: null, because: expect.stringContaining("--rate") });
    expect(only?.least).toBe("fits");
  });

  test("more computing than there are cores is answered with no number", async () => {
    const words = [...sized, "--cores", "4", "--cpu-share", "50%", "--rate", "20/s", "--mean", "500ms"];
    const { pools, overload, warnings } = await found(words);
    expect(overload).toEqual({ work: 5, cores: 4 });
    expect(pools[0]).toMatchObject({ needed: { workers: null }, demand: { needed: null, enoughMean: null } });
    expect(warnings.join("\n")).toContain("the queue grows whatever the number of workers");
    expect(warnings.join("\n")).not.toMatch(/more memory|would be enough/);
    const { out } = await run(words);
    expect(out).toContain("no number is enough");
    expect(out).not.toContain("listen.backlog");
  });
});

describe("units", () => {
  test.each([
    [["--rate", "40/s", "--mean", "250"], '--mean "250" has no unit: 250ms or 250s?'],
    [["--rate", "www=40/s", "--mean", "www=0.25"], '--mean "www=0.25" has no unit: 0.25ms or 0.25s?'],
    [["--rate", "40/s", "--mean", "250ms", "--p95", "900"], '--p95 "900" has no unit: 900ms or 900s?'],
  ])("%j", async (words, sentence) => {
    const { status, err } = await run(words);
    expect(err).toContain(sentence);
    expect(status).toBe(2);
  });

  test("of the linter's --ram are asked for as those of capacity", async () => {
    const { status, err } = await commandIn(top(), ["etc", "--ram", "4096"]);
    expect({ status, err }).toEqual({
      status: 2,
      err: 'fpmlint: --ram "4096" is 4096 bytes; most likely 4096M is meant\n',
    });
  });
});

describe("what else uses the memory", () => {
  test("a database is named where its configuration is there, and asked about where it is not", async () => {
    const none = await found(["--worker-size", "60M"]);
    expect(none.notes.join("\n")).toContain("if a database");
    expect(none.warnings.join("\n")).not.toContain("reserve");
    put({ "etc/mysql/mariadb.conf.d/50-server.cnf": "[mysqld]\n" });
    const one = await found(["--worker-size", "60M"]);
    expect(one.warnings.join("\n")).toContain(
      "MariaDB is set up on this host (etc/mysql/mariadb.conf.d/50-server.cnf)",
    );
    expect(one.notes.join("\n")).not.toContain("if a database");
    const stated = await found(["--worker-size", "60M", "--reserve", "2G"]);
    expect([...stated.warnings, ...stated.notes].join("\n")).not.toMatch(/MariaDB|database/);
  });

  test("the sum of memory_limit is a note", async () => {
    put({ "etc/php/8.2/fpm/php.ini": "memory_limit = 128M\n" });
    const { warnings, notes } = await found(["--worker-size", "60M"]);
    expect(notes.join("\n")).toContain("if every worker used its memory_limit");
    expect(warnings.join("\n")).not.toContain("memory_limit");
  });
});

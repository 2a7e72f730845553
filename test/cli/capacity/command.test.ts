import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { rules } from "../../../rules/index.js";
import { validators } from "../../../src/validators.js";
import { type Ran, runCommand } from "../../support/run-command.js";

/** `fpmlint capacity` end to end, on a copy of the shipped host with three pools. */

const shipped = fileURLToPath(new URL("../../../fixtures/hosts/three-pools/etc", import.meta.url));
const MIB = 1024 * 1024;

let top = "";

beforeEach(() => {
  top = mkdtempSync(join(tmpdir(), "fpmlint-capacity-"));
  cpSync(shipped, join(top, "etc"), { recursive: true });
});

afterEach(() => {
  rmSync(top, { recursive: true });
});

function run(words: readonly string[], input = ""): Promise<Ran> {
  return runCommand(["capacity", ...words], {
    rules,
    validators,
    workingDirectory: top,
    standardInput: () => input,
  });
}

interface Document {
  readonly memory: Readonly<Record<string, number | string>>;
  readonly pools: readonly {
    readonly name: string;
    readonly file: string | null;
    readonly line: number | null;
    readonly worker: Readonly<Record<string, number | string | null>>;
    readonly weight: { readonly value: number; readonly source: string };
    readonly current: Readonly<Record<string, string | number>>;
    readonly recommended: Readonly<Record<string, string | number>>;
    readonly worstCase: Readonly<Record<string, number | boolean | null>> | null;
    readonly demand: Readonly<Record<string, number | null>> | null;
    readonly backlog: Readonly<Record<string, number | null>> | null;
    readonly because: string;
  }[];
  readonly processMax: readonly Readonly<Record<string, number | string>>[];
  readonly nginx: Readonly<Record<string, number>> | null;
  readonly warnings: readonly string[];
}

async function json(words: readonly string[], input = ""): Promise<Document> {
  const { status, out, err } = await run([...words, "--format", "json"], input);
  expect({ status, err }).toEqual({ status: 0, err: "" });
  return JSON.parse(out) as Document;
}

async function refusal(words: readonly string[], input = ""): Promise<string> {
  const { status, out, err } = await run(words, input);
  expect({ status, out }).toEqual({ status: 2, out: "" });
  return err;
}

const poolFile = (name: string): string => join(top, `etc/php/8.2/fpm/pool.d/${name}.conf`);
const text = (path: string): string => readFileSync(path, "utf8");

function put(path: string, content: string): void {
  mkdirSync(dirname(join(top, path)), { recursive: true });
  writeFileSync(join(top, path), content);
}

const counts = ({ pools }: Document): readonly (string | number | undefined)[] =>
  pools.map(({ recommended }) => recommended["pm.max_children"]);

/** One pool in the place of the three. */
function onePool(lines = ""): void {
  for (const name of ["blog", "shop", "wiki"]) rmSync(poolFile(name));
  const settings = `pm = dynamic\npm.max_children = 5\npm.start_servers = 2\npm.min_spare_servers = 1\npm.max_spare_servers = 3\n`;
  writeFileSync(poolFile("www"), `[www]\nuser = shop\nlisten = /run/php/www.sock\n${settings}${lines}`);
}

describe("the sum", () => {
  test("comes out as both rules of thumb", async () => {
    onePool();
    const given = ["etc", "--ram", "8G", "--worker-size", "60M"];
    const reserved = await json([...given, "--reserve", "500M", "--headroom", "0"]);
    expect(reserved.pools[0]).toMatchObject({
      name: "www",
      file: "etc/php/8.2/fpm/pool.d/www.conf",
      line: 1,
      worker: { bytes: 62914560, source: "--worker-size", samples: null },
      current: { pm: "dynamic", "pm.max_children": 5 },
      recommended: {
        pm: "dynamic",
        "pm.max_children": 128,
        "pm.start_servers": 32,
        "pm.min_spare_servers": 16,
        "pm.max_spare_servers": 64,
      },
      worstCase: { memoryLimit: 134217728, bytes: 17179869184, fits: false },
      demand: null,
      because: "(8192 MiB − 500 MiB) / 60 MiB = 128",
    });
    expect(reserved.memory).toMatchObject({
      total: 8589934592,
      source: "--ram",
      reserved: 524288000,
      shared: 0,
      headroom: 0,
      budget: 8065646592,
      used: 8053063680,
      spare: 12582912,
    });
    const part = await json([...given, "--reserve", "0", "--headroom", "20%"]);
    expect(counts(part)).toEqual([Math.floor((8192 * 0.8) / 60)]);
  });

  test("counts all pools and never goes over the budget", async () => {
    const found = await json(["etc", "--ram", "4G"]);
    expect(found.pools.map(({ name }) => name)).toEqual(["blog", "shop", "wiki"]);
    expect(Number(found.memory.used) + Number(found.memory.spare)).toBe(found.memory.budget);
    expect(counts(found).reduce((sum: number, one) => sum + Number(one), 0) * 63 * MIB).toBe(
      found.memory.used,
    );
    expect(found.pools.every(({ worker }) => worker.source === "assumed")).toBe(true);
    expect(found.warnings.join("\n")).toContain("the size of a worker is assumed");
  });

  test("takes weights from --weight, and 1 for the others", async () => {
    const found = await json(["etc", "--ram", "4G", "--worker-size", "63M", "--weight", "shop=2"]);
    expect(found.pools.map(({ weight }) => weight)).toEqual([
      { value: 1, source: "equal" },
      { value: 2, source: "--weight" },
      { value: 1, source: "equal" },
    ]);
    expect(counts(found)).toEqual([11, 23, 11]);
    // Nobody knows what a worker needs: none gets more than it has.
    const guess = await json(["etc", "--ram", "4G", "--weight", "shop=2"]);
    expect(
      guess.pools.every(
        ({ current, recommended }) =>
          Number(recommended["pm.max_children"]) <= Number(current["pm.max_children"]),
      ),
    ).toBe(true);
  });

  test("takes memory, reserve, headroom and a worker's size from fpmlint.json", async () => {
    onePool();
    put("fpmlint.json", '{ "memory": "2G", "reserve": "0", "headroom": "0%", "workerSize": "64M" }');
    const found = await json(["etc"]);
    expect(found.memory).toMatchObject({
      source: "fpmlint.json",
      reservedSource: "fpmlint.json",
      reserved: 0,
    });
    expect(counts(found)).toEqual([32]);
  });

  test("charges --shared once", async () => {
    onePool();
    const words = ["etc", "--ram", "1G", "--reserve", "0", "--headroom", "0", "--worker-size", "64M"];
    expect(counts(await json([...words, "--shared", "128M"]))).toEqual([14]);
    expect((await json([...words, "--shared", "128M"])).pools[0]?.because).toBe(
      "(1024 MiB − 128 MiB) / 64 MiB = 14",
    );
  });

  test("gives one pool named default to a path without pools", async () => {
    put("empty/readme", "nothing");
    const found = await json(["empty", "--ram", "4G", "--worker-size", "60M"]);
    expect(found.pools).toMatchObject([{ name: "default", file: null, line: null, current: {} }]);
    expect(counts(found)).toEqual([47]);
  });

  test("raises a process.max that is too low, and names what nginx has", async () => {
    const main = join(top, "etc/php/8.2/fpm/php-fpm.conf");
    writeFileSync(main, text(main).replace("[global]\n", "[global]\nprocess.max = 7\n"));
    const found = await json(["etc", "--ram", "4G", "--cores", "2"]);
    expect(found.processMax).toEqual([
      { file: "etc/php/8.2/fpm/php-fpm.conf", line: 2, current: 7, recommended: 45 },
    ]);
    expect(found.nginx).toEqual({ workers: 2, connections: 768, requests: 768 });
  });

  test("has a sleeping pool among many stay ondemand", async () => {
    for (let index = 0; index < 9; index += 1)
      writeFileSync(
        poolFile(`site${index}`),
        `[site${index}]\nuser = shop\nlisten = /run/php/$pool.sock\npm = ondemand\npm.max_children = 4\n`,
      );
    const found = await json(["etc", "--ram", "8G"]);
    expect(found.pools.find(({ name }) => name === "site3")?.recommended).toEqual({
      pm: "ondemand",
      "pm.max_children": expect.any(Number),
    });
    expect(found.pools.find(({ name }) => name === "shop")?.recommended.pm).toBe("dynamic");
  });

  test("keeps no pool from running where a limit is missing: memory_limit -1 is said", async () => {
    onePool("php_admin_value[memory_limit] = -1\n");
    const found = await json(["etc", "--ram", "4G"]);
    expect(found.pools[0]?.worstCase).toEqual({ memoryLimit: -1, bytes: null, fits: false, workers: 0 });
    expect(found.warnings.join("\n")).toContain("memory_limit is -1");
  });
});

describe("samples", () => {
  test.each([
    ["numbers", "  61440\n 40960\n"],
    ["numbers with a header", "  RSS\n61440\n40960\n"],
    [
      "ps aux",
      "root 1 0.0 0.1 250000 21000 ? Ss 10:00 0:00 php-fpm: master process (/etc/php/8.2/fpm/php-fpm.conf)\n" +
        "shop 2 0.0 0.5 260000 61440 ? S 10:00 0:01 php-fpm: pool www\n" +
        "shop 3 0.0 0.4 260000 40960 ? S 10:00 0:01 php-fpm: pool www\n",
    ],
  ])("as %s on standard input", async (_name, input) => {
    onePool();
    const found = await json(["etc", "--ram", "4G", "--samples", "-"], input);
    expect(found.pools[0]?.worker).toMatchObject({
      bytes: 60 * MIB,
      source: "--samples",
      samples: 2,
      rss: 60 * MIB,
    });
  });

  test("from a file; what the workers share is taken off where it is stated", async () => {
    onePool();
    put("rss", "61440\n");
    const found = await json(["etc", "--ram", "4G", "--samples", "rss", "--shared", "20M"]);
    expect(found.pools[0]?.worker).toMatchObject({ bytes: 40 * MIB, rss: 60 * MIB });
    expect(found.memory.shared).toBe(20 * MIB);
    expect(await refusal(["etc", "--ram", "4G", "--samples", "rss", "--shared", "70M"])).toContain(
      "--shared 70 MiB",
    );
  });

  test("that cannot be read are named, and the others count", async () => {
    onePool();
    const { status, out, err } = await run(["etc", "--ram", "4G", "--samples", "-"], "61440\nabc\n-3\n");
    expect(status).toBe(0);
    expect(out).toContain("60 MiB");
    expect(err).toMatch(/line 2: not a number[\s\S]*line 3: a size is not negative/);
    // It may be any file of the machine.
    expect(err).not.toContain("abc");
  });

  test.each([
    ["", "is empty"],
    ["abc\n", "line 1"],
    ["root 1 0.0 0.1 2500 2100 ? Ss 10:00 0:00 nginx: master process nginx\n", "names no worker"],
  ])("%j is no sample at all", async (input, why) => {
    expect(await refusal(["etc", "--ram", "4G", "--samples", "-"], input)).toContain(why);
  });
});

describe("demand", () => {
  const asked = ["etc", "--ram", "4G", "--rate", "shop=40/s", "--mean", "250ms"];

  test("tells who waits, and what would be enough", async () => {
    const found = await json([...asked, "--p95", "750ms", "--worker-size", "200M"]);
    const shop = found.pools.find(({ name }) => name === "shop");
    expect(shop?.demand).toMatchObject({ rate: 40, mean: 0.25, p95: 0.75, load: 10, needed: 17 });
    expect(found.pools.find(({ name }) => name === "blog")?.demand).toBeNull();
    expect(found.warnings.join("\n")).toMatch(
      /pool shop needs 17 workers.* more memory, or requests of .* would be enough/,
    );
    // The 10 workers never keep up with 10 that are busy on average: no length of a queue is of use.
    expect(counts(found)[1]).toBe(10);
    expect(shop?.backlog).toBeNull();
    const enough = (await json([...asked, "--worker-size", "60M"])).pools.find(({ name }) => name === "shop");
    expect(enough?.backlog).toMatchObject({
      worth: Math.floor((Number(enough?.recommended["pm.max_children"]) * 60) / 0.25),
    });
  });

  test("shows the curve", async () => {
    const { out } = await run(asked);
    expect(out).toContain("40 requests/s × 250 ms = 10 workers busy on average");
    expect(out).toMatch(/^ +17 {2}█+ 3\.1 % {2}needed$/m);
  });

  test.each([
    [["--rate", "40/s", "--mean", "1s"], "which of the 3 pools it is for"],
    [["--rate", "shop=40/s"], "--mean"],
    [["--mean", "1s"], "--rate"],
    [["--rate", "shop=40/s", "--mean", "1s", "--p95", "5s"], "no lognormal spread"],
    [["--rate", "shop=40/s", "--mean", "1s", "--p95", "900ms"], "no lognormal spread"],
    [["--cpu-share", "30%"], "--cores"],
  ])("%j is refused", async (words, why) => {
    expect(await refusal(["etc", "--ram", "4G", ...words])).toContain(why);
  });

  test("no pool gets more workers than keep the processors busy", async () => {
    const found = await json(["etc", "--ram", "4G", "--cores", "2", "--cpu-share", "25%"]);
    expect(counts(found)).toEqual([8, 8, 8]);
    expect(found.pools[1]?.because).toContain("2 cores / 0.25 = 8");
  });
});

describe("wrong input", () => {
  test.each([
    [["--ram", "8Q"], '--ram "8Q" is not a size'],
    [["--ram=-8G"], '"-8G" is not a size'],
    [["--ram", "4G", "--worker-size", "0"], '--worker-size "0" is not a size'],
    [["--ram", "4G", "--worker-size", "5G"], "a worker of 5 GiB (--worker-size) is larger than the memory"],
    [["--ram", "4G", "--worker-size", "shopp=60M"], "did you mean shop?"],
    [["--ram", "4G", "--weight", "3"], "--weight needs the name of a pool"],
    [["--ram", "4G", "--headroom", "100%"], "--headroom"],
    [["--ram", "400M"], "nothing is left for PHP-FPM"],
    [["--ram", "600M"], "136.3 MiB of memory are missing"],
    [[], "add --ram"],
    [["--ram", "4G", "--samples", "nowhere"], "no such file"],
    [["--what-if", "2G,x"], '--what-if "x"'],
    [["--what-if", "2G", "--write"], "changes nothing"],
    [["--ram", "4G", "--diff", "--format", "json"], "prints only the diff"],
  ])("%j gets a sentence", async (words, sentence) => {
    expect(await refusal(["etc", ...words])).toContain(sentence);
  });

  test("a path without pools needs a worker's size, a path that is not there is named", async () => {
    put("empty/readme", "nothing");
    expect(await refusal(["empty", "--ram", "4G"])).toContain("--worker-size");
    expect(await refusal(["nowhere", "--ram", "4G"])).toContain("nowhere: no such file or directory");
  });

  test.each(["8G", "8GB", "8GiB", "8g", "8192M", "8589934592"])("%s is a size", async (size) => {
    expect((await json(["etc", "--ram", size])).memory.total).toBe(8589934592);
  });
});

describe("what if", () => {
  test("a table over sizes of memory, and what is too small", async () => {
    const { status, out } = await run(["etc", "--what-if", "512M,2G,4G"]);
    expect(status).toBe(0);
    expect(out).toMatch(/memory +budget +blog +shop +wiki +together +at memory_limit/);
    expect(out).toMatch(/512 MiB +too small/);
    const rows = JSON.parse((await run(["etc", "--what-if", "512M,4G", "--format", "json"])).out) as {
      readonly whatIf: readonly { readonly error?: string; readonly budget?: number }[];
    };
    expect(rows.whatIf.map(({ error, budget }) => [error === undefined, budget ?? null])).toEqual([
      [false, null],
      [true, Math.floor((4096 - 500) * MIB * 0.8)],
    ]);
  });
});

describe("writing", () => {
  const words = ["etc", "--ram", "4G", "--worker-size", "60M"];

  test("changes only the values, and is done when it is done", async () => {
    const before = text(poolFile("shop"));
    const { status, out } = await run([...words, "--write"]);
    expect(status).toBe(0);
    expect(out).toContain("wrote etc/php/8.2/fpm/pool.d/shop.conf");
    const after = text(poolFile("shop"));
    expect(after.replace(/^(pm\.\w+ = )\d+/gm, "$1N")).toBe(before.replace(/^(pm\.\w+ = )\d+/gm, "$1N"));
    expect(after).toMatch(/^pm\.max_children = 32 +; as ever$/m);
    expect(readdirSync(dirname(poolFile("shop"))).sort()).toEqual(["blog.conf", "shop.conf", "wiki.conf"]);
    const again = await run([...words, "--write"]);
    expect(again.out).toContain("nothing to change");
    expect(text(poolFile("shop"))).toBe(after);
  });

  test("--diff prints the change and makes none", async () => {
    const before = text(poolFile("blog"));
    const { status, out, err } = await run([...words, "--diff"]);
    expect(status).toBe(0);
    // The diff alone does not say why it may be needed.
    expect(err).toContain("may grow to 3600 MiB");
    expect(out).toContain("--- a/etc/php/8.2/fpm/pool.d/blog.conf\n+++ b/etc/php/8.2/fpm/pool.d/blog.conf\n");
    expect(out).toContain("\n-pm.max_children = 40      ; as ever\n+pm.max_children = 32      ; as ever\n");
    expect(text(poolFile("blog"))).toBe(before);
  });

  test.each([
    [
      "a template",
      () => writeFileSync(poolFile("wiki"), text(poolFile("wiki")).replace("= 12 ", "= {{ max }} ")),
    ],
    [
      "a file of several pools",
      () => {
        put(
          "etc/php/8.2/fpm/common.conf",
          "pm = dynamic\npm.max_children = 12\npm.min_spare_servers = 2\npm.max_spare_servers = 6\n",
        );
        for (const name of ["blog", "wiki"])
          writeFileSync(
            poolFile(name),
            `[${name}]\nuser = ${name}\nlisten = /run/php/$pool.sock\ninclude = /etc/php/8.2/fpm/common.conf\n`,
          );
      },
    ],
  ])("%s is refused, and then nothing is written", async (_name, prepare) => {
    prepare();
    const before = text(poolFile("shop"));
    const { status, err } = await run([...words, "--write"]);
    expect(status).toBe(2);
    expect(err).toContain("nothing was written");
    expect(err).toMatch(/(?:wiki|common)\.conf: /);
    expect(text(poolFile("shop"))).toBe(before);
  });

  test("a file outside the given path is refused", async () => {
    const before = text(poolFile("shop"));
    const { status, err } = await run(["etc/php/8.2/fpm/pool.d/blog.conf", ...words.slice(1), "--write"]);
    expect(status).toBe(2);
    expect(err).toContain("shop.conf: is outside the given path");
    expect(text(poolFile("shop"))).toBe(before);
  });

  test("a document on standard output stays one", async () => {
    const { out, err } = await run([...words, "--write", "--format", "json"]);
    expect(() => JSON.parse(out) as unknown).not.toThrow();
    expect(err).toContain("wrote ");
  });
});

test("several hosts below a path stand one after the other, in JSON in a list", async () => {
  cpSync(join(top, "etc"), join(top, "hosts/a/etc"), { recursive: true });
  cpSync(join(top, "etc"), join(top, "hosts/b/etc"), { recursive: true });
  const { out } = await run(["hosts", "--ram", "4G"]);
  expect(out).toContain("a: 3 pools of PHP-FPM");
  expect(out).toContain("b: 3 pools of PHP-FPM");
  const document = JSON.parse((await run(["hosts", "--ram", "4G", "--format", "json"])).out) as {
    readonly hosts: readonly { readonly host: string }[];
  };
  expect(document.hosts.map(({ host }) => host)).toEqual(["a", "b"]);
});

test("a pool file that could not be read makes the status 3", async () => {
  symlinkSync("../../../../../../secret.conf", poolFile("other"));
  const { status, out } = await run(["etc", "--ram", "4G"]);
  expect(status).toBe(3);
  expect(out).toContain("pools may be missing from the sum");
});

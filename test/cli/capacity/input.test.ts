import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { rules } from "../../../rules/index.js";
import type { Opened } from "../../../src/host/door.js";
import { validators } from "../../../src/validators.js";
import { type Ran, runCommand } from "../../support/run-command.js";

/** What people type wrongly, and hosts that are not as they should be: `fpmlint capacity` end to end. */

const shipped = fileURLToPath(new URL("../../../fixtures/hosts/three-pools/etc", import.meta.url));

let top = "";

beforeEach(() => {
  top = mkdtempSync(join(tmpdir(), "fpmlint-capacity-input-"));
  cpSync(shipped, join(top, "etc"), { recursive: true });
});

afterEach(() => {
  rmSync(top, { recursive: true });
});

function fpmlint(
  words: readonly string[],
  input: string | Opened = "",
  env: Readonly<Record<string, string>> = {},
): Promise<Ran> {
  return runCommand(words, {
    rules,
    validators,
    env,
    workingDirectory: top,
    standardInput: () => input,
  });
}

const run: typeof fpmlint = (words, input, env) => fpmlint(["capacity", ...words], input, env);

async function refusal(words: readonly string[], input: string | Opened = ""): Promise<string> {
  const { status, out, err } = await run(words, input);
  expect({ status, out }).toEqual({ status: 2, out: "" });
  return err;
}

/** Of prose that is broken into lines. */
const joined = (text: string): string => text.replace(/\s+/g, " ");

function put(path: string, content: string | Uint8Array): void {
  mkdirSync(dirname(join(top, path)), { recursive: true });
  writeFileSync(join(top, path), content);
}

function change(path: string, from: string | RegExp, to: string): void {
  const text = readFileSync(join(top, path), "utf8");
  const changed = text.replace(from, to);
  expect(changed).not.toBe(text);
  writeFileSync(join(top, path), changed);
}

const poolFile = (name: string): string => `etc/php/8.2/fpm/pool.d/${name}.conf`;
const binary = new Uint8Array(4096).map((_, index) => index % 7);

describe("numbers", () => {
  test.each([
    [["--worker-size", "60"], '--worker-size "60" is 60 bytes; most likely 60M is meant'],
    [["--worker-size", "shop=60"], "most likely 60M is meant"],
    [["--reserve", "500"], "most likely 500M is meant"],
    [["--shared", "1"], "is 1 byte; most likely 1M is meant"],
    [["--ram", "4"], "most likely 4G is meant"],
    [["--ram", "4000"], "most likely 4000M is meant"],
    [["--worker-size", "60K"], "a worker of 60 KiB (--worker-size) cannot be"],
    [["--worker-size", "shop=60M,blog=90M"], "once for each pool, without commas"],
    [["--headroom", "100%"], "below 100%"],
    [["--no-worker-size"], "--no-worker-size has no meaning"],
    [["--worker", "60M"], "did you mean --worker-size? (fpmlint capacity --help"],
  ])("%j is not what is meant", async (words, sentence) => {
    expect(await refusal(["etc", "--ram", "4G", ...words])).toContain(sentence);
  });

  test("a size in fpmlint.json that no worker has is refused, too", async () => {
    put("fpmlint.json", '{ "workerSize": "60B" }');
    expect(await refusal(["etc", "--ram", "4G"])).toContain("a worker of 60 bytes (fpmlint.json) cannot be");
  });

  test.each([
    ["100ms", "386.8 ms"],
    ["250ms", "967 ms"],
    ["333ms", "1.288 s"],
    ["1.7s", "6.575 s"],
  ])("the largest p95 that is named for a mean of %s is taken", async (mean, most) => {
    const asked = ["etc", "--ram", "4G", "--rate", "shop=4/s", "--mean", mean];
    expect(await refusal([...asked, "--p95", "60s"])).toMatch(
      new RegExp(`and ${most.replace(".", "\\.")}\n`),
    );
    expect((await run([...asked, "--p95", most])).status).toBe(0);
  });

  test("a p95 just below the mean is shown to be below it", async () => {
    const asked = ["etc", "--ram", "4G", "--rate", "shop=4/s", "--mean", "250ms", "--p95", "249.9ms"];
    expect(await refusal(asked)).toContain("--p95 of pool shop is 249.9 ms with a --mean of 250 ms");
  });

  test.each([["--mean"], ["--p95"]])("%s of a pool without --rate says nothing", async (option) => {
    const asked = ["etc", "--ram", "4G", "--rate", "shop=4/s", "--mean", "1s", option, "blog=2s"];
    expect(await refusal(asked)).toContain(`${option} blog=… means nothing without --rate`);
  });
});

describe("the path", () => {
  test.each([
    [["-"], "give the path of the files"],
    [[""], "the path is empty"],
    [["etc", "--", "other"], "one path at a time, not etc and other"],
  ])("%j is none", async (paths, sentence) => {
    expect(await refusal(["--ram", "4G", ...paths])).toContain(sentence);
  });

  test("behind -- is the path, not this machine", async () => {
    const { status, out } = await run(["--ram", "4G", "--", "etc"]);
    expect({ status, first: out.split("\n")[0] }).toEqual({
      status: 0,
      first: "3 pools of PHP-FPM in 4 GiB of memory",
    });
  });

  test("pools that could not be read are no missing pools: status 3, and the file is named", async () => {
    for (const name of ["blog", "shop", "wiki"]) rmSync(join(top, poolFile(name)));
    put(poolFile("www"), binary);
    const { status, out, err } = await run(["etc", "--ram", "4G"]);
    expect({ status, out }).toEqual({ status: 3, out: "" });
    expect(err).toContain("www.conf: is a binary file");
    const sized = await run(["etc", "--ram", "4G", "--worker-size", "60M"]);
    expect(sized).toMatchObject({ status: 3, err: "" });
    expect(joined(sized.out).split("www.conf: is a binary file")).toHaveLength(2);
  });

  test("a host whose pools could not be read is not left out in silence", async () => {
    for (const host of ["a", "b"])
      cpSync(join(top, "etc"), join(top, `hosts/${host}/etc`), { recursive: true });
    rmSync(join(top, "hosts/b/etc/php/8.2/fpm/pool.d"), { recursive: true });
    put("hosts/b/etc/php/8.2/fpm/pool.d/www.conf", binary);
    const { status, out, err } = await run(["hosts", "--ram", "4G"]);
    expect(status).toBe(3);
    expect(out).toContain("a: 3 pools");
    expect(err).toContain("hosts/b/etc/php/8.2/fpm/pool.d/www.conf: is a binary file; pools may be missing");
  });

  test("of several hosts the one that a refusal is about is named", async () => {
    for (const host of ["a", "b"])
      cpSync(join(top, "etc"), join(top, `hosts/${host}/etc`), { recursive: true });
    expect(await refusal(["hosts", "--ram", "600M"])).toContain("fpmlint: a: one worker for each of 3 pools");
  });

  test("a php.ini or accounts that could not be read hide no pool", async () => {
    put("etc/php/8.2/fpm/php.ini", binary);
    const { status, out } = await run(["etc", "--ram", "4G"]);
    expect(status).toBe(3);
    expect(joined(out)).toContain(
      "php.ini: is a binary file; no pool is missing, but what it sets for them is not known",
    );
    const table = await run(["etc", "--what-if", "4G"]);
    expect(joined(table.out)).toContain("php.ini: is a binary file; no pool is missing");
    put("etc/passwd", binary);
    const both = joined((await run(["etc", "--ram", "4G"])).out);
    expect(both).toContain("etc/passwd: is a binary file; no pool is missing");
    expect(both).not.toContain("pools may be missing");
  });

  test("what nginx could not read hides no pool", async () => {
    symlinkSync("../../../../secret.conf", join(top, "etc/nginx/sites-enabled/other.conf"));
    const { status, out } = await run(["etc", "--ram", "4G"]);
    expect(status).toBe(3);
    expect(joined(out)).toContain("what nginx passes to the pools may be missing");
    expect(joined(out)).not.toContain("pools may be missing from the sum");
  });
});

/** Workers of pool shop in the middle of requests. */
const shop = (count: number): string =>
  `PID RSS STAT WCHAN CMD\n${Array.from(
    { length: count },
    (_, index) => `${index + 3} 61440 S do_sys_poll php-fpm: pool shop\n`,
  ).join("")}`;

describe("samples", () => {
  const asked = ["etc", "--ram", "4G", "--samples"];

  test("what they hold never reaches the terminal", async () => {
    const { err } = await run([...asked, "-"], "61440\n\u009b31m\nab\u007f\n\u202e12\n\u001b[31m\n");
    expect(err).toMatch(/line 2: [^"]*\n.*line 3: [^"]*\n.*line 4: /);
    expect(err).not.toMatch(/31m|ab\W|12/);
    expect(err.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  });

  test("a flood of lines that are no sizes is counted", async () => {
    const { status, err } = await run([...asked, "-"], `61440\n${"abc\n".repeat(5000)}`);
    expect(status).toBe(0);
    expect(err.trimEnd().split("\n")).toHaveLength(11);
    expect(err).toContain("4990 more lines were not read either");
  });

  test.each([
    ["", "it is empty: ps prints nothing if no process has that name"],
    ["  RSS\n", "no line follows its header"],
    ["60\n61\n", "a worker of 61 KiB (--samples) cannot be"],
  ])("%j is said to be what it is", async (input, why) => {
    expect(await refusal([...asked, "-"], input)).toContain(why);
  });

  test.each([
    ["EISDIR", "Is a directory", "standard input: is a directory; a file with the output of ps"],
    ["EBADF", "EBADF", "standard input: could not be read (EBADF)"],
    ["EFBIG", "File larger than 64 MiB", "standard input: file larger than 64 MiB"],
  ])("standard input that fails with %s is no internal error", async (code, reason, why) => {
    expect(await refusal([...asked, "-"], { kind: "refused", code, reason })).toContain(why);
  });

  test("a directory is not a file, and no name is none", async () => {
    expect(await refusal([...asked, "etc"])).toContain("--samples etc: is a directory");
    expect(await refusal([...asked, ""])).toContain("needs the name of a file");
  });

  test("without names of pools are one size for all, and it is said", async () => {
    const names = "say which pool they are from";
    expect(joined((await run([...asked, "-"], "61440\n".repeat(6))).out)).toContain(names);
    expect(joined((await run([...asked, "-"], shop(6))).out)).not.toContain(names);
  });

  test("of other pools say nothing of a pool that has none", async () => {
    const { out } = await run([...asked, "-"], shop(6));
    expect(out).toMatch(/blog +63 MiB +assumed/);
    expect(out).toMatch(/shop +60 MiB +--samples, 6 workers {2}/);
    expect(joined(out)).toContain("there is none that is certainly for blog, wiki");
  });

  test("from which the shared part is taken off are not said to hold it", async () => {
    const { out } = await run([...asked, "-", "--shared", "20M"], "61440\n".repeat(6));
    expect(out).toContain("40 MiB");
    expect(joined(out)).not.toContain("which count shared memory in every worker");
  });
});

describe("what if", () => {
  test.each([
    [["--rate", "shop=4/s"], "needs --mean"],
    [["--rate", "4/s", "--mean", "1s"], "which of the 3 pools it is for"],
    [["--cpu-share", "30%"], "needs --cores"],
    [["--worker-size", "5K"], "cannot be right"],
  ])("%j is no question of memory", async (words, sentence) => {
    expect(await refusal(["etc", "--what-if", "2G,4G", ...words])).toContain(sentence);
  });

  test.each([
    ["256M,512M", "224.3 MiB of memory are missing"],
    ["2,4", "most likely 2G is meant"],
    ["2G,", '"" is not a size'],
  ])("%s has no row to show", async (sizes, sentence) => {
    expect(await refusal(["etc", "--what-if", sizes])).toContain(sentence);
  });

  test("says what it rests on, and what could not be read", async () => {
    const words = ["etc", "--what-if", "2G,512M", "--worker-size", "shop=70M"];
    const { status, out } = await run(words);
    expect(status).toBe(0);
    expect(joined(out)).toContain(
      "with 500 MiB reserved (the default), 20 % of the rest free (the default), one worker of 63 MiB (assumed) in blog, wiki and 70 MiB (--worker-size) in shop",
    );
    symlinkSync("../../../../../../secret.conf", join(top, poolFile("other")));
    const partial = await run(words);
    expect(partial.status).toBe(3);
    expect(joined(partial.out)).toContain("a pool may be missing");
    const document = JSON.parse((await run([...words, "--format", "json"])).out) as {
      readonly whatIf: readonly { readonly pools?: readonly { readonly worker: unknown }[] }[];
      readonly incomplete: readonly unknown[];
    };
    expect(document.incomplete).toHaveLength(1);
    expect(document.whatIf[0]?.pools?.[0]?.worker).toEqual({ bytes: 63 * 1024 * 1024, source: "assumed" });
  });

  test("keeps what fpmlint.json reserves without a memory, and names samples that were not read", async () => {
    put("fpmlint.json", '{ "reserve": "2G", "headroom": "0%" }');
    const { out, err } = await run(["etc", "--what-if", "4G", "--samples", "-"], "61440\nabc\n");
    expect(out).toMatch(/4 GiB +2048 MiB/);
    expect(joined(out)).toContain("with 2 GiB reserved (fpmlint.json), 0 % of the rest free (fpmlint.json)");
    expect(err).toContain("--samples line 2: not a number");
  });
});

describe("text", () => {
  test.each(["4G", "3999M", "8342765568", "7123456789", "1.3G"])("the rows add up with %s", async (ram) => {
    const { out } = await run(["etc", "--ram", ram, "--shared", "33333333", "--worker-size", "71234567"]);
    const rows = [...out.matchAll(/^ +(− |= )?([\d.]+) MiB {2}/gm)].map(([, sign, size]) => ({
      sign,
      size: Math.round(Number(size) * 10000),
    }));
    expect(rows).toHaveLength(5);
    const [memory, ...others] = rows.map(({ size }) => size);
    const budget = others.pop();
    expect(others.reduce((left, size) => left - size, memory ?? 0)).toBe(budget);
    const cells = [...out.matchAll(/^ {2}(blog|shop|wiki|together) .* ([\d.]+) MiB$/gm)].map(([, , size]) =>
      Math.round(Number(size) * 10000),
    );
    const together = cells.pop();
    expect(cells.reduce((sum, size) => sum + size, 0)).toBe(together);
  });

  test("a value that a template makes is not known, and not said to be missing", async () => {
    change(poolFile("wiki"), "pm.max_children = 12", "pm.max_children = {{ max }}");
    change(poolFile("blog"), "pm = dynamic", "pm = $" + "{PM}");
    const { out } = await run(["etc", "--ram", "4G"]);
    expect(out).toMatch(/wiki .* \? → \d+/);
    expect(out).toMatch(/pm\.max_children = \d+ +← not known/);
    expect(out).toMatch(/pm = dynamic +← not known/);
    expect(out).not.toContain("not set");
  });

  test("is ASCII where only ASCII can be shown", async () => {
    const words = ["etc", "--ram", "4G", "--rate", "shop=40/s", "--mean", "250ms"];
    const { out } = await run(words, "", { LC_ALL: "C" });
    expect(out).toContain("  - 500 MiB  for everything");
    expect(out).not.toMatch(/[^\n -~]/);
    const table = await run(["etc", "--what-if", "512M,4G"], "", { LC_ALL: "C" });
    expect(table.out).not.toMatch(/[^\n -~]/);
  });

  test("a name as long as a page pushes nothing out of sight, and escape sequences are shown", async () => {
    put(
      poolFile("x"),
      `[ev\u001b[31mil${"n".repeat(5000)}]\nuser = shop\nlisten = /run/x.sock\npm = ondemand\npm.max_children = 4\n`,
    );
    const { out } = await run(["etc", "--ram", "4G", "--rate", "shop=4/s", "--mean", "1s"]);
    expect(out).toContain("\\x1b");
    expect(out.replaceAll("\n", "")).not.toMatch(/\p{Cc}/u);
    const table = out.split("\n").filter((line) => /MiB$/.test(line));
    expect(Math.max(...table.map((line) => line.length))).toBeLessThan(160);
  });

  test("few requests are not none", async () => {
    const { out } = await run(["etc", "--ram", "4G", "--rate", "shop=3/h", "--mean", "333ms"]);
    expect(joined(out)).toContain("0.00083 requests/s × 333 ms = 0.00028 workers busy on average");
  });

  test("one worker is one", async () => {
    const words = ["etc", "--ram", "700M", "--rate", "blog=4/s", "--mean", "100ms", "--worker-size", "50M"];
    const { out } = await run(words);
    expect(joined(out)).toContain("with 1 worker, 40 % busy");
    expect(out).not.toMatch(/\b1 workers/);
  });

  test("says where the rest of a shared budget comes from", async () => {
    const { out } = await run(["etc", "--ram", "4G", "--worker-size", "63M", "--weight", "shop=0.001"]);
    expect(out).toContain("blog: 2813.8 MiB × 1/2 / 63 MiB = 22");
    expect(out).toContain("the others share 2813.8 MiB: 2876.8 MiB without the one worker of that pool");
  });
});

describe("warnings are true", () => {
  const notes = async (words: readonly string[]): Promise<string> =>
    joined((await run(["etc", "--ram", "4G", ...words])).out).split("Worth knowing")[1] ?? "";

  test("process.max bounds what the pools may grow to", async () => {
    expect(await notes([])).toContain("may grow to 3780 MiB");
    change("etc/php/8.2/fpm/php-fpm.conf", "[global]\n", "[global]\nprocess.max = 20\n");
    expect(await notes([])).not.toContain("may grow to");
  });

  test("worker_processes auto tells nothing without the number of processors", async () => {
    change("etc/nginx/nginx.conf", "worker_connections 768", "worker_connections 64");
    expect(await notes([])).not.toContain("nginx has connections");
    expect(await notes(["--cores", "1"])).toContain("nginx has connections for 32 requests at a time");
    expect(await notes(["--cores", "4"])).not.toContain("nginx has connections");
  });

  test("a shorter queue fails at once on a Unix socket only", async () => {
    const asked = ["--rate", "shop=1/s", "--mean", "20s"];
    change(poolFile("shop"), "pm = dynamic", "listen.backlog = 511\npm = dynamic");
    expect(await notes(asked)).toContain("listen.backlog = 90 fails the others at once instead of late");
    change(poolFile("shop"), "listen = /run/php/$pool.sock", "listen = 127.0.0.1:9000");
    change("etc/nginx/sites-enabled/shop.conf", "unix:/run/php/shop.sock", "127.0.0.1:9000");
    const port = await notes(asked);
    expect(port).toContain("only 90 are answered before nginx gives up");
    expect(port).toContain("the others wait in vain");
  });

  test("a listen.backlog of 65535 is no number that somaxconn cuts", async () => {
    put("etc/sysctl.d/net.conf", "net.core.somaxconn = 1024\n");
    change(poolFile("shop"), "pm = dynamic", "listen.backlog = 4096\npm = dynamic");
    const asked = ["--rate", "shop=40/s", "--mean", "250ms"];
    expect(await notes(asked)).toContain(
      "listen.backlog of pool shop is 4096, but net.core.somaxconn cuts it",
    );
    change(poolFile("shop"), "listen.backlog = 4096", "listen.backlog = 65535");
    expect(await notes(asked)).not.toContain("cuts it");
  });

  test("of very many pools only some are named", async () => {
    for (let index = 0; index < 30; index += 1)
      put(
        poolFile(`s${index}`),
        `[s${index}]\nuser = shop\nlisten = /run/$pool.sock\npm = ondemand\npm.max_children = 4\n`,
      );
    const text = await notes(["--worker-size", "shop=40M"]);
    expect(text).toContain("is assumed for blog, s0, s1, s10, s11, s12, s13, s14 and 24 more:");
    expect(text).toMatch(/would fit with \d+ workers in all|not even one worker of each pool would fit/);
  });
});

describe("the rules on the same tree", () => {
  const oversubscribed = "pool/memory-oversubscribed";
  const overcommit = "pool/memory-limit-overcommit";

  async function findings(): Promise<ReadonlyMap<string, string>> {
    const { out } = await fpmlint(["etc", "--format", "json", "--fail-on", "never"]);
    const { findings: found } = JSON.parse(out) as {
      readonly findings: readonly { readonly rule: string; readonly message: string }[];
    };
    return new Map(found.map(({ rule, message }) => [rule, message]));
  }

  interface Document {
    readonly pools: readonly {
      readonly name: string;
      readonly recommended: Readonly<Record<string, string | number>>;
      readonly worstCase: { readonly workers: number; readonly fits: boolean };
    }[];
    readonly warnings: readonly string[];
  }

  async function capacity(): Promise<Document> {
    return JSON.parse((await run(["etc", "--format", "json"])).out) as Document;
  }

  function size(name: string, workers: string | number | undefined): void {
    change(poolFile(name), /pm\.max_children = \d+/, `pm.max_children = ${workers}`);
  }

  test.each([
    ["", "3840 MiB"],
    ["process.max = 55\n", "3520 MiB"],
  ])("have the same sum with %j, and are silent about what is recommended", async (line, sum) => {
    put(
      "fpmlint.json",
      '{ "memory": "4G", "reserve": "1G", "headroom": "10%", "workerSize": "64M", "rules": {} }',
    );
    if (line !== "") change("etc/php/8.2/fpm/php-fpm.conf", "[global]\n", `[global]\n${line}`);
    const before = await capacity();
    const mebibytes = (text: string): string =>
      text.replace("3.75 GiB", "3840 MiB").replace("3.4 GiB", "3520 MiB");
    expect(before.warnings.join("\n")).toContain(`may grow to ${sum}`);
    expect(mebibytes((await findings()).get(oversubscribed) ?? "")).toContain(sum);
    for (const { name, recommended } of before.pools) size(name, recommended["pm.max_children"]);
    expect((await findings()).has(oversubscribed)).toBe(false);
    expect((await capacity()).warnings.join("\n")).not.toContain("may grow to");
  });

  test("agree about what fits at memory_limit", async () => {
    put("fpmlint.json", '{ "memory": "4G", "workerSize": "64M" }');
    const { pools } = await capacity();
    expect(pools.every(({ worstCase }) => worstCase.fits)).toBe(false);
    expect((await findings()).has(overcommit)).toBe(true);
    for (const { name, worstCase } of pools) size(name, worstCase.workers);
    expect((await findings()).has(overcommit)).toBe(false);
  });
});

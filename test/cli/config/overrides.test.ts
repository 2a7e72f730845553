import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { rules } from "../../../rules/index.js";
import type { Placed } from "../../../src/engine/finding.js";
import type { Report, Rule, Severity } from "../../../src/engine/rule.js";
import type { Config, Level } from "../../../src/engine/schemas.js";
import { settingsOf } from "../../../src/policy/settings.js";
import { place, sourceFile } from "../../../src/source/file.js";
import { validators } from "../../../src/validators.js";
import { commandIn, type Ran } from "../../support/run-command.js";
import { runs } from "../../support/sample.js";
import { tree } from "../../support/tree.js";
import { found, RULE, site } from "./support/site.js";

/** What `rules`, `overrides`, `ignore`, `hosts` and versions of fpmlint.json do to a run. */

const { top, put, link, lint } = tree();

const run = (config: Config | null, words = "etc"): Promise<Ran> => {
  if (config !== null) put({ "fpmlint.json": JSON.stringify(config) });
  return commandIn(top(), [...words.split(" "), "--quiet"]);
};

describe("rules", () => {
  test.each<[NonNullable<Config["rules"]>, readonly string[]]>([
    [{}, ["a: error", "b: error"]],
    [{ [RULE]: "info" }, ["a: info", "b: info"]],
    [{ "timeout/*": "off" }, []],
    [{ "*": "off" }, []],
    [{ "*": "off", [RULE]: "on" }, ["a: error", "b: error"]],
    [{ [RULE]: "warning", "timeout/*": "off", "*": "info" }, ["a: warning", "b: warning"]],
    [{ "*": "off", "timeout/*": "info" }, ["a: info", "b: info"]],
  ])("%j", async (said, expected) => {
    put(site());
    expect(found(await run({ rules: said }))).toEqual(expected);
  });

  test("options are stated with a level, and stay where a later level stands alone", async () => {
    const id = "buffer/header-too-small";
    put(site());
    const level = async (said: Config, words = "etc"): Promise<readonly string[]> =>
      found(await run(said, words), id);
    expect(await level({})).toEqual(["a: info"]);
    expect(await level({ rules: { [id]: ["on", { minimum: "1k" }] } })).toEqual([]);
    expect(await level({ rules: { [id]: ["on", { minimum: "1k" }] } }, `etc --rule ${id}=error`)).toEqual([]);
    expect(await level({ rules: { [id]: ["warning", {}] } }, `etc --rule ${id}=error`)).toEqual(["a: error"]);
  });

  test("options may be others for some files: what is reported there is what the rule finds with those", async () => {
    const id = "buffer/header-too-small";
    put(site());
    const sized = (size: string) =>
      site()["etc/nginx/sites/b"]?.replace("root /srv;", `fastcgi_buffer_size ${size};`);
    put({ "etc/nginx/sites/b": sized("2k") ?? "" });
    const config: Config = {
      rules: { [id]: ["warning", { minimum: "1k" }] },
      overrides: [
        { files: ["etc/nginx/sites/b"], rules: { [id]: ["on", {}] } },
        { files: ["etc/nginx/sites/*"], rules: { "buffer/*": "error" } },
      ],
    };
    expect(found(await run(config), id)).toEqual(["b: error"]);
    expect(found(await run({ ...config, overrides: [] }), id)).toEqual([]);
    put({ "etc/nginx/sites/b": sized("16k") ?? "" });
    expect(found(await run(config), id)).toEqual([]);
    // Both have the default, in one finding.
    put(site());
    expect(found(await run(config), id)).toEqual(["b: error"]);
  });
});

describe("overrides", () => {
  test("hold for the files that their patterns mean, the last one of several", async () => {
    put(site());
    const overrides = [
      { files: ["etc/nginx/**"], rules: { [RULE]: "info" } },
      { files: ["etc/nginx/sites/b"], rules: { "timeout/*": "off" } },
    ] as const;
    expect(found(await run({ overrides }))).toEqual(["a: info"]);
    expect(found(await run({ overrides: overrides.toReversed() }))).toEqual(["a: info", "b: info"]);
  });

  test("win over rules, and lose against the command line", async () => {
    put(site());
    const config: Config = {
      rules: { [RULE]: "off" },
      overrides: [{ files: ["a"], rules: { [RULE]: "on" } }],
    };
    expect(found(await run(config))).toEqual(["a: error"]);
    expect(found(await run(config, `etc --rule ${RULE}=info`))).toEqual(["a: info", "b: info"]);
    expect(found(await run(config, `etc --rule ${RULE}=info --rule *=off`))).toEqual([]);
    expect(found(await run(config, `etc --rule *=off --rule ${RULE}=on`))).toEqual(["a: error", "b: error"]);
  });

  test("of a file that is extended lose against all of what extends it", async () => {
    put(site());
    put({
      "ci/base.json": JSON.stringify({
        overrides: [{ files: ["etc/nginx/sites/a"], rules: { [RULE]: "off" } }],
      }),
    });
    expect(found(await run({ extends: "ci/base.json" }))).toEqual(["b: error"]);
    expect(found(await run({ extends: "ci/base.json", rules: { [RULE]: "warning" } }))).toEqual([
      "a: warning",
      "b: warning",
    ]);
  });

  test("are about the file that a finding is reported in, not about its other ends", async () => {
    put(site());
    const at = async (pattern: string): Promise<readonly string[]> =>
      found(await run({ overrides: [{ files: [pattern], rules: { [RULE]: "off" } }] }));
    expect(await at("www.conf")).toEqual(["a: error", "b: error"]);
    expect(await at("etc/nginx/sites/a")).toEqual(["b: error"]);
  });

  test("mean a file by its real name", async () => {
    const { "etc/nginx/sites/a": a = "", "etc/nginx/sites/b": _, ...rest } = site();
    put({
      ...rest,
      "etc/nginx/real/a": a,
      "etc/nginx/nginx.conf": "events {}\nhttp {\n  include on/*;\n}\n",
    });
    link("../real/a", "etc/nginx/on/x");
    const off = (pattern: string): Config => ({ overrides: [{ files: [pattern], rules: { "*": "off" } }] });
    expect(found(await run(off("etc/nginx/on/x")))).toEqual(["a: error"]);
    expect(found(await run(off("etc/nginx/real/*")))).toEqual([]);
  });

  test("silence one of the many places that text shows as one finding", async () => {
    const files = Object.fromEntries(
      Array.from({ length: 9 }, (_, index) => [
        `etc/nginx/sites/${index}`,
        site()["etc/nginx/sites/a"]?.replace("server_name a", `server_name s${index}`) ?? "",
      ]),
    );
    put({ ...site(), ...files });
    put({
      "fpmlint.json": JSON.stringify({
        overrides: [{ files: ["sites/4", "etc/nginx/sites/4"], rules: { [RULE]: "off" } }],
      }),
    });
    const { out } = await commandIn(top(), ["etc", "--format", "json"]);
    const places = (JSON.parse(out).findings as { rule: string; file: string }[])
      .filter(({ rule }) => rule === RULE)
      .map(({ file }) => file.split("/").at(-1));
    expect(places).toEqual(["0", "1", "2", "3", "5", "6", "7", "8", "a", "b"]);
  });
});

describe("ignore", () => {
  test("leaves out what is reported in a file, and reads it all the same", async () => {
    put(site());
    expect(found(await run({ ignore: ["etc/nginx/sites/a"] }))).toEqual(["b: error"]);
    // Without the other pool file these sites would talk to nobody.
    const ran = await run({ ignore: ["pool.d"] });
    expect(found(ran)).toEqual(["a: error", "b: error"]);
    expect(ran.out).not.toMatch(/pool\.d|listen-mismatch/m);
    expect(found(await run({ ignore: ["etc/nginx/sites/a"] }, "etc/nginx/sites/a"))).toEqual([]);
  });

  test("leaves out hosts of which every file is ignored", async () => {
    put({ ...site("one/"), ...site("two/") });
    const { out, err } = await run({ ignore: ["two"] }, ".");
    expect(out).not.toMatch(/two/);
    expect(err).toMatch(/; 1 host, /);
    const all = await run({ ignore: ["*"] }, ".");
    expect(all).toMatchObject({ status: 2, out: "" });
    expect(all.err).toBe("fpmlint: .: fpmlint.json ignores everything that is found there\n");
  });

  test("says nothing of comments in such a file", async () => {
    put(site());
    const comment = "# fpmlint-disable-file timeout/* -- later\n";
    put({ "etc/nginx/sites/c": `${comment}server { listen 81; }\n` });
    const rule = "fpmlint/useless-suppression";
    expect(found(await run({}), rule)).toEqual(["c: info"]);
    expect(found(await run({ ignore: ["sites/c", "etc/nginx/sites/c"] }), rule)).toEqual([]);
    expect(found(await run({ overrides: [{ files: ["c"], rules: { "timeout/*": "off" } }] }), rule)).toEqual(
      [],
    );
  });

  test("is the union of all files", async () => {
    put(site());
    put({ "base.json": JSON.stringify({ ignore: ["etc/nginx/sites/a"] }) });
    expect(found(await run({ extends: "base.json", ignore: ["etc/nginx/sites/b"] }))).toEqual([]);
  });
});

test("what docs/configuration.md shows is taken", async () => {
  const page = readFileSync("docs/configuration.md", "utf8");
  put({ ...site("hosts/web1/"), "fpmlint.json": /```jsonc\n([\s\S]*?)```/.exec(page)?.[1] ?? "" });
  const { status, out } = await commandIn(top(), [".", "--quiet"]);
  expect(status).toBe(1);
  expect(out).toContain("hosts/web1/etc/nginx/sites/a:7");
});

describe("versions and hosts", () => {
  test("the version of nginx decides what it refuses, the host's own first, the option before both", async () => {
    put(site());
    put({ "etc/nginx/sites/c": "server {\n  listen 81;\n  http2 on;\n}\n" });
    const unknown = async (config: Config, words?: string): Promise<boolean> =>
      (await run(config, words)).out.includes("http2");
    expect(await unknown({})).toBe(false);
    expect(await unknown({ nginxVersion: "1.22.1" })).toBe(true);
    expect(await unknown({ nginxVersion: "1.22.1" }, "etc --nginx-version 1.26.0")).toBe(false);
    const hosts = [{ name: "x", root: ".", nginx: "etc/nginx/nginx.conf", nginxVersion: "1.26.0" }];
    expect(await unknown({ nginxVersion: "1.22.1", hosts })).toBe(false);
  });

  test("the version of PHP-FPM is that of the file where the path shows none", async () => {
    put({
      "etc/php-fpm.conf":
        "[www]\nlisten = 127.0.0.1:9000\npm = static\npm.max_children = 5\npm.max_spawn_rate = 3\n",
    });
    const refused = async (config: Config, words?: string): Promise<boolean> =>
      (await run(config, words)).out.includes("added in PHP 8.1");
    expect(await refused({})).toBe(false);
    expect(await refused({ phpVersion: "8.0" })).toBe(true);
    expect(await refused({ phpVersion: "8.0" }, "etc --php-version 8.3")).toBe(false);
  });

  test("hosts of an extended file count from the directory of the first", async () => {
    put({ "web/conf/main": `events {}\nhttp {\n${site()["etc/nginx/sites/a"]}}\n` });
    put({ "ci/base.json": JSON.stringify({ hosts: [{ name: "web1", root: "web", nginx: "conf/main" }] }) });
    expect(found(await run({ extends: "ci/base.json" }, "."))).toEqual(["main: error"]);
    expect(existsSync(join(top(), "ci/web"))).toBe(false);
  });
});

describe("one mechanism for all that is said of a rule", () => {
  const rule = rules.find(({ id }) => id === RULE) as Rule;
  const [kind = "", { severity: own = "error" } = {}] = Object.entries(rule.cases)[0] ?? [];
  const levels = fc.constantFrom<Level>("off", "on", "info", "warning", "error");
  const names = fc.constantFrom(RULE, "timeout/*", "*", "buffer/*", "pool/backlog");
  const said = fc.dictionary(names, levels, { maxKeys: 3 });
  const override = fc.record({ files: fc.subarray(["a", "b", "c"], { minLength: 1 }), rules: said });
  const file = fc.record({ rules: said, overrides: fc.array(override, { maxLength: 3 }) });
  const marked = fc.shuffledSubarray(["a", "b", "c"], { minLength: 1 });

  /** The level that the settings give to a finding in these files, with its other end in one more. */
  function given(
    chain: readonly Config[],
    words: readonly (readonly [string, Level])[],
    [at = "", ...alike]: readonly string[],
    end: string,
  ): Severity | "off" {
    const files = chain.map((config) => ({ config, name: "x", at: () => ({ line: 1, column: 1 }) }));
    const typed = words.map(([name, level]) => ({ name, level }));
    const settings = settingsOf({ directory: "/", files }, typed, validators, (display) => [display]).of(
      rule,
    );
    const where = (name: string) => place(sourceFile(name, name, "x"), 0, 1);
    const related = [
      { place: where(end), message: "" },
      ...alike.map((name) => ({ place: where(name), message: "", alike: true })),
    ];
    const placed: Placed = { at: where(at), link: [], related };
    const report = { ...placed, case: kind } as Report;
    const { byPlace, level, options } = settings;
    if (byPlace === undefined) return level ?? own;
    expect([[], [options]]).toContainEqual(byPlace.options);
    const [held = null] = byPlace.options.map((one) => byPlace.of(report, one));
    return held === null ? "off" : (held[1] ?? own);
  }

  /** The last that names the rule for the file; an id before its category, that before all. */
  function plainly(
    chain: readonly Config[],
    words: readonly (readonly [string, Level])[],
    name: string,
  ): Severity | "off" {
    const all = chain.flatMap(({ rules: base = {}, overrides = [] }) => [
      base,
      ...overrides.filter(({ files }) => files.includes(name)).map((one) => one.rules),
    ]);
    const layers = [...all, ...words.map(([word, level]) => ({ [word]: level }))];
    const found = layers.flatMap((layer) => layer[RULE] ?? layer["timeout/*"] ?? layer["*"] ?? []) as Level[];
    const level = found.at(-1) ?? "on";
    return level === "on" ? own : level;
  }

  test("the command line, then overrides, then the file, then what it extends", () => {
    const words = fc.array(fc.tuple(names, levels), { maxLength: 2 });
    const chains = fc.array(file, { maxLength: 3 });
    fc.assert(
      fc.property(
        chains,
        words,
        fc.constantFrom("a", "b", "c"),
        fc.constantFrom("a", "b"),
        (chain, typed, at, end) => {
          expect(given(chain, typed, [at], end)).toBe(plainly(chain, typed, at));
        },
      ),
      { numRuns: runs(3000) },
    );
  });

  test("the same fault in many files is off only where all of them are, else as grave as the gravest", () => {
    const order = ["error", "warning", "info", "off"];
    fc.assert(
      fc.property(fc.array(override, { minLength: 1, maxLength: 4 }), marked, (overrides, files) => {
        const each = files.map((name) => order.indexOf(plainly([{ overrides }], [], name)));
        expect(given([{ overrides }], [], files, "a")).toBe(order[Math.min(...each)]);
      }),
      { numRuns: runs(2000) },
    );
  });
});

test("the library does not pass over what a configuration extends", () => {
  put(site());
  expect(() => lint(["etc"], { config: { extends: "base.json" } })).toThrow('"extends" is followed');
});

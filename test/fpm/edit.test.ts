import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Edits, editFiles } from "../../src/fpm/edit/edit.js";
import { globalSetting, integer, readMaster, readPools, setting } from "../../src/fpm/pools.js";
import type { FpmMaster, Pool } from "../../src/fpm/types.js";
import { memoryFilesystem } from "../../src/host/memory.js";
import { known } from "../../src/source/effective.js";
import { describeProofs, fpmCommand } from "../daemons/available.js";
import { runs } from "../support/sample.js";
import { parseDump } from "./support/dump.js";
import { trees } from "./support/trees.js";

type Files = Readonly<Record<string, string>>;
type Values = Readonly<Record<string, string>>;

const MAIN = "/etc/fpm.conf";
const WWW = "/pool.d/www.conf";
const INCLUDE = "[global]\ninclude = /pool.d/*.conf\n";

const dynamic = {
  pm: "dynamic",
  "pm.max_children": "12",
  "pm.start_servers": "3",
  "pm.min_spare_servers": "2",
  "pm.max_spare_servers": "6",
};

function read(files: Files, main: string | null = MAIN): FpmMaster {
  const fs = memoryFilesystem(files);
  return main === null ? readPools(fs, Object.keys(files)) : readMaster(fs, main);
}

const map = (values: Values): ReadonlyMap<string, string> => new Map(Object.entries(values));

function edit(
  masters: readonly FpmMaster[],
  pools: Readonly<Record<string, Values>>,
  global: Values = {},
): Edits {
  const wanted = masters.flatMap((master) =>
    master.pools.flatMap((pool) => {
      const values = pools[pool.name];
      return values === undefined ? [] : [{ pool, values: map(values) }];
    }),
  );
  const globals = masters.map((master) => ({ master, values: map(global) }));
  return editFiles(masters, wanted, Object.keys(global).length === 0 ? [] : globals);
}

/** The files as they are when the edits are written. */
function overlay(files: Files, { edits }: Edits): Files {
  return { ...files, ...Object.fromEntries(edits.map(({ file, after }) => [file.path, after])) };
}

/** One pool file below a main file, and what it becomes. */
function www(text: string, values: Values): string {
  const done = edit([read({ [MAIN]: INCLUDE, [WWW]: text })], { www: values });
  expect(done.refused).toEqual([]);
  return done.edits.find(({ file }) => file.path === WWW)?.after ?? text;
}

function refusedOf(files: Files, pools: Readonly<Record<string, Values>>): Edits["refused"] {
  return edit([read(files)], pools).refused;
}

describe("a value that is there", () => {
  test.each([
    ["alone", "pm.max_children = 5\n", "pm.max_children = 12\n"],
    ["without blanks", "pm.max_children=5\n", "pm.max_children=12\n"],
    ["in quotes", 'pm.max_children = "5"\n', "pm.max_children = 12\n"],
    ["in single quotes", "pm.max_children = '5' ; five\n", "pm.max_children = 12 ; five\n"],
    ["before a comment", "pm.max_children =   5\t;five\n", "pm.max_children =   12\t;five\n"],
    ["with blanks behind it", "\tPM.max_children\t=\t5  \n", "\tPM.max_children\t=\t12  \n"],
    ["as a sum of bits", "pm.max_children = (4|1)\n", "pm.max_children = 12\n"],
    ["empty", "pm.max_children =\n", "pm.max_children = 12\n"],
    ["empty without blanks", "pm.max_children=\n", "pm.max_children=12\n"],
    ["empty with a blank behind", "pm.max_children= \n", "pm.max_children= 12\n"],
    ["empty before a comment", "pm.max_children = ; many\n", "pm.max_children = 12 ; many\n"],
    ["at the end of the file", "pm.max_children = 5", "pm.max_children = 12"],
    ["before CR and LF", "pm.max_children = 5\r\n", "pm.max_children = 12\r\n"],
    ["twice", "pm.max_children = 5\npm.max_children = 6\n", "pm.max_children = 5\npm.max_children = 12\n"],
    ["before what is no comment", "pm.max_children = 5 # five\n", "pm.max_children = 12 ; # five\n"],
    ["in quotes before it", "pm.max_children='5'# \"x\";y\n", 'pm.max_children=12 ; # "x";y\n'],
    ["with # in quotes", "pm.max_children = '5 # five'\n", "pm.max_children = 12\n"],
    ["not a number", "pm.max_children = many\n", "pm.max_children = 12\n"],
  ])("%s", (_, before, after) => {
    expect(www(`[www]\n${before}`, { "pm.max_children": "12" })).toBe(`[www]\n${after}`);
  });

  test.each([
    ["pm", "Dynamic", "dynamic"],
    ["pm.max_children", "'012'", "12"],
    ["pm.max_children", "8|4", "12"],
    ["pm.process_idle_timeout", "1m", "60"],
    ["pm.max_requests", "", "0"],
  ])("that means the same stays: %s = %s", (key, written, wanted) => {
    const text = `[www]\n${key} = ${written}\n`;
    expect(www(text, { [key]: wanted })).toBe(text);
  });

  test("a byte order mark and the other lines stay", () => {
    const text = "\uFEFF; ü\r\n[www]\r\n\r\n  pm = static;\r\npm.max_children = 5\r\n; pm.max_children = 50";
    expect(www(text, { "pm.max_children": "12" })).toBe(text.replace("= 5\r", "= 12\r"));
  });

  test("in the second section of the pool, in another file", () => {
    const second = "/pool.d/zz.conf";
    const files = {
      [MAIN]: INCLUDE,
      [WWW]: "[www]\npm = static\npm.max_children = 5\n",
      [second]: "[WWW]\npm.max_children = 6\n",
    };
    const done = edit([read(files)], { www: { "pm.max_children": "12" } });
    expect(done.edits.map(({ file, after }) => [file.path, after])).toEqual([
      [second, "[WWW]\npm.max_children = 12\n"],
    ]);
  });
});

describe("a missing setting", () => {
  test.each([
    ["behind the one before it", "pm = static\npm.max_children = 5 ; c\nuser = u\n", 2],
    ["behind the last of the one before it", "pm.max_children = 5\nuser = u\npm.max_children = 5\n", 3],
    ["behind the one after it", "user = u\npm.max_requests = 9\npm.max_spare_servers = 6\nuser = v\n", 3],
    ["behind listen", "listen = /run/x.sock\nuser = u\n", 1],
    ["below the header", "user = u\n", 0],
  ])("%s", (_, lines, at) => {
    const expected = `[www]\n${lines}`.split("\n");
    expected.splice(at + 1, 0, "pm.start_servers = 3");
    expect(www(`[www]\n${lines}`, { "pm.start_servers": "3" })).toBe(expected.join("\n"));
  });

  test.each([
    ["indented", "[www]\n  pm=static\n", "[www]\n  pm=static\n  pm.max_children=12\n"],
    ["with tabs", "[www]\n\tpm\t=\tstatic\n", "[www]\n\tpm\t=\tstatic\n\tpm.max_children\t=\t12\n"],
    [
      "in columns",
      "[www]\nlisten          = 9000\npm              = static\n",
      "[www]\nlisten          = 9000\npm              = static\npm.max_children = 12\n",
    ],
    [
      "in columns that are too narrow",
      "[www]\nlisten = 9000\npm     = static\n",
      "[www]\nlisten = 9000\npm     = static\npm.max_children = 12\n",
    ],
    ["with CR and LF", "[www]\r\npm = static\r\n", "[www]\r\npm = static\r\npm.max_children = 12\r\n"],
    ["without a last line end", "[www]\r\npm = static", "[www]\r\npm = static\r\npm.max_children = 12"],
    ["on a single line", "[www]", "[www]\npm.max_children = 12"],
    ["behind an empty one", "[www]\npm =\n", "[www]\npm =\npm.max_children = 12\n"],
    ["with old line ends", "[www]\rpm = static\r", "[www]\rpm = static\rpm.max_children = 12\r"],
  ])("is written as its sibling: %s", (_, before, after) => {
    expect(www(before, { "pm.max_children": "12" })).toBe(after);
  });

  test("several come in their order, whatever order they are wanted in", () => {
    const values = Object.fromEntries(Object.entries(dynamic).reverse());
    expect(www("[www]\npm = static ; busy\npm.max_children = 5\n; end\n", values)).toBe(
      `[www]
pm = dynamic ; busy
pm.max_children = 12
pm.start_servers = 3
pm.min_spare_servers = 2
pm.max_spare_servers = 6
; end
`,
    );
  });

  test("that is PHP-FPM's default is not added, but where a file was not read it is", () => {
    const text = "[www]\nlisten = 9000\npm = static\npm.max_children = 5\n";
    expect(www(text, { "pm.max_requests": "0", "pm.process_idle_timeout": "10" })).toBe(text);
    expect(www(`${text}include = /gone/*.conf\n`, { "pm.max_requests": "0" })).toContain(
      "children = 5\npm.max_requests = 0\n",
    );
  });

  test("stays out of the pool that follows", () => {
    expect(www("[www]\npm = static\n[shop]\npm.max_children = 7\n", { "pm.max_children": "12" })).toBe(
      "[www]\npm = static\npm.max_children = 12\n[shop]\npm.max_children = 7\n",
    );
  });

  test("goes where the file may be edited when another sibling's may not", () => {
    const common = "/common.conf";
    const pool = (name: string) => `[${name}]\npm = static\ninclude = ${common}\n`;
    const files = {
      [MAIN]: pool("www") + pool("shop"),
      [common]: "pm.max_children = 5\npm.max_requests = 9\n",
    };
    const done = edit([read(files)], { www: { "pm.start_servers": "3" } });
    expect(done.refused).toEqual([]);
    const after = `[www]\npm = static\npm.start_servers = 3\ninclude = ${common}\n${pool("shop")}`;
    expect(overlay(files, done)).toEqual({ ...files, [MAIN]: after });
  });
});

describe("process.max", () => {
  const pool = "[www]\nlisten = 9000\n";
  test.each([
    ["is changed", `[global]\nprocess.max = 3\n${pool}`, `[global]\nprocess.max = 40\n${pool}`],
    [
      "goes behind the other settings of processes",
      `[global]\n  process.priority=3\nlog_level = debug\n${pool}`,
      `[global]\n  process.priority=3\n  process.max=40\nlog_level = debug\n${pool}`,
    ],
    [
      "goes below the header",
      `; first\n[GLOBAL] ; c\npid = /run/x\n${pool}`,
      `; first\n[GLOBAL] ; c\nprocess.max = 40\npid = /run/x\n${pool}`,
    ],
    [
      "makes the section",
      `\uFEFF; first\r\n\r\nerror_log = /x\r\n${pool}`,
      `\uFEFF; first\r\n\r\n[global]\r\nprocess.max = 40\r\nerror_log = /x\r\n${pool}`,
    ],
    ["makes the section at the start", pool, `[global]\nprocess.max = 40\n${pool}`],
    [
      "makes the section behind a byte order mark",
      `\uFEFF${pool}`,
      `\uFEFF[global]\nprocess.max = 40\n${pool}`,
    ],
  ])("%s", (_, before, after) => {
    const files = { [MAIN]: before };
    const done = edit([read(files)], {}, { "process.max": "40" });
    expect(done).toMatchObject({ refused: [], edits: [{ after }] });
    expect(known(globalSetting(read(overlay(files, done)), "process.max"))).toBe("40");
  });

  test("is not written without a main file and a [global] section", () => {
    const done = edit([read({ [WWW]: "[www]\npm = static\n" }, null)], {}, { "process.max": "40" });
    expect(done.edits).toEqual([]);
    expect(done.refused).toEqual([
      {
        file: "pool.d/www.conf",
        reason: "there is no main file and no [global] section for process.max, so [global] stays as it is",
      },
    ]);
  });

  test("is written to the [global] section of a pool file", () => {
    const done = edit([read({ [WWW]: "[global]\n[www]\npm = static\n" }, null)], {}, { "process.max": "40" });
    expect(done.edits[0]?.after).toBe("[global]\nprocess.max = 40\n[www]\npm = static\n");
  });
});

describe("refused", () => {
  const sound = "[shop]\npm.max_children = 5\n";
  const shop = "/pool.d/a.conf";
  const want = { "pm.max_children": "12" };
  const both = { www: { ...want, pm: "dynamic" }, shop: want };

  test.each([
    ["a template by its name", "/pool.d/www.conf.j2", "[www]\npm.max_children = 5\n", "is a template"],
    [
      "a template by a comment",
      WWW,
      "; {{ ansible_managed }}\n[www]\npm.max_children = 5\n",
      "is a template",
    ],
    ["a template with a placeholder", WWW, "[www]\nuser = __APP__\npm.max_children = 5\n", "is a template"],
    ["a template's condition", WWW, "[www]\n{% if x %}\npm = static\n{% endif %}\n", "is a template"],
    [
      "a line that is a fault",
      WWW,
      "[www]\n# no comment\npm.max_children = 5\n",
      "has a line that PHP-FPM refuses",
    ],
    ["a NUL", WWW, "[www]\npm.max_children = 5\n;\0\n", "has a NUL character"],
  ])("%s", (_, path, text, reason) => {
    const include = INCLUDE.replace("*.conf", "*");
    const files = { [MAIN]: include, [path]: text, [shop]: sound };
    const done = edit([read(files)], both);
    expect(done.refused).toHaveLength(1);
    expect(done.refused[0]?.file).toBe(path.slice(1));
    expect(done.refused[0]?.reason).toMatch(/^the file .*, so pool www stays as it is$/);
    expect(done.refused[0]?.reason).toContain(reason);
    expect(overlay(files, done)).toEqual({ ...files, [shop]: sound.replace("5", "12") });
  });

  test("a value from the environment, and with it the other pools of the file", () => {
    const text = `[www]\npm.max_children = \${WORKERS}\n${sound}`;
    expect(refusedOf({ [MAIN]: INCLUDE, [WWW]: text }, both)).toEqual([
      {
        file: "pool.d/www.conf",
        reason:
          // biome-ignore lint/suspicious/noTemplateCurlyInString: as PHP-FPM's files write it
          "pm.max_children is filled in from elsewhere (${WORKERS}), so pool www and pool shop stay as they are",
      },
    ]);
  });

  test("a file that several pools include, with the whole pool", () => {
    const files = {
      [MAIN]:
        "[www]\npm = static\ninclude = /c.conf\n[shop]\ninclude = /c.conf\n[blog]\npm.max_children = 1\n",
      "/c.conf": "pm.max_children = 5\n",
    };
    const done = edit([read(files)], { ...both, blog: want });
    expect(done.refused).toEqual([
      {
        file: "c.conf",
        reason:
          "the file is included by several pools (www, shop), so pool www and pool shop stay as they are",
      },
    ]);
    expect(overlay(files, done)[MAIN]).toBe(files[MAIN]?.replace("= 1\n", "= 12\n"));
  });

  test("a file that one pool reads twice", () => {
    const files = {
      [MAIN]: "[www]\ninclude = /c.conf\ninclude = /c.conf\n",
      "/c.conf": "pm.max_children = 5\n",
    };
    expect(refusedOf(files, both)[0]?.reason).toBe(
      "the file is read more than once by www, so pool www stays as it is",
    );
  });

  test("a file that a glob finds twice, by a link", () => {
    const fs = memoryFilesystem({
      [MAIN]: INCLUDE,
      [WWW]: "[www]\npm = static\n",
      "/pool.d/x.conf": { link: WWW },
    });
    expect(edit([readMaster(fs, MAIN)], both).refused[0]?.reason).toContain("is read more than once by www");
  });

  test("a file that several masters read", () => {
    const other = "/etc/other.conf";
    const files = { [MAIN]: INCLUDE, [other]: INCLUDE, [WWW]: "[www]\npm.max_children = 5\n" };
    const done = edit([read(files), read(files, other)], both);
    expect(done).toEqual({
      edits: [],
      refused: [
        {
          file: "pool.d/www.conf",
          reason: "the file is read by several PHP-FPM masters, so pool www stays as it is",
        },
      ],
    });
  });

  test("lines that mean more than they show", () => {
    // To PHP-FPM these are two headers, and what comes below belongs to the second.
    const text = "[www][shop]\nlisten = 9000\n";
    const { pools } = read({ [MAIN]: text });
    expect(pools.map(({ name }) => name)).toEqual(["www", "shop"]);
    expect(refusedOf({ [MAIN]: text }, both)).toEqual([
      {
        file: "etc/fpm.conf",
        reason:
          "new values would change what PHP-FPM reads elsewhere in the file, so pool www and pool shop stay as they are",
      },
    ]);
  });

  test("a file of a master that is not among those given", () => {
    const [pool] = read({ [MAIN]: "[www]\npm.max_children = 5\n" }).pools;
    const done = editFiles([], pool === undefined ? [] : [{ pool, values: map(want) }], []);
    expect(done.refused.map(({ reason }) => reason)).toEqual([
      "the file was not read, so pool www stays as it is",
    ]);
  });

  test("a value that PHP-FPM would not read as it is given", () => {
    const text = "[www]\npm.max_children = 5\n";
    expect(refusedOf({ [MAIN]: text }, { www: { "pm.max_children": "1;2" } })).toHaveLength(1);
  });

  test.each([
    ["as Debian ships them", ';access.format = "%R - %u %t \\"%m\\" %{mili}d"\n; e.g. %Y-%m-%dT%H:%M\n'],
    ["in use", 'access.format = "%R %{%Y-%m-%dT%H:%M:%S%z}t %{mili}d"\n'],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: as PHP-FPM's files write it
    ["of the environment", "env[PATH] = ${PATH}\nuser = ${APP_USER}\n"],
  ])("but not for words with braces and percent signs %s", (_, lines) => {
    expect(www(`[www]\n${lines}pm.max_children = 5\n`, want)).toBe(`[www]\n${lines}pm.max_children = 12\n`);
  });
});

/** As FPM compares them; every other setting of the pool, in order. */
function others(pool: Pool | undefined, keys: readonly string[]): readonly unknown[] {
  return (pool?.settings ?? [])
    .filter(({ key }) => !keys.includes(key))
    .map(({ key, index, value, raw }) => [key, index, value, raw]);
}

function has(pool: Pool, values: Values): boolean {
  return Object.entries(values).every(([key, value]) =>
    key === "pm"
      ? known(setting(pool, key))?.toLowerCase() === value
      : known(integer(pool, key)) === Number(value),
  );
}

/** Lines without their ends: a line behind the last one gives that one an end. */
const linesOf = (text: string): readonly string[] => text.split(/\r\n|\n|\r/);

function isAssignment(line: string, keys: readonly string[]): boolean {
  const key = /^[ \t\uFEFF]*([^=;]*?)[ \t]*=/.exec(line)?.[1]?.toLowerCase();
  return key !== undefined && keys.includes(key);
}

/** What is no assignment of a wanted key stands there as before, and no other line is new. */
function isMinimal(before: string, after: string, keys: readonly string[]): void {
  const rest = (text: string) => linesOf(text).filter((line) => !isAssignment(line, keys));
  expect(rest(after)).toEqual(rest(before));
  const behind = (text: string) => text.replace(/^\uFEFF/, "").match(/(?:\r\n|\n|\r)?$/)?.[0];
  expect(behind(after)).toBe(behind(before));
}

const blanks = fc.constantFrom("", " ", " ", "  ", "\t");
const number = fc.integer({ min: 0, max: 20 }).map(String);
const setup = fc.constantFrom("static", "dynamic", "ondemand", "Static");
const quoted = (value: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc
    .tuple(value, fc.constantFrom("", "", '"', "'"))
    .map(([text, quote]) => (text === "" ? "" : quote + text + quote));
const counts = [...Object.keys(dynamic).slice(1), "pm.max_requests", "pm.max_spawn_rate"];
const assignment = fc
  .tuple(
    blanks,
    fc.oneof(
      fc.tuple(fc.constant("pm"), quoted(setup)),
      fc.tuple(
        fc.constantFrom(...counts, "PM.Max_Children"),
        quoted(fc.oneof(number, number, fc.constant(""))),
      ),
    ),
    blanks,
    blanks,
    fc.constantFrom("", "", " ", "\t; comment", ";", " ; pm.max_children = 9", ' ; "quote'),
  )
  .map(
    ([indent, [key, value], before, after, comment]) => `${indent}${key}${before}=${after}${value}${comment}`,
  );
const line = fc.oneof(
  { weight: 5, arbitrary: assignment },
  {
    weight: 2,
    arbitrary: fc.constantFrom(
      "",
      "  ",
      "; a comment: ü",
      ";pm.max_children = 50",
      ";[shop]",
      "user = www-data",
      "env[pm] = dynamic",
      'env[B] = "a;b" ; c',
      "php_admin_value[memory_limit] = 64M",
      'access.format = "%R %{mili}d"',
    ),
  },
);
const names = ["www", "shop", "blog"] as const;
const section = fc
  .tuple(fc.constantFrom("[www]", "[www] ", "[WWW]", "[shop]", "[blog]"), fc.array(line, { maxLength: 10 }))
  .map(([header, body]) => [header, ...body]);
const poolFile = fc
  .record({
    sections: fc.array(section, { minLength: 1, maxLength: 4 }),
    eol: fc.constantFrom("\n", "\n", "\r\n"),
    mark: fc.constantFrom("", "", "\uFEFF"),
    end: fc.boolean(),
  })
  .map(({ sections, eol, mark, end }) => mark + sections.flat().join(eol) + (end ? eol : ""));
const wantedValues = fc
  .tuple(
    fc.option(fc.constantFrom("static", "dynamic", "ondemand"), { nil: undefined }),
    fc.dictionary(fc.constantFrom(...counts), fc.integer({ min: 0, max: 200 }).map(String)),
  )
  .map(([pm, values]): Values => ({ ...(pm === undefined ? {} : { pm }), ...values }));

describe("whatever the files look like", () => {
  test("the pools have what is wanted, and no other line is different", () => {
    const files = fc.record({ [WWW]: poolFile, "/pool.d/zz.conf": poolFile });
    const values = fc.record({ www: wantedValues, shop: wantedValues });
    fc.assert(
      fc.property(files, values, (texts, wanted) => {
        const before: Files = { [MAIN]: INCLUDE, ...texts };
        const master = read(before);
        const done = edit([master], wanted);
        expect(done.refused).toEqual([]);
        const after = overlay(before, done);
        const again = read(after);
        expect(again.pools.map(({ name }) => name)).toEqual(master.pools.map(({ name }) => name));
        for (const name of names) {
          const [old, now] = [master, again].map(({ pools }) => pools.find((one) => one.name === name));
          const values = name === "blog" ? {} : wanted[name];
          if (now !== undefined) expect(has(now, values), after[WWW]).toBe(true);
          expect(others(now, Object.keys(values))).toEqual(others(old, Object.keys(values)));
        }
        expect(again.global).toHaveLength(master.global.length);
        const keys = Object.values(wanted).flatMap(Object.keys);
        for (const [path, text] of Object.entries(before)) isMinimal(text, after[path] ?? "", keys);
        expect(edit([again], wanted)).toEqual({ edits: [], refused: [] });
      }),
      { numRuns: runs(1000) },
    );
  });

  test("a pool of any tree has all of what is wanted or is as it was", () => {
    let edited = 0;
    fc.assert(
      fc.property(trees, (tree) => {
        const before: Files = Object.fromEntries(
          Object.entries(tree).map(([name, text]) => [`/d/${name}`, text.replaceAll("@D@", "/d")]),
        );
        const master = read(before, "/d/main.conf");
        const done = edit([master], Object.fromEntries(master.pools.map(({ name }) => [name, dynamic])));
        const after = overlay(before, done);
        const again = read(after, "/d/main.conf");
        const told = done.refused.map(({ reason }) => reason).join();
        expect(again.pools).toHaveLength(master.pools.length);
        again.pools.forEach((pool, index) => {
          const old = master.pools[index];
          if (told.includes(`pool ${pool.name}`)) expect(others(pool, [])).toEqual(others(old, []));
          else expect(has(pool, dynamic), `${pool.name}\n${Object.values(after).join("\n")}`).toBe(true);
          expect(others(pool, Object.keys(dynamic))).toEqual(others(old, Object.keys(dynamic)));
        });
        expect(again.faults).toHaveLength(master.faults.length);
        for (const [path, text] of Object.entries(before))
          isMinimal(text, after[path] ?? "", Object.keys(dynamic));
        edited += done.edits.length;
      }),
      { numRuns: runs(500) },
    );
    expect(edited).toBeGreaterThan(50);
  });
});

/** Generated pools with what PHP-FPM insists on, in another section of theirs. */
const accepted = fc.record({ [WWW]: poolFile, "/pool.d/zz.conf": poolFile }).map((texts): Files => {
  const first = names
    .map(
      (name, at) =>
        `[${name}]\nuser = www-data\nlisten = 127.0.0.1:${9301 + at}\npm = static\npm.max_children = 9\n`,
    )
    .join("");
  return { "/pool.d/a.conf": first, ...texts };
});

describeProofs("php-fpm and edited files", (proof) => {
  for (const [at, texts] of fc.sample(accepted, { numRuns: 40, seed: 20_261_121 }).entries()) {
    proof(`takes them with the new values, case ${at}`, async () => {
      const directory = mkdtempSync(join(tmpdir(), "fpmlint-edit-"));
      try {
        mkdirSync(join(directory, "pool.d"));
        const main = `[global]\nerror_log = ${directory}/log\nprocess.max = 5\ninclude = ${directory}/pool.d/*.conf\n`;
        const before: Files = Object.fromEntries(
          Object.entries({ "/main.conf": main, ...texts }).map(([path, text]) => [directory + path, text]),
        );
        const master = read(before, `${directory}/main.conf`);
        const values = { ...dynamic, "pm.max_spawn_rate": "16" };
        const wanted = Object.fromEntries(names.map((name) => [name, values]));
        const done = edit([master], wanted, { "process.max": "40" });
        expect(done.refused).toEqual([]);
        for (const [path, text] of Object.entries(overlay(before, done))) writeFileSync(path, text);
        const args = ["-n", "-tt", "-y", join(directory, "main.conf")];
        const answer = spawnSync(fpmCommand ?? "", args, { encoding: "utf8" });
        expect(answer.status, answer.stderr).toBe(0);
        const dump = parseDump(answer.stderr + answer.stdout);
        const printed = (name: string) => Object.fromEntries(dump.get(name) ?? []);
        expect(printed("global")["process.max"]).toBe("40");
        for (const name of names) expect(printed(name)).toMatchObject(values);
      } finally {
        rmSync(directory, { recursive: true, force: true });
      }
    });
  }
});

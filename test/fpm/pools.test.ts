/** Masters, pools and what their keys come to. The daemon's own verdict on includes is in oracle.test.ts. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  arraySetting,
  boolean,
  globalSetting,
  integer,
  phpValue,
  readMaster,
  readPools,
  seconds,
  setting,
  versionFromPath,
} from "../../src/fpm/pools.js";
import type { FpmMaster, Pool } from "../../src/fpm/types.js";
import type { HostFilesystem } from "../../src/host/filesystem.js";
import { type MemoryNode, memoryFilesystem } from "../../src/host/memory.js";
import { known } from "../../src/source/effective.js";
import { lineText, type Place, position } from "../../src/source/file.js";

const mainPath = "/etc/php/8.2/fpm/php-fpm.conf";
const poolPath = "/etc/php/8.2/fpm/pool.d/www.conf";
const main = "[global]\npid = /run/x.pid\ninclude=/etc/php/8.2/fpm/pool.d/*.conf\n";
const www = "[www]\nlisten = /run/$pool.sock\nuser = www-data\npm = static\npm.max_children = 5\n";

const master = (files: Record<string, MemoryNode>): FpmMaster =>
  readMaster(memoryFilesystem(files), mainPath);

function only(one: FpmMaster): Pool {
  const [pool] = one.pools;
  if (pool === undefined) expect.fail("no pool");
  return pool;
}

/** The `[www]` pool of Debian's tree with these lines added. */
const withLines = (lines: string, more: Record<string, MemoryNode> = {}): Pool =>
  only(master({ [mainPath]: main, [poolPath]: `${www}${lines}\n`, ...more }));

const lineOf = (place: Place | null): string =>
  place === null ? "" : lineText(place.span.file, position(place.span.file, place.span.start).line);

describe("a master", () => {
  it("has files in FPM's order, and each place knows the include that led to it", () => {
    const one = master({ [mainPath]: main, [poolPath]: www });
    expect(one.files.map((file) => file.path)).toEqual([mainPath, poolPath]);
    expect(one.main?.path).toBe(mainPath);
    expect(one.phpVersion).toBe("8.2");
    expect(one.includes).toMatchObject([
      { pattern: "/etc/php/8.2/fpm/pool.d/*.conf", result: { kind: "files", count: 1 } },
    ]);
    const pool = only(one);
    expect(pool).toMatchObject({ name: "www", partial: false, master: one });
    expect(pool.section.via.map((span) => span.file.text.slice(span.start, span.end))).toEqual([
      "/etc/php/8.2/fpm/pool.d/*.conf",
    ]);
    expect(one.global.map((line) => line.key)).toEqual(["pid"]);
    expect(one.partial).toBe(false);
  });

  it("merges sections of one name in any case, over all files", () => {
    const one = master({
      [mainPath]: main,
      [poolPath]: www,
      "/etc/php/8.2/fpm/pool.d/zz.conf": "[WWW]\npm.max_children = 9\n[other]\nuser = x\n",
    });
    expect(one.pools.map((pool) => pool.name)).toEqual(["www", "other"]);
    expect(only(one).settings.filter((line) => line.key === "pm.max_children")).toHaveLength(2);
    expect(known(integer(only(one), "pm.max_children"))).toBe(9);
  });

  it.each(["  [two]", "[two", "[two] junk", "[two ; c"])(
    "after %j goes on with the pool that was meant",
    (header) => {
      const one = master({ [mainPath]: main, [poolPath]: `${www}${header}\nlisten = /run/two.sock\n` });
      expect(one.faults).toHaveLength(1);
      expect(one.pools.map((pool) => [pool.name, known(setting(pool, "listen")), pool.partial])).toEqual([
        ["www", "/run/www.sock", true],
        ["two", "/run/two.sock", true],
      ]);
    },
  );

  it("whose main file is not there has no pools and is partial", () => {
    const one = master({});
    expect(one).toMatchObject({ main: null, pools: [], files: [], partial: true });
    expect(globalSetting(one, "process.max").kind).toBe("unknown");
  });

  it.each<[string, Record<string, MemoryNode>, string]>([
    [
      "an unreadable file",
      { "/etc/php/8.2/fpm/pool.d/a.conf": { unreadable: "Permission denied" } },
      "unread",
    ],
    ["a FIFO", { "/etc/php/8.2/fpm/pool.d/a.conf": { special: true } }, "unread"],
    ["a dangling link", { "/etc/php/8.2/fpm/pool.d/a.conf": { link: "/nowhere" } }, "missing"],
  ])("with %s behind its glob reads the rest and is partial", (_, more, kind) => {
    const one = master({ [mainPath]: main, [poolPath]: www, ...more });
    expect(one.includes[0]?.result.kind).toBe(kind);
    expect(only(one)).toMatchObject({ name: "www", partial: true });
    expect(one.partial).toBe(true);
    expect(setting(only(one), "listen.mode").kind).toBe("unknown");
    expect(known(setting(only(one), "user"))).toBe("www-data");
  });

  it("with an include that only a template knows is partial", () => {
    const one = master({ [mainPath]: `${main}include={{ dir }}/*.conf\n`, [poolPath]: www });
    expect(one.includes.map((line) => [line.pattern, line.result.kind])).toContainEqual([
      "{{ dir }}/*.conf",
      "unread",
    ]);
    expect(only(one).partial).toBe(true);
  });

  it("that includes itself ends", () => {
    const loop = "/etc/php/8.2/fpm/pool.d/loop.conf";
    const one = master({
      [mainPath]: main,
      [loop]: "include=/etc/php/8.2/fpm/pool.d/*.conf\n",
      [poolPath]: www,
    });
    expect(one.includes.some((line) => line.result.kind === "too-deep")).toBe(true);
    expect(one.pools.map((pool) => pool.name)).toEqual(["www"]);
  });

  it("with many files that all include each other ends", () => {
    const files: Record<string, string> = { [mainPath]: main };
    for (let at = 0; at < 40; at += 1) files[`/etc/php/8.2/fpm/pool.d/${at}.conf`] = main;
    expect(master(files).includes.length).toBeLessThan(5000);
  });

  it("counts relative includes from the prefix its path tells", () => {
    const image = "/usr/local/etc/php-fpm.conf";
    const files = { [image]: "include=etc/php-fpm.d/*.conf\n", "/usr/local/etc/php-fpm.d/www.conf": www };
    expect(readMaster(memoryFilesystem(files), image).pools).toHaveLength(1);
    const debian = master({ [mainPath]: "include=local/*.conf\n", "/usr/local/www.conf": www });
    expect(debian.pools).toHaveLength(1);
  });
});

describe("pool files without a main file", () => {
  it("are read in the given order, and what the main file may set is unknown", () => {
    const one = readPools(memoryFilesystem({ "/b.conf": www, "/a.conf": "[www]\nuser = b\n" }), [
      "/b.conf",
      "/a.conf",
    ]);
    expect(one.main).toBeNull();
    expect(known(setting(only(one), "user"))).toBe("b");
    expect(only(one).partial).toBe(false);
    expect(globalSetting(one, "process.max").kind).toBe("unknown");
  });

  it("that lack what FPM insists on are overlays", () => {
    const files = { "/usr/local/etc/php-fpm.d/zz-app.conf": "[www]\npm.max_children = 50\n" };
    const one = readPools(memoryFilesystem(files), Object.keys(files), { phpVersion: "8.3" });
    expect(one.phpVersion).toBe("8.3");
    expect(only(one).partial).toBe(true);
    expect(known(integer(only(one), "pm.max_children"))).toBe(50);
    expect(setting(only(one), "pm").kind).toBe("unknown");
  });
});

describe("a scalar", () => {
  it("is the last one written, with $pool replaced", () => {
    const pool = withLines("listen = /run/a-$pool/$pool.sock");
    const value = setting(pool, "listen");
    expect(value).toMatchObject({ kind: "set", value: "/run/a-www/www.sock" });
    expect(value.kind === "set" && lineOf(value.place)).toBe("listen = /run/a-$pool/$pool.sock");
  });

  it("is FPM's default, placed at the section header", () => {
    const pool = withLines("");
    expect(setting(pool, "request_terminate_timeout")).toEqual({
      kind: "default",
      value: "0",
      where: pool.section,
    });
    expect(known(seconds(pool, "pm.process_idle_timeout"))).toBe(10);
    expect(known(boolean(pool, "clear_env"))).toBe(true);
    expect(known(integer(pool, "listen.backlog"))).toBe(-1);
    expect(setting(pool, "slowlog")).toMatchObject({ kind: "default", value: null });
    expect(integer(pool, "pm.start_servers")).toMatchObject({ kind: "default", value: null });
  });

  it("has the default of its PHP version", () => {
    const old = readPools(memoryFilesystem({ "/etc/php/7.4/fpm/pool.d/www.conf": www }), [
      "/etc/php/7.4/fpm/pool.d/www.conf",
    ]);
    expect(known(integer(only(old), "listen.backlog"))).toBe(511);
  });

  it("is unknown when its value, or something that could set it, is", () => {
    expect(setting(withLines(`chdir = \${DIR}`), "chdir").kind).toBe("unknown");
    expect(integer(withLines("pm.max_requests = many"), "pm.max_requests").kind).toBe("unknown");
    // PHP-FPM does not start with it, and what it would have said is plain.
    expect(setting(withLines("# refused"), "chdir").kind).toBe("default");
    expect(setting(withLines("{{ extra }}"), "chdir").kind).toBe("unknown");
  });

  it("of [global] has the same rules", () => {
    const one = master({ [mainPath]: `log_level = error\n${main}`, [poolPath]: www });
    expect(known(globalSetting(one, "log_level"))).toBe("error");
    expect(globalSetting(one, "process_control_timeout")).toMatchObject({ kind: "default", value: "0" });
  });
});

describe("an array", () => {
  it("counts its first line", () => {
    const pool = withLines("env[A] = one\nenv[A] = two\nenv[B] = $pool");
    expect(known(arraySetting(pool, "env", "A"))).toBe("one");
    expect(known(arraySetting(pool, "env", "B"))).toBe("www");
    expect(arraySetting(pool, "env", "C")).toMatchObject({ kind: "default", value: null });
    expect(arraySetting(withLines("env[HOST] = $HOSTNAME"), "env", "HOST").kind).toBe("unknown");
  });
});

describe("a setting of PHP", () => {
  const ini = "/etc/php/8.2/fpm/php.ini";
  const value = (lines: string, text = "", name = "memory_limit"): unknown =>
    phpValue(withLines(lines, { [ini]: text }), name);

  it("is looked up in php_admin_value, php_value, php.ini and PHP's defaults", () => {
    const both = "php_value[memory_limit] = 1M\nphp_admin_value[memory_limit] = 2M";
    expect(value(both, "memory_limit = 3M")).toMatchObject({ kind: "set", value: "2M" });
    expect(value("php_value[memory_limit] = 1M", "memory_limit = 3M")).toMatchObject({
      kind: "set",
      value: "1M",
    });
    expect(value("", "memory_limit = 3M")).toMatchObject({ kind: "set", value: "3M" });
    expect(value("")).toMatchObject({ kind: "default", value: "128M" });
    expect(value("", "", "no.such")).toMatchObject({ kind: "default", value: null });
  });

  it("counts the first of a flag and a value", () => {
    const lines = "php_admin_flag[x] = off\nphp_admin_value[x] = 1";
    expect(value(lines, "", "x")).toMatchObject({ kind: "set", value: "0" });
    expect(value("php_flag[x] = on", "", "x")).toMatchObject({ kind: "set", value: "1" });
  });

  it("is unknown without a php.ini when the main file is not in the tree either", () => {
    const one = readPools(memoryFilesystem({ [poolPath]: www }), [poolPath]);
    expect(phpValue(only(one), "memory_limit").kind).toBe("unknown");
    expect(phpValue(withLines(""), "memory_limit")).toMatchObject({ kind: "default", value: "128M" });
  });
});

it.each([
  ["/etc/php/8.2/fpm/php-fpm.conf", "8.2"],
  ["/etc/php82/php-fpm.conf", "8.2"],
  ["/etc/opt/remi/php74/php-fpm.conf", "7.4"],
  ["/etc/php8/php-fpm.conf", "8.0"],
  ["/etc/php8/fpm/php-fpm.conf", null],
  ["/etc/php7/php-fpm.conf", null],
  ["/etc/php-fpm.conf", null],
  ["/usr/local/etc/php-fpm.conf", null],
  ["/opt/php-8.3/etc/php-fpm.conf", "8.3"],
])("the PHP version of %s is %s", (path, version) => {
  expect(versionFromPath(path)).toBe(version);
});

it("no tree of files throws, and every place lies inside its file", () => {
  const lines = fc.constantFrom(
    "[www]",
    "[global]",
    "[a",
    "include=/*.conf",
    "include=/d/*.conf",
    "include=/a.conf",
    "include=/no/*",
    "pm = static",
    `env[A] = \${B}`,
    "# x",
    "{{ x }}",
    "{% if x %}",
    "{% endif %}",
  );
  const text = fc.array(lines, { maxLength: 8 }).map((all) => all.join("\n"));
  const node = fc.oneof(
    text,
    fc.constantFrom<MemoryNode>({ link: "/a.conf" }, { special: true }, { unreadable: "no" }),
  );
  const names = fc.constantFrom("/m.conf", "/a.conf", "/b.conf", "/d/c.conf");
  const check = (fs: HostFilesystem): void => {
    const one = readMaster(fs, "/m.conf");
    for (const pool of one.pools) {
      for (const line of [...pool.settings, ...one.global]) {
        for (const { span } of [line.place, line.keyPlace])
          expect(span.end).toBeLessThanOrEqual(span.file.text.length);
      }
      setting(pool, "listen");
      phpValue(pool, "memory_limit");
    }
  };
  fc.assert(
    fc.property(fc.dictionary(names, node), (files) => check(memoryFilesystem(files))),
    { numRuns: 300 },
  );
});

describe("many includes", () => {
  it("thousands of pools are all read", () => {
    const numbers = Array.from({ length: 2500 }, (_, index) => index);
    const pools = numbers.map((index) => [`/etc/php/8.2/fpm/pool.d/${index}.conf`, `[p${index}]\n`]);
    const one = master({ [mainPath]: main, ...(Object.fromEntries(pools) as Record<string, MemoryNode>) });
    expect(one.pools).toHaveLength(2500);
    expect(one.includes.map(({ result }) => result.kind)).toEqual(["files"]);
  });

  it("files that include each other again and again end, and it is said", () => {
    const all = "include=/d/*.conf\n".repeat(8);
    const files = Object.fromEntries(Array.from({ length: 8 }, (_, index) => [`/d/${index}.conf`, all]));
    const one = master({ [mainPath]: "[global]\ninclude=/d/*.conf\n", ...files });
    const reasons = one.includes.map(({ result }) => (result.kind === "unread" ? result.reason : ""));
    expect(reasons.filter((reason) => reason.includes("bring the same files again and again"))).toHaveLength(
      1,
    );
    expect(one.includes.length).toBeLessThan(50_000);
  });
});

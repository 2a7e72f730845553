/** php.ini. Expected values were printed by PHP 8.2: `ini_get`, `ini_parse_quantity`, `php-fpm8.2 -n -i`. */
import { spawnSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type MemoryNode, memoryFilesystem } from "../../src/host/memory.js";
import { iniFor, parseIniBytes, phpDefault, phpDefaults, readIniFile } from "../../src/php/ini.js";
import { sourceFile } from "../../src/source/file.js";
import { olderThan } from "../../src/source/version.js";
import { fpmCommand, phpBranch, phpCommand } from "../daemons/available.js";

const readText = (text: string) => readIniFile(sourceFile("/php.ini", "php.ini", text));
const values = (text: string): Record<string, string | null> =>
  Object.fromEntries([...readText(text).values].map(([key, { value }]) => [key, value]));

describe("one php.ini", () => {
  it("has case-sensitive keys, the last one wins, places are those of the values", () => {
    const text = "[PHP]\nmemory_limit = 3M\nMemory_Limit = 5M\nmemory_limit = 4M ; c\n";
    const read = readText(text);
    expect(values(text)).toEqual({ memory_limit: "4M", Memory_Limit: "5M" });
    const place = read.values.get("memory_limit")?.place;
    expect(text.slice(place?.span.start, place?.span.end)).toBe("4M");
  });

  it("has quoted values over several lines", () => {
    expect(values("a = \"x\ny;z\" ; c\nb = 'p\nq'\nc = 1\n")).toEqual({ a: "x\ny;z", b: "p\nq", c: "1" });
  });

  it("ignores PATH and HOST sections, which no later section ends", () => {
    const after = "\npost_max_size = 5M\n[b]\nupload_max_filesize = 7M\n";
    expect(values(`a = 1\n[PATH=/x]${after}`)).toEqual({ a: "1" });
    expect(values(`a = 1\n[host = y]${after}`)).toEqual({ a: "1" });
    expect(values(`a = 1\n[Pathological]${after}`)).toEqual({ a: "1" });
    expect(values(`[PATH]${after}`)).toEqual({ post_max_size: "5M", upload_max_filesize: "7M" });
  });

  it("counts up to a syntax error, and what is not set by then has its default", () => {
    const read = readText("a = 1\nb = x(y)\nc = 2\n");
    // PHP has handed over what stands before the bracket by then.
    expect(values("a = 1\nb = x(y)\nc = 2\n")).toEqual({ a: "1", b: "x" });
    expect(read.partial).toBe(false);
    expect(read.stop).toBe("a = 1\nb = x".length);
    expect(readText("a = 1\n# a bare word\nb = 2").partial).toBe(false);
  });

  it("resolves words, constants, operators; variables are unknown", () => {
    const text = `a = On\nb = Off\nc = E_ALL & ~E_DEPRECATED\nd = 1|2\ne = \${X}\nf = '\${x}y'\ng = {{ z }}\nh = none\n`;
    expect(values(text)).toEqual({ a: "1", b: "", c: null, d: "3", e: null, f: null, g: null, h: "" });
  });

  it("takes template language for neither text nor fault", () => {
    const text = "{% if x %}\na = 1\n{% endif %}\nb = 2\n";
    expect(values(text)).toEqual({ a: null, b: "2" });
    expect(readText(text).partial).toBe(false);
    expect(readText("{{ more }}\n").partial).toBe(true);
  });

  it("never throws, and every place lies inside the text", () => {
    const pieces = fc.constantFrom(
      ...`[ ] = ; # " ' \\ ~ ( | $ \${ } {{ }} {% %} \n \r on a PATH= \uFEFF \0`.split(" "),
      " ",
    );
    const texts = fc.oneof(
      fc.string(),
      fc.array(pieces, { maxLength: 25 }).map((parts) => parts.join("")),
    );
    fc.assert(
      fc.property(texts, (text) => {
        for (const { place } of readText(text).values.values()) {
          expect(place.span.start).toBeLessThanOrEqual(place.span.end);
          expect(place.span.end).toBeLessThanOrEqual(text.length);
        }
      }),
      { numRuns: 1000 },
    );
  });
});

describe("the php.ini of a master", () => {
  const names = (main: string, files: Record<string, MemoryNode>): readonly string[] =>
    iniFor(memoryFilesystem(files), main).files.map((file) => file.path);

  it.each([
    ["/etc/php/8.2/fpm/php-fpm.conf", "/etc/php/8.2/fpm/php.ini", "/etc/php/8.2/fpm/conf.d/10-a.ini"],
    ["/etc/php/8.2/fpm/pool.d/www.conf", "/etc/php/8.2/fpm/php.ini", "/etc/php/8.2/fpm/conf.d/10-a.ini"],
    ["/etc/php-fpm.conf", "/etc/php.ini", "/etc/php.d/10-a.ini"],
    ["/etc/php-fpm.d/www.conf", "/etc/php.ini", "/etc/php.d/10-a.ini"],
    ["/etc/opt/remi/php82/php-fpm.conf", "/etc/opt/remi/php82/php.ini", "/etc/opt/remi/php82/php.d/10-a.ini"],
    ["/etc/php82/php-fpm.conf", "/etc/php82/php.ini", "/etc/php82/conf.d/10-a.ini"],
    ["/usr/local/etc/php-fpm.conf", "/usr/local/etc/php/php.ini", "/usr/local/etc/php/conf.d/10-a.ini"],
    ["/usr/local/etc/php-fpm.d/zz.conf", "/usr/local/etc/php/php.ini", "/usr/local/etc/php/conf.d/10-a.ini"],
    ["/srv/docker/php-fpm.conf", "/srv/docker/php.ini", "/srv/docker/conf.d/10-a.ini"],
  ])("%s reads %s and %s", (main, ini, scanned) => {
    const files = { [ini]: "a = 1\n", [scanned]: "a = 2\n", [`${scanned}.bak`]: "a = 3\n" };
    expect(names(main, files)).toEqual([ini, scanned]);
    expect(iniFor(memoryFilesystem(files), main).values.get("a")?.value).toBe("2");
  });

  it("reads the scan directory in bytewise order and without a php.ini", () => {
    const directory = "/etc/php/8.2/fpm/conf.d";
    const files = {
      [`${directory}/9.ini`]: "a = 9",
      [`${directory}/10.ini`]: "a = 10\n",
      [`${directory}/.h.ini`]: "",
    };
    expect(names("/etc/php/8.2/fpm/php-fpm.conf", files)).toEqual(
      [".h.ini", "10.ini", "9.ini"].map((name) => `${directory}/${name}`),
    );
    expect(iniFor(memoryFilesystem(files), "/etc/php/8.2/fpm/php-fpm.conf").values.get("a")?.value).toBe("9");
  });

  it("is empty where there is none, partial where one cannot be read", () => {
    expect(iniFor(memoryFilesystem({}), "/etc/php-fpm.conf")).toMatchObject({ files: [], partial: false });
    expect(iniFor(memoryFilesystem({}), null)).toMatchObject({ files: [], partial: false });
    const hidden = { "/etc/php.ini": { unreadable: "Permission denied" }, "/etc/php.d/a.ini": "a = 1\n" };
    expect(iniFor(memoryFilesystem(hidden), "/etc/php-fpm.conf").partial).toBe(true);
    expect(names("/etc/php-fpm.conf", { "/etc/conf.d/x.ini": "a = 1\n" })).toEqual([]);
  });
});

describe("quantities", () => {
  const table: readonly (readonly [string, number])[] = [
    ["8M", 8388608],
    ["8m", 8388608],
    ["1G", 1073741824],
    ["512K", 524288],
    ["-1", -1],
    ["-1M", -1048576],
    ["", 0],
    ["unlimited", 0],
    ["128MB", 128],
    ["1.5G", 1073741824],
    ["1KM", 1048576],
    [" 5 M ", 5242880],
    ["+5", 5],
    ["1e3", 1],
    ["010", 8],
    ["08", 0],
    ["0x10", 16],
    ["0x1G", 1073741824],
    ["0xK", 0],
    ["M5", 0],
    ["9G", 9663676416],
    ["99999999999999999999", -1],
  ];

  it.each(table)("%j is %j bytes", (text, bytes) => {
    expect(parseIniBytes(text)).toBe(bytes);
  });

  const program = 'foreach (json_decode($argv[1]) as $v) echo @ini_parse_quantity($v), "\\n";';
  const texts = JSON.stringify(table.map(([text]) => text));
  const php = spawnSync(phpCommand ?? "php", ["-n", "-r", program, texts], { encoding: "utf8" });
  it.skipIf(php.status !== 0)("PHP itself says so", () => {
    expect(php.stdout.trimEnd().split("\n").map(Number)).toEqual(table.map(([, bytes]) => bytes));
  });
});

const info = spawnSync(fpmCommand ?? "php-fpm", ["-n", "-d", "zend_extension=opcache", "-i"], {
  encoding: "utf8",
});
it.skipIf(info.status !== 0)("the defaults are those that php-fpm -n -i prints", () => {
  const switches: Record<string, string> = { On: "1", Off: "0" };
  for (const { name, since } of phpDefaults) {
    if (since !== undefined && phpBranch !== null && olderThan(phpBranch, since)) continue;
    const value = phpDefault(name, phpBranch);
    const printed = new RegExp(`^${name.replaceAll(".", "\\.")} => (.*?) =>`, "m").exec(info.stdout)?.[1];
    expect(printed === undefined ? printed : (switches[printed] ?? printed), name).toBe(value);
  }
});

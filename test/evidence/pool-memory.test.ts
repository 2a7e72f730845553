import { describe, expect, test } from "vitest";
import { memoryLimits } from "../../src/evidence/memory-limit.js";
import { certainAbove, poolSum, roomInWords, roomOf, sumInWords } from "../../src/evidence/pool-memory.js";
import type { BuildOptions } from "../../src/model/build.js";
import type { Host } from "../../src/model/host.js";
import { memoryHost } from "../build/hosts.js";

const MIB = 1024 * 1024;
const GIB = 1024 * MIB;

type Files = Readonly<Record<string, string>>;

const main = (version: string): string => `/etc/php/${version}/fpm/php-fpm.conf`;

function master(version: string, lines: string, pools: readonly string[]): Files {
  const texts = pools.map((pool) => `${pool}\nuser = www-data\npm = ondemand\n`).join("");
  return { [main(version)]: `[global]\n${lines}\n${texts}` };
}

const pool = (name: string, most: number, more = ""): string =>
  `[${name}]\nlisten = /run/php/${name}.sock\npm.max_children = ${most}\n${more}`;

function host(files: Files, options: Partial<BuildOptions> & { readonly root?: string } = {}): Host {
  const { root = "/host", ...rest } = options;
  const accounts = { "/etc/passwd": "root:x:0:0::/:/bin/sh\n", "/etc/group": "root:x:0:\n" };
  return memoryHost({ ...accounts, ...files }, { root }, rest);
}

const words = (one: Host): string | null => {
  const sum = poolSum(one, () => 60 * MIB);
  return sum === null ? null : sumInWords(sum);
};

describe("the sum over pools", () => {
  test("all pools of all masters", () => {
    const files = {
      ...master("8.1", "", [pool("a", 5)]),
      ...master("8.2", "", [pool("b", 3), pool("c", 2)]),
    };
    expect(words(host(files))).toBe("5 × 60 MiB + 3 × 60 MiB + 2 × 60 MiB = 600 MiB");
  });

  test("many pools of one size are one term", () => {
    const names = Array.from({ length: 40 }, (_, index) => pool(`p${index}`, 5));
    expect(words(host(master("8.2", "", names)))).toBe("200 × 60 MiB = 12000 MiB");
  });

  test("process.max bounds a master, and the largest workers are taken first", () => {
    const one = host(master("8.2", "process.max = 6", [pool("small", 4), pool("large", 4)]));
    const sum = poolSum(one, ({ name }) => (name === "large" ? 50 : 10) * MIB);
    expect(sum && sumInWords(sum)).toBe(
      "2 × 10 MiB + 4 × 50 MiB = 220 MiB, where process.max allows 6 of 8 workers",
    );
  });

  test("process.max 0 bounds nothing", () => {
    expect(words(host(master("8.2", "process.max = 0", [pool("a", 4)])))).toBe("4 × 60 MiB = 240 MiB");
  });

  test("of masters that listen on one address the largest counts", () => {
    const files = { ...master("8.1", "", [pool("www", 5)]), ...master("8.2", "", [pool("www", 8)]) };
    expect(words(host(files))).toBe("8 × 60 MiB = 480 MiB");
  });

  test("nothing where a number is not known, or no pool", () => {
    expect(words(host(master("8.2", "", [pool("a", 4), "[b]\nlisten = /b\n"])))).toBeNull();
    expect(words(host(master("8.2", `process.max = \${MOST}`, [pool("a", 4)])))).toBeNull();
    expect(words(host({}))).toBeNull();
  });
});

describe("masters that may not run at the same time", () => {
  const files = { ...master("8.1", "", [pool("a", 5)]), ...master("8.2", "", [pool("b", 5)]) };
  const nginx = (names: string): string =>
    `events { } http { server { location ~ \\.php$ { fastcgi_pass unix:/run/php/a.sock; } ${names} } }`;
  const certain = (one: Host, limit: number): boolean | null => {
    const sum = poolSum(one, () => 60 * MIB);
    return sum === null ? null : !certainAbove(one, sum, limit).settle;
  };

  test("certain where one alone is too much", () => expect(certain(host(files), 200 * MIB)).toBe(true));

  test("a guess where only the sum is", () => {
    expect(certain(host(files), 400 * MIB)).toBe(false);
    const one = host({ ...files, "/etc/nginx/nginx.conf": nginx("") });
    expect(certain(one, 400 * MIB)).toBe(false);
  });

  test("certain where nginx uses all of them", () => {
    const both = nginx("location ~ \\.php5$ { fastcgi_pass unix:/run/php/b.sock; }");
    expect(certain(host({ ...files, "/etc/nginx/nginx.conf": both }), 400 * MIB)).toBe(true);
  });
});

describe("memory_limit", () => {
  const limits = (files: Files): readonly (number | null)[] => {
    const one = host(files);
    return one.pools.map((each) => memoryLimits(one)(each)?.bytes ?? null);
  };
  const ini = (text: string): Files => ({ "/etc/php/8.2/fpm/php.ini": text });

  test("of the pool, of php.ini, PHP's own", () => {
    const pools = [pool("a", 1), pool("b", 1, "php_admin_value[memory_limit] = 64M\n")];
    expect(limits({ ...master("8.2", "", pools), ...ini("memory_limit = 256M\n") })).toEqual([
      256 * MIB,
      64 * MIB,
    ]);
    expect(limits(master("8.2", "", pools))).toEqual([128 * MIB, 64 * MIB]);
  });

  test("without limit, and no size", () => {
    expect(limits({ ...master("8.2", "", [pool("a", 1)]), ...ini("memory_limit = -1\n") })).toEqual([
      Infinity,
    ]);
    expect(limits({ ...master("8.2", "", [pool("a", 1)]), ...ini("memory_limit = 1GB\n") })).toEqual([null]);
  });

  test("the highest that nginx passes", () => {
    const location = (path: string, more: string): string =>
      `location ${path} { fastcgi_param SCRIPT_FILENAME /a.php; ${more} fastcgi_pass unix:/run/php/a.sock; }`;
    const value = 'fastcgi_param PHP_VALUE "memory_limit=756M \n max_execution_time=18000";';
    const nginx = `events { } http { server { ${location("/a", "")} ${location("/b", value)} } }`;
    expect(limits({ ...master("8.2", "", [pool("a", 1)]), "/etc/nginx/nginx.conf": nginx })).toEqual([
      756 * MIB,
    ]);
  });
});

describe("the memory of a host", () => {
  const proc = { "/proc/meminfo": "MemTotal:       8388608 kB\nMemFree: 1 kB\n" };
  const one = master("8.2", "pid = /run/php/php8.2-fpm.pid", [pool("a", 1)]);
  const memory = (files: Files, options: Partial<BuildOptions> = {}) =>
    host({ ...one, ...files }, { root: "/", ...options }).memory;

  test("what is stated wins, and only the live host is asked", () => {
    const stated = { bytes: GIB, source: "--ram", place: null };
    expect(memory(proc, { memory: stated })).toMatchObject(stated);
    expect(host({ ...one, ...proc }).memory).toBeNull();
    expect(memory({})).toBeNull();
    expect(memory(proc)).toMatchObject({ bytes: 8 * GIB, source: "/proc/meminfo" });
  });

  test("limits of a container", () => {
    expect(memory({ ...proc, "/sys/fs/cgroup/memory.max": "max\n" })?.bytes).toBe(8 * GIB);
    expect(memory({ ...proc, "/sys/fs/cgroup/memory.max": "1073741824\n" })?.bytes).toBe(GIB);
    const old = "/sys/fs/cgroup/memory/memory.limit_in_bytes";
    expect(memory({ ...proc, [old]: "9223372036854771712\n" })?.bytes).toBe(8 * GIB);
    expect(memory({ ...proc, [old]: "536870912\n" })).toMatchObject({ bytes: GIB / 2, source: old });
  });

  const running = {
    ...proc,
    "/run/php/php8.2-fpm.pid": "77",
    "/proc/77/comm": "php-fpm8.2\n",
    "/proc/77/status": "Uid:\t0\t0\t0\t0\n",
    "/proc/77/cgroup": "4:memory:/web.slice\n0::/web.slice/php8.2-fpm.service\n",
  };

  test("limits of the groups around the running master, up the tree", () => {
    const own = "/sys/fs/cgroup/web.slice/php8.2-fpm.service/memory.max";
    const slice = "/sys/fs/cgroup/web.slice/memory.max";
    expect(memory({ ...running, [own]: "max\n", [slice]: "2147483648\n" })).toMatchObject({
      bytes: 2 * GIB,
      source: slice,
    });
    expect(memory({ ...running, [own]: "1073741824\n", [slice]: "2147483648\n" })?.bytes).toBe(GIB);
    // Somebody else has the number by now.
    const stale = { ...running, "/proc/77/comm": "cron\n" };
    expect(memory({ ...stale, [own]: "1073741824\n" })?.bytes).toBe(8 * GIB);
  });

  test("a limit counts when all masters are under it", () => {
    const other = master("8.1", "pid = /run/php/php8.1-fpm.pid", [pool("b", 1)]);
    const second = {
      "/run/php/php8.1-fpm.pid": "78",
      "/proc/78/comm": "php-fpm8.1\n",
      "/proc/78/status": "Uid:\t0\t0\t0\t0\n",
      "/proc/78/cgroup": "0::/web.slice/php8.1-fpm.service\n",
    };
    const own = { "/sys/fs/cgroup/web.slice/php8.2-fpm.service/memory.max": "1073741824\n" };
    const slice = { "/sys/fs/cgroup/web.slice/memory.max": "2147483648\n" };
    expect(memory({ ...running, ...other, ...second, ...own, ...slice })?.bytes).toBe(2 * GIB);
  });

  test("MemoryMax of the unit", () => {
    const unit = (lines: string) => ({
      "/etc/systemd/system/php8.2-fpm.service.d/limit.conf": `[Service]\n${lines}\n`,
    });
    expect(memory({ ...proc, ...unit("MemoryMax=512M") })).toMatchObject({
      bytes: 512 * MIB,
      source: "MemoryMax in limit.conf",
    });
    expect(memory({ ...proc, ...unit("MemoryMax=25%") })?.bytes).toBe(2 * GIB);
    expect(memory({ ...proc, ...unit("MemoryMax=infinity") })?.bytes).toBe(8 * GIB);
    expect(memory({ ...proc, ...unit("MemoryHigh=1G") })?.bytes).toBe(8 * GIB);
    const two = master("8.1", "", [pool("b", 1)]);
    expect(memory({ ...proc, ...two, ...unit("MemoryMax=512M") })?.bytes).toBe(8 * GIB);
  });

  test("what is reserved", () => {
    const all = { bytes: 8 * GIB, source: "--ram", place: null };
    const room = (options: Partial<BuildOptions>): string => {
      const given = memory({}, { memory: all, ...options });
      return given === null ? "" : `${roomOf(given) / MIB}: ${roomInWords(given)}`;
    };
    expect(room({})).toBe("8192: the host has 8 GiB (--ram)");
    expect(room({ reserve: 500 * MIB })).toBe(
      "7692: the host has 8 GiB (--ram), of which 8 GiB − 500 MiB = 7692 MiB are for PHP-FPM",
    );
    expect(room({ reserve: 2 * GIB, headroom: 0.25 })).toBe(
      "4608: the host has 8 GiB (--ram), of which (8 GiB − 2 GiB) × 0.75 = 4.5 GiB are for PHP-FPM",
    );
  });
});

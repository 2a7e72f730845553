import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readSamples } from "../../src/capacity/samples.js";
import type { MemoryNode } from "../../src/host/memory.js";
import { runningMasters } from "../../src/model/machine/processes.js";
import { sharedMemory } from "../../src/model/machine/shared-memory.js";
import { hintOf } from "../../src/report/capacity/hint.js";
import { capacityJson } from "../../src/report/capacity/json.js";
import { capacityText } from "../../src/report/capacity/text.js";
import { liveHost } from "../../src/sizing/live-host.js";
import type { CapacityOptions } from "../../src/sizing/options.js";
import { capacityOf } from "../../src/sizing/plan-of-host.js";
import type { HostCapacity } from "../../src/sizing/result.js";
import { smallWorkers, together } from "../../src/sizing/small-workers.js";
import { memoryHost } from "../build/hosts.js";

/** What a running host tells by itself: its memory, its workers, what they share, what else runs. */

const MIB = 1024 * 1024;
const none = { all: null, byPool: new Map<string, number>() };
const nothing: CapacityOptions = {
  reserve: null,
  headroom: null,
  shared: null,
  workerSize: none,
  samples: null,
  weights: new Map(),
  cores: null,
  cpuShare: null,
  rate: none,
  mean: none,
  p95: none,
};

const MAIN = "/etc/php/8.2/fpm/php-fpm.conf";
const POOL = `[global]
pid = /run/php/php8.2-fpm.pid
[www]
user = www-data
listen = /run/php/www.sock
pm = dynamic
pm.max_children = 4
pm.start_servers = 2
pm.min_spare_servers = 1
pm.max_spare_servers = 3
`;

type Files = Readonly<Record<string, MemoryNode>>;

function started(pid: number, parent: number, title: string, anon: number, peak = anon): Files {
  const [file, shmem] = [5000, 30_000];
  const sizes = `VmHWM:\t${peak + file + shmem} kB\nVmRSS:\t${anon + file + shmem} kB\nRssAnon:\t${anon} kB\nRssFile:\t${file} kB\nRssShmem:\t${shmem} kB\n`;
  return {
    [`/proc/${pid}/cmdline`]: `php-fpm: ${title}`,
    [`/proc/${pid}/comm`]: "php-fpm8.2\n",
    [`/proc/${pid}/exe`]: { link: "/usr/sbin/php-fpm8.2" },
    [`/proc/${pid}/status`]: `Name:\tphp-fpm8.2\nPid:\t${pid}\nPPid:\t${parent}\nUid:\t0\t0\t0\t0\nNSpid:\t${pid}\n${sizes}`,
    [`/proc/${pid}/cgroup`]: "0::/system.slice/php8.2-fpm.service\n",
  };
}

function workers(count: number, anon: number, peak = anon): Files {
  const all = Array.from({ length: count }, (_, index) => started(20 + index, 10, "pool www", anon, peak));
  return Object.assign({}, ...all) as Files;
}

const machine: Files = {
  [MAIN]: POOL,
  "/etc/passwd": "www-data:x:33:33::/var/www:/bin/false\n",
  "/proc/meminfo": "MemTotal:        8388608 kB\nMemFree: 1 kB\nMemAvailable:    6291456 kB\n",
  "/proc/sys/net/core/somaxconn": "4096\n",
  ...started(10, 1, `master process (${MAIN})`, 4096),
};

function found(files: Files, options: Partial<CapacityOptions> = {}): HostCapacity {
  const host = memoryHost({ ...machine, ...files });
  const answer = capacityOf(host, { ...nothing, ...options }, liveHost(host, true));
  if (answer.kind === "refused") throw new Error(answer.message);
  return answer.result;
}

describe("a running host", () => {
  test("tells its memory, its workers and what everything else uses", () => {
    const result = found(workers(4, 40 * 1024));
    const fpm = (4 * 40 + 4) * MIB + 30_000 * 1024;
    expect(result.input.memory).toBe(8192 * MIB);
    expect(result.input.reserve).toBe(Math.ceil((2048 * MIB - fpm) / MIB) * MIB);
    expect(result.pools[0]?.worker).toMatchObject({
      bytes: 40 * MIB,
      source: "measured (RssAnon)",
      samples: 4,
      rss: 40 * MIB + 35_000 * 1024,
    });
  });

  test("says where it may not see which program the workers run", () => {
    const hidden = { ...workers(4, 40 * 1024), "/proc/21/exe": { unreadable: "Permission denied" } };
    const result = found(hidden);
    const source = "measured (RssAnon, executable not readable)";
    expect(result.pools[0]?.worker).toMatchObject({ bytes: 40 * MIB, source, samples: 4 });
    const text = capacityText(result, { color: false, unicode: true, width: 200, hint: true });
    expect(text).toContain("measured (peak of RssAnon, executable not readable), 4 workers");
    expect(text).toContain("no worker has had more than 40 MiB of its own so far");
    expect(text).toContain("--worker-size www=40M");
    expect(JSON.parse(capacityJson([result]))).toMatchObject({ pools: [{ worker: { source } }] });
    // It is as good a measure as any.
    const { source: _, ...same } = found(workers(4, 40 * 1024)).pools[0]?.worker ?? {};
    expect(result.pools[0]?.worker).toMatchObject(same);
  });

  test("has one busy pool be static, and a quiet one dynamic", () => {
    expect(found(workers(4, 40 * 1024)).plan.pools[0]?.manager).toBe("static");
    expect(found(workers(3, 40 * 1024)).plan.pools[0]?.manager).toBe("dynamic");
  });

  test("takes no fresh worker for what one needs", () => {
    const result = found(workers(4, 5 * 1024));
    expect(result.pools[0]?.worker).toMatchObject({ bytes: 63 * MIB, source: "assumed" });
    expect(result.warnings.join("\n")).toContain("have hardly served a request yet");
    // No worker has had 63 MiB.
    expect(result.warnings.join("\n")).not.toContain("exception");
  });

  describe("takes small workers", () => {
    const doing = (count: number, state: string, waits: string, first = 20): Files =>
      Object.assign(
        {},
        ...Array.from({ length: count }, (_, index) => ({
          [`/proc/${first + index}/stat`]: `${first + index} (php-fpm8.2) ${state} 10 1 1 0 -1`,
          [`/proc/${first + index}/wchan`]: waits,
        })),
      ) as Files;
    const [WAITS, RESTS] = ["hrtimer_nanosleep", "skb_wait_for_more_packets"];
    const small = (...all: readonly Files[]): Files => Object.assign(workers(8, 5 * 1024), ...all) as Files;

    test.each<[string, Files, string | null]>([
      ["in the middle of requests", small(doing(8, "S", WAITS)), null],
      // The pool has no more than four.
      ["as many as there are", small(doing(8, "S", RESTS), doing(4, "S", WAITS)), null],
      ["of which few are", small(doing(8, "S", RESTS), doing(3, "S", WAITS)), "fresh"],
      ["that also compute", small(doing(5, "R", "0"), doing(2, "S", WAITS)), "fresh"],
      ["that compute while as many wait", small(doing(4, "R", "0"), doing(2, "S", WAITS)), null],
      ["that compute, maybe at the end of requests", small(doing(8, "R", "0")), "fresh"],
      ["at rest", small(doing(8, "S", RESTS)), "fresh"],
      ["of which nobody may know", small(doing(8, "S", "0")), "fresh"],
      ["of which nothing is said", small(), "fresh"],
    ])("%s", (_name, files, guess) => {
      const [only] = found(files).pools;
      expect(only?.worker).toMatchObject(
        guess === null
          ? { guess, bytes: 5 * MIB, source: "measured (RssAnon)" }
          : { guess, bytes: 63 * MIB, source: "assumed" },
      );
    });

    test("that compute in each of three looks", () => {
      const host = memoryHost({ ...machine, ...small(doing(8, "R", "0")) });
      const running = runningMasters(host.fs, host.masters);
      const before = (...looks: readonly number[]) =>
        together(...looks.map((look) => smallWorkers(host.fs, running, look)));
      const guess = (...looks: readonly number[]) => {
        const looked = { loads: new Map(), seen: before(...looks) };
        const answer = capacityOf(host, nothing, liveHost(host, true, looked));
        return answer.kind === "refused" ? answer.message : answer.result.pools[0]?.worker.guess;
      };
      expect([guess(), guess(0), guess(0, 1)]).toEqual(["fresh", "fresh", null]);
    });

    test("where samples of the same workers do, and nowhere else", () => {
      const way = fc.constantFrom<readonly [string, string]>(
        ...([WAITS, RESTS, "0", "do_epoll_wait"].map((waits) => ["S", waits]) as [string, string][]),
        ["R", "0"],
        ["D", "folio_wait_bit_common"],
      );
      fc.assert(
        fc.property(fc.array(way, { minLength: 1, maxLength: 9 }), (ways) => {
          const files = ways.map((one, index) => [
            started(20 + index, 10, "pool www", 5 * 1024),
            doing(1, ...one, 20 + index),
          ]);
          const lines = ways.map(
            ([state, waits], index) => `${20 + index} 40120 ${state} ${waits} php-fpm: pool www`,
          );
          const samples = readSamples(["PID RSS STAT WCHAN COMMAND", ...lines].join("\n"));
          const [live] = found(Object.assign({}, ...files.flat()) as Files).pools;
          const host = memoryHost(machine);
          const answer = capacityOf(host, { ...nothing, samples }, liveHost(host, false));
          const [sampled] = answer.kind === "refused" ? [] : answer.result.pools;
          expect(sampled?.worker.guess === null).toBe(live?.worker.guess === null);
        }),
      );
    });

    test("and asks nothing of larger ones", () => {
      const asked: string[] = [];
      const host = memoryHost({ ...machine, ...workers(4, 40 * 1024) });
      const entry: typeof host.fs.entry = (path) => {
        asked.push(path);
        return host.fs.entry(path);
      };
      const fs = { ...host.fs, entry };
      smallWorkers(fs, runningMasters(fs, host.masters), 0);
      expect(asked).toContain("/proc/20/status");
      expect(asked.filter((path) => /(?:stat|wchan)$/.test(path))).toEqual([]);
    });
  });

  test("without a worker says so, and not to do again what was done", () => {
    const { warnings } = found({});
    expect(warnings.join("\n")).toContain("no worker of PHP-FPM runs here, so its size is assumed");
    expect(hintOf(found({}, { reserve: 0 }))).not.toContain("measures again");
  });

  test("measures in half MiB, and says which options keep the numbers", () => {
    const opcache = {
      "/etc/php/8.2/fpm/php.ini": "zend_extension=opcache\nopcache.memory_consumption=256\n",
    };
    const result = found({ ...workers(6, 40 * 1024 + 1), ...opcache });
    expect(result.pools[0]?.worker.bytes).toBe(40.5 * MIB);
    const reserve = result.input.reserve / MIB;
    expect(hintOf(result)).toContain(`add --reserve ${reserve}M --shared 256M --worker-size www=40.5M.`);
    const size = { all: null, byPool: new Map([["www", 40.5 * MIB]]) };
    const again = found({}, { reserve: reserve * MIB, shared: 256 * MIB, workerSize: size });
    expect(again.plan.pools[0]?.max).toBe(result.plan.pools[0]?.max);
    expect(hintOf(again)).not.toContain("measures again");
  });

  test("takes what the workers had at most: between two requests they have given it back", () => {
    const result = found(workers(6, 5 * 1024, 90 * 1024));
    expect(result.pools[0]?.worker).toMatchObject({ bytes: 90 * MIB, now: 5 * MIB, typical: 90 * MIB });
    expect(result.warnings.join("\n")).not.toMatch(/exception|few workers/);
  });

  test("says when one request was an exception, and when workers are few", () => {
    const files = { ...workers(3, 40 * 1024), ...started(29, 10, "pool www", 40 * 1024, 300 * 1024) };
    const { warnings, pools } = found(files);
    expect(pools[0]?.worker.bytes).toBe(300 * MIB);
    expect(warnings.join("\n")).toContain("half of them no more than 40 MiB");
    expect(warnings.join("\n")).toContain("--worker-size www=40M");
    expect(warnings.join("\n")).toContain("only a few workers were measured");
  });

  test("is bounded by a control group, in which only its other processes count", () => {
    const group = {
      "/sys/fs/cgroup/system.slice/php8.2-fpm.service/memory.max": `${1024 * MIB}\n`,
      "/run/php/php8.2-fpm.pid": "10",
    };
    const result = found({ ...workers(4, 40 * 1024), ...group });
    expect(result.input.memory).toBe(1024 * MIB);
    expect(result.sources.memory).toContain("memory.max");
    expect(result.input.reserve).toBe(500 * MIB);
  });

  test("tells the kernel's limit of the queue", () => {
    const asked = { rate: { all: 10, byPool: new Map() }, mean: { all: 0.1, byPool: new Map() } };
    // Nothing passes to the pool, so that nobody's patience is known.
    expect(found(workers(4, 40 * 1024), asked).pools[0]?.backlog).toBeNull();
    expect(found(workers(4, 40 * 1024), asked).plan.pools[0]?.demand?.load).toBe(1);
  });
});

describe("what the workers of a master share", () => {
  const ini = (text: string, version = "8.2"): ReturnType<typeof sharedMemory> => {
    const main = `/etc/php/${version}/fpm/php-fpm.conf`;
    const files = { [main]: POOL, [`/etc/php/${version}/fpm/php.ini`]: text };
    const [master] = memoryHost(files, { root: "/x" }).masters;
    if (master === undefined) throw new Error("no master");
    return sharedMemory(master);
  };
  const bytes = (text: string, version?: string): number | undefined => ini(text, version)?.bytes;
  const LOADED = "zend_extension=opcache.so\n";

  test.each([
    ["", 0],
    ["opcache.memory_consumption = 256\n", 0],
    [LOADED, 128],
    ["zend_extension=/usr/lib/php/opcache\n", 128],
    ["; zend_extension=opcache\n", 0],
    [`${LOADED}opcache.memory_consumption = 256\n`, 256],
    // PHP reads the digits.
    [`${LOADED}opcache.memory_consumption = 256M\n`, 256],
    [`${LOADED}opcache.enable = 0\n`, 0],
    [`${LOADED}opcache.jit_buffer_size = 64M\n`, 192],
    [`${LOADED}opcache.jit_buffer_size = 64M\nopcache.jit = disable\n`, 128],
    ["extension=apcu\n", 32],
    ["extension=apcu.so\napc.shm_size = 64M\n", 64],
    ["extension=apcu\napc.enabled = 0\n", 0],
  ])("%j: %d MiB", (text, mebibytes) => {
    expect(bytes(text)).toBe(mebibytes * MIB);
  });

  test("depends on PHP's version", () => {
    expect(bytes("", "8.5")).toBe(128 * MIB);
    expect(bytes(`${LOADED}opcache.jit = tracing\n`, "8.4")).toBe(192 * MIB);
    expect(bytes(LOADED, "8.4")).toBe(128 * MIB);
  });

  test("is not known of a value that the environment gives", () => {
    expect(ini(`${LOADED}opcache.memory_consumption = \${CACHE}\n`)).toBeNull();
  });

  test("is charged once when its workers were measured", () => {
    const files = { "/etc/php/8.2/fpm/php.ini": `${LOADED}opcache.memory_consumption = 256\n` };
    const result = found({ ...workers(4, 40 * 1024), ...files });
    expect(result.input.shared).toBe(256 * MIB);
    expect(result.sources.shared).toBe("opcache.memory_consumption 256 MiB");
    const given = found(
      { ...workers(4, 40 * 1024), ...files },
      { workerSize: { all: 60 * MIB, byPool: new Map() } },
    );
    expect(given.input.shared).toBe(0);
  });
});

describe("what happened on a running host", () => {
  const limit = { "/etc/php/8.2/fpm/php.ini": "memory_limit = 2G\n" };
  const theory = "if every worker used its memory_limit";

  test.each<[string, Files, string | null]>([
    ["nothing", { "/proc/vmstat": "oom_kill 0\n" }, null],
    [
      "kills on the machine",
      { "/proc/vmstat": "nr_free_pages 1\noom_kill 3\n" },
      "3 times so far (/proc/vmstat)",
    ],
    [
      "kills in the group of PHP-FPM, and not those of others",
      {
        "/proc/vmstat": "oom_kill 9\n",
        "/run/php/php8.2-fpm.pid": "10\n",
        "/sys/fs/cgroup/system.slice/php8.2-fpm.service/memory.events": "oom 1\noom_kill 1\n",
      },
      "once so far (/sys/fs/cgroup/system.slice/php8.2-fpm.service/memory.events)",
    ],
  ])("%s", (_name, files, sentence) => {
    const { warnings, notes } = found({ ...workers(4, 40 * 1024), ...limit, ...files });
    // What has happened is no theory.
    expect((sentence === null ? notes : warnings).join("\n")).toContain(theory);
    expect((sentence === null ? warnings : notes).join("\n")).not.toContain(theory);
    if (sentence !== null) expect(warnings.join("\n")).toContain(sentence);
  });

  test("a database that runs is named, and its configuration then is not", () => {
    const server = {
      "/proc/99/cmdline": "/usr/sbin/mariadbd\0--user=mysql",
      "/proc/98/cmdline": "postgres: walwriter ",
    };
    const { warnings } = found({ ...workers(4, 40 * 1024), ...server, "/etc/redis/redis.conf": "" });
    expect(warnings.join("\n")).toMatch(
      /PostgreSQL, MariaDB runs on this host|MariaDB, PostgreSQL runs on this host/,
    );
    expect(found(workers(4, 40 * 1024)).warnings.join("\n")).not.toMatch(/SQL|MariaDB/);
  });
});

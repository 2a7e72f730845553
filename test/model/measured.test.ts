import { spawn } from "node:child_process";
import * as fs from "node:fs";
import { describe, expect, test } from "vitest";
import { readMaster } from "../../src/fpm/pools.js";
import type { FpmMaster } from "../../src/fpm/types.js";
import { diskFilesystem } from "../../src/host/disk.js";
import type { HostFilesystem } from "../../src/host/filesystem.js";
import { type MemoryNode, memoryFilesystem } from "../../src/host/memory.js";
import { onlineCores } from "../../src/model/machine/cores.js";
import { measure, othersUse, type PoolMeasure } from "../../src/model/machine/measured.js";
import { runningMasters } from "../../src/model/machine/processes.js";
import { describeProofs } from "../daemons/available.js";
import { childrenOf, waitFor } from "../daemons/processes.js";
import { startPool } from "../tools/measure/pool.js";

const KIB = 1024;
const MIB = 1024 * KIB;

type Files = Readonly<Record<string, MemoryNode>>;

const main = (version: string): string => `/etc/php/${version}/fpm/php-fpm.conf`;

function conf(version: string, pools: readonly string[]): Files {
  const texts = pools.map(
    (pool) => `[${pool}]\nuser = www-data\nlisten = /run/${pool}.sock\npm = ondemand\n`,
  );
  return {
    [main(version)]: `[global]\npid = /run/php/php${version}-fpm.pid\n${texts.join("pm.max_children = 5\n")}`,
  };
}

/** Sizes in KiB; those that are left out are not in the file. */
interface Status {
  readonly parent?: number;
  readonly rss?: number;
  readonly anon?: number;
  readonly file?: number;
  readonly shmem?: number;
  readonly peak?: number;
  readonly ns?: string;
  /** As in the status; root's when absent. */
  readonly users?: string;
  /** What `/proc/PID/exe` leads to; `null`: this process may not read it. */
  readonly program?: string | null;
}

const PHP_FPM = "/usr/sbin/php-fpm8.2";

function started(pid: number, title: string, status: Status): Files {
  const { parent = 1, ns = String(pid), users = "0\t0\t0\t0", program = PHP_FPM, ...sizes } = status;
  const names = { peak: "VmHWM", rss: "VmRSS", anon: "RssAnon", file: "RssFile", shmem: "RssShmem" } as const;
  const rows = (Object.keys(names) as (keyof typeof names)[]).flatMap((key) => {
    const kib = sizes[key];
    return kib === undefined ? [] : [`${names[key]}:\t${String(kib).padStart(8)} kB`];
  });
  return {
    [`/proc/${pid}/cmdline`]: title,
    [`/proc/${pid}/comm`]: title.startsWith("php-fpm") ? "php-fpm8.2\n" : `${title.split("\0")[0]}\n`,
    [`/proc/${pid}/status`]: `Name:\tphp-fpm8.2\nPid:\t${pid}\nPPid:\t${parent}\nUid:\t${users}\nNSpid:\t${ns}\n${rows.join("\n")}\n`,
    [`/proc/${pid}/exe`]: program === null ? { unreadable: "Permission denied" } : { link: program },
    [`/proc/${pid}/cgroup`]: "0::/system.slice/php8.2-fpm.service\n",
  };
}

const masterTitle = (path: string): string => `php-fpm: master process (${path})\0`;
/** PHP-FPM fills with NULs what the command line had more. */
const workerTitle = (pool: string): string => `php-fpm: pool ${pool}\0\0\0\0\0\0\0\0`;

const running: Files = {
  ...conf("8.2", ["www", "shop"]),
  ...started(10, masterTitle(main("8.2")), { rss: 20_000, anon: 4000, file: 14_000, shmem: 2000 }),
  ...started(11, workerTitle("www"), { parent: 10, rss: 60_000, anon: 20_000, file: 5000, shmem: 35_000 }),
  ...started(12, workerTitle("www"), {
    parent: 10,
    rss: 50_000,
    anon: 10_000,
    file: 5000,
    shmem: 35_000,
    peak: 80_000,
  }),
  ...started(13, workerTitle("shop"), { parent: 10, rss: 90_000, anon: 30_000, file: 5000, shmem: 55_000 }),
};

function mastersOf(host: HostFilesystem, ...versions: readonly string[]): readonly FpmMaster[] {
  return (versions.length === 0 ? ["8.2"] : versions).map((version) => readMaster(host, main(version)));
}

/** The figures in KiB, by `master/pool`. */
function figures(
  files: Files,
  ...versions: readonly string[]
): Readonly<Record<string, Omit<PoolMeasure, "typical" | "sameProgram">>> {
  const host = memoryFilesystem(files);
  const { pools } = measure(runningMasters(host, mastersOf(host, ...versions)));
  const kib = (bytes: number | null): number | null => (bytes === null ? null : bytes / KIB);
  return Object.fromEntries(
    [...pools].map(([pool, { samples, bytes, peak, rss }]) => [
      `${pool.master.phpVersion}/${pool.name}`,
      { samples, bytes: kib(bytes), peak: kib(peak), rss: rss / KIB },
    ]),
  );
}

describe("measured workers", () => {
  test("what belongs to a worker alone, by pool", () => {
    expect(figures(running)).toEqual({
      "8.2/www": { samples: 2, bytes: 20_000, peak: 40_000, rss: 60_000 },
      "8.2/shop": { samples: 1, bytes: 30_000, peak: 30_000, rss: 90_000 },
    });
  });

  test("all together: what belongs to each, and the largest shared part once", () => {
    const host = memoryFilesystem(running);
    const masters = mastersOf(host);
    const measured = measure(runningMasters(host, masters));
    expect(measured.fpmBytes).toBe((4000 + 20_000 + 10_000 + 30_000 + 55_000) * KIB);
    expect([...measured.masters]).toEqual(masters);
  });

  test("the 95th percentile: of twenty workers the largest but one", () => {
    const twenty = Array.from({ length: 20 }, (_, index) =>
      started(100 + index, workerTitle("www"), { parent: 10, rss: 9000, anon: 1000 + index }),
    );
    const one = { ...running, ...Object.assign({}, ...twenty) };
    delete one["/proc/11/status"];
    delete one["/proc/12/status"];
    expect(figures(one)["8.2/www"]).toMatchObject({ samples: 20, bytes: 1018 });
  });

  test("several masters with pools of equal name", () => {
    const both = {
      ...running,
      ...conf("8.1", ["www"]),
      ...started(20, masterTitle(main("8.1")), { rss: 20_000, anon: 4000, shmem: 1000 }),
      ...started(21, workerTitle("www"), { parent: 20, rss: 7000, anon: 6000, shmem: 500 }),
    };
    expect(figures(both, "8.1", "8.2")).toMatchObject({
      "8.1/www": { samples: 1, bytes: 6000 },
      "8.2/www": { samples: 2, bytes: 20_000 },
    });
    const host = memoryFilesystem(both);
    const [old, ...others] = mastersOf(host, "8.1", "8.2");
    expect(measure(runningMasters(host, old === undefined ? [] : [old])).fpmBytes).toBe(
      (4000 + 6000 + 1000) * KIB,
    );
    expect(measure(runningMasters(host, others)).fpmBytes).toBe((4000 + 60_000 + 55_000) * KIB);
  });

  test("nothing runs", () => {
    const host = memoryFilesystem(conf("8.2", ["www"]));
    const measured = measure(runningMasters(host, mastersOf(host)));
    expect([measured.pools.size, measured.masters.size, measured.fpmBytes]).toEqual([0, 0, 0]);
  });

  test("a worker that is gone, cannot be read, or is a zombie is none", () => {
    const { "/proc/11/status": _, ...gone } = running;
    expect(figures(gone)["8.2/www"]).toMatchObject({ samples: 1, bytes: 10_000 });
    expect(figures({ ...running, "/proc/11/cmdline": { unreadable: "ESRCH" } })["8.2/www"]?.samples).toBe(1);
    expect(figures({ ...running, "/proc/11/status": { unreadable: "ESRCH" } })["8.2/www"]?.samples).toBe(1);
    expect(
      figures({ ...running, ...started(11, workerTitle("www"), { parent: 10 }) })["8.2/www"]?.samples,
    ).toBe(1);
  });

  test("a kernel that does not tell RssAnon: unknown, not RSS", () => {
    const old = {
      ...running,
      ...started(10, masterTitle(main("8.2")), { rss: 20_000 }),
      ...started(11, workerTitle("www"), { parent: 10, rss: 60_000, peak: 70_000 }),
    };
    expect(figures(old)["8.2/www"]).toEqual({ samples: 2, bytes: null, peak: null, rss: 60_000 });
    const host = memoryFilesystem(old);
    expect(measure(runningMasters(host, mastersOf(host))).fpmBytes).toBeNull();
  });

  test("processes of containers read other files", () => {
    const container = {
      ...running,
      ...started(30, masterTitle(main("8.2")), { rss: 1, anon: 1, ns: "30\t1" }),
      ...started(31, workerTitle("www"), { parent: 30, rss: 99_000, anon: 99_000, ns: "31\t2" }),
      ...started(32, workerTitle("www"), { parent: 10, rss: 99_000, anon: 99_000, ns: "32\t3" }),
    };
    expect(figures(container)).toEqual(figures(running));
  });

  test("only workers of a master of these files, and only by their title", () => {
    const strangers = {
      ...running,
      ...started(40, workerTitle("www"), { parent: 1, rss: 99_000, anon: 99_000 }),
      ...started(41, masterTitle("/srv/other.conf"), { rss: 99_000, anon: 99_000 }),
      ...started(42, workerTitle("www"), { parent: 41, rss: 99_000, anon: 99_000 }),
      ...started(43, "grep\0php-fpm: pool www\0", { parent: 10, rss: 99_000, anon: 99_000 }),
      ...started(44, workerTitle("removed"), { parent: 10, rss: 99_000, anon: 99_000 }),
    };
    expect(figures(strangers)).toEqual(figures(running));
  });

  test("a path through a link, and blanks behind the title", () => {
    const linked = {
      ...running,
      "/etc/php-fpm": { link: "/etc/php/8.2/fpm" },
      ...started(10, masterTitle("/etc/php-fpm/php-fpm.conf"), { rss: 20_000, anon: 4000 }),
      ...started(11, "php-fpm: pool www        ", { parent: 10, rss: 60_000, anon: 20_000 }),
    };
    expect(figures(linked)["8.2/www"]).toMatchObject({ samples: 2, bytes: 20_000 });
  });

  test.each(["php-fpm: master process (php-fpm.conf)\0", "php-fpm: master process (/etc/php/8."])(
    "%j is told by the pid file",
    (title) => {
      const started10 = { ...running, ...started(10, title, { rss: 20_000, anon: 4000 }) };
      expect(figures(started10)).toEqual({});
      const file = { "/run/php/php8.2-fpm.pid": "10\n" };
      expect(figures({ ...started10, ...file })["8.2/www"]?.samples).toBe(2);
    },
  );

  test("a relative path counts from where the master was started", () => {
    const relative = {
      ...running,
      ...started(10, "php-fpm: master process (fpm/php-fpm.conf)\0", { rss: 20_000, anon: 4000 }),
    };
    const from = (link: string): Files => ({ ...relative, "/proc/10/cwd": { link } });
    expect(figures(relative)).toEqual({});
    expect(figures(from("/etc/php/7.4"))["8.2/www"]).toBeUndefined();
    expect(figures(from("/etc/php/8.2"))["8.2/www"]?.samples).toBe(2);
  });
});

describe("names that anybody may take", () => {
  const NOBODY = "65534\t65534\t65534\t65534";
  const named = (files: Files, extra: Files = {}): readonly string[] => {
    const host = memoryFilesystem({ ...running, ...files, ...extra });
    return runningMasters(host, mastersOf(host)).flatMap(({ pid, workers }) => [
      `master ${pid}`,
      ...workers.map(({ pool, sameProgram }) => `${pool}${sameProgram ? "" : ", program not readable"}`),
    ]);
  };
  const REAL = ["master 10", "www", "www", "shop"];
  const size = { rss: 1_300_000, anon: 1_200_000 };
  const fake = (users: string, program: string | null = PHP_FPM): Files => ({
    ...started(70, masterTitle(main("8.2")), { ...size, users, program }),
    ...started(71, workerTitle("www"), { ...size, parent: 70, users, program }),
  });

  test("a master of another user, whatever program it runs, is no master", () => {
    expect(named(fake(NOBODY))).toEqual(REAL);
    expect(named(fake(NOBODY, null))).toEqual(REAL);
    // A program with set-user-ID: started by nobody, and root in part.
    for (const users of ["65534\t0\t0\t0", "0\t65534\t0\t0", "", "x"])
      expect(named(fake(users))).toEqual(REAL);
    const host = memoryFilesystem({ ...running, ...fake(NOBODY) });
    expect(measure(runningMasters(host, mastersOf(host))).fpmBytes).toBe(
      (4000 + 20_000 + 10_000 + 30_000 + 55_000) * KIB,
    );
  });

  test("a pid file that leads to one is not believed", () => {
    const title = "php-fpm: master process (php-fpm.conf)\0";
    const file = { "/run/php/php8.2-fpm.pid": "70\n" };
    const other = (users: string): Files => ({ ...fake(users), ...started(70, title, { ...size, users }) });
    expect(named(other(NOBODY), file)).toEqual(REAL);
    expect(named(other("0\t0\t0\t0"), file)).toEqual([...REAL, "master 70", "www"]);
    const group = { ...file, ...other(NOBODY), "/sys/devices/system/cpu/online": "0-3" };
    const limited = { ...group, "/proc/70/cgroup": "0::/x\n", "/sys/fs/cgroup/x/cpu.max": "100000 100000\n" };
    const host = memoryFilesystem({ ...running, ...limited });
    expect(onlineCores(host, mastersOf(host))?.count).toBe(4);
  });

  test("a master of the user who asks counts, with the program of its workers", () => {
    const self = { "/proc/self": { link: "/proc/50" }, ...started(50, "node\0", { ...size, users: NOBODY }) };
    expect(named(fake(NOBODY), self)).toEqual([...REAL, "master 70", "www"]);
    // Then the program could be read, so that no other answer is an answer.
    expect(named(fake(NOBODY, null), self)).toEqual([...REAL, "master 70"]);
  });

  test("a worker with another program than its master is none", () => {
    const files = started(11, workerTitle("www"), { parent: 10, ...size, program: "/usr/bin/python3" });
    expect(named(files)).toEqual(["master 10", "www", "shop"]);
    // The package was replaced under a master that goes on.
    const gone = { program: `${PHP_FPM} (deleted)`, rss: 20_000, anon: 4000 };
    const replaced = {
      ...started(10, masterTitle(main("8.2")), gone),
      ...started(11, workerTitle("www"), { ...gone, parent: 10 }),
      ...started(12, workerTitle("www"), { ...gone, parent: 10, program: PHP_FPM }),
      ...started(13, workerTitle("shop"), { ...gone, parent: 10 }),
      [PHP_FPM]: "ELF",
    };
    expect(named(replaced)).toEqual(["master 10", "www", "shop"]);
  });

  test("root is enough where programs cannot be read, and the answer says so", () => {
    const hidden = started(11, workerTitle("www"), { parent: 10, rss: 60_000, anon: 20_000, program: null });
    expect(named(hidden)).toEqual(["master 10", "www, program not readable", "www", "shop"]);
    const host = memoryFilesystem({ ...running, ...hidden });
    const { pools } = measure(runningMasters(host, mastersOf(host)));
    expect([...pools].map(([{ name }, { sameProgram }]) => [name, sameProgram])).toEqual([
      ["www", false],
      ["shop", true],
    ]);
  });
});

describe.skipIf(process.getuid?.() !== 0)("names that a real process takes", () => {
  const NOBODY = 65_534;

  /** What is found of a "master" with one "worker", of which `program` is the second one's. */
  async function taken(user: number, program: string, asNobody = false): Promise<readonly unknown[]> {
    const dir = fs.mkdtempSync("/tmp/fl-named-");
    fs.chmodSync(dir, 0o755);
    const file = `${dir}/php-fpm.conf`;
    fs.writeFileSync(file, "[www]\nuser = www-data\nlisten = /run/www.sock\npm = ondemand\n");
    // The shell waits for its input to end; so does the other, which inherits it.
    const script = `exec 3<&0; (exec -a "php-fpm: pool www" ${program} <&3) & wait`;
    const child = spawn("/bin/bash", ["-c", script], {
      argv0: `php-fpm: master process (${file})`,
      uid: user,
      gid: user,
      stdio: ["pipe", "ignore", "ignore"],
      cwd: "/",
    });
    const ended = new Promise((resolve) => child.once("exit", resolve));
    try {
      const title = (pid: string | undefined): string =>
        pid === undefined ? "" : fs.readFileSync(`/proc/${pid}/cmdline`, "utf8");
      const ready = (): boolean => title(childrenOf(child.pid ?? 0)[0]).startsWith("php-fpm: pool www");
      expect(await waitFor(ready, 50_000)).toBe(true);
      if (asNobody) process.seteuid?.(NOBODY);
      const host = diskFilesystem({ root: "/", workingDirectory: "/" });
      const found = runningMasters(host, [readMaster(host, file)]);
      return found.map(({ workers }) => workers.map(({ sameProgram }) => sameProgram));
    } finally {
      process.seteuid?.(0);
      child.stdin.end();
      await ended;
      fs.rmSync(dir, { recursive: true });
    }
  }

  test("count for nothing where nobody took them", async () => {
    expect(await taken(NOBODY, "/bin/bash")).toEqual([]);
  });

  test("count where root runs both, and both are one program", async () => {
    expect(await taken(0, "/bin/bash")).toEqual([[true]]);
    expect(await taken(0, "/bin/cat")).toEqual([[]]);
  });

  test("count for another user who may not see the program", async () => {
    expect(await taken(0, "/bin/cat", true)).toEqual([[false]]);
  });
});

describe("what everything else uses", () => {
  const others = (files: Files, source: string): number | null => {
    const host = memoryFilesystem(files);
    const use = othersUse(host, runningMasters(host, mastersOf(host)), { bytes: 1, source, place: null });
    return use === null ? null : use.bytes / KIB;
  };
  const meminfo = "MemTotal:       1000000 kB\nMemFree:  1 kB\nMemAvailable:   500000 kB\n";
  const self = { "/proc/self": { link: "/proc/50" }, ...started(50, "node\0", { rss: 9000, anon: 7000 }) };
  const machine = { ...running, ...self, "/proc/meminfo": meminfo };
  const fpm = 4000 + 60_000 + 55_000;

  test("of the machine: what is in use, without PHP-FPM and without fpmlint", () => {
    expect(others(machine, "/proc/meminfo")).toBe(500_000 - fpm - 7000);
    expect(others(machine, "--ram")).toBe(500_000 - fpm - 7000);
    // Workers share pages with their master from which they were made, and RssAnon counts them in each.
    const full = { ...machine, "/proc/meminfo": "MemTotal: 9 kB\nMemAvailable: 1 kB\n" };
    expect(others(full, "/proc/meminfo")).toBe(0);
  });

  test("unknown where the machine does not say", () => {
    expect(others(running, "/proc/meminfo")).toBeNull();
    expect(others({ ...running, "/proc/meminfo": "MemTotal: 9 kB\n" }, "/proc/meminfo")).toBeNull();
    const old = { ...machine, ...started(10, masterTitle(main("8.2")), { rss: 20_000 }) };
    expect(others(old, "/proc/meminfo")).toBeNull();
  });

  const group = {
    ...machine,
    ...started(60, "nginx: worker process\0", { rss: 9000, anon: 500 }),
    ...started(61, "mysqld\0", { rss: 900_000, anon: 800_000 }),
    ...started(62, "cron\0", { rss: 9000, anon: 30 }),
    ...started(63, "", {}),
    "/proc/60/cgroup": "0::/web.slice/nginx.service\n",
    "/proc/61/cgroup": "0::/web.slice-of-others/mysql.service\n",
    "/proc/62/cgroup": "4:memory:/web.slice\n1:cpu:/\n",
    "/proc/10/cgroup": "0::/web.slice/php8.2-fpm.service\n",
  };
  test("of a group: its other processes, and those of the groups in it", () => {
    expect(others(group, "/sys/fs/cgroup/web.slice/memory.max")).toBe(530);
    expect(others(group, "/sys/fs/cgroup/memory/web.slice/memory.limit_in_bytes")).toBe(530);
  });

  test("of a container's root: every other process", () => {
    const root = { ...group, "/proc/62/cgroup": "0::/\n" };
    expect(others(root, "/sys/fs/cgroup/memory.max")).toBe(800_530);
    expect(others(group, "/sys/fs/cgroup/memory.max")).toBe(800_530);
    expect(others(group, "/sys/fs/cgroup/memory/memory.limit_in_bytes")).toBe(800_530);
    const old = { ...group, ...started(60, "nginx: worker process\0", { rss: 9000 }) };
    expect(others(old, "/sys/fs/cgroup/memory.max")).toBeNull();
  });

  test("of a unit: the other processes in its group", () => {
    const mailer = started(64, "sendmail\0", { rss: 9000, anon: 70 });
    const unit = { ...group, ...mailer, "/proc/64/cgroup": "0::/web.slice/php8.2-fpm.service\n" };
    expect(others(unit, "MemoryMax in php8.2-fpm.service")).toBe(70);
  });
});

describe("processors", () => {
  const cores = (files: Files): string | null => {
    const host = memoryFilesystem({ ...running, "/run/php/php8.2-fpm.pid": "10", ...files });
    const found = onlineCores(host, mastersOf(host));
    return found === null ? null : `${found.count} ${found.source}`;
  };
  const cpuinfo = "processor\t: 0\nmodel name\t: x\n\nprocessor\t: 1\nmodel name\t: processor: 9\n\n";
  const four = { "/sys/devices/system/cpu/online": "0-2,6\n" };
  const unit = "/sys/fs/cgroup/system.slice/php8.2-fpm.service";
  const slice = "/sys/fs/cgroup/system.slice";

  test("of the machine", () => {
    expect(cores({ "/proc/cpuinfo": cpuinfo })).toBe("2 /proc/cpuinfo");
    expect(cores({ "/proc/cpuinfo": "processor 0: version = FF\nprocessor 1: version = FF\n" })).toBe(
      "2 /proc/cpuinfo",
    );
    expect(cores(four)).toBe("4 /sys/devices/system/cpu/online");
    expect(cores({ "/sys/devices/system/cpu/online": "many\n" })).toBeNull();
    expect(cores({})).toBeNull();
  });

  test("the smallest quota of the groups around the master", () => {
    expect(cores({ ...four, [`${unit}/cpu.max`]: "max 100000\n" })).toContain("4 ");
    const both = { [`${unit}/cpu.max`]: "300000 100000\n", [`${slice}/cpu.max`]: "150000 100000\n" };
    expect(cores({ ...four, ...both })).toBe(`1.5 ${slice}/cpu.max`);
    expect(cores({ ...four, "/sys/fs/cgroup/cpu.max": "50000 100000\n" })).toContain("0.5 ");
    // More than the machine has.
    expect(cores({ ...four, [`${unit}/cpu.max`]: "900000 100000\n" })).toContain("4 ");
    expect(cores({ ...four, [`${unit}/cpu.max`]: "1 0\n" })).toContain("4 ");
  });

  test.each(["cpu", "cpu,cpuacct"])("first version, mounted at %s", (name) => {
    const at = `/sys/fs/cgroup/${name}/web`;
    const files = {
      ...four,
      "/proc/10/cgroup": "4:memory:/\n3:cpuacct,cpu:/web\n0::/\n",
      [`${at}/cpu.cfs_period_us`]: "100000\n",
    };
    expect(cores({ ...files, [`${at}/cpu.cfs_quota_us`]: "-1\n" })).toContain("4 ");
    expect(cores({ ...files, [`${at}/cpu.cfs_quota_us`]: "250000\n" })).toBe(`2.5 ${at}/cpu.cfs_quota_us`);
  });

  test("processors that a group may use at all", () => {
    expect(cores({ ...four, [`${slice}/cpuset.cpus.effective`]: "1-2\n" })).toContain("2 ");
    expect(cores({ ...four, [`${unit}/cpuset.cpus.effective`]: "\n" })).toContain("4 ");
    expect(cores({ ...four, "/sys/fs/cgroup/cpuset/cpuset.effective_cpus": "0\n" })).toContain("1 ");
  });

  test("a quota of one master is none for all", () => {
    const host = memoryFilesystem({
      ...running,
      ...four,
      ...conf("8.1", ["old"]),
      "/run/php/php8.2-fpm.pid": "10",
      [`${unit}/cpu.max`]: "100000 100000\n",
    });
    expect(onlineCores(host, mastersOf(host))?.count).toBe(1);
    expect(onlineCores(host, mastersOf(host, "8.1", "8.2"))?.count).toBe(4);
  });
});

describe("files of the kernel", () => {
  test("have size 0 and are read; NULs are words of a command line, elsewhere a binary file", () => {
    const host = diskFilesystem({ root: "/", workingDirectory: "/" });
    const read = (path: string): string => {
      const entry = host.entry(path);
      const answer = entry.kind === "file" ? entry.read() : null;
      return answer !== null && "text" in answer ? answer.text : "";
    };
    expect(fs.statSync("/proc/self/status").size).toBe(0);
    expect(read(`/proc/${process.pid}/status`)).toMatch(/^Pid:\s*\d+$/m);
    expect(read(`/proc/${process.pid}/cmdline`)).toContain("\0");
    expect(fs.readFileSync("/proc/self/environ").includes(0)).toBe(true);
    expect(read(`/proc/${process.pid}/environ`)).toBe("");
  });
});

describeProofs("measured on a real PHP-FPM", (proof) => {
  proof("a worker's own memory, without what it shares with the others", async () => {
    const pool = await startPool({ workers: 3, scripts: 60, heapMib: 10 });
    try {
      // Each request waits for the others, so that every worker has had one.
      expect(await pool.drive(1)).toMatchObject({ answered: 3, failed: 0 });
      expect(pool.cached).toBeGreaterThanOrEqual(60);
      const host = diskFilesystem({ root: "/", workingDirectory: "/" });
      const [master] = [readMaster(host, pool.main)];
      expect(master.pools.map(({ name }) => name)).toEqual(["www"]);
      const { pools, masters, fpmBytes } = measure(runningMasters(host, [master]));
      const [measured] = [...pools.values()];
      expect([...masters]).toEqual([master]);
      expect(measured?.samples).toBe(3);
      // The request's memory was touched, the cache of scripts is in RSS alone.
      expect(measured?.peak).toBeGreaterThan(10 * MIB);
      expect(measured?.peak).toBeGreaterThanOrEqual(measured?.bytes ?? Number.POSITIVE_INFINITY);
      expect((measured?.rss ?? 0) - (measured?.bytes ?? 0)).toBeGreaterThan(5 * MIB);
      expect(fpmBytes).toBeGreaterThan(3 * MIB);
      const memory = { bytes: 1, source: "/proc/meminfo", place: null };
      expect(othersUse(host, runningMasters(host, [master]), memory)?.bytes).toBeGreaterThan(0);
      expect(onlineCores(host, [master])?.count).toBeGreaterThan(0);
    } finally {
      await pool.stop();
    }
    expect(fs.existsSync(pool.main)).toBe(false);
  });
});

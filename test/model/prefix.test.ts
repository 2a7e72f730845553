import { describe, expect, test } from "vitest";
import { memoryFilesystem } from "../../src/host/memory.js";
import { readAsStarted } from "../../src/model/machine/prefix.js";

/** Where relative paths of PHP-FPM count from: what it was started with, as far as a machine shows it. */

const MAIN = "/srv/app/conf/fpm.conf";
const files = {
  [MAIN]: "[global]\nerror_log = log/fpm.log\npid = run/fpm.pid\ninclude = pools/*.conf\n",
  "/srv/app/pools/one.conf": "[one]\nlisten = run/one.sock\npm = static\npm.max_children = 1\n",
  "/proc/meminfo": "MemTotal: 1 kB\n",
};

const withoutLog = { [MAIN]: files[MAIN].replace(/error_log.*\n/, "") };
const withoutPid = { [MAIN]: "[global]\ninclude = pools/*.conf\n" };

function process(pid: number, title: string, parent = 1) {
  return {
    [`/proc/${pid}/cmdline`]: `${title}\0\0\0\0`,
    [`/proc/${pid}/status`]: `PPid:\t${parent}\nUid:\t0\t0\t0\t0\nVmRSS:\t900 kB\n`,
    [`/proc/${pid}/exe`]: { link: "/usr/sbin/php-fpm8.2" },
  };
}

const master = process(20, `php-fpm: master process (${MAIN})`);
const worker = process(21, "php-fpm: pool one", 20);

const log = { "/proc/20/fd/2": { link: "/srv/app/log/fpm.log" }, "/srv/app/log/fpm.log": "" };
const unit = (words: string) => ({
  "/etc/systemd/system/app.service": `[Service]\nExecStart=/usr/sbin/php-fpm8.2 -F ${words}\n`,
});
const sections = {
  "/srv/app/conf/fpm.conf": `${files[MAIN].replace(/include.*\n/, "")}${files["/srv/app/pools/one.conf"]}`,
};

type Parts = Readonly<Record<string, string | { readonly link: string }>>;

const cases: readonly (readonly [what: string, prefix: string | null, parts: Parts])[] = [
  ["nothing runs", "/usr", {}],
  ["its log is open below it", "/srv/app", { ...master, ...log }],
  [
    "its log is open where it was built for",
    "/usr",
    {
      ...master,
      "/proc/20/fd/2": { link: "/var/log/fpm.log" },
      "/var/log/fpm.log": "",
    },
  ],
  [
    "the number of the master is below it",
    "/srv/app",
    { ...withoutLog, ...master, "/srv/app/run/fpm.pid": "20\n" },
  ],
  [
    "the number of another process is below it",
    null,
    { ...withoutLog, ...master, "/srv/app/run/fpm.pid": "7\n" },
  ],
  [
    "its socket is below it",
    "/srv/other",
    {
      ...sections,
      ...master,
      "/proc/20/fd/5": { link: "socket:[77]" },
      "/proc/net/unix":
        "0: 00000002 00000000 00010000 0001 01 77 /srv/other/run/one.sock\n0: 00000002 00000000 00010000 0001 01 78 /mnt/run/one.sock\n",
    },
  ],
  ["workers of its pools run", "/srv/app", { ...withoutPid, ...master, ...worker }],
  [
    "workers of another pool run",
    null,
    { ...withoutPid, ...master, ...process(21, "php-fpm: pool two", 20) },
  ],
  ["nothing shows it", null, { ...withoutPid, ...master }],
  [
    "another user's process has the title",
    "/usr",
    {
      ...withoutPid,
      ...master,
      "/proc/20/status": "PPid:\t1\nUid:\t1000\t1000\t1000\t1000\nVmRSS:\t900 kB\n",
    },
  ],
  ["a unit has it", "/srv/app", unit(`--prefix=/srv/app/ -y ${MAIN}`)],
  ["a unit has it with spaces", "/srv/app", unit(`-y ${MAIN} --prefix /srv/app`)],
  ["a unit has it, as an instance", null, unit(`-p /srv/%i -y ${MAIN}`)],
  ["a unit has none", "/usr", { ...master, ...withoutPid, ...unit(`--fpm-config ${MAIN}`) }],
  [
    "a unit may have it in a variable",
    null,
    { ...master, ...withoutPid, ...unit(`--fpm-config ${MAIN} $OPTIONS`) },
  ],
  ["the unit of another main file has it", "/usr", unit("-p /srv/app -y /srv/other/fpm.conf")],
  [
    "two units differ",
    null,
    {
      ...unit(`-p /srv/app -y ${MAIN}`),
      "/etc/systemd/system/b.service": `[Service]\nExecStart=/usr/sbin/php-fpm8.2 -p /srv/b -y ${MAIN}\n`,
    },
  ],
];

describe("the prefix that PHP-FPM was started with", () => {
  test.each(cases)("%s: %s", (_, prefix, parts) => {
    const fs = memoryFilesystem({ ...files, ...parts });
    const read = readAsStarted(fs, MAIN, { whole: true });
    expect(read.prefix).toBe(prefix);
    const [include] = read.includes;
    if (include === undefined) return;
    expect(include.result.kind).toBe({ "/usr": "missing", "/srv/app": "files" }[prefix ?? ""] ?? "unread");
    expect(read.pools).toHaveLength(prefix === "/srv/app" ? 1 : 0);
  });

  test("absolute paths need none", () => {
    const fs = memoryFilesystem({ ...files, [MAIN]: "[one]\nlisten = /run/one.sock\n", ...master });
    expect(readAsStarted(fs, MAIN, {}).prefix).toBe("/usr");
  });
});

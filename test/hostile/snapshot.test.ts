import { describe, expect, test } from "vitest";
import { rules } from "../../rules/index.js";
import { judgeSnapshot } from "../../src/cli/doctor/snapshot.js";
import type { HostFilesystem } from "../../src/host/filesystem.js";
import { readFacts } from "../../src/live/read-facts.js";
import { readSnapshot } from "../../src/live/snapshot.js";
import { childrenOf, type Titled } from "../../src/model/machine/processes.js";
import { validators } from "../../src/validators.js";
import { hostWith } from "../doctor/support/facts.js";

/** Snapshots that grow, and lines in them that no script writes. */

const SOCKET = "/run/php/shop.sock";
const HEAD = `fpmlint-snapshot 1
now 1800000000
file /proc/self/status
|Uid:	0	0	0	0
file /etc/nginx/nginx.conf
|events {}
|http { server { location / { fastcgi_pass unix:${SOCKET}; } } }
file /etc/php/8.2/fpm/php-fpm.conf
|[shop]
|user = www-data
|listen = ${SOCKET}
|pm = static
|pm.max_children = 2
`;

function processLines(pid: number, parent: number, title: string): string {
  return `line /proc/${pid}/status:Uid:\t0\t0\t0\t0\nline /proc/${pid}/status:PPid:\t${parent}\nline /proc/${pid}/status:VmRSS:\t2000 kB\nfile /proc/${pid}/cmdline\n|${title}\nfds /proc/${pid}/fd\nfd 5\tsocket:[${pid + 100_000}]\n`;
}

/** A machine with so many masters and workers of each daemon, connections, files and names. */
function snapshotOf(many: number): string {
  const each = (one: (number: number) => string): string =>
    Array.from({ length: many }, (_, at) => one(at)).join("");
  const row = (state: string) => (at: number) =>
    `|a${at}: 00000003 00000000 00000000 0001 ${state} ${state === "02" ? 0 : at + 101_000} ${SOCKET}\n`;
  return [
    HEAD,
    each((at) => processLines(1000 + at, 900, "php-fpm: pool shop")),
    each((at) => processLines(20_000 + at, 1, "php-fpm: master process (/etc/php/8.2/fpm/php-fpm.conf)")),
    each((at) => processLines(40_000 + at, 1, "nginx: master process nginx")),
    each((at) => processLines(60_000 + at, 40_000, "nginx: worker process")),
    processLines(900, 1, "php-fpm: master process (/etc/php/8.2/fpm/php-fpm.conf)"),
    `file /proc/net/unix\n|a: 00000002 00000000 00010000 0001 01 7 ${SOCKET}\n`,
    each(row("03")),
    each(row("02")),
    "later /proc/net/unix\n",
    each(row("03")),
    each(
      (at) =>
        `stat 81a4 0 0 1700000000\t/etc/nginx/conf.d/${at}.conf\nlink /etc/nginx/l${at}\t/etc/nginx/x${at}\n`,
    ),
    each((at) => `output ${at}\n|x\nname n${at} 192.0.2.1\n`),
    "end\n",
  ].join("");
}

/** What is asked of the machine's files while the facts are read, and how much of them is read. */
function workOf(text: string): { readonly asked: number; readonly characters: number } {
  const { machine } = readSnapshot(text);
  const work = { asked: 0, characters: 0 };
  const counted = (fs: HostFilesystem): HostFilesystem => ({
    ...fs,
    entry(path) {
      work.asked += 1;
      const entry = fs.entry(path);
      if (entry.kind !== "file") return entry;
      const read: typeof entry.read = () => {
        const answer = entry.read();
        work.characters += "text" in answer ? answer.text.length : 0;
        return answer;
      };
      return { ...entry, read };
    },
  });
  const watched = { ...machine, fs: counted(machine.fs), view: () => null };
  const told = { built: null, units: [], kernelLines: null, programs: [], queues: new Map() };
  readFacts(hostWith(), "/etc/nginx/nginx.conf", watched, told);
  return work;
}

describe("a snapshot that grows", () => {
  test("costs as much more as there is more of it", () => {
    const [small, large] = [workOf(snapshotOf(50)), workOf(snapshotOf(400))];
    expect(small.asked).toBeGreaterThan(50);
    expect(large.asked / small.asked).toBeLessThan(9);
    expect(large.characters / small.characters).toBeLessThan(9);
  });

  test("each process is compared with its own parent, and not with all", () => {
    let looked = 0;
    const titled = Array.from(
      { length: 1000 },
      (_, at): Titled => ({
        pid: String(at),
        title: "php-fpm: pool shop",
        status: "",
        get parent() {
          looked += 1;
          return String(at >> 1);
        },
      }),
    );
    const { machine } = readSnapshot(HEAD);
    for (const one of titled) childrenOf(machine.fs, one, titled);
    expect(looked).toBeLessThanOrEqual(titled.length * 2);
  });
});

describe("a snapshot with anything in it", () => {
  const judged = (text: string) => judgeSnapshot(text, { rules, validators }).examined;

  test.each([
    ["a path as long as a book", `file ${"/a".repeat(500_000)}\n|x\n`],
    [
      "a link with a path that long",
      `link ${"/a".repeat(500_000)}\t/b\nstat 81a4 0 0 1\t${"/a".repeat(500_000)}\n`,
    ],
    ["a line of a megabyte", `${"x".repeat(1_000_000)}\n`],
    ["a body of a megabyte", `output ss -xlH\n|${"u_str LISTEN ".repeat(80_000)}\n`],
    ["a status of a megabyte", `line /proc/77/status:${"Uid:\t".repeat(200_000)}\n`],
    ["a link to itself", "link /etc/nginx/x\t/etc/nginx/x\nlink /run\t/run\n"],
    ["names of Object.prototype", "link /__proto__\t/constructor\nname __proto__ x\noutput __proto__\n|x\n"],
    ["a file where a directory is", "file /etc\n|x\nfile /proc\n|x\n"],
  ])("%s changes nothing else", (_, lines) => {
    const ids = judged(`${HEAD}${lines}end\n`).checked.map(({ check, answers }) => [
      check.id,
      answers.filter((one) => one.kind === "unknown" && one.why.includes("an error in fpmlint")),
    ]);
    expect(ids.filter(([, wrong]) => wrong?.length !== 0)).toEqual([]);
  });
});

import { spawnSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Doing, doingOf, type Seen, workersAtWork, workersIn } from "../../src/capacity/at-work.js";
import { readSamples } from "../../src/capacity/samples.js";
import { percentile } from "../../src/source/percentile.js";

const KIB = 1024;

const lines = (...all: readonly string[]): string => `${all.join("\n")}\n`;
const kib = (text: string): readonly number[] => readSamples(text).bytes.map((bytes) => bytes / KIB);

/** The sizes by pool. */
const sizes = (text: string): ReadonlyMap<string, readonly number[]> =>
  new Map([...readSamples(text).pools].map(([pool, all]) => [pool, all.map(({ bytes }) => bytes)]));

const AUX_HEADER = "USER         PID %CPU %MEM    VSZ   RSS TTY      STAT START   TIME COMMAND";
const AUX = [
  "root       26753  2.8  0.0 201600 20892 ?        Ss   07:26   0:00 php-fpm: master process (/etc/php/8.2/fpm/php-fpm.conf)",
  "www-data   26755  0.0  0.0 201920  8432 ?        S    07:26   0:00 php-fpm: pool www",
  "www-data   26756 12.5  1.0 201920 60416 ?        S    Nov20 1-02:03:04 php-fpm: pool shop",
  "www-data   26757  0.0  0.0 201920  9000 ?        S    07:26   0:00 php-fpm: pool www",
  "www-data     900  0.0  0.0  11200  5000 ?        S    07:26   0:00 nginx: worker process",
  "root       26772  0.0  0.0   3892  2188 pts/0    S+   07:26   0:00 grep --color=auto php-fpm: pool www",
  "root           2  0.0  0.0      0     0 ?        S    07:26   0:00 [kthreadd]",
  "www-data   26758  0.0  0.0      0     0 ?        Z    07:26   0:00 [php-fpm8.2] <defunct>",
];

describe("numbers alone", () => {
  test("ps -o rss=: KiB, blanks in front", () => expect(kib(" 60416\n  8432\n")).toEqual([60416, 8432]));
  test("with its header", () => expect(kib("  RSS\n60416\n 8432\n")).toEqual([60416, 8432]));
  test("CRLF, blank lines, comments, a byte order mark, no line end at the end", () => {
    expect(readSamples("\uFEFF60416\r\n\r\n# of Monday\r\n  # 77\r\n8432")).toMatchObject({
      bytes: [60416 * KIB, 8432 * KIB],
      pools: new Map(),
      others: 0,
      unread: [],
    });
  });
  test("nothing in nothing", () => expect(readSamples("").bytes).toEqual([]));

  test.each([
    ["many", "not a number"],
    ["-5", "negative"],
    ["0", "0 is not"],
    ["12,5", "not a whole number"],
    ["12.5", "not a whole number"],
    ["60M", "has a unit"],
    ["60 MB", "has a unit"],
    ["1073741825", "more than 1 TiB"],
    ["9".repeat(400), "more than 1 TiB"],
    ["1 2", "ps -o rss="],
    ["1e3", "not a number"],
  ])("%s is named", (text, why) => {
    const { bytes, others, unread } = readSamples(lines("60416", `  ${text} `, "8432"));
    expect(bytes).toEqual([60416 * KIB, 8432 * KIB]);
    expect(others).toBe(0);
    expect(unread).toEqual([{ line: 2, text, why: expect.stringContaining(why) }]);
  });

  test("1 TiB is one", () => expect(kib("1073741824\n")).toEqual([1024 ** 3]));
});

describe("lines of ps aux", () => {
  const expected = {
    bytes: [8432 * KIB, 60416 * KIB, 9000 * KIB],
    pools: new Map([
      [
        "www",
        [
          { bytes: 8432 * KIB, pid: "26755", doing: null, look: 0 },
          { bytes: 9000 * KIB, pid: "26757", doing: null, look: 0 },
        ],
      ],
      ["shop", [{ bytes: 60416 * KIB, pid: "26756", doing: null, look: 0 }]],
    ]),
    others: 5,
    unread: [],
  };
  test("with header", () => expect(readSamples(lines(AUX_HEADER, ...AUX))).toMatchObject(expected));
  test("without", () => expect(readSamples(lines(...AUX))).toMatchObject(expected));
  test("several listings behind each other", () => {
    expect(readSamples(lines(AUX_HEADER, ...AUX, AUX_HEADER, ...AUX)).others).toBe(10);
  });
  test("shares of a locale with commas", () => {
    const line = "www-data 26755 0,0 0,1 201920 8432 ? S 07:26 0:00 php-fpm: pool www";
    expect(kib(lines(line))).toEqual([8432]);
  });
  test("as a tree", () => {
    const tree =
      "www-data 26755  0.0  0.0 201920  8432 ?   S    07:26   0:00              |   \\_ php-fpm: pool www";
    expect(kib(lines(tree))).toEqual([8432]);
    expect(kib(lines(AUX_HEADER, tree))).toEqual([8432]);
  });
  test("a size that is none is named, and only where a worker has it", () => {
    const line = "www-data 26755 0.0 0.0 201920 0 ? S 07:26 0:00 php-fpm: pool www";
    expect(readSamples(lines(line)).unread).toEqual([
      { line: 1, text: line, why: expect.stringContaining("0 is not") },
    ]);
  });
});

describe("what a worker does", () => {
  test.each<[string, string, Doing]>([
    ["R", "-", "runs"],
    ["R+", "-", "runs"],
    ["Rl", "-", "runs"],
    ["D", "-", "runs"],
    ["S", "skb_wait_for_more_packets", "rest"],
    ["S", "__skb_wait_for_more_packets", "rest"],
    ["S", "skb_wa", "rest"],
    ["Ss", "inet_csk_accept", "rest"],
    ["S", "inet_c", "rest"],
    ["S", "hrtimer_nanosleep", "waits"],
    ["S", "hrtime", "waits"],
    ["S", "poll_schedule_timeout.constprop.0", "waits"],
    ["S", "anon_pipe_read", "waits"],
    ["S", "locks_lock_inode_wait", "waits"],
    ["S", "locks_", "waits"],
    // A worker reads from a database, or waits for the next request on a connection that stays open.
    ["S", "unix_stream_read_generic", null],
    ["S", "sk_wait_data", null],
    ["S", "-", null],
    ["S", "0", null],
    ["S", "", null],
    ["T", "hrtimer_nanosleep", null],
    ["Z", "-", null],
    ["I", "-", null],
    ["", "-", null],
  ])("%s in %s", (state, waits, doing) => {
    expect(doingOf(state, waits)).toBe(doing);
  });

  test("without one of the columns", () => {
    expect(doingOf("R", null)).toBe("runs");
    expect(doingOf("S", null)).toBeNull();
    expect(doingOf(null, "hrtimer_nanosleep")).toBe("waits");
    expect(doingOf(null, "inet_csk_accept")).toBe("rest");
    expect(doingOf(null, null)).toBeNull();
  });

  const table = [
    "    PID   RSS STAT WCHAN                          COMMAND",
    "      7 21000 Ss   ep_poll                        php-fpm: master process (/a.conf)",
    "      8 60416 S    poll_schedule_timeout.constprop. php-fpm: pool www",
    "      9  8432 S    skb_wait_for_more_packets      php-fpm: pool www",
  ];
  test("is read by the header", () => {
    expect(readSamples(lines(...table)).pools.get("www")).toEqual([
      { bytes: 60416 * KIB, own: null, pid: "8", doing: "waits", look: 0 },
      { bytes: 8432 * KIB, own: null, pid: "9", doing: "rest", look: 0 },
    ]);
  });
  test("one that is listed twice is one worker", () => {
    const pools = readSamples(lines(...table, ...table)).pools.get("www") ?? [];
    expect([pools.length, workersIn(pools)]).toEqual([4, 2]);
  });
  const looksOf = (...all: readonly string[]): readonly number[] =>
    (readSamples(lines(...all)).pools.get("www") ?? []).map(({ look }) => look);
  test("listings are told apart by their headers, and by processes that come again", () => {
    expect(looksOf(...table, ...table)).toEqual([0, 0, 1, 1]);
    const [, ...rows] = AUX.slice(0, 2);
    expect(looksOf(...rows, ...rows, ...rows)).toEqual([0, 1, 2]);
    expect(looksOf("RSS CMD", "8432 php-fpm: pool www", "RSS CMD", "9 php-fpm: pool www")).toEqual([0, 1]);
  });
  test("without numbers of processes each line is a worker", () => {
    const pools = readSamples(lines("RSS CMD", "8432 php-fpm: pool www", "8432 php-fpm: pool www")).pools;
    expect(workersIn(pools.get("www") ?? [])).toBe(2);
  });
});

describe("how many were at work", () => {
  const seen = (doing: Doing, count: number, look = 0): readonly Seen[] =>
    Array.from({ length: count }, (_, index) => ({ pid: `${doing} ${index}`, doing, look }));
  test.each<[string, readonly Seen[], number]>([
    ["nobody", [], 0],
    ["those that wait", seen("waits", 4), 4],
    ["those that run, at the end of requests maybe", seen("runs", 8), 0],
    ["those that run among as many that wait", [...seen("runs", 4), ...seen("waits", 4)], 8],
    ["those that run among fewer that wait", [...seen("runs", 5), ...seen("waits", 4)], 4],
    ["those that run in two looks", [...seen("runs", 5), ...seen("runs", 5, 1)], 0],
    ["those that run in three looks", [0, 1, 2].flatMap((look) => seen("runs", 5, look)), 5],
    ["those that rest, or may", [...seen("rest", 9), ...seen(null, 9)], 0],
  ])("%s", (_name, workers, count) => expect(workersAtWork(workers)).toBe(count));
});

describe("what a worker does not share", () => {
  const own = (...all: readonly string[]): readonly (string | null)[] =>
    (readSamples(lines(...all)).pools.get("www") ?? []).map((one) =>
      one.own === null ? null : `${one.own.column} ${one.own.bytes / KIB}`,
    );
  const header = "    PID   RSS   USS STAT WCHAN                          COMMAND";
  const row = (uss: string): string =>
    `  26416 17748 ${uss} S    hrtimer_nanosleep              php-fpm: pool www`;

  test("is a column of its own", () => {
    expect(own(header, row("4836"))).toEqual(["USS 4836"]);
    expect(kib(lines(header, row("4836")))).toEqual([17748]);
  });
  test.each(["0", "-", "4836M", "-5", "x"])("%s is not known", (uss) => {
    expect(own(header, row(uss))).toEqual([null]);
  });
  test("PSS is more than that, and as good as nothing better", () => {
    expect(own("PID PSS RSS CMD", "9 5662 17748 php-fpm: pool www")).toEqual(["PSS 5662"]);
    expect(own("CMD PSS USS RSS", "php-fpm: pool www 5662 4836 17748")).toEqual(["USS 4836"]);
    expect(own("USS PID RSS PSS CMD", "0 9 17748 5662 php-fpm: pool www")).toEqual(["PSS 5662"]);
  });
  test("RSS is asked for in any case", () => {
    expect(readSamples(lines("PID USS CMD", "9 4836 php-fpm: pool www")).unread).toMatchObject([
      { line: 2, why: "the header above it names no RSS column" },
    ]);
  });
});

describe("tables by their header", () => {
  test.each([
    [
      "pid,rss,cmd",
      ["  PID   RSS CMD", "26753 20892 php-fpm: master process (/a.conf)", "9 8432 php-fpm: pool www"],
    ],
    ["rss,cmd", ["  RSS CMD", " 8432 php-fpm: pool www", " 20892 nginx: master process"]],
    ["cmd,rss", ["CMD    RSS", "php-fpm: pool www   8432", "nginx: worker process 77"]],
    [
      "pid,rss,lstart,cmd",
      [
        "PID RSS STARTED CMD",
        "9 8432 Sat Nov 21 07:26:21 2026 php-fpm: pool www",
        "9 8 Sat Nov 21 07:26:21 2026 grep fpm",
      ],
    ],
    [
      "lstart,cmd,rss",
      [
        "STARTED CMD RSS",
        "Sat Nov 21 07:26:21 2026 php-fpm: pool www 8432",
        "Sun Nov  1 07:26:21 2026 grep fpm 8",
      ],
    ],
    ["comm,rss,args", ["COMMAND RSS COMMAND", "php-fpm8.2 8432 php-fpm: pool www", "nginx 8 nginx: worker"]],
    [
      "pid,rss,start,cmd",
      ["PID RSS STARTED CMD", "9 8432 07:26:21 php-fpm: pool www", "9 8 07:26:21 grep fpm"],
    ],
    [
      "busybox",
      [
        "PID   RSS  COMMAND",
        "    9 8432 {php-fpm} php-fpm: pool www",
        "    1 20 {php-fpm} php-fpm: master process (/a.conf)",
      ],
    ],
    ["a tail without header", ["8432 php-fpm: pool www", "77 grep php-fpm"]],
  ])("%s", (_, table) => {
    expect(readSamples(lines(...table))).toMatchObject({ bytes: [8432 * KIB], others: 1, unread: [] });
    expect(sizes(lines(...table))).toEqual(new Map([["www", [8432 * KIB]]]));
  });

  test("ps -yl -C php-fpm8.2: the bare name does not tell a worker from the master, so it counts", () => {
    const text = lines(
      "S   UID   PID  PPID  C PRI  NI   RSS    SZ WCHAN  TTY          TIME CMD",
      "S    33 26755 26753  0  80   0  8432 50480 skb_wa ?        00:00:00 php-fpm8.2",
      "S    33 26756 26753  0  80   0  8436 50480 skb_wa ?        00:00:00 php-fpm8.2",
      "S     0     1     0  0  80   0  9999 50480 -      ?        00:00:00 systemd",
    );
    expect(readSamples(text)).toMatchObject({ bytes: [8432 * KIB, 8436 * KIB], others: 1, unread: [] });
  });

  test("ps -ef has no sizes, with header and without", () => {
    const line = "www-data 26755 26753  0 07:26 ?        00:00:00 php-fpm: pool www";
    const header = "UID          PID    PPID  C STIME TTY          TIME CMD";
    expect(readSamples(lines(header, line))).toMatchObject({
      bytes: [],
      unread: [{ line: 2, why: "the header above it names no RSS column" }],
    });
    expect(readSamples(lines(line))).toMatchObject({ bytes: [], others: 0, unread: [{ line: 1 }] });
  });

  test("lines that do not fit their header", () => {
    const text = lines("PID RSS CMD", "26755 8432", "RSS", "8432 9000", "8432");
    expect(readSamples(text)).toMatchObject({ bytes: [8432 * KIB], unread: [{ line: 2 }, { line: 4 }] });
    // A lone number is a size, whatever stood above.
    expect(kib(lines("PID RSS CMD", "8432"))).toEqual([8432]);
  });
});

const ps = (...args: readonly string[]): string => spawnSync("ps", args, { encoding: "utf8" }).stdout ?? "";

describe.skipIf(spawnSync("ps", ["-o", "rss="]).status !== 0)("the ps of this machine", () => {
  test("its tables are read whole, with header and without", () => {
    const aux = ps("aux");
    for (const text of [aux, aux.slice(aux.indexOf("\n") + 1), ps("-eo", "pid,rss,args")]) {
      const { bytes, others, unread } = readSamples(text);
      expect(unread).toEqual([]);
      expect(others).toBeGreaterThan(0);
      expect(bytes.length + others).toBeGreaterThanOrEqual(text.trim().split("\n").length - 1);
    }
  });
  test("one process", () => {
    const pid = String(process.pid);
    expect(readSamples(ps("-o", "rss=", "-p", pid))).toMatchObject({
      bytes: [expect.any(Number)],
      unread: [],
    });
    expect(readSamples(ps("-o", "rss", "-p", pid)).bytes[0]).toBeGreaterThan(1024 * KIB);
    expect(readSamples(ps("-o", "pid,rss,args", "-p", pid))).toMatchObject({ bytes: [], others: 1 });
    expect(readSamples(ps("-o", "rss=,args=", "-p", pid))).toMatchObject({ bytes: [], others: 1 });
  });
});

describe("any text", () => {
  const word = fc.oneof(
    fc.constantFrom(
      "RSS",
      "USS",
      "PSS",
      "PID",
      "CMD",
      "STARTED",
      "php-fpm:",
      "pool",
      "www",
      "master",
      "0",
      "-1",
      "12,5",
      "#",
      "\t",
    ),
    fc.nat().map(String),
    fc.string({ unit: "binary" }),
  );
  const line = fc.oneof(
    fc.array(word, { maxLength: 14 }).map((words) => words.join(" ")),
    fc.constantFrom(AUX_HEADER, ...AUX),
  );
  test("never throws, and every line is accounted for once", () => {
    fc.assert(
      fc.property(fc.array(line), (all) => {
        const text = all.join("\n");
        const { bytes, pools, others, unread } = readSamples(text);
        const said = text
          .replace(/^\uFEFF/, "")
          .split(/\r\n|\n|\r/)
          .map((one) => one.trim())
          .filter((one) => one !== "" && !one.startsWith("#"));
        const headers = said.filter((one) => one.split(/\s+/).every((name) => /^%?[A-Z][A-Z_]*$/.test(name)));
        const counted = bytes.length + others + unread.length;
        expect(counted).toBeLessThanOrEqual(said.length);
        expect(counted).toBeGreaterThanOrEqual(said.length - headers.length);
        expect(bytes.every((size) => Number.isSafeInteger(size) && size >= KIB && size <= 1024 ** 4)).toBe(
          true,
        );
        expect([...pools.values()].flat().length).toBeLessThanOrEqual(bytes.length);
        expect(unread.every(({ why }) => why !== "")).toBe(true);
      }),
    );
  });
});

describe("percentile", () => {
  test("nearest rank", () => {
    const hundred = Array.from({ length: 100 }, (_, index) => 100 - index);
    expect(percentile(hundred, 0.95)).toBe(95);
    expect(percentile(hundred, 0.07)).toBe(7);
    expect([0, 0.001, 0.5, 0.951, 1].map((share) => percentile(hundred, share))).toEqual([1, 1, 50, 96, 100]);
    expect(percentile([7], 0.95)).toBe(7);
    expect(percentile([], 0.95)).toBeNull();
  });

  test("is one of the values, and as many as its share are not above it", () => {
    fc.assert(
      fc.property(
        fc.array(fc.nat(), { minLength: 1 }),
        fc.integer({ min: 1, max: 100 }),
        (values, percent) => {
          const found = percentile(values, percent / 100) ?? -1;
          const notAbove = values.filter((value) => value <= found).length;
          const below = values.filter((value) => value < found).length;
          expect(values).toContain(found);
          expect(notAbove * 100).toBeGreaterThanOrEqual(percent * values.length);
          expect(below * 100).toBeLessThan(percent * values.length);
        },
      ),
    );
  });
});

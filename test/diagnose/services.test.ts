import { describe, expect, test } from "vitest";
import { readJournal } from "../../src/cli/diagnose/journal.js";
import { LogReader } from "../../src/cli/diagnose/read.js";
import type { Cause } from "../../src/diagnose/cause.js";
import { Collector } from "../../src/diagnose/collect.js";
import { diagnose } from "../../src/diagnose/diagnose.js";
import { toWall } from "../../src/logs/time.js";

const NOW = Date.UTC(2026, 10, 30, 12);
const WANTED = { since: null, until: null, statuses: null, server: null, pool: null };

/** What the lines say, each a log of its own. */
function collected(...lines: readonly string[]): Collector {
  const collector = new Collector(WANTED, NOW);
  for (const line of lines) {
    const log = { display: "a.log", kind: null, format: null, pool: null };
    new LogReader(log, collector, WANTED).block(Buffer.from(`${line}\n`));
  }
  return collector;
}

function cause(...lines: readonly string[]): Cause | undefined {
  return diagnose(collected(...lines), [], null).causes[0];
}

/** A failure of nginx at a second of that minute. */
function failed(second: number, message: string, level = "error"): string {
  const clock = String(second).padStart(2, "0");
  return `2026/11/30 01:09:${clock} [${level}] 7#7: *1 ${message}, client: 192.0.2.1, server: a, request: "GET /a.php HTTP/1.1", upstream: "fastcgi://unix:/run/a.sock:", host: "a"`;
}

const RESET = failed(
  50,
  "recv() failed (104: Connection reset by peer) while reading response header from upstream",
);
const REFUSED = failed(
  50,
  "connect() to unix:/run/a.sock failed (111: Connection refused) while connecting to upstream",
);
const DENIED = failed(
  50,
  "connect() to unix:/run/a.sock failed (13: Permission denied) while connecting to upstream",
  "crit",
);

describe("a connection that was cut, and only the system's log says why", () => {
  test.each([
    [
      "worker-crash",
      "Nov 30 01:09:50 web kernel: php-fpm8.2[7]: segfault at 0 ip 1 sp 2 error 4 in php-fpm8.2",
    ],
    ["worker-crash", "Nov 30 01:09:50 web systemd-coredump[7]: Process 17 (php-fpm) of user 48 dumped core."],
    [
      "worker-crash",
      'Nov 30 01:09:50 web kernel: audit: type=1701 audit(1.2:3): uid=48 comm="php-fpm" exe="/usr/sbin/php-fpm" sig=11 res=1',
    ],
    [
      "system-call-filter",
      'Nov 30 01:09:50 web kernel: audit: type=1326 audit(1.2:3): uid=48 comm="php-fpm" exe="/usr/sbin/php-fpm" sig=31 arch=c000003e syscall=59 compat=0 ip=0x7 code=0x0',
    ],
    [
      "oom-kill",
      "Nov 30 01:09:50 web kernel: Out of memory: Killed process 9 (php-fpm8.2) total-vm:9kB, anon-rss:9kB",
    ],
    [
      "oom-kill",
      "Nov 30 01:09:50 web systemd[1]: php8.2-fpm.service: A process of this unit has been killed by the OOM killer.",
    ],
    [
      "fpm-down",
      "Nov 30 01:09:50 web systemd[1]: php8.2-fpm.service: Main process exited, code=killed, status=9/KILL",
    ],
    ["fpm-down", "2026-11-30 01:09:50,717 WARN exited: php-fpm (terminated by SIGKILL; not expected)"],
    [
      "restarted",
      "Nov 30 01:09:50 web systemd[1]: Stopping php8.2-fpm.service - The PHP 8.2 FastCGI Process Manager...",
    ],
  ])("%s: %s", (id, line) => {
    expect(cause(RESET, line)).toMatchObject({ id, kind: "event", requests: 1 });
  });

  test.each([
    "Nov 30 01:09:50 web kernel: mysqld[7]: segfault at 0 ip 1 sp 2 error 4 in mysqld",
    "Nov 30 01:09:50 web kernel: Out of memory: Killed process 9 (mysqld) total-vm:9kB, anon-rss:9kB",
    "Nov 30 01:09:50 web systemd[1]: mysql.service: A process of this unit has been killed by the OOM killer.",
    "2026-11-30 01:09:50,717 WARN exited: php-queue (terminated by SIGKILL; not expected)",
  ])("another program's: %s", (line) => {
    expect(cause(RESET, line)).toMatchObject({ id: "cannot-tell" });
  });
});

describe("nobody listens, and only who starts PHP-FPM says why", () => {
  test("it gave up", () => {
    const found = cause(
      "2026-11-30 01:09:05,764 WARN exited: php-fpm (exit status 78; not expected)",
      "2026-11-30 01:09:08,815 INFO gave up: php-fpm entered FATAL state, too many start retries too quickly",
      REFUSED,
    );
    expect(found).toMatchObject({ id: "fpm-down", kind: "event", certain: true });
    expect(found?.evidence).toEqual([
      "PHP-FPM refused to start at 2026-11-30 01:09:08: gave up: php-fpm entered FATAL state, too many start retries too quickly",
    ]);
  });

  test("PHP-FPM's own reason comes before that of who starts it", () => {
    expect(
      cause(
        "[30-Nov-2026 01:09:05] ERROR: [/etc/php-fpm.d/www.conf:3] unknown entry 'pm.max'",
        "2026-11-30 01:09:08,815 INFO gave up: php-fpm entered FATAL state, too many start retries too quickly",
        REFUSED,
      )?.evidence,
    ).toEqual([
      "PHP-FPM refused to start at 2026-11-30 01:09:05: [/etc/php-fpm.d/www.conf:3] unknown entry 'pm.max'",
    ]);
  });

  test("it was killed, and started again", () => {
    const found = cause(
      "Nov 30 01:09:49 web systemd[1]: php8.2-fpm.service: Main process exited, code=killed, status=9/KILL",
      REFUSED,
      "Nov 30 01:09:55 web systemd[1]: Started php8.2-fpm.service - The PHP 8.2 FastCGI Process Manager.",
    );
    expect(found).toMatchObject({ id: "fpm-down", kind: "event" });
    expect(found?.evidence).toEqual([
      "PHP-FPM ended at 2026-11-30 01:09:49 (systemd: php8.2-fpm.service: Main process exited, code=killed, status=9/KILL) and was back at 2026-11-30 01:09:55",
    ]);
  });

  test("what was stopped on purpose and was back at once is a restart", () => {
    expect(
      cause(
        "Nov 30 01:09:49 web systemd[1]: Stopping php8.2-fpm.service - The PHP 8.2 FastCGI Process Manager...",
        REFUSED,
        "Nov 30 01:09:52 web systemd[1]: Started php8.2-fpm.service - The PHP 8.2 FastCGI Process Manager.",
      ),
    ).toMatchObject({ id: "restarted" });
  });

  test("what ended and was back before the first failure is none", () => {
    expect(
      cause(
        "2026-11-30 01:09:05,764 WARN exited: php-fpm (terminated by SIGKILL; not expected)",
        "2026-11-30 01:09:07,764 INFO success: php-fpm entered RUNNING state, process has stayed up for > than 1 seconds (startsecs)",
        REFUSED,
      ),
    ).toMatchObject({ id: "fpm-down", kind: "outside" });
  });

  test("another service that failed is no cause", () => {
    const found = cause(
      "Nov 30 01:09:49 web systemd[1]: mysql.service: Start request repeated too quickly.",
      REFUSED,
    );
    expect(found).toMatchObject({
      id: "fpm-down",
      kind: "outside",
      evidence: expect.not.arrayContaining([expect.stringContaining("mysql")]),
    });
  });
});

describe("SELinux and AppArmor", () => {
  const avc = (program: string, id = 456): string =>
    `avc:  denied  { connectto } for  pid=12 comm="${program}" path="/run/a.sock" tclass=unix_stream_socket permissive=0 audit(1.2:${id})`;

  test("one refusal that several logs have counts once", () => {
    const at = (toWall(0) - Date.UTC(2026, 10, 30, 1, 9, 50)) / -1000;
    const text =
      'avc:  denied  { connectto } for  pid=12 comm="nginx" path="/run/a.sock" tclass=unix_stream_socket permissive=0';
    const found = cause(
      DENIED,
      `type=AVC msg=audit(${at}.123:456): ${text}`,
      `type=SYSCALL msg=audit(${at}.123:456): arch=c000003e syscall=42 success=no exit=-13 comm="nginx" exe="/usr/sbin/nginx"`,
      `Nov 30 01:09:50 web kernel: audit: type=1400 audit(${at}.123:456): ${text}`,
      "Nov 30 01:09:51 web setroubleshoot[9]: SELinux is preventing /usr/sbin/nginx from connectto access on the unix_stream_socket /run/a.sock. For complete SELinux messages run: sealert -l 1",
    );
    expect(found).toMatchObject({
      id: "mandatory-access",
      kind: "event",
      evidence: ["the kernel's log has such a refusal"],
    });
  });

  test("in a container the program tells whom AppArmor refused, not the profile", () => {
    const line = (program: string): string =>
      `Nov 30 01:09:50 web kernel: audit: type=1400 audit(1.2:3): apparmor="DENIED" operation="connect" profile="docker-default" name="/run/a.sock" pid=12 comm="${program}"`;
    expect(cause(DENIED, line("nginx"))).toMatchObject({ kind: "event", id: "mandatory-access" });
    expect(cause(DENIED, line("mysqld"))).toMatchObject({ kind: "outside" });
  });

  test("the journal is asked for what went to the audit daemon", () => {
    const collector = collected(DENIED);
    readJournal(collector, null, (words) => ({
      bytes: Buffer.from(
        words.includes("_AUDIT_TYPE_NAME=AVC")
          ? `2026-11-30T01:09:50+0000 web audit[12]: AVC ${avc("nginx")}\n`
          : "",
      ),
    }));
    expect(diagnose(collector, [], null).causes[0]).toMatchObject({ kind: "event", id: "mandatory-access" });
  });
});

test("lines of supervisord between those of an access log are read", () => {
  const collector = new Collector(WANTED, NOW);
  const reader = new LogReader({ display: "a.log", kind: null, format: null, pool: null }, collector, WANTED);
  reader.block(
    Buffer.from(
      '192.0.2.1 - - [30/Nov/2026:01:09:48 +0000] "GET /a HTTP/1.1" 200 157 "-" "curl"\n2026-11-30 01:09:05,764 WARN exited: php-fpm (exit status 78; not expected)\n192.0.2.1 - - [30/Nov/2026:01:09:50 +0000] "GET /a HTTP/1.1" 502 157 "-" "curl"\n',
    ),
  );
  reader.end();
  expect(collector.access.lines).toBe(2);
  expect(collector.events.of(["supervised-died"])).toHaveLength(1);
});

describe("journalctl -o json", () => {
  const entry = (fields: object): string =>
    JSON.stringify({
      __CURSOR: "s=1",
      __REALTIME_TIMESTAMP: String((Date.UTC(2026, 10, 30, 1, 9, 50) - toWall(0)) * 1000),
      _HOSTNAME: "web",
      ...fields,
    });

  test("is read as what it prints otherwise", () => {
    const killed = "Out of memory: Killed process 9 (php-fpm8.2) total-vm:9kB, anon-rss:9kB";
    for (const message of [killed, [...Buffer.from(killed)]])
      expect(cause(RESET, entry({ SYSLOG_IDENTIFIER: "kernel", MESSAGE: message }))).toMatchObject({
        id: "oom-kill",
        kind: "event",
      });
    expect(
      cause(
        entry({ SYSLOG_IDENTIFIER: "nginx", MESSAGE: REFUSED }),
        entry({ _COMM: "systemd", MESSAGE: "x.service: Started" }),
      ),
    ).toMatchObject({ id: "fpm-down", requests: 1 });
  });

  test("what is no such line stays as it is", () => {
    for (const line of [
      '{"MESSAGE":1}',
      '{"MESSAGE":"a","__REALTIME_TIMESTAMP":"x"}',
      '{"__REALTIME_TIMESTAMP":"1","MESSAGE":',
    ])
      expect(cause(line)).toBeUndefined();
  });
});

import { describe, expect, test } from "vitest";
import { recognise } from "../../src/causes/recognise.js";
import { toWall } from "../../src/logs/time.js";

const NOW = Date.UTC(2026, 10, 30, 12);
const found = (text: string) => recognise(text, NOW);
const idOf = (text: string): string | undefined => found(text)?.match.signature.id;

const AT = "audit(1790000000.123:456)";
const AVC = 'avc:  denied  { name_connect } for  pid=12 comm="nginx" dest=9000 scontext=a tclass=tcp_socket';
const KILLED =
  'auid=4294967295 uid=33 gid=33 ses=4294967295 subj=unconfined pid=12 comm="php-fpm8.2" exe="/usr/sbin/php-fpm8.2" sig=31 arch=c000003e syscall=59 compat=0 ip=0x7f5a code=0x80000000';
const CRASHED =
  'auid=4294967295 uid=48 gid=48 ses=4294967295 pid=12 comm="php-fpm8.2" exe="/usr/sbin/php-fpm8.2" sig=11 res=1';
const DENIED =
  'apparmor="DENIED" operation="connect" profile="docker-default" name="/run/a.sock" pid=12 comm="nginx" requested_mask="wr"';

describe("what the kernel hands to the audit daemon", () => {
  test.each([
    ["selinux", "nginx", "AVC", 1400, `${AVC} permissive=0`],
    ["selinux-permissive", "nginx", "AVC", 1400, `${AVC} permissive=1`],
    ["apparmor", "nginx", "AVC", 1400, DENIED],
    ["seccomp", "php-fpm8.2", "SECCOMP", 1326, KILLED],
    ["abend", "php-fpm8.2", "ANOM_ABEND", 1701, CRASHED],
  ])(
    "%s of %s is one line in audit.log, in the kernel's log and in the journal",
    (id, program, name, number, text) => {
      const plain = text.replaceAll('"', "").replace(/=$/, "");
      for (const line of [
        `type=${name} msg=${AT}: ${text}`,
        `node=web1 type=${name} msg=${AT}: ${text}`,
        `type=${name} msg=audit(11/30/2026 09:26:40.123:456) : ${plain} `,
        `Nov 30 09:26:40 web1 kernel: audit: type=${number} ${AT}: ${text}`,
        `Nov 30 09:26:40 web1 kernel: [  65.123456] type=${number} ${AT}: ${text}`,
        `[   65.123456] audit: type=${number} ${AT}: ${text}`,
        `2026-11-30T09:26:40+0000 web1 audit[12]: ${name} ${text}`,
        `Nov 30 09:26:40 web1 audispd: node=web1 type=${name} msg=${AT}: ${text}`,
      ]) {
        expect(idOf(line), line).toBe(id);
        expect(found(line)?.match.parts.get("program"), line).toBe(program);
        expect(found(line)?.line?.by, line).toBe("kernel");
      }
    },
  );

  test("its time is that of this machine's clock, and of ausearch what it prints", () => {
    expect(found(`type=AVC msg=${AT}: ${AVC}`)?.line?.time).toBe(toWall(1_790_000_000_000));
    expect(found(`type=AVC msg=audit(11/30/26 09:26:40.123:456) : ${AVC}`)?.line?.time).toBe(
      Date.UTC(2026, 10, 30, 9, 26, 40),
    );
    expect(found(`type=AVC msg=audit(30.11.2026 09:26:40.123:456) : ${AVC}`)?.line?.time).toBeNull();
  });

  test("what comes with a refusal is none, and a refusal of a program that asks itself is one of that program", () => {
    expect(
      idOf(
        `type=SYSCALL msg=${AT}: arch=c000003e syscall=42 success=no exit=-13 comm="nginx" exe="/usr/sbin/nginx"`,
      ),
    ).toBeUndefined();
    expect(idOf(`type=PROCTITLE msg=${AT}: proctitle="nginx: worker process"`)).toBeUndefined();
    const user = `type=USER_AVC msg=${AT}: pid=1 uid=0 msg='avc:  denied  { reload } for auid=n/a uid=0 cmdline="systemctl reload php-fpm" tclass=service permissive=0  exe="/usr/lib/systemd/systemd" sauid=0'`;
    expect(found(user)?.match.parts.get("program")).toBe("/usr/lib/systemd/systemd");
  });

  test("setroubleshoot says the same in words", () => {
    const line =
      "Nov 30 09:26:40 web1 setroubleshoot[9]: SELinux is preventing /usr/sbin/nginx from name_connect access on the tcp_socket port 9000. For complete SELinux messages run: sealert -l 1";
    expect(idOf(line)).toBe("selinux");
    expect(found(line)?.match.parts.get("program")).toBe("/usr/sbin/nginx");
  });
});

describe("who starts the daemons", () => {
  test.each([
    ["supervised-died", "WARN exited: php-fpm (exit status 78; not expected)"],
    ["supervised-died", "INFO exited: php5-fpm (exit status 70; not expected)"],
    ["supervised-died", "WARN exited: php-fpm_00 (terminated by SIGKILL; not expected)"],
    ["supervised-died", "WARN exited: php (exit status 1; not expected)"],
    [
      "supervised-refused",
      "INFO gave up: php-fpm8.2 entered FATAL state, too many start retries too quickly",
    ],
    ["supervised-refused", "INFO spawnerr: can't find command '/usr/sbin/php-fpm7.0'"],
    [
      "supervised-started",
      "INFO success: php-fpm entered RUNNING state, process has stayed up for > than 1 seconds (startsecs)",
    ],
    ["supervised-stopped", "INFO stopped: php-fpm8 (exit status 0)"],
    ["supervised-nginx", "WARN exited: nginx (exit status 1; not expected)"],
    ["supervised-nginx", "INFO gave up: nginx entered FATAL state, too many start retries too quickly"],
  ])("supervisord, %s: %s", (id, said) => {
    const line = `2026-11-30 03:49:59,764 ${said}`;
    expect(idOf(line)).toBe(id);
    expect(found(line)?.line).toMatchObject({ by: "supervisord", time: Date.UTC(2026, 10, 30, 3, 49, 59) });
    expect(idOf(`front_1  | ${line}`)).toBe(id);
  });

  test.each([
    "WARN exited: php-queue (exit status 1; not expected)",
    "WARN exited: cron (exit status 1; not expected)",
    "INFO exited: php-fpm_00 (exit status 0; expected)",
    "INFO spawnerr: can't find command '/usr/bin/redis-server'",
    "INFO gave up: laravel-worker entered FATAL state, too many start retries too quickly",
    "INFO spawned: 'php-fpm' with pid 21",
  ])("supervisord, nothing: %s", (said) => {
    expect(idOf(`2026-11-30 03:49:59,764 ${said}`)).toBeUndefined();
  });

  test.each([
    ["unit-died", "php8.2-fpm.service: Main process exited, code=killed, status=9/KILL"],
    ["unit-died", "php-fpm@shop.service: Main process exited, code=dumped, status=11/SEGV"],
    ["unit-died", "php-fpm-82.service: Main process exited, code=exited, status=1/FAILURE"],
    ["unit-died", "php83-php-fpm.service: Failed with result 'signal'."],
    ["unit-died", "Unit php-fpm.service entered failed state."],
    ["unit-failed", "php8.2-fpm.service: Main process exited, code=exited, status=78/CONFIG"],
    ["unit-failed", "Failed to start The PHP FastCGI Process Manager."],
    ["unit-killed", "php8.2-fpm.service: Failed with result 'oom-kill'."],
    ["unit-killed", "php8.2-fpm.service: The kernel OOM killer killed some processes in this unit."],
    ["unit-limited", "php8.2-fpm.service: Start request repeated too quickly."],
    ["unit-limited", "start request repeated too quickly for php-fpm.service"],
    ["unit-timeout", "php8.2-fpm.service: start operation timed out. Terminating."],
    ["unit-timeout", "php8.2-fpm.service: State 'stop-sigterm' timed out. Killing."],
    ["unit-restarts", "php8.2-fpm.service: Scheduled restart job, restart counter is at 5."],
    ["unit-stopping", "Stopping php8.2-fpm.service - The PHP 8.2 FastCGI Process Manager..."],
    ["unit-started", "Started The PHP FastCGI Process Manager."],
    ["unit-nginx", "nginx.service: Start request repeated too quickly."],
    ["unit-nginx-died", "nginx.service: Main process exited, code=killed, status=9/KILL"],
  ])("systemd, %s: %s", (id, said) => {
    for (const head of [
      "Nov 30 01:09:50 web1 systemd[1]: ",
      "2026-11-30T01:09:50+0000 web1 systemd[1]: ",
      "Mon 2026-11-30 01:09:50 UTC web1 systemd[1]: ",
      "1790000000.123456 web1 systemd[1]: ",
      "[   65.123456] web1 systemd[1]: ",
    ]) {
      expect(idOf(head + said), head).toBe(id);
      expect(found(head + said)?.line?.by, head).toBe("systemd");
    }
  });

  test.each([
    "mysql.service: Start request repeated too quickly.",
    "mysql.service: Failed with result 'oom-kill'.",
    "mysql.service: A process of this unit has been killed by the OOM killer.",
    "redis.service: Main process exited, code=exited, status=78/CONFIG",
    "Failed to start php-fpm-exporter.service - Prometheus exporter.",
    "Stopping php-fpm-exporter.service - Prometheus exporter...",
    "Started Daily PHP session clean up.",
  ])("systemd of another service: %s", (said) => {
    expect(idOf(`Nov 30 01:09:50 web1 systemd[1]: ${said}`)).toBeUndefined();
  });

  test("who hands a crash to systemd, and who ends what takes too much memory", () => {
    expect(
      idOf("Nov 30 01:09:50 web1 systemd-coredump[7]: Process 17 (php-fpm) of user 48 dumped core."),
    ).toBe("core-dumped");
    expect(
      idOf(
        "Nov 30 01:09:50 web1 systemd-oomd[7]: Killed /system.slice/php8.2-fpm.service due to memory used",
      ),
    ).toBe("unit-killed");
  });
});

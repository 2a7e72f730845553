import { describe, expect, test } from "vitest";
import { recognise } from "../../src/causes/recognise.js";

/** What people paste: a line with what collected it around, a part of one, a message as somebody else shows it. */

const NOW = Date.UTC(2026, 10, 30, 12);

const idOf = (text: string): string | undefined => recognise(text, NOW)?.match.signature.id;

const TAIL =
  ', client: 192.0.2.1, server: a.test, request: "GET /i.php HTTP/1.1", upstream: "fastcgi://127.0.0.1:9000", host: "a.test"';
const MESSAGE = "upstream timed out (110: Operation timed out) while reading response header from upstream";
const LINE = `2026/11/30 01:09:50 [error] 7#7: *25 ${MESSAGE}${TAIL}`;
const FULL =
  "[30-Nov-2026 01:20:54] WARNING: [pool w] server reached pm.max_children setting (60), consider raising it";

describe("lines with something around them", () => {
  test.each([
    ["Compose", "web-1  | "],
    ["a runtime of Kubernetes", "2026-11-30T01:09:50.123456789Z stderr F "],
    ["docker logs -t", "2026-11-30T01:09:50.123456789Z "],
    ["kubectl logs --prefix", "[pod/web-5d8f/nginx] "],
    ["syslog", "Nov 30 01:09:50 web1 nginx[23]: "],
    ["syslog with its priority", "<187>Nov 30 01:09:50 web1 nginx: "],
    ["Docker's driver for syslog", "Nov 30 01:09:50 web1 docker/web[99]: "],
    ["a table", "2026/11/30 01:09:50\tstderr\t"],
  ])("%s", (_, before) => {
    const found = recognise(before + LINE, NOW);
    expect(found?.match.signature.id).toBe("read-timeout");
    expect(found?.line?.request?.upstream).toBe("fastcgi://127.0.0.1:9000");
    expect(idOf(before + FULL)).toBe("max-children");
  });

  test("Docker's file", () => {
    expect(idOf(JSON.stringify({ log: `${LINE}\n`, stream: "stderr" }))).toBe("read-timeout");
  });
});

describe("parts of a line", () => {
  test.each([
    `*25 ${MESSAGE}${TAIL}`,
    `[error] 7#7: *25 ${MESSAGE}${TAIL}`,
    `[error] ${MESSAGE}${TAIL}`,
    `01:09:50 [error] 7#7: *25 ${MESSAGE}${TAIL}`,
    `${MESSAGE}${TAIL}`,
  ])("%s", (text) => {
    const found = recognise(text, NOW);
    expect(found?.match.signature.id).toBe("read-timeout");
    expect(found?.line?.request?.server).toBe("a.test");
    expect(found?.line?.time).toBeNull();
  });

  test("the level of a part counts", () => {
    expect(idOf("[emerg] 7#7: bind() to [::]:80 failed (98: Address in use)")).toBe("address-in-use-nginx");
    expect(idOf("[emerg] 7#7: anything at all")).toBe("start-failed");
    expect(idOf("[error] 7#7: anything at all")).toBeUndefined();
  });

  test("PHP-FPM's words without their head, or with its level alone", () => {
    expect(idOf("server reached pm.max_children setting (5), consider raising it")).toBe("max-children");
    expect(idOf("[ERROR] unable to bind listening socket for address '/run/a.sock': x (2)")).toBe(
      "bind-failed",
    );
  });
});

describe("messages of PHP", () => {
  const OUT =
    "Allowed memory size of 134217728 bytes exhausted (tried to allocate 20480 bytes) in /srv/i.php on line 8";

  test.each([
    ["in a log of its own", `[30-Nov-2026 01:09:50 UTC] PHP Fatal error:  ${OUT}`],
    ["in a zone", `[30-Nov-2026 01:09:50 Europe/Berlin] PHP Fatal error:  ${OUT}`],
    ["in syslog", `Nov 30 01:09:50 web1 php-fpm8.2[23]: PHP Fatal error:  ${OUT}`],
    ["in syslog, by the title of the worker", `Nov 30 01:09:50 web1 ool www[23]: PHP Fatal error:  ${OUT}`],
    ["as it is", `PHP Fatal error:  ${OUT}`],
    ["on the page", `Fatal error: ${OUT}`],
  ])("%s", (_, text) => {
    expect(idOf(text)).toBe("memory-exhausted");
  });

  test("what nothing is known of stays unknown", () => {
    for (const text of [
      "[30-Nov-2026 01:09:50 UTC] hello",
      "Nov 30 01:09:50 web1 sshd[23]: Accepted publickey",
    ])
      expect(idOf(text), text).toBeUndefined();
  });
});

test("a status is one in a line of an access log alone", () => {
  expect(idOf('192.0.2.1 - - [29/Nov/2026:01:09:48 +0000] "GET /a HTTP/1.1" 502 157 "-" "curl/7.88.1"')).toBe(
    "status-502",
  );
  for (const text of [
    "it took 500 ms to do that, said the database",
    'Nov 30 01:09:50 web1 sshd[23]: error 500 happened, said "a"',
    '2026/11/30 01:09:50 [error] 7#7: *1 user "a 500 b" was not found in "/etc/x", client: 192.0.2.1',
  ])
    expect(idOf(text), text).toBeUndefined();
});

describe("the kernel and systemd", () => {
  test.each([
    [
      "oom",
      "[Mon Nov 30 01:09:50 2026] Out of memory: Kill process 23 (php-fpm) score 342 or sacrifice child",
    ],
    ["oom", "Nov 30 01:09:50 web1 kernel: Killed process 23 (php-fpm) total-vm:14136kB, anon-rss:844kB"],
    [
      "selinux",
      'Nov 30 01:09:50 web1 kernel: audit: type=1400 audit(1.2:3): avc:  denied  { connectto } for  pid=1 comm="nginx" path="/run/a.sock" tclass=unix_stream_socket permissive=0',
    ],
    [
      "selinux",
      'type=AVC msg=audit(1.2:3): avc:  denied  { name_connect } for  pid=1 comm="nginx" dest=9000 tclass=tcp_socket permissive=0',
    ],
    [
      "selinux-permissive",
      'type=AVC msg=audit(1.2:3): avc:  denied  { name_connect } for  pid=1 comm="nginx" dest=9000 tclass=tcp_socket permissive=1',
    ],
    [
      "apparmor",
      '[65.1] audit: type=1400 audit(1.2:3): apparmor="DENIED" operation="open" profile="/usr/sbin/nginx" name="/srv/x" comm="nginx"',
    ],
    [
      "unit-failed",
      "Nov 30 01:09:50 web1 systemd[1]: php7.3-fpm.service: Main process exited, code=exited, status=78/n/a",
    ],
    [
      "unit-failed",
      "Nov 30 01:09:50 web1 systemd[1]: Failed to start php8.2-fpm.service - The PHP 8.2 FastCGI Process Manager.",
    ],
    [
      "unit-died",
      "Nov 30 01:09:50 web1 systemd[1]: php8.2-fpm.service: Main process exited, code=killed, status=9/KILL",
    ],
    [
      "unit-nginx",
      "Nov 30 01:09:50 web1 systemd[1]: nginx.service: Control process exited, code=exited, status=1/FAILURE",
    ],
  ])("%s: %s", (id, text) => {
    expect(idOf(text)).toBe(id);
  });

  test("another program's refusal, and another service, are none of theirs", () => {
    expect(idOf("Nov 30 01:09:50 web1 systemd[1]: Failed to start mysql.service - MySQL.")).toBeUndefined();
    expect(
      idOf("Nov 30 01:09:50 web1 systemd[1]: mysql.service: Main process exited, code=killed, status=9/KILL"),
    ).toBeUndefined();
  });
});

test("what PHP writes where it has no log yet, and of its own memory", () => {
  const opcache =
    "Mon Nov 30 01:09:50 2026 (12): Fatal Error Unable to allocate shared memory segment of 1048576000 bytes: mmap: Cannot allocate memory (12)";
  const said = (text: string): string =>
    `[30-Nov-2026 01:09:50] WARNING: [pool www] child 12 said into stderr: "${text}"`;
  expect([idOf(opcache), idOf(said(opcache))]).toEqual(["opcache-memory", "opcache-memory"]);
  expect([idOf("zend_mm_heap corrupted"), idOf(said("zend_mm_heap corrupted"))]).toEqual([
    "heap-corrupted",
    "heap-corrupted",
  ]);
});

describe("one message, another meaning", () => {
  test("what nginx opens when it starts is no file of a client", () => {
    expect(idOf('nginx: [emerg] open() "/var/log/nginx/a/x.log" failed (2: No such file or directory)')).toBe(
      "file-start",
    );
    expect(
      idOf(
        `2026/11/30 01:09:50 [error] 7#7: *2 open() "/srv/x" failed (2: No such file or directory)${TAIL}`,
      ),
    ).toBe("file-missing");
  });

  test("a worker that ends as it should is no cause of anything", () => {
    const exited = (code: number): string =>
      `[30-Nov-2026 01:20:48] NOTICE: [pool w] child 2348 exited with code ${code} after 0.9 seconds from start`;
    expect(idOf(exited(0))).toBe("child-recycled");
    expect(idOf(exited(70))).toBe("child-code");
  });

  test("what is passed to another program is not PHP's", () => {
    const found = recognise(
      LINE.replace("fastcgi://127.0.0.1:9000", "http://127.0.0.1:3000/i.php?token=x"),
      NOW,
    );
    expect(found?.match.signature).toMatchObject({
      id: "read-timeout",
      means: "the upstream sent no answer within proxy_read_timeout",
      rules: ["buffer/proxy-chain"],
      isProxied: true,
    });
    expect(found?.match.signature.outside).toContain("other-upstream");
    expect(found?.line?.request?.upstream).toBe("http://127.0.0.1:3000");
    const denied = recognise(
      LINE.replace(
        MESSAGE,
        "connect() to unix:/run/app.sock failed (13: Permission denied) while connecting to upstream",
      ).replace("fastcgi://127.0.0.1:9000", "http://unix:/run/app.sock:/a?b"),
      NOW,
    );
    expect(denied?.match.signature.outside).toEqual([
      "socket-rights",
      "directory-above-socket",
      "mandatory-access",
    ]);
    expect(denied?.line?.request?.upstream).toBe("http://unix:/run/app.sock");
  });

  test("no such line speaks of PHP or of FastCGI", () => {
    const of = (message: string, scheme: string): string =>
      recognise(LINE.replace(MESSAGE, message).replace("fastcgi://", `${scheme}://`), NOW)?.match.signature
        .means ?? "";
    for (const message of [
      MESSAGE,
      "upstream timed out (110: x) while reading upstream",
      "upstream timed out (110: x) while connecting to upstream",
      "upstream timed out (110: x) while sending request to upstream",
      "recv() failed (104: x) while reading response header from upstream",
      "upstream prematurely closed connection while reading response header from upstream",
      "upstream sent too big header while reading response header from upstream",
      "no live upstreams while connecting to upstream",
    ]) {
      expect(of(message, "http"), message).not.toMatch(/PHP|fastcgi/);
      expect(of(message, "uwsgi"), message).not.toMatch(/PHP|fastcgi|proxy/);
      expect(of(message, "fastcgi"), message).not.toMatch(/proxy/);
    }
  });
});

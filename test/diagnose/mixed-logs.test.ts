import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { commandIn } from "../support/run-command.js";

/** Logs of a host that does more than PHP, and what goes on in every log. */

const dir = mkdtempSync(join(tmpdir(), "fpmlint-mixed-"));
afterAll(() => rmSync(dir, { recursive: true }));
mkdirSync(join(dir, "etc/nginx"), { recursive: true });

let clock = 0;
const at = (message: string, path = "/", upstream = "fastcgi://127.0.0.1:9000", level = "error"): string => {
  clock = (clock + 1) % 60;
  const to = upstream === "" ? "" : `, upstream: "${upstream}"`;
  return `2026/11/28 12:00:${String(clock).padStart(2, "0")} [${level}] 7#7: *1 ${message}, client: 192.0.2.1, server: shop.example, request: "GET ${path} HTTP/1.1"${to}, host: "shop.example"\n`;
};
const fpm = (time: string, level: string, message: string): string =>
  `[28-Nov-2026 12:00:${time}] ${level}: ${message}\n`;
const RESET = "recv() failed (104: Connection reset by peer) while reading response header from upstream";
const reset = (second: string): string =>
  `2026/11/28 12:00:${second} [error] 7#7: *1 ${RESET}, client: 192.0.2.1, server: shop.example, request: "GET /a HTTP/1.1", upstream: "fastcgi://127.0.0.1:9000", host: "shop.example"\n`;

async function diagnose(logs: Readonly<Record<string, string>>) {
  for (const [name, text] of Object.entries(logs)) writeFileSync(join(dir, name), text);
  const { out } = await commandIn(dir, ["diagnose", ...Object.keys(logs), "--format", "json"], {
    now: () => Date.UTC(2026, 10, 28, 13),
  });
  return { causes: JSON.parse(out).causes as readonly Readonly<Record<string, unknown>>[], out };
}

test("a log in which nothing is wrong has no cause", async () => {
  const { causes } = await diagnose({
    "healthy.log": [
      at('open() "/srv/wp-login.php" failed (2: No such file or directory)', "/wp-login.php", ""),
      at("access forbidden by rule", "/.env", ""),
      at('directory index of "/srv/images/" is forbidden', "/images/", ""),
      at(
        'FastCGI sent in stderr: "Primary script unknown" while reading response header from upstream',
        "/s.php",
      ),
      at(
        "FastCGI sent in stderr: \"Access to the script '/srv/a.jpg' has been denied (see security.limit_extensions)\" while reading response header from upstream",
        "/a.jpg/x.php",
      ),
      at("client prematurely closed connection", "/", "", "info"),
      at("client timed out (110: Connection timed out) while waiting for request", "/", "", "info"),
      at("SSL_do_handshake() failed (SSL: error:0A00006C:SSL routines::bad key share)", "/", "", "crit"),
      at('limiting requests, dry run, excess: 5.500 by zone "one"', "/", ""),
      "2026/11/28 12:00:00 [warn] 7#7: 64 worker_connections are not enough, reusing connections\n",
      "2026/11/28 12:00:00 [notice] 7#7: signal 1 (SIGHUP) received from 1, reconfiguring\n",
    ].join(""),
  });
  expect(causes).toEqual([]);
});

test("PHP-FPM that refuses a page which is no probe is a cause", async () => {
  const denied =
    "FastCGI sent in stderr: \"Access to the script '/srv/a.html' has been denied (see security.limit_extensions)\" while reading response header from upstream";
  const { causes } = await diagnose({ "denied.log": at(denied, "/a.html") });
  expect(causes.map(({ id }) => id)).toEqual(["extension-denied"]);
});

test("a root that is gone is a cause, and one for a name that somebody invented is none", async () => {
  const gone = (root: string, host: string): string =>
    at(`realpath() "${root}" failed (2: No such file or directory)`, "/", "", "crit")
      .replace('host: "shop.example"', `host: "${host}"`)
      .repeat(2);
  const shop = await diagnose({ "gone.log": gone("/srv/shop.example/current", "shop.example:8080") });
  expect(shop.causes.map(({ id }) => id)).toEqual(["release-gone"]);
  const any = await diagnose({ "gone.log": gone("/srv/evil.invalid/www", "evil.invalid") });
  expect(any.causes).toEqual([]);
});

test("a proxied program that is down is one cause, not one for each URI, and not PHP-FPM's", async () => {
  const { causes, out } = await diagnose({
    "proxied.log": [1, 2, 3, 4]
      .map((n) =>
        at(
          "connect() failed (111: Connection refused) while connecting to upstream",
          `/p${n}?token=tok3n`,
          `http://127.0.0.1:3000/p${n}?token=tok3n`,
        ),
      )
      .join(""),
  });
  expect(causes.map(({ id, requests }) => [id, requests])).toEqual([["other-upstream", 4]]);
  expect(out).not.toContain("tok3n");
  expect(out).not.toContain("PHP-FPM is not running");
});

test("a proxied program and PHP at one time are two causes, each in its own words", async () => {
  const slow = "upstream timed out (110: Connection timed out) while reading response header from upstream";
  const { causes } = await diagnose({
    "both.log": at(slow, "/a", "http://127.0.0.1:3000/a") + at(slow, "/b.php").repeat(2),
  });
  expect(causes.map(({ id }) => id)).toEqual(["script-waits", "other-upstream"]);
});

test("a worker that was recycled at that second did not cut the connection; one that crashed did", async () => {
  const recycled = fpm("10", "NOTICE", "[pool www] child 8 exited with code 0 after 9.1 seconds from start");
  const started = fpm("01", "NOTICE", "fpm is running, pid 1");
  const quiet = await diagnose({ "r.log": reset("10"), "f.log": started + recycled });
  expect(quiet.causes.map(({ id }) => id)).toEqual(["cannot-tell"]);
  const crashed = fpm(
    "10",
    "WARNING",
    "[pool www] child 8 exited on signal 11 (SIGSEGV) after 9.1 seconds from start",
  );
  const found = await diagnose({ "r.log": reset("10"), "f.log": started + recycled + crashed });
  expect(found.causes.map(({ id }) => id)).toEqual(["worker-crash"]);
});

test("a worker that PHP ended after hard_timeout is told by its code", async () => {
  const ended = fpm("10", "WARNING", "[pool www] child 8 exited with code 124 after 9.1 seconds from start");
  const { causes } = await diagnose({ "r.log": reset("10"), "f.log": ended });
  expect(causes.map(({ id }) => id)).toEqual(["execution-hard"]);
});

test("requests that wait where no worker can start wait for that", async () => {
  const slow = at(
    "upstream timed out (110: Connection timed out) while reading response header from upstream",
  );
  const second = String(clock).padStart(2, "0");
  const ended = (code: number): string =>
    fpm(
      second,
      "WARNING",
      `[pool www] child 8 exited with code ${code} after 0.000916 seconds from start`,
    ).repeat(3);
  const idOf = async (log: string): Promise<unknown> =>
    (await diagnose({ "s.log": slow, "f.log": log })).causes.map(({ id }) => id)[0];
  expect(await idOf(ended(70))).toBe("child-start");
  expect(await idOf(ended(3))).toBe("script-waits");
});

test("what PHP says into PHP-FPM's log alone counts beside nginx's lines, and what both have counts once", async () => {
  const memory =
    "Allowed memory size of 4194304 bytes exhausted (tried to allocate 30003200 bytes) in /srv/m.php on line 1";
  const said = fpm(
    "10",
    "WARNING",
    `[pool www] child 8 said into stderr: "[28-Nov-2026 12:00:10 UTC] PHP Fatal error:  ${memory}"`,
  );
  const other = at("connect() failed (111: Connection refused) while connecting to upstream");
  const alone = await diagnose({ "n.log": other, "f.log": said.repeat(2) });
  expect(alone.causes.map(({ id, requests }) => [id, requests])).toEqual([
    ["script-memory", 2],
    ["fpm-down", 1],
  ]);
  const both = at(
    `FastCGI sent in stderr: "PHP message: PHP Fatal error:  ${memory}" while reading response header from upstream`,
  );
  const once = await diagnose({ "n.log": other + both, "f.log": said });
  expect(once.causes.map(({ requests }) => requests)).toEqual([1, 1]);
});

test("what the kernel refused is the cause where it refused it to that daemon, at that time", async () => {
  const denied = at(
    "connect() to unix:/run/php/shop.sock failed (13: Permission denied) while connecting to upstream",
    "/",
    "fastcgi://unix:/run/php/shop.sock:",
    "crit",
  );
  const second = String(clock).padStart(2, "0");
  const avc = (program: string, more: string, time = `12:00:${second}`): string =>
    `Nov 28 ${time} web1 kernel: audit: type=1400 audit(1.2:3): avc:  denied  { connectto } for  pid=1 comm="${program}" path="/run/php/shop.sock" tclass=unix_stream_socket ${more}\n`;
  const kindOf = async (line: string): Promise<unknown> =>
    (await diagnose({ "d.log": denied, "k.log": line })).causes.map(({ id, kind }) => `${id} ${kind}`)[0];
  expect(await kindOf(avc("nginx", "permissive=0"))).toBe("mandatory-access event");
  expect(await kindOf(avc("nginx", "permissive=1"))).not.toBe("mandatory-access event");
  expect(await kindOf(avc("httpd", "permissive=0"))).not.toBe("mandatory-access event");
  expect(await kindOf(avc("nginx", "permissive=0", "09:00:00"))).not.toBe("mandatory-access event");
  const { causes } = await diagnose({
    "d.log": at(
      "FastCGI sent in stderr: \"Access to the script '/srv/a.html' has been denied (see security.limit_extensions)\" while reading response header from upstream",
      "/a.html",
    ),
    "k.log": avc("php-fpm", "permissive=0", `12:00:${String(clock).padStart(2, "0")}`),
  });
  expect(causes.map(({ id }) => id)).toEqual(["extension-denied"]);
});

test("lines of standard input: messages of several lines are whole, and what was left out is said", async () => {
  const text = [
    '2026/11/28 12:00:00 [error] 7#7: *1 FastCGI sent in stderr: "PHP message: PHP Fatal error:  Uncaught Error: x in /srv/a.php:3',
    "Stack trace:",
    "#0 {main}",
    '  thrown in /srv/a.php on line 3" while reading response header from upstream, client: 192.0.2.1, server: a, request: "GET / HTTP/1.1", upstream: "fastcgi://127.0.0.1:9000", host: "a"',
    "hello",
  ].join("\n");
  const explain = (bytes: string) =>
    commandIn(dir, ["explain", "-"], {
      standardInput: () => bytes,
    });
  const { out } = await explain(text);
  expect(out).toContain("php: a fatal error in the script");
  expect(out).toMatch(/\n1 of 2 lines is none that fpmlint knows\n$/);
  // As docker logs, Docker's file and syslog have them.
  for (const wrapped of [
    (line: string) => `web-1  | ${line}`,
    (line: string) => JSON.stringify({ log: `${line}\n`, stream: "stderr", time: "2026-11-28T12:00:00Z" }),
    (line: string) => (line.startsWith("2026") ? `Nov 28 12:00:00 web nginx: ${line}` : line),
  ]) {
    const again = await explain(text.split("\n").map(wrapped).join("\n"));
    expect(again.out).toContain("php: a fatal error in the script");
    expect(again.out).toMatch(/\n1 of 2 lines is none that fpmlint knows\n$/);
  }
  const many = Array.from(
    { length: 23 },
    (_, n) =>
      `connect() to unix:/run/${n}.sock failed (2: x) while connecting to upstream, client: 192.0.2.1, server: s${n}`,
  );
  expect((await explain(many.join("\n"))).out).toMatch(
    /\n20 lines are explained at a time; 3 more say something else\n$/,
  );
});

test("a message of PHP that nginx cut is read at the end of a log, and where syslog's next line begins", async () => {
  const cut = at(`FastCGI sent in stderr: "PHP message: PHP Fatal error:  Uncaught Error: x`).split(
    ", client: ",
  )[0];
  const ended = await diagnose({ "n.log": `${cut}\n` });
  expect(ended.causes.map(({ id, requests }) => `${id} ${requests}`)).toEqual(["script-fatal 1"]);
  const head = "Nov 28 12:00:00 web nginx: ";
  const next = at(
    "upstream timed out (110: Connection timed out) while reading response header from upstream",
  );
  const followed = await diagnose({ "n.log": `${head}${cut}\n${head}${next}` });
  expect(followed.causes.map(({ id, requests }) => `${id} ${requests}`).sort()).toEqual([
    "script-fatal 1",
    "script-waits 1",
  ]);
});

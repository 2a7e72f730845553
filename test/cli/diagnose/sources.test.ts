import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Answer, answerOf, readJournal, whyNot } from "../../../src/cli/diagnose/journal.js";
import { Collector } from "../../../src/diagnose/collect.js";
import { showTime } from "../../../src/logs/time.js";
import { commandIn, type Ran } from "../../support/run-command.js";
import { bash } from "../support/built.js";

const NOW = Date.UTC(2026, 10, 28, 13);

/** A host whose nginx asks a socket that no pool has. */
const NGINX = `user www-data;
events {}
error_log logs/error.log;
http {
    log_format timed escape=json '{"at":"$time_iso8601","uri":"$request_uri","status":"$status","s":"$request_time"}';
    access_log /var/log/nginx/access.log timed;
    server {
        listen 80;
        server_name shop.example;
        root /srv/shop;
        location ~ \\.php$ {
            fastcgi_param SCRIPT_FILENAME $document_root$fastcgi_script_name;
            fastcgi_pass unix:/run/php/shop.sock;
        }
    }
}
`;
const POOL = `[global]
error_log = /var/log/fpm.log
[shop]
user = www-data
listen = /run/php/shop.sock
listen.owner = www-data
pm = static
pm.max_children = 2
access.log = /var/log/$pool.access.log
access.format = "%t %{seconds}d %m %r %s"
`;

const MISSING = "connect() to unix:/run/php/shop.sock failed (2: No such file or directory) while connecting";
const TIMEOUT = "upstream timed out (110: Connection timed out) while reading response header from";
const REFUSED = "connect() to unix:/run/php/shop.sock failed (111: Connection refused) while connecting to";

const at = (time: string, message: string): string =>
  `2026/11/28 ${time} [error] 7#7: *1 ${message} upstream, client: 203.0.113.77, server: shop.example, request: "GET /index.php HTTP/1.1", upstream: "fastcgi://unix:/run/php/shop.sock:", host: "shop.example"\n`;
const missing = (time: string): string => at(time, `${MISSING} to`);

let root = "";
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "fpmlint-sources-"));
  put("etc/nginx/nginx.conf", NGINX);
  put("etc/php/8.2/fpm/php-fpm.conf", POOL);
  put("etc/passwd", "root:x:0:0::/root:/bin/sh\nwww-data:x:33:33::/var/www:/bin/false\n");
  put("etc/group", "root:x:0:\nwww-data:x:33:\n");
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function put(path: string, text: string | Buffer): string {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
  return path;
}

/** A file that was changed at a time of the 28th, as this machine's clock shows it. */
function changed(path: string, hours: number, minutes: number, seconds: number): void {
  const moment = new Date(2026, 10, 28, hours, minutes, seconds);
  utimesSync(join(root, path), moment, moment);
}

const run = (...words: readonly string[]): Promise<Ran> =>
  commandIn(root, ["diagnose", ...words], { now: () => NOW });
const read = async (...words: readonly string[]) => JSON.parse((await run(...words, "--format", "json")).out);
const requests = async (...words: readonly string[]): Promise<number> =>
  (await read(...words)).causes.reduce((sum: number, one: { requests: number }) => sum + one.requests, 0);

describe("where logs come from", () => {
  test("--host reads another machine's configuration and logs below a directory", async () => {
    put("copies/web1/etc/nginx/nginx.conf", NGINX);
    put("copies/web1/etc/php/8.2/fpm/php-fpm.conf", POOL);
    put("copies/web1/usr/share/nginx/logs/error.log", missing("12:00:00"));
    const { causes, logs } = await read("--host", "copies/web1", "--since", "2026-11-28");
    expect(causes[0].requests).toBe(1);
    expect(logs.map(({ file }: { file: string }) => file)).toEqual([
      "copies/web1/usr/share/nginx/logs/error.log",
    ]);
    expect((await run("--host", "copies/web1", "etc")).status).toBe(2);
  });

  test("a log whose path has no slash before it counts from nginx's prefix, never from the file", async () => {
    put("etc/nginx/logs/none.log", missing("12:00:00"));
    put("usr/local/nginx/logs/error.log", missing("12:00:00"));
    const { logs } = await read("etc", "--since", "2026-11-28");
    expect(logs.map(({ file }: { file: string }) => file)).toEqual(["usr/local/nginx/logs/error.log"]);
  });

  test("rotated logs, packed or not, of both ways to name them", async () => {
    const name = "usr/share/nginx/logs/error.log";
    for (const [suffix, time] of [
      ["", "12:00:00"],
      [".1", "11:00:00"],
      ["-20261128", "10:00:00"],
    ] as const)
      put(name + suffix, missing(time));
    put(`${name}.2.gz`, gzipSync(missing("09:00:00")));
    put(`${name}-20261127.gz`, gzipSync(missing("08:00:00")));
    put(`${name}.old`, missing("07:00:00"));
    expect(await requests("etc", "--since", "2026-11-28")).toBe(5);
    expect(await requests("etc", "--since", "2026-11-28 10:30")).toBe(2);
    expect(await requests("etc", "--since", "2026-11-28 08:30", "--until", "2026-11-28 11:30")).toBe(3);
  });

  test("--since finds its place in a log that is longer than what is read at once", async () => {
    const minutes = Array.from({ length: 9000 }, (_, index) => {
      const time = new Date(Date.UTC(2026, 10, 27) + index * 10_000).toISOString();
      return missing(time.slice(11, 19)).replace("2026/11/28", time.slice(0, 10).replaceAll("-", "/"));
    });
    put("long.log", minutes.join(""));
    expect(await requests("long.log", "etc", "--since", "2026-11-28 00:30")).toBe(9000 - 8820);
    // A clock that was set back is in no order: nothing is left out.
    put("back.log", [...minutes.slice(8640), ...minutes.slice(0, 8640)].join(""));
    expect(await requests("back.log", "etc", "--since", "2026-11-28 00:30")).toBe(9000 - 8820);
  });

  test("standard input, also as Docker wraps it, and next to files", () => {
    const wrapped = `${JSON.stringify({ log: missing("12:00:00"), stream: "stderr", time: "2026-11-28T12:00:00Z" })}\n`;
    put("docker.json", wrapped.repeat(3));
    put("e.log", missing("11:00:00"));
    const { out, status } = bash('"$NODE" "$F" diagnose - e.log --format json < docker.json', root);
    expect(status).toBe(1);
    const { causes, logs } = JSON.parse(out);
    expect(causes[0].requests).toBe(4);
    expect(logs.map(({ file }: { file: string }) => file)).toEqual(["standard input", "e.log"]);
  });

  test("a format of one's own, and how long requests took", async () => {
    const line = (status: number): string =>
      `${JSON.stringify({ at: "2026-11-28T12:00:00+00:00", uri: "/a?b=c", status: `${status}`, s: "60.001" })}\n`;
    put("var/log/nginx/access.log", line(200).repeat(3) + line(504).repeat(2));
    const { causes, requests: all } = await read("etc", "--since", "2026-11-28");
    expect(all).toBe(5);
    expect(causes[0]).toMatchObject({ id: "status-504", requests: 2 });
    expect(causes[0].evidence).toEqual(["2 of 2 took 60 s, which is fastcgi_read_timeout"]);
  });
});

describe("PHP-FPM's access log", () => {
  const line = (time: string, seconds: string, status = 200): string =>
    `28/Nov/2026:${time} +0000 ${seconds} GET /index.php ${status}\n`;

  test("tells a script that runs for too long from requests that wait for a worker", async () => {
    put("e.log", at("12:01:00", TIMEOUT));
    put("var/log/shop.access.log", line("12:00:00", "75.201") + line("12:00:30", "0.020"));
    expect((await read("e.log", "var/log/shop.access.log", "etc")).causes[0]).toMatchObject({
      id: "script-waits",
      kind: "event",
    });
    put("var/log/shop.access.log", line("12:00:00", "30.201") + line("12:00:30", "30.020"));
    expect((await read("e.log", "var/log/shop.access.log", "etc")).causes[0]).toMatchObject({
      id: "workers-busy",
      kind: "event",
    });
  });

  test("counts lost requests where nginx's is missing", async () => {
    put("var/log/shop.access.log", line("12:00:00", "0.1", 500).repeat(2) + line("12:00:00", "0.1"));
    const { causes, requests: all, logs } = await read("etc", "--since", "2026-11-28");
    expect(all).toBe(3);
    expect(causes[0]).toMatchObject({ id: "status-500", requests: 2 });
    expect(logs).toMatchObject([{ file: "var/log/shop.access.log", kind: "fpm-access" }]);
  });
});

describe("a file that changed", () => {
  const started = "[28-Nov-2026 09:00:00] NOTICE: fpm is running, pid 7\n";

  test("between the last good request and the first failure speaks for a cause", async () => {
    const good = '192.0.2.1 - - [28/Nov/2026:11:00:00 +0000] "GET /index.php HTTP/1.1" 200 1 "-" "x"\n';
    put("a.log", good + good.replace("11:00:00", "12:00:00").replace(" 200 ", " 502 "));
    const reset = "recv() failed (104: Connection reset by peer) while reading response header from";
    put("e.log", at("12:00:00", reset));
    for (const path of ["etc/nginx/nginx.conf", "etc/php/8.2/fpm/php-fpm.conf"]) changed(path, 8, 0, 0);
    expect((await read("a.log", "e.log", "etc")).causes[0].id).toBe("cannot-tell");
    changed("etc/nginx/nginx.conf", 11, 59, 58);
    const [cause] = (await read("a.log", "e.log", "etc")).causes;
    expect(cause).toMatchObject({ id: "file-changed", kind: "event", certain: false });
    expect(cause.evidence[0]).toBe(
      "etc/nginx/nginx.conf was changed at 2026-11-28 11:59:58; the last request before that went well was at 2026-11-28 11:00:00",
    );
    changed("etc/nginx/nginx.conf", 12, 0, 1);
    expect((await read("a.log", "e.log", "etc")).causes[0].id).toBe("cannot-tell");
  });

  const nginxRead = (time: string): string =>
    `2026/11/28 ${time} [notice] 1#1: signal 1 (SIGHUP) received from 7, reconfiguring\n2026/11/28 ${time} [notice] 1#1: start worker processes\n`;
  const RESET = "recv() failed (104: Connection reset by peer) while reading response header from";
  const served =
    '192.0.2.1 - - [28/Nov/2026:11:00:00 +0000] "GET /index.php HTTP/1.1" 200 1 "-" "x"\n192.0.2.1 - - [28/Nov/2026:12:00:00 +0000] "GET /index.php HTTP/1.1" 502 1 "-" "x"\n';
  const nothingElse = () => {
    for (const path of ["etc/nginx/nginx.conf", "etc/php/8.2/fpm/php-fpm.conf"]) changed(path, 8, 0, 0);
  };

  test("and that nginx had not read by then changed nothing", async () => {
    put("a.log", served);
    nothingElse();
    changed("etc/nginx/nginx.conf", 11, 30, 0);
    put("e.log", nginxRead("10:00:00") + at("12:00:00", RESET));
    expect((await read("a.log", "e.log", "etc")).causes[0].id).toBe("cannot-tell");
    put("e.log", nginxRead("10:00:00") + nginxRead("11:40:00") + at("12:00:00", RESET));
    expect((await read("a.log", "e.log", "etc")).causes[0].id).toBe("file-changed");
  });

  test("long before, and was first read just before the first failure", async () => {
    put("a.log", served);
    nothingElse();
    changed("etc/nginx/nginx.conf", 10, 30, 0);
    put("e.log", nginxRead("10:00:00") + nginxRead("11:59:00") + at("12:00:00", RESET));
    const [cause] = (await read("a.log", "e.log", "etc")).causes;
    expect(cause).toMatchObject({ id: "file-changed", certain: false });
    expect(cause.evidence[0]).toBe(
      "etc/nginx/nginx.conf was changed at 2026-11-28 10:30:00, and nginx read it at 2026-11-28 11:59:00; the last request before that went well was at 2026-11-28 11:00:00",
    );
    // An earlier reload had read it already, or may have.
    put("e.log", nginxRead("10:40:00") + nginxRead("11:59:00") + at("12:00:00", RESET));
    expect((await read("a.log", "e.log", "etc")).causes[0].id).toBe("cannot-tell");
    put("e.log", nginxRead("11:59:00") + at("12:00:00", RESET));
    expect((await read("a.log", "e.log", "etc")).causes[0].id).toBe("cannot-tell");
    // The reload came before a request that went well.
    put("e.log", nginxRead("10:00:00") + nginxRead("10:45:00") + at("12:00:00", RESET));
    expect((await read("a.log", "e.log", "etc")).causes[0].id).toBe("cannot-tell");
  });

  test("and was read by a reload after the last line: it is fixed", async () => {
    put("etc/nginx/nginx.conf", NGINX.replace("shop.sock", "new.sock"));
    put("etc/php/8.2/fpm/php-fpm.conf", POOL.replace("shop.sock", "new.sock"));
    changed("etc/nginx/nginx.conf", 12, 10, 0);
    const lines = at("12:00:00", REFUSED) + at("12:30:00", REFUSED);
    put("e.log", lines + nginxRead("12:40:00"));
    const [fixed] = (await read("e.log", "etc")).causes;
    expect(fixed).toMatchObject({ id: "changed-since", certain: true });
    expect(fixed.evidence[1]).toContain("and nginx read it at 2026-11-28 12:40:00: no such line came later");
    put("e.log", `${at("12:00:00", REFUSED)}${nginxRead("12:05:00")}${at("12:30:00", REFUSED)}`);
    const [stale] = (await read("e.log", "etc")).causes;
    expect(stale).toMatchObject({ id: "not-reloaded" });
    expect(stale.evidence).toContain("nginx read its files last at 2026-11-28 12:05:00");
    // It has read the file, and goes on: the files do not say why.
    put("e.log", `${at("12:00:00", REFUSED)}${nginxRead("12:20:00")}${at("12:30:00", REFUSED)}`);
    expect((await read("e.log", "etc")).causes[0].id).not.toMatch(/not-reloaded|changed-since/);
    put(
      "e.log",
      `${at("12:00:00", REFUSED)}${nginxRead("12:20:00").split("\n")[0]}\n${at("12:30:00", REFUSED)}`,
    );
    expect((await read("e.log", "etc")).causes[0].evidence.at(-1)).toBe(
      "nginx was asked to read them at 2026-11-28 12:20:00, and went on with the older ones: nginx -t says why",
    );
  });

  test("after PHP-FPM was started: it was not reloaded", async () => {
    put("e.log", missing("12:00:00"));
    put("fpm.log", started);
    changed("etc/nginx/nginx.conf", 8, 0, 0);
    changed("etc/php/8.2/fpm/php-fpm.conf", 8, 0, 0);
    expect((await read("e.log", "fpm.log", "etc")).causes[0].id).toBe("socket-removed");
    changed("etc/php/8.2/fpm/php-fpm.conf", 10, 0, 0);
    expect((await read("e.log", "fpm.log", "etc")).causes[0].id).toBe("not-reloaded");
    // It was stopped meanwhile: that is why nobody listens.
    put("fpm.log", `${started}[28-Nov-2026 11:00:00] NOTICE: exiting, bye-bye!\n`);
    expect((await read("e.log", "fpm.log", "etc")).causes[0].id).toBe("fpm-down");
  });

  test("an address that no file names any more: not reloaded, or fixed since", async () => {
    put("etc/nginx/nginx.conf", NGINX.replace("shop.sock", "new.sock"));
    put("etc/php/8.2/fpm/php-fpm.conf", POOL.replace("shop.sock", "new.sock"));
    put("e.log", at("12:00:00", REFUSED) + at("12:30:00", REFUSED));
    changed("etc/nginx/nginx.conf", 12, 10, 0);
    expect((await read("e.log", "etc")).causes[0]).toMatchObject({ id: "not-reloaded", certain: true });
    changed("etc/nginx/nginx.conf", 12, 40, 0);
    expect((await read("e.log", "etc")).causes[0]).toMatchObject({ id: "changed-since" });
    // What a template or a variable fills in may be that address.
    put("etc/nginx/nginx.conf", NGINX.replace("unix:/run/php/shop.sock", "$php"));
    expect((await read("e.log", "etc")).causes[0].id).not.toMatch(/not-reloaded|changed-since/);
  });

  test("a body that the files allow", async () => {
    const refused = "client intended to send too large body: 2000000 bytes";
    const said = at("12:00:00", refused).replace(" upstream, client", ", client");
    put("e.log", said);
    put("etc/nginx/nginx.conf", NGINX.replace("listen 80;", "listen 80; client_max_body_size 8m;"));
    changed("etc/nginx/nginx.conf", 11, 0, 0);
    expect((await read("e.log", "etc")).causes[0].id).toBe("not-reloaded");
    put("etc/nginx/nginx.conf", NGINX.replace("listen 80;", "listen 80; client_max_body_size 1m;"));
    changed("etc/nginx/nginx.conf", 11, 0, 0);
    expect((await read("e.log", "etc")).causes[0].id).not.toBe("not-reloaded");
  });
});

describe("--journal", () => {
  const collector = () =>
    new Collector({ since: null, until: null, statuses: null, server: null, pool: null }, NOW);

  test("asks for PHP-FPM's units and the kernel, from the time that is wanted", () => {
    const asked: (readonly string[])[] = [];
    const ask = (words: readonly string[]): Answer => {
      asked.push(words);
      return {
        bytes: Buffer.from(
          "2026-11-28T12:00:00+0000 web kernel: Out of memory: Killed process 9 (php-fpm8.2) total-vm:9kB, anon-rss:9kB\n",
        ),
      };
    };
    const kept = collector();
    const read = readJournal(kept, Date.UTC(2026, 10, 28, 12), ask);
    expect(asked).toEqual([
      [
        "--no-pager",
        "--quiet",
        "--all",
        "--output=short-iso",
        "--since=2026-11-28 12:00:00",
        "--unit=php*-fpm*",
        "--unit=php-fpm*",
      ],
      ["--no-pager", "--quiet", "--all", "--output=short-iso", "--since=2026-11-28 12:00:00", "--dmesg"],
      [
        "--no-pager",
        "--quiet",
        "--all",
        "--output=short-iso",
        "--since=2026-11-28 12:00:00",
        "_AUDIT_TYPE_NAME=AVC",
        "_AUDIT_TYPE_NAME=SECCOMP",
        "_AUDIT_TYPE_NAME=ANOM_ABEND",
      ],
    ]);
    expect(read).toMatchObject(Array(3).fill({ problem: null }));
    expect(kept.events.of(["oom"]).map(({ time }) => time)).toEqual(
      Array(3).fill(Date.UTC(2026, 10, 28, 12)),
    );
  });

  test("reads what journalctl prints of systemd, PHP-FPM and the kernel", () => {
    const printed = (name: string): Buffer => readFileSync(join(import.meta.dirname, "support", name));
    const kept = collector();
    const read = readJournal(kept, null, (words) => ({
      bytes: words.includes("_AUDIT_TYPE_NAME=AVC")
        ? Buffer.alloc(0)
        : printed(words.includes("--dmesg") ? "journal-kernel.txt" : "journal-units.txt"),
    }));
    expect(read).toMatchObject(Array(3).fill({ problem: null }));
    const at = (id: string): readonly string[] =>
      kept.events.of([id]).map(({ time, pool }) => `${showTime(time ?? 0).slice(11)} ${pool}`.trim());
    expect(at("started")).toEqual(["18:29:31", "18:29:31"]);
    expect(at("max-children")).toEqual(["18:34:30 www", "18:34:31 shop"]);
    expect(at("child-killed")).toEqual(["18:36:11 www"]);
    expect(at("oom")).toEqual(["18:36:10", "18:36:10"]);
    expect(at("unit-killed")).not.toEqual([]);
    // The other lines of a message of several.
    expect(kept.foreign).toBe(3);
  });

  test("a journal that knows no unit of PHP-FPM has nothing, and another refusal says why", () => {
    const ran = (said: string) => answerOf({ status: 1, stdout: Buffer.alloc(0), stderr: Buffer.from(said) });
    expect(ran("Failed to add filter for units: No data available\n")).toEqual({ bytes: Buffer.alloc(0) });
    expect(ran("No journal files were opened due to insufficient permissions.\n")).toEqual({
      problem:
        "journalctl gave no answer (status 1: No journal files were opened due to insufficient permissions.)",
    });
  });

  test("what gives no answer is a log that could not be read", () => {
    const read = readJournal(collector(), null, () => ({ problem: "journalctl gave no answer (status 1)" }));
    expect(read.map(({ problem }) => problem)).toEqual(Array(3).fill("journalctl gave no answer (status 1)"));
  });

  test("only a program of root's, which nobody else may change, is started", () => {
    const program = join(root, put("journalctl", "#!/bin/sh\n"));
    chmodSync(program, 0o755);
    expect(whyNot(program)).toBe(
      process.getuid?.() === 0 ? null : `${program} is not root's alone, so it is not started`,
    );
    chmodSync(program, 0o775);
    expect(whyNot(program)).toContain("is not root's alone");
    expect(whyNot(join(root, "nothing"))).toContain("there is no");
    expect(whyNot(root)).toContain("is not root's alone");
  });
});

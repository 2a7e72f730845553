import { mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { rules } from "../../rules/index.js";
import { validators } from "../../src/validators.js";
import { jsonPage, keysIn, namedIn } from "../support/json-page.js";
import { runCommand } from "../support/run-command.js";

const NGINX = `user www-data;
events { worker_connections 64; }
http {
    server {
        listen 80;
        server_name shop.example;
        root /srv/shop;
        error_log /var/log/nginx/shop.log;
        location ~ \\.php$ {
            fastcgi_param SCRIPT_FILENAME $document_root$fastcgi_script_name;
            fastcgi_pass unix:/run/php/shop.sock;
        }
    }
}
`;
const POOL = `[global]
error_log = /var/log/fpm.log
[www]
user = www-data
listen = /run/php/www.sock
listen.owner = www-data
pm = static
pm.max_children = 2
`;

const at = (time: string, message: string, path = "/index.php?token=tok3n"): string =>
  `2026/11/28 ${time} [error] 7#7: *1 ${message}, client: 203.0.113.77, server: shop.example, request: "GET ${path} HTTP/1.1", upstream: "fastcgi://unix:/run/php/shop.sock:", host: "shop.example", referrer: "https://whence.invalid/?q=mine"\n`;
const MISSING =
  "connect() to unix:/run/php/shop.sock failed (2: No such file or directory) while connecting to upstream";
/** What only the running PHP-FPM knows. */
const TEMPLATE = "$" + "{N}";
const RESET = "recv() failed (104: Connection reset by peer) while reading response header from upstream";

let root = "";
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "fpmlint-diagnose-"));
  put("etc/nginx/nginx.conf", NGINX);
  put("etc/php/8.2/fpm/php-fpm.conf", POOL);
  put("etc/passwd", "root:x:0:0::/root:/bin/sh\nwww-data:x:33:33::/var/www:/bin/false\n");
  put("etc/group", "root:x:0:\nwww-data:x:33:\n");
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function put(path: string, text: string | Buffer): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

const run = (...words: readonly string[]) =>
  runCommand(["diagnose", ...words], {
    rules,
    validators,
    now: () => Date.UTC(2026, 10, 28, 13),
    workingDirectory: root,
  });
const first = async (...words: readonly string[]) => {
  const { out } = await run(...words, "--format", "json");
  return JSON.parse(out).causes[0];
};

describe("diagnose", () => {
  test("the logs that the configuration names, the rotated ones too, and the line at fault", async () => {
    put("var/log/nginx/shop.log", at("12:00:00", MISSING));
    put("var/log/nginx/shop.log.1", at("11:00:00", MISSING));
    put("var/log/nginx/shop.log.2.gz", gzipSync(at("10:00:00", MISSING)));
    const { out, status } = await run("etc", "--since", "2026-11-28");
    expect(status).toBe(1);
    expect(out).toContain("3 requests failed between 2026-11-28 10:00:00 and 2026-11-28 12:00:00: 1 cause");
    expect(out).toContain("etc/nginx/nginx.conf:11:26");
    expect(out).toContain("fpmlint explain connect/listen-mismatch");
  });

  test("JSON has lost requests by the hour, and how full pools were", async () => {
    const full = (time: string, limit: number): string =>
      `[28-Nov-2026 ${time}] WARNING: [pool www] server reached pm.max_children setting (${limit}), consider raising it\n`;
    const busy = (time: string, pool: string, total: number): string =>
      `[28-Nov-2026 ${time}] WARNING: [pool ${pool}] seems busy (you may need to increase pm.start_servers, or pm.min/max_spare_servers), spawning 8 children, there are 0 idle, and ${total} total children\n`;
    put("e.log", [at("09:59:59", MISSING), at("10:00:00", MISSING), at("10:59:00", MISSING)].join(""));
    put(
      "f.log",
      [
        busy("09:00:00", "www", 4),
        full("10:00:00", 5),
        full("10:20:00", 6),
        busy("10:30:00", "other", 3),
      ].join(""),
    );
    const { out } = await run("etc", "e.log", "f.log", "--format", "json");
    const { causes, pools } = JSON.parse(out);
    expect(causes[0].hours).toEqual([
      { at: "2026-11-28T09:00:00", requests: 1 },
      { at: "2026-11-28T10:00:00", requests: 2 },
    ]);
    expect(pools).toEqual([
      {
        name: "other",
        maxChildren: null,
        full: 0,
        hours: [{ at: "2026-11-28T10:00:00", workers: 3, full: 0 }],
      },
      {
        name: "www",
        maxChildren: 6,
        full: 2,
        hours: [
          { at: "2026-11-28T09:00:00", workers: 4, full: 0 },
          { at: "2026-11-28T10:00:00", workers: 6, full: 2 },
        ],
      },
    ]);
  });

  test("every key of the JSON has a name in docs/json.md", async () => {
    put("e.log", at("10:00:00", MISSING).repeat(3));
    put(
      "f.log",
      "[28-Nov-2026 10:00:00] WARNING: [pool www] server reached pm.max_children setting (2), consider raising it\n",
    );
    const { out } = await run("etc", "e.log", "f.log", "--format", "json");
    const keys = new Set(keysIn(JSON.parse(out)));
    expect(keys.size).toBeGreaterThan(40);
    const named = namedIn(jsonPage("## Why requests failed", "## A host as data"));
    // What a tool and a place are is said above.
    const known = ["name", "version", "file", "line", "column"];
    expect([...keys].filter((key) => !named.has(key) && !known.includes(key))).toEqual([]);
  });

  test("what the log does not name of a pool, the files do", async () => {
    put(
      "f.log",
      "[28-Nov-2026 10:00:00] WARNING: [pool www] seems busy (you may need to increase pm.start_servers, or pm.min/max_spare_servers), spawning 8 children, there are 0 idle, and 2 total children\n",
    );
    const { out } = await run("etc", "f.log", "--format", "json");
    expect(JSON.parse(out).pools).toMatchObject([{ name: "www", maxChildren: 2, full: 0 }]);
  });

  const FULL = (time: string, limit: number, pool = "www"): string =>
    `[28-Nov-2026 ${time}] WARNING: [pool ${pool}] server reached pm.max_children setting (${limit}), consider raising it\n`;
  const changed = (path: string, hour: number, minute: number): void => {
    const at = new Date(Date.UTC(2026, 10, 28, hour, minute));
    utimesSync(join(root, path), at, at);
  };
  const notices = async (...words: readonly string[]) =>
    JSON.parse((await run(...words, "--format", "json")).out).notices;

  test("a pool that was full is said, although nothing was lost", async () => {
    put("f.log", FULL("10:00:00", 2) + FULL("10:20:00", 2));
    const { out, status } = await run("etc", "f.log");
    expect(status).toBe(0);
    expect(out).toContain("nothing was lost");
    expect(out).toContain(
      "note: pool www reached pm.max_children (2) 2 times, between 2026-11-28 10:00:00 and 2026-11-28\n      10:20:00\n",
    );
    expect(out).toContain("etc/php/8.2/fpm/php-fpm.conf:8:19");
    expect(out).toContain("do: fpmlint capacity says how many workers there is memory for");
    expect(await notices("f.log")).toMatchObject([{ id: "pool-full", file: null }]);
    expect(await notices("etc", "f.log", "--pool", "other")).toEqual([]);
    const { out: sarif } = await run("etc", "f.log", "--format", "sarif");
    expect(JSON.parse(sarif).runs[0].results).toMatchObject([{ ruleId: "diagnose/pool-full" }]);
  });

  test("how often a pool was full counts each line, and the fullest pools come first", async () => {
    const clock = (second: number): string => new Date(second * 1000).toISOString().slice(11, 19);
    const often = Array.from({ length: 5000 }, (_, at) => FULL(clock(at), 2)).join("");
    const pools = Array.from({ length: 20 }, (_, at) => FULL("12:00:00", 3, `a${at + 10}`)).join("");
    put("f.log", pools + often);
    const { out } = await run("f.log");
    expect(out).toContain(
      "note: pool www reached pm.max_children (2) 5,000 times, between 2026-11-28 00:00:00",
    );
    expect(out.indexOf("note: pool www")).toBeLessThan(out.indexOf("note: pool a10"));
    expect(out).toContain(
      "note: pool a22 reached pm.max_children (3) once, at 2026-11-28 12:00:00\n7 more notes",
    );
    expect(JSON.parse((await run("f.log", "--format", "json")).out).pools.at(-1)).toMatchObject({
      name: "www",
      full: 5000,
      hours: [{ full: 3600 }, { full: 1400 }],
    });
  });

  test("lines of more servers than are kept apart are said, and each can be asked for", async () => {
    const line = at("10:00:00", MISSING);
    const lines = Array.from({ length: 9000 }, (_, number) =>
      line.replaceAll("shop.example", `s${number}.example`),
    );
    put("e.log", lines.join(""));
    const { lost, uncounted } = JSON.parse((await run("e.log", "--format", "json")).out);
    expect(uncounted).toBeGreaterThan(0);
    expect(lost + uncounted).toBe(9000);
    const said = `not counted: ${uncounted.toLocaleString("en")} lines of other servers and upstreams`;
    expect((await run("e.log")).out).toContain(said);
    const { out } = await run("e.log", "--server", "s8999.example", "--format", "json");
    expect(JSON.parse(out)).toMatchObject({ lost: 1, uncounted: 0 });
  });

  test("the same cause in many pools is one, in a few one each", async () => {
    const refused =
      "connect() to unix:/run/php/shop.sock failed (111: Connection refused) while connecting to upstream";
    const lines = (count: number): string =>
      Array.from({ length: count }, (_, number) =>
        at("10:00:00", refused)
          .repeat(number + 1)
          .replaceAll("shop.sock", `s${number}.sock`),
      ).join("");
    put("few.log", lines(3));
    put("many.log", lines(5));
    const causes = async (log: string) => JSON.parse((await run(log, "--format", "json")).out).causes;
    expect((await causes("few.log")).map(({ requests }: { requests: number }) => requests)).toEqual([
      3, 2, 1,
    ]);
    const [cause, ...others] = await causes("many.log");
    expect(others).toEqual([]);
    expect(cause).toMatchObject({ requests: 15, groups: [{ count: 5 }, {}, {}, {}, { count: 1 }] });
    expect(cause.evidence[0]).toBe(
      "the same in 5 upstreams; what follows is of unix:/run/php/s4.sock, which lost most",
    );
    expect((await run("many.log")).out).toContain("shop.example → unix:/run/php/s4.sock and 4 more\n");
  });

  test.each([
    [
      "nginx-refused",
      "bind() to 0.0.0.0:80 failed (98: Address already in use)",
      "2026/11/28 10:00:00 [emerg] 7#7: bind() to 0.0.0.0:80 failed (98: Address already in use)\n2026/11/28 10:00:02 [emerg] 7#7: still could not bind()\n",
      "2026/11/28 10:00:05 [notice] 8#8: start worker processes\n",
    ],
    [
      "fpm-refused",
      "cannot get uid for user 'nobodyx'",
      "[28-Nov-2026 10:00:00] ERROR: [pool www] cannot get uid for user 'nobodyx'\n[28-Nov-2026 10:00:00] ERROR: FPM initialization failed\n",
      "[28-Nov-2026 10:00:05] NOTICE: ready to handle connections\n",
    ],
    [
      "workers-refused",
      "exited with code 70",
      "[28-Nov-2026 10:00:01] WARNING: [pool www] child 7 exited with code 70 after 0.010000 seconds from start\n",
      "[28-Nov-2026 10:00:05] NOTICE: ready to handle connections\n",
    ],
    [
      "connections-full",
      "8 worker_connections are not enough, reusing connections",
      "2026/11/28 10:00:00 [warn] 7#7: 8 worker_connections are not enough, reusing connections\n",
      null,
    ],
  ])("what was refused is said, until it is mended: %s", async (id, words, refused, mended) => {
    put("r.log", refused);
    const [notice, ...others] = await notices("r.log");
    expect(others).toEqual([]);
    expect(notice).toMatchObject({ id, line: null });
    expect(notice.said).toContain(words);
    put("r.log", refused + (mended ?? ""));
    expect(await notices("r.log")).toHaveLength(mended === null ? 1 : 0);
  });

  test("a cause that says it is enough", async () => {
    put("etc/nginx/nginx.conf", NGINX.replaceAll("shop.sock", "www.sock"));
    const late = "upstream timed out (110: Connection timed out) while reading response header from upstream";
    put("e.log", at("10:00:30", late).replaceAll("shop.sock", "www.sock"));
    put("f.log", FULL("10:00:00", 2));
    expect((await first("etc", "e.log", "f.log")).id).toBe("workers-busy");
    expect(await notices("etc", "e.log", "f.log")).toEqual([]);
  });

  test.each([
    [
      "before the last line",
      9,
      0,
      "",
      "before the last of these lines: PHP-FPM was not reloaded",
      "reload PHP-FPM",
    ],
    [
      "after it, and not read",
      11,
      0,
      "",
      "these logs show no reload of PHP-FPM since then",
      "reload PHP-FPM",
    ],
    [
      "after it, and read",
      11,
      0,
      "[28-Nov-2026 11:30:00] NOTICE: ready to handle connections\n",
      "and PHP-FPM read it at 2026-11-28 11:30:00",
      "nothing, if no such line",
    ],
  ])("another number than in the file, which was changed %s", async (_, hour, minute, more, said, next) => {
    put("f.log", FULL("10:00:00", 5) + more);
    changed("etc/php/8.2/fpm/php-fpm.conf", hour, minute);
    const [notice] = await notices("etc", "f.log");
    expect(notice).toMatchObject({ id: "pool-differs", pool: "www" });
    expect(notice.evidence[0]).toContain("its file has 2");
    expect(notice.evidence[0]).toContain(said);
    expect(notice.next).toContain(next);
  });

  test("a number that nobody knows is no other number", async () => {
    put("f.log", FULL("10:00:00", 5));
    put("etc/php/8.2/fpm/php-fpm.conf", POOL.replace("children = 2", `children = ${TEMPLATE}`));
    expect(await notices("etc", "f.log")).toMatchObject([{ id: "pool-full" }]);
    put("f.log", FULL("10:00:00", 5, "gone"));
    expect(await notices("etc", "f.log")).toMatchObject([{ id: "pool-full", pool: "gone", line: null }]);
  });

  test("only a part of the time, only a status", async () => {
    put("e.log", at("10:00:00", MISSING) + at("12:00:00", MISSING));
    expect((await first("e.log", "etc", "--since", "2026-11-28 11:00")).requests).toBe(1);
    expect((await first("e.log", "etc", "--until", "2026-11-28 11:00")).requests).toBe(1);
    expect(await first("e.log", "etc", "--status", "504")).toBeUndefined();
    expect(await first("e.log", "etc", "--server", "other.example")).toBeUndefined();
  });

  test("who asked is never shown, unless it is asked for", async () => {
    put("e.log", at("12:00:00", MISSING));
    for (const format of ["text", "json", "sarif"]) {
      const { out } = await run("e.log", "etc", "--format", format);
      expect(out).not.toMatch(/203\.0\.113\.77|tok3n|whence/);
    }
    expect((await run("e.log", "etc", "--show-requests")).out).toContain("203.0.113.77");
  });

  test.each([
    ["child 9 exited on signal 9 (SIGKILL) after 1.5 seconds from start", "oom-kill"],
    ["child 9 exited on signal 11 (SIGSEGV) after 1.5 seconds from start", "worker-crash"],
    [
      "child 9, script '/srv/shop/index.php' (request: \"GET /index.php\") execution timed out (30.1 sec), terminating",
      "terminated",
    ],
  ])("a connection that is cut when %s", async (message, id) => {
    put("e.log", at("12:00:00", RESET));
    put("fpm.log", `[28-Nov-2026 12:00:01] WARNING: [pool www] ${message}\n`);
    expect((await first("e.log", "fpm.log")).id).toBe(id);
  });

  test("without PHP-FPM's log it cannot be told, and which log would tell is said", async () => {
    put("e.log", at("12:00:00", RESET));
    expect(await first("e.log")).toMatchObject({
      id: "cannot-tell",
      kind: "unknown",
      tell: expect.stringContaining("error_log"),
    });
  });

  test("clean logs say nothing", async () => {
    put("a.log", `192.0.2.1 - - [28/Nov/2026:12:00:00 +0000] "GET / HTTP/1.1" 200 12 "-" "x"\n`.repeat(50));
    put(
      "e.log",
      at(
        "12:00:00",
        'FastCGI sent in stderr: "Primary script unknown" while reading response header from upstream',
        "/wp-login.php",
      ),
    );
    const { out, status } = await run("a.log", "e.log", "--since", "2026-11-28");
    expect(status).toBe(0);
    expect(out).toContain("nothing was lost");
  });

  test("an access log alone says how many, and that the error log knows why", async () => {
    put(
      "a.log",
      `192.0.2.1 - - [28/Nov/2026:12:00:00 +0000] "GET /x?a=b HTTP/1.1" 502 12 "-" "x"\n`.repeat(3) +
        `192.0.2.1 - - [28/Nov/2026:12:00:00 +0000] "GET / HTTP/1.1" 200 502 "-" "x"\n`,
    );
    const { out } = await run("a.log");
    expect(out).toContain("3 of 4 requests failed");
    expect(out).toContain("nginx's error_log");
  });

  test("one request is one", async () => {
    put("a.log", `192.0.2.1 - - [28/Nov/2026:12:00:00 +0000] "GET / HTTP/1.1" 200 12 "-" "x"\n`);
    expect((await run("a.log")).out).toMatch(/^nothing was lost.*: 1 request$/m);
  });

  test("lines that containers wrap", async () => {
    put(
      "d.log",
      `${JSON.stringify({ log: at("12:00:00", MISSING), stream: "stderr", time: "2026-11-28T12:00:00Z" })}\n`,
    );
    expect((await first("d.log")).groups[0].signature).toBe("socket-missing");
    put("c.log", `web-1  | ${at("12:00:00", MISSING)}`);
    expect((await first("c.log")).groups[0].signature).toBe("socket-missing");
  });

  test("hostile lines: long, cut, with NUL and broken UTF-8, and packed files that end too early", async () => {
    const long = Buffer.concat([Buffer.alloc(3_000_000, "x"), Buffer.from("\n")]);
    const odd = Buffer.concat([
      long,
      Buffer.from([0, 0xff, 0xfe, 10]),
      Buffer.from(at("12:00:00", MISSING)),
      Buffer.from("2026/11/28 12:00:01 [err"),
    ]);
    put("e.log", odd);
    expect((await first("e.log")).requests).toBe(1);
    put("e.log", Buffer.from(at("12:00:00", MISSING, "/\u001b]0;owned\u0007\u202e.php")));
    const { out } = await run("e.log");
    // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what must not be there
    expect(out).not.toMatch(/\u001b\]|\u0007|\u202e/);
    put("e.log.gz", gzipSync(at("12:00:00", MISSING).repeat(1000)).subarray(0, 100));
    expect((await run("e.log.gz")).status).toBe(3);
  });

  test("a log that leads out of the host is not opened", async () => {
    const elsewhere = mkdtempSync(join(tmpdir(), "fpmlint-elsewhere-"));
    writeFileSync(join(elsewhere, "x.log"), at("12:00:00", MISSING));
    mkdirSync(join(root, "var/log/nginx"), { recursive: true });
    symlinkSync(join(elsewhere, "x.log"), join(root, "var/log/nginx/shop.log"));
    const { out, status } = await run("etc", "--since", "2026-11-28");
    expect(status).toBe(3);
    expect(out).toContain("nothing is known: no log could be read");
    expect(out).toContain("out of the host's root");
    rmSync(elsewhere, { recursive: true });
  });

  test.each(["x/notes.txt", "x/app.log", "x/notes", "x/error.log.1"])(
    "%s has no line of a log: that is said, with what would be one, and what to type",
    async (name) => {
      put(name, "Some notes\nof last week\n\nand of this one\n");
      const { out, status } = await run(name);
      expect(status).toBe(3);
      expect(out).not.toContain("nothing was lost");
      expect(out).toContain(`${name}: none of its 3 lines is of a log that is known: nginx's error_log`);
      expect(out.replace(/\s+/g, " ")).toContain('as in "fpmlint diagnose LOG /etc"');
      const { logs } = JSON.parse((await run(name, "--format", "json")).out);
      expect(logs[0].problem).toContain("none of its 3 lines");
    },
  );

  test.each([
    ["one line of a daemon among others", `Some notes\n${at("12:00:00", MISSING)}`, 1],
    ["only lines of other programs in syslog", "Nov 28 12:00:00 web sshd[1]: Connection closed\n", 0],
    ["only lines of a container's program", '{"log":"listening\\n","stream":"stdout","time":"x"}\n', 0],
    ["nothing", "", 0],
  ])("%s: the log was read", async (_, text, expected) => {
    put("x/app.log", text);
    const { out, status } = await run("x/app.log");
    expect(out).not.toContain("not read");
    expect(status).toBe(expected);
  });

  test("a file that may be configuration is no log", async () => {
    put("x/site.conf", "# nothing yet\n");
    const { err, status } = await run("x/site.conf");
    expect(status).toBe(2);
    expect(err).toContain("no configuration was found that names logs");
  });

  test.each([
    [["--since", "soon"], "--since"],
    [["--status", "abc"], "--status"],
    [["nothere.log"], "nothere.log"],
    [["etc"], "none of the logs"],
  ])("%j is refused", async (words, said) => {
    const { err, status } = await run(...words);
    expect(status).toBe(2);
    expect(err).toContain(said);
  });
});

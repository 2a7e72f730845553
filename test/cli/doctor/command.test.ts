import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer, type Server } from "node:net";
import { afterAll, describe, expect, test } from "vitest";
import { rules } from "../../../rules/index.js";
import { PROGRAMS, readBuilt, readKernel, readQueues, readUnits } from "../../../src/cli/doctor/programs.js";
import { judgeSnapshot } from "../../../src/cli/doctor/snapshot.js";
import { askValues } from "../../../src/cli/fastcgi.js";
import { asAccount } from "../../../src/host/as-account.js";
import { opensFor, roomFor, seenFile } from "../../../src/host/live.js";
import { isSnapshot, readSnapshot } from "../../../src/live/snapshot.js";
import { SNAPSHOT_SCRIPT } from "../../../src/live/snapshot-script.js";
import { validators } from "../../../src/validators.js";
import { commandIn } from "../../support/run-command.js";

/** `fpmlint doctor` end to end, as far as it needs no daemons; `test/tools/examinations.test.ts` has those. */

const dir = mkdtempSync("/tmp/fpmlint-doctor-");
afterAll(() => rmSync(dir, { recursive: true }));

const run = (...words: readonly string[]) => commandIn(dir, ["doctor", ...words]);

describe("the command line", () => {
  test("files of another machine are not compared with this one", async () => {
    mkdirSync(`${dir}/etc/nginx`, { recursive: true });
    writeFileSync(`${dir}/etc/nginx/nginx.conf`, "events {}\nhttp { server { listen 80; } }\n");
    const { status, err } = await run("etc");
    expect(status).toBe(2);
    expect(err).toContain("etc is not the configuration of this machine");
  });

  test("a file that is no snapshot", async () => {
    writeFileSync(`${dir}/notes.txt`, "garbage\n");
    const { status, err } = await run("notes.txt");
    expect(status).toBe(2);
    expect(err).toContain("notes.txt is not the configuration of this machine, and no snapshot of another");
    expect(err).toContain("fpmlint doctor --snapshot prints the script that makes a snapshot");
  });

  test("one path alone", async () => {
    const { status, err } = await run("/etc", "/srv");
    expect(status).toBe(2);
    expect(err).toContain("Unknown argument: /srv");
  });

  test("--snapshot prints the script, and nothing goes with it", async () => {
    const { status, out } = await run("--snapshot");
    expect(status).toBe(0);
    expect(out).toBe(SNAPSHOT_SCRIPT);
    expect((await run("--snapshot", "--quiet")).status).toBe(2);
  });

  test("standard input has to be a snapshot", async () => {
    const { status, err } = await commandIn(dir, ["doctor", "-"], { standardInput: () => "hello\n" });
    expect(status).toBe(2);
    expect(err).toContain("standard input is not a snapshot");
  });
});

const SNAPSHOT = `fpmlint-snapshot 1
now 1800000000
file /proc/uptime
|5000.00 9.00
line /proc/10/status:Name:	nginx
line /proc/10/status:Uid:	0	0	0	0
line /proc/10/status:Gid:	0	0	0	0
line /proc/10/status:PPid:	1
line /proc/11/status:Name:	nginx
line /proc/11/status:Uid:	33	33	33	33
line /proc/11/status:Gid:	33	33	33	33
line /proc/11/status:PPid:	10
line /proc/11/status:VmRSS:	    2000 kB
file /proc/10/cmdline
|nginx: master process /usr/sbin/nginx -g daemon on;
file /proc/11/cmdline
|nginx: worker process
file /proc/11/stat
|11 (nginx) S 10 10 10 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 100000 0 0 0
link /proc/10/exe	/usr/sbin/nginx (deleted)
link /proc/11/exe	/usr/sbin/nginx (deleted)
fds /proc/10/fd
fd 3	/var/log/nginx/error.log
fd 6	socket:[77]
file /proc/self/status
|Name:	sh
|Uid:	0	0	0	0
file /proc/net/tcp
|  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
|   0: 00000000:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 77 1 0 100 0 0 10 0
file /proc/net/unix
|Num       RefCount Protocol Flags    Type St Inode Path
file /etc/nginx/nginx.conf
|user www-data;
|events {}
|http {
|  server {
|    listen 80;
|    root /srv/shop;
|    location ~ \\.php$ {
|      fastcgi_param SCRIPT_FILENAME $document_root$fastcgi_script_name;
|      fastcgi_pass unix:/run/php/shop.sock;
|    }
|  }
|}
file /etc/php/8.2/fpm/php-fpm.conf
|[shop]
|user = www-data
|listen = /run/php/shop.sock
|pm = static
|pm.max_children = 2
file /etc/passwd
|root:x:0:0
|www-data:x:33:33
file /etc/group
|root:x:0:
|www-data:x:33:
stat 81a4 0 0 1799999000	/etc/nginx/nginx.conf
stat 81a4 0 0 1700000000	/etc/php/8.2/fpm/php-fpm.conf
stat 41ed 0 0 1700000000	/srv
gone /srv/shop
output ss -xlH
|u_str LISTEN 0 511 /run/other.sock 5 * 0
name php.internal 
end
`;

describe("a snapshot", () => {
  const judged = (text: string) => judgeSnapshot(text, { rules, validators }).examined;
  const statusOf = (text: string, id: string) =>
    judged(text).checked.find(({ check }) => check.id === id)?.status;

  test("is judged by the same checks", () => {
    expect(judged(SNAPSHOT).facts.source).toBe("snapshot");
    expect(statusOf(SNAPSHOT, "basics/nginx")).toBe("ok");
    expect(statusOf(SNAPSHOT, "basics/php-fpm")).toBe("error");
    // The worker started 1000 seconds after the machine, which is 4000 seconds ago.
    expect(statusOf(SNAPSHOT, "basics/nginx-reloaded")).toBe("warning");
    expect(statusOf(SNAPSHOT, "basics/program")).toBe("warning");
    expect(statusOf(SNAPSHOT, "reality/listens")).toBe("error");
    expect(statusOf(SNAPSHOT, "reality/ports")).toBe("ok");
    expect(statusOf(SNAPSHOT, "reality/answers")).toBe("unknown");
    expect(statusOf(SNAPSHOT, "requests/roots")).toBe("error");
  });

  test("what the script did not look at is not missing", () => {
    expect(statusOf(SNAPSHOT.replace("gone /srv/shop\n", ""), "requests/roots")).toBe("unknown");
    const tls = SNAPSHOT.replace("|    listen 80;", "|    listen 80;\n|    ssl_certificate /srv/tls/a.pem;");
    expect(statusOf(tls, "requests/certificates")).toBe("unknown");
    expect(statusOf(tls.replace("end\n", "gone /srv/tls\nend\n"), "requests/certificates")).toBe("error");
  });

  test("the linter sees the links and directories that the script saw", () => {
    const linked = SNAPSHOT.replace("|listen = /run", "|listen = /disk").replace(
      "gone",
      "link /run\t/disk\ngone",
    );
    const faults = (text: string) =>
      judged(text).checked.flatMap(({ check, answers }) =>
        check.id === "reality/files" ? answers.map((one) => (one.kind === "wrong" ? one.said : "")) : [],
      );
    expect(faults(linked).filter((said) => said.includes("listen-mismatch"))).toEqual([]);
    expect(faults(linked.replace("link /run", "link /runs")).join()).toContain("listen-mismatch");
  });

  test("of who is not root, with processes of other users hidden", async () => {
    const own = SNAPSHOT.replace("|Uid:\t0\t0", "|Uid:\t1000\t1000").replace(
      /^.*\/proc\/1[01]\/.*\n(?:\|.*\n)?/gm,
      "",
    );
    expect(judged(own).facts).toMatchObject({ root: false, proc: true, hidden: true, nginx: [] });
    expect(statusOf(own, "basics/nginx")).toBe("unknown");
    expect(
      judged(own.replace("file /proc/uptime", "line /proc/1/status:Name:\tinit\nfile /proc/uptime")).facts
        .hidden,
    ).toBe(false);
  });

  test("root sees who listens, unless something hides it", async () => {
    const sound = SNAPSHOT.replace("fd 6\tsocket:[77]\n", "");
    writeFileSync(`${dir}/elsewhere.txt`, sound);
    expect((await run("elsewhere.txt")).out).toContain("/proc does not show all processes that listen");
  });

  test("an older file is no edit", () => {
    expect(statusOf(SNAPSHOT.replace("1799999000", "1799990000"), "basics/nginx-reloaded")).toBe("ok");
  });

  test("the command reads it, from a file and from standard input", async () => {
    writeFileSync(`${dir}/snapshot.txt`, SNAPSHOT);
    const file = await run("snapshot.txt", "--quiet");
    expect(file.status).toBe(1);
    expect(file.out).toContain("error[basics/php-fpm]: ");
    const input = await commandIn(dir, ["doctor", "-", "--quiet"], { standardInput: () => SNAPSHOT });
    expect(input.out).toBe(file.out);
  });

  test("--config names its files as on the machine itself", async () => {
    writeFileSync(`${dir}/snapshot.txt`, SNAPSHOT.replaceAll("/etc/nginx/nginx.conf", "/opt/web/own.conf"));
    const named = (root: string, rules = {}) =>
      writeFileSync(
        `${dir}/own.json`,
        JSON.stringify({ rules, hosts: [{ name: "own", root, nginx: "/opt/web/own.conf", fpm: [] }] }),
      );
    named("/");
    const { status, out, err } = await run("snapshot.txt", "--config", "own.json");
    expect({ status, err }).toEqual({ status: 1, err: "" });
    expect(out).not.toContain("basics/php-fpm");
    expect((await run("snapshot.txt")).out).toContain("basics/php-fpm");
    named("srv");
    const other = await run("snapshot.txt", "--config", "own.json");
    expect(other.status).toBe(2);
    expect(other.err).toContain('its "root" has to be "/"');
    writeFileSync(`${dir}/own.json`, "{");
    expect((await run("snapshot.txt", "--config", "own.json")).status).toBe(2);
  });

  test.each([
    ["-p /etc/ -c nginx/nginx.conf", "", "ok"],
    ["-c nginx/nginx.conf -p /etc", "", "ok"],
    ["-p nginx/ -c nginx.conf", "/etc", "ok"],
    ["-p nginx/ -c nginx.conf", "/srv", "error"],
    ["-p nginx/ -c nginx.conf", "", "error"],
    ["-p /opt -c nginx/nginx.conf", "/etc", "error"],
    ["-c nginx.conf", "/srv", "ok"],
    ["-c /etc/nginx/../nginx/nginx.conf", "", "ok"],
  ])("nginx %s, started in %j, is found: %s", (words, from, status) => {
    const started = SNAPSHOT.replace("/usr/sbin/nginx -g daemon on;", `nginx ${words}`);
    const text =
      from === "" ? started : started.replace("fds /proc/10", `link /proc/10/cwd\t${from}\nfds /proc/10`);
    expect(statusOf(text, "basics/nginx")).toBe(status);
  });

  test("a file system that is read-only, as the kernel tells it", () => {
    const kept = SNAPSHOT.replace(
      "|pm = static",
      "|php_admin_value[session.save_path] = /my site/kept\n|pm = static",
    ).replace("gone ", "stat 41ff 0 0 1700000000\t/my site\nstat 43ff 0 0 1700000000\t/my site/kept\ngone ");
    const on = (...mounts: readonly string[]): string =>
      kept.replace(
        "file /proc/net/unix",
        `file /proc/self/mounts\n${mounts.map((one) => `|${one}\n`).join("")}file /proc/net/unix`,
      );
    expect(statusOf(kept, "requests/sessions")).toBe("ok");
    expect(statusOf(on("- / - rw", "- /my\\040site - ro"), "requests/sessions")).toBe("error");
    expect(statusOf(on("- / - ro", "- /my\\040site - rw"), "requests/sessions")).toBe("ok");
    expect(statusOf(on("- /my\\040site - ro", "- /my\\040site - rw"), "requests/sessions")).toBe("ok");
    expect(statusOf(on("- / - rw", "- /my\\040si - ro"), "requests/sessions")).toBe("ok");
  });

  test("one that went through an editor of Windows", () => {
    const windows = `\ufeff${SNAPSHOT.replaceAll("\n", "\r\n")}`;
    expect(isSnapshot(windows)).toBe(true);
    expect(judged(windows)).toEqual(judged(SNAPSHOT));
  });

  test("directories in each other without an end", () => {
    const deep = SNAPSHOT.replace(/end\n$/, `stat 41ed 0 0 1\t/${"a/".repeat(2000)}\nend\n`);
    expect(judged(deep)).toEqual(judged(SNAPSHOT));
  });

  test("one that was cut off before the files says so", async () => {
    writeFileSync(`${dir}/start.txt`, SNAPSHOT.slice(0, SNAPSHOT.indexOf("file /etc/nginx")));
    const { status, err } = await run("start.txt");
    expect(status).toBe(2);
    expect(err).toContain("the snapshot is cut off before any configuration");
  });

  test("one that was cut off proves nothing", async () => {
    writeFileSync(`${dir}/cut.txt`, SNAPSHOT.replace(/\nend\n$/, "\n"));
    const { status, out } = await run("cut.txt");
    expect(status).toBe(3);
    expect(out).toContain("its end is missing");
  });

  /** With both workers of the pool, connections to its socket, and what of these was there a second later. */
  const withPool = (later: string): string => {
    const unix = (at: string, state: string, inode: string): string =>
      `|${at}: 00000003 00000000 ${state === "01" ? "00010000" : "00000000"} 0001 ${state} ${inode} /run/php/shop.sock\n`;
    const one = (pid: string, parent: string, title: string, socket: string): string =>
      `line /proc/${pid}/status:Name:\tphp-fpm8.2\nline /proc/${pid}/status:Uid:\t0\t0\t0\t0\nline /proc/${pid}/status:PPid:\t${parent}\nline /proc/${pid}/status:VmRSS:\t2000 kB\nfile /proc/${pid}/cmdline\n|php-fpm: ${title}\nlink /proc/${pid}/exe\t/usr/sbin/php-fpm8.2\nfds /proc/${pid}/fd\nfd 9\tsocket:[500]\nfd 5\tsocket:[${socket}]\n`;
    const processes =
      one("20", "1", "master process (/etc/php/8.2/fpm/php-fpm.conf)", "499") +
      one("21", "20", "pool shop", "501") +
      one("22", "20", "pool shop", "502");
    const now = [
      unix("a0", "01", "500"),
      unix("a1", "03", "501"),
      unix("a2", "03", "502"),
      unix("a3", "02", "0"),
    ].join("");
    return SNAPSHOT.replace("file /etc/nginx/nginx.conf", `${processes}file /etc/nginx/nginx.conf`)
      .replace(/(\|Num +RefCount.*\n)/, `$1${now}${later}`)
      .replace("output ss -xlH\n|u_str LISTEN 0 511 /run/other.sock 5 * 0\n", "");
  };
  const row = (at: string, state: string, inode: string): string =>
    `|${at}: 00000003 00000000 00000000 0001 ${state} ${inode} /run/php/shop.sock\n`;

  test.each([
    ["the same connections are held", row("a1", "03", "501") + row("a2", "03", "502"), "error"],
    ["the same one waits", row("a3", "02", "0") + row("a4", "03", "503"), "error"],
    ["one was ended, and nobody waits", row("a1", "03", "501"), "ok"],
    ["another one waits", row("a1", "03", "501") + row("a5", "02", "0"), "ok"],
    ["nothing is there", "", "ok"],
  ])("of a full pool a second later %s", (_, rows, status) => {
    const text = withPool(`later /proc/net/unix\n${rows}`);
    expect(statusOf(text, "resources/workers")).toBe(status);
    expect(statusOf(text, "resources/queue")).toBe("ok");
  });

  test("the kernel's table tells how many wait without ss, and one look does not tell whether a pool is full", () => {
    const { checked, facts } = judged(withPool(""));
    expect(facts.listeners.find(({ inode }) => inode === "500")).toMatchObject({ waiting: 1, later: null });
    expect(checked.find(({ check }) => check.id === "resources/workers")?.status).toBe("unknown");
  });

  test.each([
    "",
    "stat\n",
    "stat x y\t/a\n",
    "link /a\n",
    "file\n|x\n",
    "line\n",
    "now x\n",
    "room 1\t/a\n",
    "later\n",
    "later /proc/net/tcp\n|x\n",
    "\0\n",
  ])("%j in it harms nothing", (line) => {
    const text = SNAPSHOT.replace("end\n", `${line}end\n`);
    expect(() => readSnapshot(text)).not.toThrow();
    expect(judged(text).checked.length).toBe(judged(SNAPSHOT).checked.length);
  });
});

describe("what programs print", () => {
  test("each program only asks", () => {
    expect(PROGRAMS.map(([name, ...words]) => [name, words[0]])).toEqual([
      ["ss", "-xlH"],
      ["systemctl", "show"],
      ["journalctl", "--dmesg"],
      ["nginx", "-V"],
    ]);
  });

  test("queues of Unix sockets", () => {
    const text = "u_str LISTEN 4 5 /run/a.sock 123 * 0\nu_str ESTAB 0 0 * 1 * 2\n";
    expect([...readQueues(text)]).toEqual([["/run/a.sock", { waiting: 4, most: 5 }]]);
  });

  test("units that are loaded", () => {
    const block = (id: string, load: string): string =>
      `Id=${id}\nLoadState=${load}\nActiveState=failed\nResult=exit-code\nNRestarts=5\n`;
    const text = `${block("a.service", "loaded")}\n${block("b.service", "not-found")}`;
    expect(readUnits(text)).toEqual([
      { name: "a.service", state: "failed", result: "exit-code", restarts: 5 },
    ]);
  });

  test("lines of the kernel about both daemons", () => {
    const line = (text: string): string => `2026-11-29T10:00:00+00:00 host kernel: ${text}`;
    const killed = line("Out of memory: Killed process 9 (php-fpm8.2) total-vm:1kB, anon-rss:1kB");
    const others = [line("Out of memory: Killed process 9 (mysqld) total-vm:1kB"), line("usb 1-1: nginx")];
    expect(readKernel([killed, ...others].join("\n"), 0)).toEqual([killed]);
  });

  test("how nginx was built", () => {
    const text =
      "configure arguments: --prefix=/usr/share/nginx --http-client-body-temp-path=/var/lib/nginx/body --with-debug";
    expect(readBuilt(text)).toEqual([
      ["--prefix", "/usr/share/nginx"],
      ["--http-client-body-temp-path", "/var/lib/nginx/body"],
    ]);
  });
});

describe("the running machine", () => {
  test("files are seen without being read", () => {
    writeFileSync(`${dir}/a`, "");
    chmodSync(`${dir}/a`, 0o640);
    expect(seenFile(`${dir}/a`, null)).toMatchObject({ kind: "file", mode: 0o640 });
    expect(seenFile(`${dir}/b`, null)).toBeNull();
    expect(seenFile(`${dir}/a`, process.pid)).toMatchObject({ kind: "file" });
    expect(roomFor(dir)?.size).toBeGreaterThan(0);
    expect(roomFor(`${dir}/b`)).toBeNull();
  });

  test.skipIf(process.geteuid?.() !== 0)("another account's rights end with what is done", () => {
    const nobody = { user: 65_534, group: 65_534, groups: [] };
    writeFileSync(`${dir}/secret`, "");
    chmodSync(`${dir}/secret`, 0o600);
    chmodSync(dir, 0o755);
    expect(opensFor(`${dir}/secret`, nobody)).toBe(false);
    chmodSync(`${dir}/secret`, 0o604);
    expect(opensFor(`${dir}/secret`, nobody)).toBe(true);
    expect(opensFor(`${dir}/nothing`, nobody)).toBeNull();
    expect(asAccount(nobody, () => process.geteuid?.())).toEqual({ value: 65_534 });
    const fails = (): never => {
      throw new Error("inside");
    };
    expect(() => asAccount(nobody, fails)).toThrow("inside");
    expect([process.geteuid?.(), process.getegid?.()]).toEqual([0, 0]);
  });

  const answers = async (server: Server, path: string): Promise<unknown> => {
    await new Promise<void>((done) => server.listen(path, done));
    const answer = await askValues(() => connect({ path }), 200);
    server.close();
    return answer;
  };

  test("what comes for FastCGI's question is told apart", async () => {
    const none = await askValues(() => connect({ path: `${dir}/none.sock` }), 200);
    expect(none).toEqual({ problem: "ENOENT", values: null });
    const silent = createServer((socket) => socket.unref());
    expect(await answers(silent, `${dir}/silent.sock`)).toEqual({ problem: null, values: "silent" });
    const ends = createServer((socket) => socket.destroy());
    expect(await answers(ends, `${dir}/ends.sock`)).toEqual({ problem: null, values: "closed" });
    const other = createServer((socket) => socket.end("HTTP/1.1 400 Bad Request\r\n"));
    expect(await answers(other, `${dir}/other.sock`)).toEqual({ problem: null, values: "foreign" });
    const right = createServer((socket) => socket.end(Buffer.from([1, 10, 0, 0, 0, 0, 0, 0])));
    expect(await answers(right, `${dir}/right.sock`)).toEqual({ problem: null, values: "answered" });
  });
});

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { commandIn } from "../support/run-command.js";

/** `fpmlint explain 'LINE' PATH`: what is left to look at comes first. */

const dir = mkdtempSync(join(tmpdir(), "fpmlint-explain-"));
afterAll(() => rmSync(dir, { recursive: true }));

mkdirSync(join(dir, "etc/nginx"), { recursive: true });
mkdirSync(join(dir, "etc/php/8.2/fpm"), { recursive: true });
writeFileSync(
  join(dir, "etc/nginx/nginx.conf"),
  `user www-data;
events {}
http {
    server {
        listen 80;
        root /srv/shop;
        location ~ \\.php$ {
            fastcgi_param SCRIPT_FILENAME $document_root$fastcgi_script_name;
            fastcgi_pass unix:/run/php/shop.sock;
        }
    }
}
`,
);

function pool(socket: string): void {
  writeFileSync(
    join(dir, "etc/php/8.2/fpm/php-fpm.conf"),
    `[shop]\nuser = www-data\nlisten = ${socket}\nlisten.owner = www-data\npm = static\npm.max_children = 2\n`,
  );
}

const missing = (socket: string): string =>
  `connect() to unix:${socket} failed (2: No such file or directory) while connecting to upstream`;
const IN_FILES = "Causes in the configuration";
const ELSEWHERE = "Causes that no configuration shows";

const explain = async (...words: readonly string[]): Promise<string> =>
  (await commandIn(dir, ["explain", ...words])).out;

describe("a line of a socket that is not there", () => {
  test("files without the fault: causes that no file shows come first", async () => {
    pool("/run/php/shop.sock");
    const out = await explain(missing("/run/php/shop.sock"), "etc");
    expect(out).toContain("fpmlint finds no fault there that predicts this line");
    expect(out.indexOf(ELSEWHERE)).toBeGreaterThan(0);
    expect(out.indexOf(ELSEWHERE)).toBeLessThan(out.indexOf(IN_FILES));
  });

  test("files with the fault, and no files: causes of the configuration come first", async () => {
    pool("/run/php/other.sock");
    for (const words of [[], ["etc"]]) {
      const out = await explain(missing("/run/php/shop.sock"), ...words);
      expect(out.indexOf(IN_FILES)).toBeGreaterThan(0);
      expect(out.indexOf(IN_FILES)).toBeLessThan(out.indexOf(ELSEWHERE));
    }
  });

  test("commands name the socket, and each cause the line that was seen", async () => {
    const out = await explain(missing("/run/php/shop.sock"));
    expect(out).toContain("run:   ss -xlp src /run/php/shop.sock; ls -la /run/php/shop.sock; ");
    expect(out).not.toContain("(111: ");
  });

  test("a name that a shell would read as something else is not written into a command", async () => {
    const out = await explain(missing("/run/$(reboot).sock"));
    expect(out).toContain("run:   ss -xlp src SOCKET; ls -la SOCKET; ");
  });
});

describe("the page of a line", () => {
  test("shows the form that the line has, and rules of the daemon that wrote it", async () => {
    const refused = await explain(
      'nginx: [emerg] unknown directive "fastcgi_passs" in /etc/nginx/nginx.conf:4',
    );
    expect(refused).toContain("fpmlint explain nginx/unknown-directive");
    expect(refused).not.toContain("fpmlint explain fpm/");
    expect(
      await explain("nginx: [emerg] bind() to 10.0.0.9:80 failed (99: Cannot assign requested address)"),
    ).toContain("line: bind() to … failed (99: …)");
  });

  test("names the program that a request was passed to, without its URI, and what decides there", async () => {
    const slow =
      '2026/11/28 12:00:00 [error] 7#7: *1 upstream timed out (110: x) while reading response header from upstream, client: 192.0.2.1, server: , request: "GET /app?token=tok3n HTTP/1.1", upstream: "http://127.0.0.1:3000/app?token=tok3n", host: "a"';
    const out = await explain(slow, "etc");
    expect(out).toContain("passed to: http://127.0.0.1:3000\n");
    expect(out).toContain("proxy_read_timeout");
    expect(out).not.toMatch(/tok3n|fastcgi_read_timeout|PHP sent/);
  });
});

test("no status is promised where a script may go on", async () => {
  const said =
    "PHP Warning:  session_start(): open(/var/lib/php/sessions/sess_a, O_RDWR) failed: Permission denied (13) in /srv/shop/index.php on line 1";
  const out = await explain(said);
  expect(out).toContain("PHP may not use the directory of the sessions");
  expect(out).not.toContain("clients get");
});

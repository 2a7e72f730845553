import { symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { hostsIn, POOL, SITE, waysIn } from "../containers/support/stack.js";
import { tree } from "../support/tree.js";

const { put, top, lint } = tree();
const findings = (): readonly string[] =>
  lint(["."]).findings.map(({ rule, severity }) => `${severity} ${rule}`);

describe("kinds of trees", () => {
  test("a directory dev is one of a system only beside etc and usr", () => {
    const files = {
      "nginx.conf": `events {}\nhttp {\n${SITE("127.0.0.1:9000")}}\n`,
      "www.conf": POOL("9000"),
    };
    put(Object.fromEntries(Object.entries(files).map(([name, text]) => [`stacks/dev/${name}`, text])));
    expect(waysIn(top())).toEqual(["127.0.0.1:9000 → www 9000"]);
    put({ "stacks/etc/hostname": "shop\n", "stacks/usr/share/x": "" });
    expect(waysIn(top())).toEqual([]);
  });

  test("a program in a directory that says fpm is no pool", () => {
    put({ "fpm/shop-configure": "#!/bin/sh\nlistenExists=\npm='unknown'\npm.max=1\nlisten = 1\n" });
    expect(hostsIn(top())).toEqual([]);
    put({ "fpm/pool": "pm = static\nlisten = 9000\n[www]\npm.max_children = 2\n" });
    expect(hostsIn(top())).toHaveLength(1);
  });

  test("links out of the tree of other programs change no exit status", () => {
    put({ "etc/nginx/nginx.conf": "events {}\nhttp {}\n", "fonts/conf.d/README": "" });
    symlinkSync("/usr/share/fontconfig/10-shop.conf", join(top(), "fonts/conf.d/10-shop.conf"));
    expect(lint(["."]).summary.incomplete.filter(({ fatal }) => fatal)).toEqual([]);
    symlinkSync("/usr/share/shop/nginx.conf", join(top(), "fonts/conf.d/20-shop.conf"));
    expect(lint(["."]).summary.incomplete.filter(({ fatal }) => fatal)).toHaveLength(1);
  });

  test("the name of a directive in capitals is filled in by a script", () => {
    put({ "nginx/nginx.conf": "events {}\nhttp {\n  keepalive_timeout KEEPALIVETIMEOUT;\n}\n" });
    expect(findings()).not.toContain("error nginx/invalid-value");
    put({ "nginx/nginx.conf": "events {}\nhttp {\n  keepalive_timeout UNLIMITED;\n}\n" });
    expect(findings()).toContain("error nginx/invalid-value");
  });

  test("a socket in a place that a template fills in may be of the account that starts both daemons", () => {
    const files = (user: string) => ({
      "nginx.conf.tmpl": `${user}events {}\nhttp {\n${SITE(`unix:\${RUN_DIR}/php.sock`)}}\n`,
      "php-fpm.conf.tmpl": `[global]\nlog_level = notice\n${POOL(`\${RUN_DIR}/php.sock`)}`,
    });
    put(files(""));
    expect(findings().filter((one) => one.includes("permission-denied"))).toEqual([]);
    put(files("user www-data;\n"));
    expect(findings().filter((one) => one.includes("permission-denied"))).toHaveLength(1);
  });

  test("the output of nginx -V says the version of the files that it lies among", () => {
    const output = (version: string) =>
      `nginx version: nginx/${version}\nbuilt by gcc 12\nconfigure arguments: --user=nginx\n`;
    const main = "events {}\nhttp {\n  server {\n    listen 80;\n  }\n}\n";
    const versions = () => hostsIn(top()).map(({ nginx }) => nginx?.version ?? null);
    put({ "conf/nginx.conf": main, "conf/nginx-V.txt": output("1.24.0") });
    expect(versions()).toEqual(["1.24.0"]);
    put({ "conf/nginx-V.txt": "nginx version: nginx/1.24.0\n" });
    expect(versions()).toEqual([null]);
    put({ "conf/nginx-V.txt": output("1.24.0"), "old/nginx-version": output("1.18.0") });
    expect(versions()).toEqual([null]);
    // Each host has its own.
    put({ "a/etc/nginx/nginx.conf": main, "a/nginx-V.txt": output("1.22.1") });
    put({ "b/etc/nginx/nginx.conf": main, "b/nginx-V.txt": output("1.26.2") });
    expect(versions().slice(0, 2)).toEqual(["1.22.1", "1.26.2"]);
  });

  test("halves in two roots are one host where nothing else is in the tree", () => {
    const web = {
      "web/rootfs/etc/nginx/nginx.conf": `events {}\nhttp {\n${SITE("unix:/run/php/shop.sock")}}\n`,
    };
    const fpm = { "fpm/rootfs/usr/local/etc/php-fpm.d/shop.conf": POOL("/run/php/shop.sock") };
    put({ ...web, ...fpm });
    expect(waysIn(top())).toEqual(["unix:/run/php/shop.sock → www /run/php/shop.sock"]);
    expect(hostsIn(top())).toHaveLength(1);
    // Beside a host with both, nothing tells that these two belong together.
    put({ "c/etc/nginx/nginx.conf": "events {}\nhttp {}\n", "c/etc/php-fpm.d/www.conf": POOL("9000") });
    expect(waysIn(top())).toEqual(["unix:/run/php/shop.sock → nobody"]);
  });

  test("copies of whole systems are machines of their own", () => {
    put({
      "web/etc/nginx/nginx.conf": `events {}\nhttp {\n${SITE("127.0.0.1:9000")}}\n`,
      "web/etc/passwd": "root:x:0:0::/root:/bin/sh\n",
      "app/etc/php-fpm.d/www.conf": POOL("9000"),
    });
    expect(waysIn(top())).toEqual(["127.0.0.1:9000 → nobody"]);
  });

  test("a php.ini with settings that are gone since PHP 5.4 is that of a PHP 5", () => {
    put({
      "etc/php-fpm.conf": "[global]\ninclude=/etc/php-fpm.d/*.conf\n",
      "etc/php-fpm.d/www.conf": `# shop\n${POOL("9000")}`,
    });
    expect(findings()).toContain("error fpm/syntax");
    put({ "etc/php.ini": "[PHP]\nsafe_mode = Off\n" });
    expect(findings().filter((one) => one.includes("fpm/syntax"))).toEqual(["warning fpm/syntax"]);
  });

  test("without nginx's main file its default holds, as a guess", () => {
    const files = (limit: string) => ({
      "etc/nginx/conf.d/shop.conf": SITE("unix:/run/php/shop.sock"),
      "etc/php/fpm/shop.conf.d/100_base.conf": `listen = /run/php/$pool.sock\nuser = www-data\nrequest_terminate_timeout = ${limit}\n`,
    });
    put(files("30"));
    expect(waysIn(top())).toEqual(["unix:/run/php/shop.sock → shop /run/php/$pool.sock"]);
    expect(findings()).toContain("info timeout/terminate-below-read");
    put(files("300"));
    expect(findings()).toContain("info timeout/read-below-terminate");
    put({
      "etc/nginx/nginx.conf":
        "events {}\nhttp {\n  fastcgi_read_timeout 300s;\n  include conf.d/*.conf;\n}\n",
    });
    expect(findings().filter((one) => one.includes("-terminate"))).toEqual([]);
  });

  test("other files for nginx beside those of the one stack go to its containers", () => {
    put({
      "nginx/default.conf": SITE("php:9000"),
      "nginx/nginx.conf": `events {}\nhttp {\n${SITE("php:9000")}}\n`,
      "compose.yml":
        "services:\n  web:\n    image: nginx:1.27.4\n    volumes: ['./nginx/default.conf:/etc/nginx/conf.d/default.conf']\n  php:\n    image: php:8.2.10-fpm\n",
    });
    expect(waysIn(top())).toEqual(["php:9000 → www 9000", "php:9000 → www 9000 (guess)"]);
  });

  test("a piece that nothing includes is named, and one that hosts elsewhere share is not", () => {
    const piece = "fastcgi_read_timeout 300s;\nfastcgi_buffers 16 16k;\n";
    const left = () => lint(["."]).summary.incomplete.map(({ file, reason }) => `${file}: ${reason}`);
    put({
      "nginx/nginx.conf": `events {}\nhttp {\n${SITE("127.0.0.1:9000")}}\n`,
      "nginx/snippets/slow.conf": piece,
      // Debian's package brings this one.
      "nginx/snippets/fastcgi-php.conf": piece,
    });
    expect(left()).toEqual(["nginx/snippets/slow.conf: nothing in the tree includes it"]);
    put({ "web/etc/nginx/nginx.conf": "events {}\nhttp {\n  include /etc/nginx/snippets/slow.conf;\n}\n" });
    expect(left()).toEqual([]);
  });

  test("files of the daemons in a ConfigMap that no pod mounts are named", () => {
    const map = `kind: ConfigMap\nmetadata: {name: shop}\ndata:\n  default.conf: |\n${SITE("php:9000").replace(/^/gm, "    ")}\n`;
    put({ "nginx/nginx.conf": "events {}\nhttp {}\n", "k8s/map.yaml": map });
    expect(lint(["."]).summary.incomplete.map(({ reason }) => reason)).toEqual([
      "default.conf of the ConfigMap shop is not read: no pod of the tree mounts it",
    ]);
  });
});

import { describe, expect, test } from "vitest";
import { sniff } from "../../src/host/find/sniff.js";
import { coverage, unreadLines } from "../../src/report/coverage.js";
import { tree } from "../support/tree.js";

/** What is taken for nginx's or PHP-FPM's, what is read although nothing includes it, and what is said of the rest. */

const { put, lint, outcome, link: treeLink } = tree();

const SITE =
  "server {\n  listen 80;\n  root /srv/shop;\n  location ~ \\.php$ {\n    include fastcgi_params;\n    fastcgi_param SCRIPT_FILENAME $document_root$fastcgi_script_name;\n    fastcgi_read_timeout 300s;\n    fastcgi_pass unix:/run/php/shop.sock;\n  }\n}\n";
const POOL =
  "[shop]\nuser = www-data\nlisten = /run/php/shop.sock\npm = static\npm.max_children = 2\nrequest_terminate_timeout = 30s\n";
const MAIN = "user www-data;\nevents {}\nhttp {\n  include /etc/nginx/sites-enabled/*;\n}\n";
const FPM = "[global]\nerror_log = /var/log/fpm.log\ninclude = /etc/php/8.2/fpm/pool.d/*.conf\n";
const ACCOUNTS = { "etc/passwd": "root:x:0:0::/root:/bin/sh\nwww-data:x:33:33::/var/www:/bin/false\n" };

const found = (path = ".") =>
  lint([path]).findings.map(({ rule, severity, at }) => `${severity} ${rule} ${at.span.file.display}`);
const unread = (path = ".") =>
  lint([path]).summary.incomplete.map(({ file, reason, fatal }) => `${file}: ${reason}${fatal ? "!" : ""}`);

describe("two signs", () => {
  test.each([
    ["sections and listen alone", '[crio.api]\n  listen = "/var/run/crio.sock"\n', "/k8s/crio.conf", "other"],
    ["samba's [global]", "[global]\n  include = /etc/samba/x.conf\n", "/samba/smb.conf", "other"],
    [
      "a location of dovecot",
      'namespace inbox {\n  location =\n  separator = /\n  mailbox "Trash" {\n  }\n}\n',
      "/a.conf",
      "other",
    ],
    ["a server of another program", "server {\n  enabled = true\n}\n", "/consul/a.conf", "other"],
    ["a server in a place of nginx's", "server {\n}\n", "/nginx/a.conf", "nginx-fragment"],
    ["a server in one line", "server { listen 80; }\n", "/a.conf", "nginx-fragment"],
    ["a server with a directive", "server {\n  listen 80;\n}\n", "/a.conf", "nginx-fragment"],
    [
      "a location over two lines",
      "location ~ \\.php$\n{\n  fastcgi_pass php:9000;\n}\n",
      "/a.conf",
      "nginx-fragment",
    ],
    ["settings that only FPM has", "[www]\nlisten = 9000\npm = static\n", "/a.conf", "fpm-pool"],
    ["such settings without a section", "pm = static\npm.max_children = 4\n", "/a.conf", "fpm-settings"],
    ["listen in a place of PHP's", "[www]\nlisten = 9000\n", "/php/www.conf", "fpm-pool"],
  ])("%s", (_name, text, path, kind) => {
    expect(sniff(text, path)).toBe(kind);
  });

  test("a file that nothing includes and that has a fault is not read", () => {
    put({ "conf/a.conf": `${SITE}`, "conf/b.conf": "server {\n  listen 80;\n  root /srv\n}\n" });
    expect(found()).toEqual([]);
    expect(unread()).toEqual([
      expect.stringMatching(/^conf\/b\.conf: nothing in the tree includes it, and .*line 4/),
    ]);
    // Who names it says that it is nginx's.
    expect(found("conf/b.conf")).toEqual([expect.stringContaining("nginx/syntax conf/b.conf")]);
  });

  test("a pool that nothing includes and that has a fault is no error", () => {
    put({ "conf/a.conf": `# pools\n${POOL}` });
    expect(found().filter((line) => line.includes("fpm/syntax"))).toEqual([]);
    expect(unread()).toEqual([
      expect.stringMatching(/^conf\/a\.conf: .*PHP-FPM would not read all of it \(line 1/),
    ]);
  });
});

describe("bare words", () => {
  const text = "server {\n  listen 80;\n  location / {\n    proxy_pass DEV_HOST;\n  }\n}\n";

  test("are placeholders in what says that it is a template", () => {
    put({ "stubs/site.conf": text });
    expect(found()).toEqual([]);
  });

  test("are what they are elsewhere, and on a whole host", () => {
    put({ "nginx/site.conf": text });
    expect(found()).toHaveLength(1);
    put({ ...ACCOUNTS, "etc/nginx/nginx.conf": `events {}\nhttp {\n${text}}\n` });
    expect(found("etc")).toContainEqual(expect.stringContaining("nginx/invalid-address"));
  });

  test("are names where the file itself defines them", () => {
    put({
      "templates/site.conf":
        "upstream PHP_FPM {\n  server unix:/run/php/shop.sock;\n}\n" +
        SITE.replace("unix:/run/php/shop.sock", "PHP_FPM"),
      "templates/pool.conf": POOL,
    });
    expect(found()).toContain("warning timeout/terminate-below-read templates/site.conf");
  });
});

describe("what nothing includes", () => {
  const joined = expect.stringMatching(/^info timeout\/terminate-below-read /);

  test("a site that is only available, where none is enabled", () => {
    put({
      "etc/nginx/nginx.conf": MAIN,
      "etc/nginx/sites-available/shop": SITE,
      "etc/php/8.2/fpm/php-fpm.conf": FPM,
      "etc/php/8.2/fpm/pool.d/shop.conf": POOL,
    });
    expect(found()).toContainEqual(joined);
    put({ "etc/nginx/sites-enabled/other": "server {\n  listen 81;\n}\n" });
    expect(found()).not.toContainEqual(joined);
    expect(unread()).toContain(
      "etc/nginx/sites-available/shop: not enabled: the include for it brings other files",
    );
  });

  test("not on a whole host, where sites at rest are counted", () => {
    put({
      ...ACCOUNTS,
      "etc/nginx/nginx.conf": MAIN,
      "etc/nginx/sites-available/shop": SITE,
      "etc/php/8.2/fpm/php-fpm.conf": FPM,
      "etc/php/8.2/fpm/pool.d/shop.conf": POOL,
    });
    expect(found()).not.toContainEqual(joined);
  });

  test.each([
    "site.conf.sample",
    "site.conf.example",
    "site.conf.dist",
    "site.conf.in",
    "production.txt",
    "site.conf-default",
    "site.stpl",
    "site.mustache",
    "nginx/site",
  ])("a file of the name %s", (name) => {
    put({ [`deploy/${name}`]: SITE, "deploy/pool.conf-default": POOL });
    expect(found()).toContainEqual(joined);
  });

  test("not a sample beside the file itself", () => {
    put({
      "deploy/site.conf": SITE,
      "deploy/site.conf.sample": SITE.replace("300s", "400s"),
      "deploy/pool.conf": POOL,
    });
    expect(lint(["."]).summary.locations).toBe(1);
    expect(unread()).toEqual(["deploy/site.conf.sample: a sample, and the file itself is there"]);
  });

  test("a pool below a directory of another name, and without a section", () => {
    put({
      "etc/nginx/conf.d/shop.conf": SITE.replace("/run/php/shop.sock", "/run/fpm.shop.sock"),
      "etc/php/fpm/shop.conf.d/10-base.conf":
        "listen = /run/fpm.$pool.sock\nrequest_terminate_timeout = 30\n",
    });
    expect(found()).toContainEqual(joined);
  });

  test("pools at rest take no part in what is said of all pools together", () => {
    put({
      "etc/nginx/nginx.conf": `events {}\nhttp {\n${SITE}}\n`,
      "etc/php/8.2/fpm/php-fpm.conf": FPM,
      "etc/php/8.2/fpm/pool.d/shop.conf": POOL,
      "etc/php/8.2/old/spare.conf": POOL.replace("[shop]", "[spare]"),
      "etc/php/8.2/old/idle.conf": POOL.replace("[shop]", "[idle]").replace("shop.sock", "idle.sock"),
    });
    const rules = lint(["."]).findings.map(({ rule }) => rule);
    expect(rules).not.toContain("connect/shared-address");
    expect(rules).not.toContain("connect/unused-pool");
  });

  test("what a shell script writes is left out, and said", () => {
    put({
      "nginx.conf": `events {}\nhttp {\n${SITE}}\n`,
      "install-nginx.sh": `cat > /etc/nginx/x <<EOF\n${SITE}EOF\n`,
    });
    expect(unread()).toEqual(["install-nginx.sh: configuration inside a shell script is not read"]);
  });

  test("is nothing to lint when there is nothing else", () => {
    put({ "a.txt": "server of the year\n", "b.sh": "echo server\n" });
    expect(outcome(["."])).toMatchObject({
      refusal: { message: "no nginx or PHP-FPM configuration found below ." },
    });
  });

  test("the sentence for nothing to lint names what shell scripts would write", () => {
    put({
      "scripts/nginx.sh": `cat > /etc/nginx/x <<EOF\n${SITE}EOF\n`,
      "scripts/site.sh": `block="${SITE}"\n`,
    });
    expect(outcome(["."])).toMatchObject({
      refusal: {
        message:
          "no nginx or PHP-FPM configuration found below .; configuration inside a shell script is not read: scripts/nginx.sh and 1 more",
      },
    });
  });

  test("a site in a directory of another program, which the container links", () => {
    put({
      "conf/etc/nginx/nginx.conf": MAIN,
      "conf/etc/zabbix/nginx.conf": SITE,
      "conf/etc/php/8.2/fpm/php-fpm.conf": FPM,
      "conf/etc/php/8.2/fpm/pool.d/shop.conf": POOL,
    });
    expect(found()).toContainEqual(joined);
    put({ Dockerfile: "FROM debian:12\nRUN apt-get install nginx php-fpm\nCOPY conf/etc/ /etc/\n" });
    expect(found()).toContainEqual(joined);
    put({ "conf/etc/zabbix/old/nginx.conf": `events {}\nhttp {\n${SITE}}\n` });
    expect(unread().join("\n")).toContain(
      "conf/etc/zabbix/old/nginx.conf: another main file of nginx is read",
    );
  });

  test("a file whose include is commented out", () => {
    put({
      "nginx.conf": `events {}\nhttp {\n  #include map_https.conf;\n${SITE}}\n`,
      "map_https.conf": "map $scheme $https {\n  default '';\n  https on;\n}\n",
    });
    expect(found().filter((line) => line.includes("map_https"))).toEqual([]);
    expect(unread()).toContain("map_https.conf: its include is commented out");
  });

  test("a pool with a fault is an error where the include of a main file means it", () => {
    put({
      "php/php-fpm.conf": FPM.replace("/etc/php/8.2/fpm", "/usr/local/etc"),
      "php/pool.d/shop.conf": `${POOL}php_admin_value[error_log] = "/var/log/x.log\n`,
    });
    expect(found()).toContain("error fpm/syntax php/pool.d/shop.conf");
    put({ "php/php-fpm.conf": FPM.replace("/etc/php/8.2/fpm/pool.d", "/usr/local/etc/fpm.d") });
    expect(found()).not.toContain("error fpm/syntax php/pool.d/shop.conf");
  });
});

describe("coverage", () => {
  const said = (path = ".") => coverage(lint([path]).summary);

  test("says what was not compared, and why", () => {
    put({
      "nginx/a.conf": SITE.replace("unix:/run/php/shop.sock", "php:9000"),
      "php/www.conf": POOL.replace("/run/php/shop.sock", "/run/php.sock"),
    });
    expect(said()).toContain("1 PHP location not compared: php:9000 is another machine");
    expect(said()).not.toContain("PHP location checked");
    put({ "nginx/b.conf": SITE.replace("/run/php/shop.sock", "/run/php.sock") });
    expect(said()).toContain("1 PHP location compared, 1 not: php:9000 is another machine");
    expect(lint(["."]).summary).toMatchObject({
      compared: 1,
      notCompared: [{ file: "nginx/a.conf", line: 8, reason: "php:9000 is another machine" }],
    });
  });

  test("says the same of both daemons' includes that match nothing", () => {
    put({
      "nginx/nginx.conf": "events {}\nhttp {\n  include /srv/sites/*.conf;\n}\n",
      "php/php-fpm.conf": `[global]\nerror_log = /x\ninclude = /srv/pools/*.conf\n${POOL}`,
    });
    expect(unread()).toEqual([
      "nginx/nginx.conf: /srv/sites/*.conf: nothing in the tree matches",
      "php/php-fpm.conf: /srv/pools/*.conf: nothing in the tree matches",
    ]);
  });

  test("has one line for many places of one reason", () => {
    const entries = Array.from({ length: 40 }, (_, index) => ({
      file: `a${index}.conf`,
      line: index + 1,
      reason: `/etc/x/${index}*: nothing in the tree matches`,
      fatal: false,
    }));
    const line = (one: (typeof entries)[number]) => `${one.file}: ${one.reason}`;
    expect(unreadLines(entries, line as never)).toEqual([
      "a0.conf: /etc/x/0*: nothing in the tree matches (also a1.conf:2, a2.conf:3, and 37 more)",
    ]);
    expect(unreadLines(entries.slice(0, 3), line as never)).toHaveLength(3);
  });
});

describe("what a tree leaves out", () => {
  const SHARED = { "etc/php/8.2/fpm/php-fpm.conf": FPM, "etc/php/8.2/fpm/pool.d/shop.conf": POOL };

  test("stock files are assumed, and nothing is said to be missing from them", () => {
    put({ "nginx/a.conf": SITE.replace(/ *fastcgi_param .*\n/, ""), "php/shop.conf": POOL });
    expect(found().filter((line) => line.includes("script-filename"))).toEqual([]);
  });

  test("a file of another root is found by the end of its path", () => {
    put({
      ...SHARED,
      "etc/nginx/nginx.conf":
        "events {}\nhttp {\n  server {\n    location ~ \\.php$ {\n      include /home/app/etc/nginx/fastcgi_params;\n    }\n  }\n}\n",
      "etc/nginx/fastcgi_params":
        "fastcgi_param SCRIPT_FILENAME $request_filename;\nfastcgi_pass unix:/run/php/other.sock;\n",
    });
    expect(found()).toContain("warning connect/listen-mismatch etc/nginx/fastcgi_params");
  });

  test("Debian's links to modules, dead or written out, are complete", () => {
    put({
      ...SHARED,
      "etc/nginx/nginx.conf": `include /etc/nginx/modules-enabled/*.conf;\n${MAIN}`,
      "etc/nginx/sites-available/shop": SITE,
      "etc/nginx/sites-enabled/shop": "../sites-available/shop",
      "etc/nginx/modules-enabled/60-mod-http-geoip.conf":
        "/usr/share/nginx/modules-available/mod-http-geoip.conf",
    });
    treeLink(
      "/usr/share/nginx/modules-available/mod-http-echo.conf",
      "etc/nginx/modules-enabled/50-mod-http-echo.conf",
    );
    expect(unread()).toEqual([]);
    expect(found()).toContain("warning timeout/terminate-below-read etc/nginx/sites-available/shop");
  });

  test("a template's host with a written port leads to the one pool there", () => {
    put({
      "nginx/site.conf.j2": SITE.replace("unix:/run/php/shop.sock", "{{ FPM_HOST }}:9002"),
      "php/pools.conf": POOL.replace("/run/php/shop.sock", "9002"),
    });
    expect(found()).toContain("info timeout/terminate-below-read nginx/site.conf.j2");
  });

  test("a handler of another module may answer in PHP's place", () => {
    put({
      ...SHARED,
      "etc/nginx/nginx.conf": `events {}\nhttp {\n${SITE.replace("fastcgi_pass", "fastcgi_cache_purge PURGE from all;\n    fastcgi_pass")}}\n`,
    });
    expect(lint(["."]).summary.locations).toBe(0);
  });

  test("one line with a refused value is one finding", () => {
    put({ "nginx.conf": "events {}\nhttp {\n  server {\n    listen 80;\n    listen 80 http3;\n  }\n}\n" });
    expect(found()).toEqual(["error nginx/invalid-value nginx.conf"]);
  });
});

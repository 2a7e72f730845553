import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type GivenHost, hostsOf } from "../src/host/given.js";

let top = "";

beforeEach(() => {
  top = mkdtempSync(join(tmpdir(), "fpmlint-discover-"));
});

afterEach(() => {
  rmSync(top, { recursive: true });
});

const MAIN = "events {}\nhttp {\n  include /etc/nginx/sites-enabled/*;\n}\n";
const SITE = "server {\n  location ~ \\.php$ {\n    fastcgi_pass php:9000;\n  }\n}\n";
const FPM = "[global]\nerror_log = /tmp/x\ninclude = /etc/php/8.2/fpm/pool.d/*.conf\n";
const POOL = "[www]\nlisten = 9000\npm = static\npm.max_children = 2\n";

function put(files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(top, path)), { recursive: true });
    writeFileSync(join(top, path), text);
  }
}

function hosts(path: string, from = top): readonly GivenHost[] {
  const given = hostsOf(path, from, []);
  return given.kind === "hosts" ? given.hosts : [];
}

const root = ({ spec }: GivenHost): string => spec.root.slice(top.length) || "/";

describe("a directory named etc", () => {
  test("is one host whose root is the directory above it", () => {
    put({
      "web/etc/nginx/nginx.conf": MAIN,
      "web/etc/php/8.2/fpm/php-fpm.conf": FPM,
      "web/etc/php/8.2/fpm/pool.d/www.conf": POOL,
    });
    const [host, ...more] = hosts("web/etc");
    expect(more).toEqual([]);
    expect(host && root(host)).toBe("/web");
    expect(host?.spec).toMatchObject({
      name: ".",
      nginx: "/etc/nginx/nginx.conf",
      fpm: ["/etc/php/8.2/fpm/php-fpm.conf"],
      pools: [],
    });
  });

  test("below usr/local counts from the directory above usr", () => {
    put({ "image/usr/local/etc/php-fpm.conf": FPM, "image/usr/local/etc/php-fpm.d/www.conf": POOL });
    const [host] = hosts("image/usr/local/etc");
    expect(host && root(host)).toBe("/image");
    expect(host?.spec.fpm).toEqual(["/usr/local/etc/php-fpm.conf"]);
  });

  test("without a daemon's files is nothing to lint", () => {
    put({ "etc/hostname": "x\n" });
    expect(hostsOf("etc", top, []).kind).toBe("nothing");
  });

  test.each([
    ["Debian, two versions", ["etc/php/8.2/fpm/php-fpm.conf", "etc/php/8.3/fpm/php-fpm.conf"]],
    ["RHEL", ["etc/php-fpm.conf"]],
    ["Remi", ["etc/opt/remi/php82/php-fpm.conf", "etc/opt/remi/php83/php-fpm.conf"]],
    ["Alpine", ["etc/php83/php-fpm.conf"]],
    ["openSUSE", ["etc/php8/fpm/php-fpm.conf"]],
    ["Arch", ["etc/php/php-fpm.conf", "etc/php-legacy/php-fpm.conf"]],
    ["Gentoo", ["etc/php/fpm-php8.2/php-fpm.conf"]],
  ])("knows where the packages put php-fpm: %s", (_name, mains) => {
    put(Object.fromEntries(mains.map((path) => [path, FPM])));
    expect(hosts("etc")[0]?.spec.fpm).toEqual(mains.map((path) => `/${path}`));
  });

  test.each([
    "usr/local/php/etc",
    "usr/local/php82/etc",
    "opt/php82/etc",
    "opt/plesk/php/8.2/etc",
    "opt/cpanel/ea-php82/root/etc",
    "opt/bitnami/php/etc",
    "www/server/php/82/etc",
  ])("knows where others put php-fpm, which counts with a pool: %s", (place) => {
    const includes = "[global]\ninclude = etc/php-fpm.d/*.conf\n";
    put({ "etc/nginx/nginx.conf": MAIN, [`${place}/php-fpm.conf`]: includes });
    expect(hosts("etc")[0]?.spec.fpm).toEqual([]);
    put({ [`${place}/php-fpm.d/shop.conf`]: POOL });
    expect(hosts("etc")[0]?.spec.fpm).toEqual([`/${place}/php-fpm.conf`]);
    // Searched as any directory, it is the same one host.
    expect(hosts(".").map(({ spec }) => [spec.name, spec.fpm])).toEqual([[".", [`/${place}/php-fpm.conf`]]]);
  });

  test("counts the masters that units start, of a template unit those that are there", () => {
    put({
      "etc/nginx/nginx.conf": MAIN,
      "etc/php-fpm.conf": `${FPM}${POOL}`,
      "etc/fpm/alice.conf": POOL,
      "etc/fpm/bob.conf": POOL,
      "etc/fpm/empty.conf": "[global]\n",
      "srv/fpm.conf": POOL,
      "etc/systemd/system/php-fpm@.service":
        "[Service]\nExecStart=/usr/sbin/php-fpm --nodaemonize \\\n  --fpm-config=/etc/fpm/%i.conf\n",
      "usr/lib/systemd/system/shop.service":
        "[Service]\nExecStart=/usr/sbin/php-fpm8.2 -F -y /srv/fpm.conf\n",
      "usr/lib/systemd/system/php-fpm.service":
        "[Service]\nExecStart=/usr/sbin/php-fpm -y /etc/php-fpm.conf\n",
      "usr/lib/systemd/system/gone.service": "[Service]\nExecStart=/usr/sbin/php-fpm -y /srv/gone.conf\n",
    });
    expect(hosts("etc")[0]?.spec.fpm).toEqual([
      "/etc/php-fpm.conf",
      "/etc/fpm/alice.conf",
      "/etc/fpm/bob.conf",
      "/srv/fpm.conf",
    ]);
  });

  test("takes pools without their main file, one master for each directory", () => {
    put({
      "etc/php/8.2/fpm/pool.d/a.conf": POOL,
      "etc/php/8.2/fpm/pool.d/b.conf": POOL,
      "etc/php/8.3/fpm/pool.d/c.conf": POOL,
    });
    expect(hosts("etc")[0]?.spec.pools).toEqual([
      ["/etc/php/8.2/fpm/pool.d/a.conf", "/etc/php/8.2/fpm/pool.d/b.conf"],
      ["/etc/php/8.3/fpm/pool.d/c.conf"],
    ]);
  });

  test("takes enabled sites without a main file, not the merely available ones", () => {
    put({
      "etc/nginx/sites-enabled/a": SITE,
      "etc/nginx/sites-available/a": SITE,
      "etc/nginx/sites-available/b": SITE,
    });
    expect(hosts("etc")[0]?.spec.fragments).toEqual(["/etc/nginx/sites-enabled/a"]);
  });
});

describe("any other directory", () => {
  test("holds as many hosts as it has roots", () => {
    put({ "hosts/web1/etc/nginx/nginx.conf": MAIN, "hosts/web2/etc/nginx/nginx.conf": MAIN });
    expect(hosts(".").map(({ spec }) => spec.name)).toEqual(["hosts/web1", "hosts/web2"]);
  });

  test("joins loose PHP-FPM files to the nearest nginx main file", () => {
    put({
      "a/nginx/nginx.conf": MAIN,
      "a/php/www.conf": POOL,
      "b/nginx/nginx.conf": MAIN,
      "b/php/www.conf": POOL,
    });
    expect(hosts(".").map(({ spec }) => [spec.name, spec.nginx, spec.pools])).toEqual([
      ["a/nginx", "/a/nginx/nginx.conf", [["/a/php/www.conf"]]],
      ["b/nginx", "/b/nginx/nginx.conf", [["/b/php/www.conf"]]],
    ]);
  });

  test("is one host when it holds only fragments", () => {
    put({ "sites/shop.conf": SITE, "pool.d/www.conf": POOL, "README.md": "server {}\n" });
    expect(hosts(".")[0]?.spec).toMatchObject({
      name: ".",
      nginx: null,
      fragments: ["/sites/shop.conf"],
      pools: [["/pool.d/www.conf"]],
    });
  });

  test("is not searched in version control, packages and dependencies", () => {
    put({ "node_modules/x/nginx.conf": MAIN, ".git/nginx.conf": MAIN, "vendor/x/nginx.conf": MAIN });
    expect(hostsOf(".", top, []).kind).toBe("nothing");
  });

  test("is not left through a link to a directory", () => {
    put({ "outside/nginx.conf": MAIN, "inside/readme": "x" });
    symlinkSync(join(top, "outside"), join(top, "inside/linked"));
    expect(hostsOf("inside", top, []).kind).toBe("nothing");
  });
});

describe("a path inside a host", () => {
  test("means the whole host, and findings that touch it", () => {
    put({ "web/etc/nginx/nginx.conf": MAIN, "web/etc/nginx/sites-available/a": SITE });
    mkdirSync(join(top, "web/etc/nginx/sites-enabled"));
    symlinkSync("/etc/nginx/sites-available/a", join(top, "web/etc/nginx/sites-enabled/a"));
    const [host] = hosts("web/etc/nginx/sites-enabled");
    expect(host && root(host)).toBe("/web");
    expect(host?.spec.nginx).toBe("/etc/nginx/nginx.conf");
    expect(host?.touching).toEqual(["web/etc/nginx/sites-enabled", "web/etc/nginx/sites-available/a"]);
  });

  test("is searched like any directory when it is a git work tree", () => {
    put({ "etc/deploy/.git/HEAD": "x", "etc/deploy/web1/etc/nginx/nginx.conf": MAIN });
    expect(hosts(".", join(top, "etc/deploy")).map(({ spec }) => spec.name)).toEqual(["web1"]);
  });
});

describe("hosts that the configuration states", () => {
  test("win over what would be found", () => {
    put({ "web1/conf/main.conf": MAIN, "web1/etc/nginx/nginx.conf": MAIN });
    const stated = [
      { name: "web1", root: join(top, "web1"), nginx: "/conf/main.conf", fragments: [], fpm: [], pools: [] },
    ];
    const given = hostsOf(".", top, stated);
    expect(given.kind === "hosts" && given.hosts.map(({ spec }) => spec.nginx)).toEqual(["/conf/main.conf"]);
  });
});

import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type GivenHost, hostsOf, startSearch } from "../../src/host/find/given.js";
import { repositoryOf, withRepository } from "../../src/host/find/repository.js";
import { memoryFilesystem } from "../../src/host/memory.js";
import { isWithin } from "../../src/host/path.js";
import { runs } from "../support/sample.js";

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

  test("gives a loose file to all main files that are as near, and to none that is farther", () => {
    put({
      "a/one/nginx.conf": MAIN,
      "a/two/nginx.conf": MAIN,
      "b/nginx.conf": MAIN,
      "a/www.conf": POOL,
      "c/deep/www.conf": POOL,
    });
    expect(hosts(".").map(({ spec }) => [spec.name, spec.pools.flat()])).toEqual([
      ["a/one", ["/a/www.conf", "/c/deep/www.conf"]],
      ["a/two", ["/a/www.conf", "/c/deep/www.conf"]],
      ["b", ["/c/deep/www.conf"]],
    ]);
  });

  test("counts neither the files of a host nor the directory of its main file as loose", () => {
    put({
      "web/etc/nginx/nginx.conf": MAIN,
      "web/etc/shop/site.conf": SITE,
      "web/usr/local/shop/site.conf": SITE,
      "web/srv/fpm/main.conf": `${FPM}${POOL}`,
      "web/srv/fpm/more.conf": POOL,
      "web/etc/systemd/system/x.service": "[Service]\nExecStart=/usr/sbin/php-fpm -y /srv/fpm/main.conf\n",
      "web/srv/site.conf": SITE,
    });
    expect(hosts(".").map(({ spec }) => [spec.name, spec.fpm, spec.fragments, spec.pools])).toEqual([
      ["web", ["/srv/fpm/main.conf"], [], []],
      [".", [], ["/web/srv/site.conf"], []],
    ]);
  });

  test("is searched once for all the files of it that are given", () => {
    put({ "sites/a.conf": SITE, "sites/b.conf": SITE, "web/etc/nginx/nginx.conf": MAIN, ".git/HEAD": "x" });
    for (const paths of [
      ["sites/a.conf", "sites/b.conf"],
      ["web/etc/nginx/nginx.conf", "web/etc/nginx"],
    ]) {
      const search = startSearch(top);
      const [first, second] = paths.map((path) => hostsOf(path, top, [], search));
      const [a, b] = [first, second].map((given) => (given?.kind === "hosts" ? given.hosts : []));
      expect(a?.length).toBeGreaterThan(0);
      expect(b?.map(({ spec }) => spec)).toEqual(a?.map(({ spec }) => spec));
      b?.forEach(({ spec, fs }, i) => {
        expect(spec).toBe(a?.[i]?.spec);
        expect(fs).toBe(a?.[i]?.fs);
      });
    }
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

describe("a repository around its hosts", () => {
  /** What stands for a path that the host with this root lacks, looked for among the paths one by one. */
  function wanted(paths: readonly string[], roots: readonly string[], root: string, path: string) {
    const top = root === "/" ? "" : root;
    const barred = [...roots.filter((one) => one !== "/" && one !== root), `${top}/etc`, `${top}/usr/local`];
    const common = paths
      .filter((one) => !barred.some((directory) => isWithin(directory, one)))
      .map((one) => [one, commonEnd(one.replace(/(?<=[^/])\.j2$/, ""), path)] as const);
    const most = Math.max(2, ...common.map(([, count]) => count));
    const [best, ...others] = common.filter(([, count]) => count === most);
    return best === undefined || others.length > 0 ? null : best[0];
  }

  function commonEnd(a: string, b: string): number {
    const [left, right] = [a, b].map((path) => path.split("/").slice(1).reverse());
    const differs = left?.findIndex((name, i) => name !== right?.[i]) ?? 0;
    return differs === -1 ? (left?.length ?? 0) : differs;
  }

  // Few enough for several of them to end alike, and for hosts to lie in each other.
  const places = ["", "/a", "/b", "/a/b", "/c/d", "/a/etc", "/b/usr/local", "/c/etc"];
  const ends = ["/x.conf", "/a/x.conf", "/nginx/x.conf", "/nginx/a/x.conf", "/nginx/a", "/nginx/x.conf.j2"];
  const anyPath = fc
    .tuple(fc.constantFrom(...places), fc.constantFrom(...ends))
    .map(([place, end]) => place + end);

  test("lends a host the one file that ends most alike and is no other host's", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(anyPath, { maxLength: 8 }),
        fc.subarray(["/", "/a", "/b", "/a/b"]),
        fc.constantFrom("/etc/nginx/x.conf", "/etc/nginx/a/x.conf", "/etc/nginx/a"),
        (paths, roots, missing) => {
          const fs = {
            entry: (at: string) => ({ kind: "special", path: at }) as const,
            display: (at: string) => at,
          };
          const repository = repositoryOf(fs, () => paths, roots);
          for (const root of new Set(["/", ...roots])) {
            const entry = withRepository(memoryFilesystem({}), repository, root).entry(missing);
            const found = entry.kind === "special" ? entry.path.replace("/\0repository", "") : null;
            expect(found).toBe(wanted(paths, roots, root, missing));
          }
        },
      ),
      { numRuns: runs(1000) },
    );
  });

  test("is looked through once for all of them", () => {
    const paths = ["/common/nginx/php.conf", "/a/etc/nginx/nginx.conf", "/b/etc/nginx/nginx.conf"];
    const { lookup } = repositoryOf(memoryFilesystem({}), () => paths, ["/a", "/b"]);
    const [shared] = lookup("/a");
    expect(shared?.get("nginx/php.conf")).toBe("/common/nginx/php.conf");
    expect(lookup("/b")[0]).toBe(shared);
    expect(lookup("/b")[1]?.size).toBe(0);
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

import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { DEBIAN, tree, unreadIn } from "../support/tree.js";
import { asNobody } from "./support/as-nobody.js";

/** Whatever could not be looked at is said, and is no reason to call a tree clean. */

const { top, put, link, lint, outcome } = tree();

const BAD_POOL = "[x]\nlisten = 9100\npm = bogus\npm.max_children = 2\n";
const DENIED = "Permission denied";

function shut(path: string): void {
  chmodSync(join(top(), path), 0);
}

function fifo(path: string): void {
  execFileSync("mkfifo", [join(top(), path)]);
}

/** What user nobody is told of a tree, and the status that it gets. */
function toNobody(path: string): readonly string[] {
  return asNobody(top(), () => unreadIn(lint([path])));
}

describe("a file that may be configuration and cannot be read", () => {
  test("of a repository", () => {
    put({ "repo/a.conf": "server { listen 80; }\n", "repo/b.conf": "server { bad }\n" });
    shut("repo/b.conf");
    expect(toNobody("repo")).toEqual([`repo/b.conf: ${DENIED}`]);
  });

  test("as the only one", () => {
    put({ "repo/www.conf": BAD_POOL });
    shut("repo/www.conf");
    expect(toNobody("repo")).toEqual([`repo/www.conf: ${DENIED}`]);
  });

  test("among sites without a main file", () => {
    put({
      "repo/etc/nginx/sites-enabled/a": "server { listen 80; }\n",
      "repo/etc/nginx/sites-enabled/b": "server { bad }\n",
    });
    shut("repo/etc/nginx/sites-enabled/b");
    expect(toNobody("repo")).toEqual([`repo/etc/nginx/sites-enabled/b: ${DENIED}`]);
    expect(toNobody("repo/etc")).toEqual([`repo/etc/nginx/sites-enabled/b: ${DENIED}`]);
  });

  test("among the snippets that hosts share", () => {
    put({
      "repo/web1/etc/nginx/nginx.conf": "events {}\nhttp {}\n",
      "repo/shared/etc/nginx/conf.d/b.conf": "server { bad }\n",
    });
    shut("repo/shared/etc/nginx/conf.d/b.conf");
    expect(toNobody("repo")).toEqual([`repo/shared/etc/nginx/conf.d/b.conf: ${DENIED}`]);
  });

  test("as a template of what a main file includes", () => {
    put({
      "repo/etc/nginx/nginx.conf": "events {}\nhttp {\n  include /etc/nginx/conf.d/b.conf;\n}\n",
      "repo/etc/nginx/conf.d/b.conf.j2": "server { bad }\n",
    });
    shut("repo/etc/nginx/conf.d/b.conf.j2");
    expect(toNobody("repo")).toEqual([`repo/etc/nginx/nginx.conf: repo/etc/nginx/conf.d/b.conf: ${DENIED}`]);
  });

  test("of a directory that an include of PHP-FPM looks through", () => {
    put({
      ...DEBIAN,
      "etc/php/8.2/fpm/php-fpm.conf": "[global]\ninclude=/srv/pools/*/fpm/*.conf\n",
      "srv/pools/a/fpm/a.conf": "[a]\nlisten = 9001\npm = static\npm.max_children = 2\n",
      "srv/pools/b/fpm/b.conf": BAD_POOL,
    });
    shut("srv/pools/b");
    expect(toNobody("etc")).toEqual([`etc/php/8.2/fpm/php-fpm.conf: srv/pools/b/fpm: ${DENIED}`]);
  });

  test("and links, sockets and large files that are none of it are passed over", () => {
    put({ "repo/a.conf": "server { listen 80; }\n", "repo/.git/config": "x", "repo/film.mp4": "" });
    truncateSync(join(top(), "repo/film.mp4"), 65 * 1024 * 1024);
    link("/usr", "repo/node_modules/x");
    link("../../elsewhere", "repo/public/storage");
    link("loop", "repo/loop");
    link("/usr/sbin/nginx", "repo/bin/nginx");
    fifo("repo/queue");
    shut("repo/.git");
    shut("repo/film.mp4");
    expect(toNobody("repo")).toEqual([]);
  });

  test.each(["b.conf", "sites-enabled", "sites-enabled/b", "web1/etc", "web1/etc/nginx"])(
    "as a link out of the tree: %s",
    (path) => {
      put({ "repo/a.conf": "server { listen 80; }\n" });
      link("../../../../elsewhere", `repo/${path}`);
      expect(unreadIn(lint(["repo"]))).toEqual([
        `repo/${path}: is a link to ../../../../elsewhere, outside the host's root`,
      ]);
    },
  );

  test.each(["etc/nginx/nginx.conf", "etc/php/8.2/fpm/php-fpm.conf"])("as a FIFO: %s", (path) => {
    const { [path]: _, ...others } = DEBIAN;
    put(others);
    fifo(path);
    expect(unreadIn(lint(["etc"]))).toContain(`${path}: is not a regular file`);
  });

  test("as a binary file where the daemons look, not elsewhere", () => {
    put({ "repo/a.conf": "server { listen 80; }\n" });
    put({ "repo/nginx/b.conf": "server { \0 }\n", "repo/sounds/c.conf": "\0\0\0" });
    expect(unreadIn(lint(["repo"]))).toEqual(["repo/nginx/b.conf: is a binary file"]);
  });
});

describe("what a unit names", () => {
  const unit = "[Service]\nExecStart=/opt/x/sbin/php-fpm --fpm-config /opt/x/etc/my-fpm.conf\n";

  function started(): void {
    put({ ...DEBIAN, "etc/systemd/system/x.service": unit, "opt/x/etc/my-fpm.conf": BAD_POOL });
  }

  test("is read", () => {
    started();
    const { findings, summary } = lint(["etc"]);
    expect(findings.map(({ rule }) => rule)).toContain("fpm/invalid-value");
    expect(summary.incomplete).toEqual([]);
  });

  test.each([
    ["etc/systemd/system/x.service", "etc/systemd/system/x.service"],
    ["etc/systemd/system", "etc/systemd/system"],
    ["opt/x/etc/my-fpm.conf", "opt/x/etc/my-fpm.conf"],
    ["opt", "opt"],
  ])("is said where %s is shut", (path, named) => {
    started();
    shut(path);
    expect(toNobody("etc")).toContain(`${named}: ${DENIED}`);
  });

  test("is said where the unit is a link out of the tree, by its name", () => {
    put(DEBIAN);
    link("/srv/units/php-fpm.service", "etc/systemd/system/php8.2-fpm.service");
    expect(unreadIn(lint(["etc"]))).toEqual([
      "etc/systemd/system/php8.2-fpm.service: is a link to /srv/units/php-fpm.service, outside the host's root",
    ]);
  });

  test("is not missed where a unit is masked, or is a link to the package's own", () => {
    put(DEBIAN);
    link("/dev/null", "etc/systemd/system/php8.2-fpm.service");
    link("/lib/systemd/system/ssh.service", "etc/systemd/system/sshd.service");
    link("/srv/backup/backup.service", "etc/systemd/system/backup.service");
    const { incomplete } = lint(["etc"]).summary;
    expect(incomplete.map(({ file, fatal }) => [file, fatal])).toEqual([
      ["etc/systemd/system/backup.service", false],
    ]);
  });
});

describe("what says how the daemons run", () => {
  test.each([
    "etc/sysctl.d/9-net.conf",
    "etc/sysctl.d",
    "etc/sysctl.conf",
    "etc/systemd/system/nginx.service.d/limits.conf",
    "run/systemd/system/php8.2-fpm.service.d/x.conf",
    "etc/systemd/system/web.socket",
    "etc/hosts",
    "etc/nsswitch.conf",
    "etc/passwd",
    "etc/group",
  ])("is said where it is shut: %s", (path) => {
    put(DEBIAN);
    if (path === "etc/sysctl.d") mkdirSync(join(top(), path));
    else put({ [path]: DEBIAN[path] ?? "# nothing\n" });
    expect(unreadIn(lint(["etc"]))).toEqual([]);
    shut(path);
    expect(toNobody("etc")).toEqual([`${path}: ${DENIED}`]);
  });

  test.each(["etc/passwd", "etc/group"])("is said where %s is a link out of the tree", (path) => {
    const { [path]: _, ...others } = DEBIAN;
    put(others);
    link("../../elsewhere", path);
    expect(unreadIn(lint(["etc"]))).toEqual([
      `${path}: is a link to ../../elsewhere, outside the host's root`,
    ]);
  });
});

describe("php.ini", () => {
  const directory = "etc/php/8.2/fpm";

  test("with a scan directory out of the tree", () => {
    put(DEBIAN);
    link("../../../../../elsewhere", `${directory}/conf.d`);
    const said = [`${directory}/conf.d: is a link to ../../../../../elsewhere, outside the host's root`];
    expect(unreadIn(lint(["etc"]))).toEqual(said);
    chmodSync(join(top(), "etc"), 0o755);
    const { "etc/passwd": _, "etc/group": __, ...part } = DEBIAN;
    put(Object.fromEntries(Object.entries(part).map(([path, text]) => [`part/${path}`, text])));
    link("../../../../../../elsewhere", `part/${directory}/conf.d`);
    expect(unreadIn(lint(["part/etc"]))).toHaveLength(1);
  });

  test("as a FIFO", () => {
    const { [`${directory}/php.ini`]: _, ...others } = DEBIAN;
    put(others);
    fifo(`${directory}/php.ini`);
    expect(unreadIn(lint(["etc"]))).toEqual([`${directory}/php.ini: is not a regular file`]);
  });

  test("with a FIFO in its scan directory", () => {
    put(DEBIAN);
    mkdirSync(join(top(), directory, "conf.d"));
    fifo(`${directory}/conf.d/10-x.ini`);
    expect(unreadIn(lint(["etc"]))).toEqual([`${directory}/conf.d/10-x.ini: is not a regular file`]);
  });

  test("with a scan directory that is shut", () => {
    put({ ...DEBIAN, [`${directory}/conf.d/10-x.ini`]: "memory_limit = 1G\n" });
    shut(`${directory}/conf.d`);
    expect(toNobody("etc")).toEqual([`${directory}/conf.d: ${DENIED}`]);
  });
});

describe("links in pool.d", () => {
  test("to nowhere are reported by their own names, and hide no other", () => {
    put(DEBIAN);
    link("nowhere", "etc/php/8.2/fpm/pool.d/b.conf");
    link("../../../../../../elsewhere", "etc/php/8.2/fpm/pool.d/c.conf");
    const result = lint(["etc"]);
    const { findings, summary } = result;
    expect(findings.map(({ message }) => message)).toContain(
      "/etc/php/8.2/fpm/pool.d/*.conf finds etc/php/8.2/fpm/pool.d/b.conf, a link to a file that does not exist",
    );
    expect(summary.incomplete.map(({ file, line, reason }) => `${file}:${line}: ${reason}`)).toEqual([
      "etc/php/8.2/fpm/php-fpm.conf:2: etc/php/8.2/fpm/pool.d/b.conf: is a link to a file that does not exist",
      "etc/php/8.2/fpm/php-fpm.conf:2: etc/php/8.2/fpm/pool.d/c.conf: is a link to ../../../../../../elsewhere, outside the host's root",
    ]);
    expect(unreadIn(result)).toHaveLength(1);
  });
});

describe("a path that was typed", () => {
  test("and cannot be read is incomplete, alone and among others", () => {
    put({ "repo/a.conf": "server { listen 80; }\n", "repo/b.conf": "server { bad }\n" });
    shut("repo/b.conf");
    expect(toNobody("repo/b.conf")).toEqual([`repo/b.conf: ${DENIED}`]);
    expect(asNobody(top(), () => unreadIn(lint(["repo/a.conf", "repo/b.conf"])))).toEqual([
      `repo/b.conf: ${DENIED}`,
    ]);
  });

  test("is incomplete where nothing of its host is", () => {
    put({ ...DEBIAN, "etc/nginx/snippets/unused": "x\n" });
    shut("etc/nginx/snippets/unused");
    expect(toNobody("etc/nginx/snippets/unused")).toEqual([`etc/nginx/snippets/unused: ${DENIED}`]);
  });

  test("and two of one directory are two", () => {
    put({ "repo/a.conf": "", "repo/b.conf": "" });
    shut("repo/a.conf");
    shut("repo/b.conf");
    expect(asNobody(top(), () => unreadIn(lint(["repo/a.conf", "repo/b.conf"])))).toHaveLength(2);
  });

  test("below a directory that is shut, or as one", () => {
    put({ "shut/b.conf": "server {}\n" });
    shut("shut");
    expect(toNobody("shut")).toEqual([`shut: ${DENIED}`]);
    expect(toNobody("shut/b.conf")).toEqual([`shut/b.conf: ${DENIED}`]);
  });

  test("as a FIFO is not waited for", () => {
    fifo("b.conf");
    expect(unreadIn(lint(["b.conf"]))).toEqual(["b.conf: is not a regular file"]);
  });

  test("may be missing, which is another thing", () => {
    const answer = outcome(["b.conf"]);
    expect(answer.kind === "refused" && answer.refusal.kind).toBe("missing-path");
  });

  test("in a copied tree leads where it leads on the host", () => {
    put({ ...DEBIAN, "etc/nginx/sites-available/b": "server { listen 81; }\n" });
    link("/etc/nginx/sites-available/b", "etc/nginx/sites-enabled/b");
    expect(lint(["etc/nginx/sites-enabled/b"]).summary.incomplete).toEqual([]);
  });
});

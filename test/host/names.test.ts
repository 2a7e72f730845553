import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { json } from "../../src/report/json.js";
import { quiet, text } from "../../src/report/text.js";
import { encodeText } from "../../src/source/bytes.js";
import { describeProofs, nginxCommand } from "../daemons/available.js";
import { DEBIAN, tree, unreadIn } from "../support/tree.js";

/** Names that are not UTF-8 are names: files of such names are read, and reports print them escaped. */

const built = fileURLToPath(new URL("../../dist/fpmlint.js", import.meta.url));
const { top, put, lint, outcome } = tree();

/** The bytes FF FE as `decodeBytes` gives them. */
const ODD = "\udcff\udcfe";
const BAD = "server { listen 80; bad }\n";

function write(path: string, content: string): void {
  const directory = join(top(), path.slice(0, path.lastIndexOf("/") + 1));
  mkdirSync(encodeText(directory), { recursive: true });
  writeFileSync(encodeText(join(top(), path)), encodeText(content));
}

const rulesOf = (paths: readonly string[]): readonly string[] =>
  lint(paths).findings.map(({ rule, at }) => `${at.span.file.display}: ${rule}`);

describe("a file of nginx whose name is not UTF-8", () => {
  test("among the sites of a host, and without its accounts", () => {
    const { "etc/passwd": passwd = "", "etc/group": group = "", ...part } = DEBIAN;
    put(part);
    write(`etc/nginx/sites-enabled/${ODD}.conf`, BAD);
    const found = `etc/nginx/sites-enabled/${ODD}.conf: nginx/syntax`;
    expect(rulesOf(["etc"])).toContain(found);
    put({ "etc/passwd": passwd, "etc/group": group });
    expect(rulesOf(["etc"])).toContain(found);
  });

  test("is printed escaped in every format", () => {
    put(DEBIAN);
    write(`etc/nginx/sites-enabled/${ODD}.conf`, BAD);
    const result = lint(["etc"]);
    const printed = [
      quiet(result),
      text(result, { color: false, unicode: true, width: 100 }),
      json(result, { version: "1" }),
    ];
    for (const one of printed) {
      expect(one).toMatch(/etc\/nginx\/sites-enabled\/(?:\\x|\\udc)ff(?:\\x|\\udc)fe\.conf/);
      expect(one.isWellFormed()).toBe(true);
    }
    expect(result.summary.incomplete.map(({ file }) => file)).toContain(
      `etc/nginx/sites-enabled/${ODD}.conf`,
    );
  });

  test("in a repository", () => {
    write(`repo/${ODD}.conf`, BAD);
    write(`repo/${ODD}/x.conf`, BAD);
    expect(rulesOf([`repo/${ODD}.conf`, `repo/${ODD}/x.conf`])).toEqual(
      expect.arrayContaining([`repo/${ODD}.conf: nginx/syntax`, `repo/${ODD}/x.conf: nginx/syntax`]),
    );
  });

  test("that cannot be read is said", () => {
    write("repo/a.conf", "server { listen 80; }\n");
    execFileSync("mkfifo", [`${join(top(), "repo")}/b.conf`]);
    execFileSync("sh", ["-c", 'mv "$0/b.conf" "$0/$(printf \'\\377\').conf"', join(top(), "repo")]);
    expect(unreadIn(lint(["repo"]))).toEqual(["repo/\udcff.conf: is not a regular file"]);
  });

  test("that an include names, as it is or by a pattern", () => {
    put(DEBIAN);
    write("etc/nginx/nginx.conf", `events {}\nhttp {\n  include /etc/nginx/x/${ODD}.conf;\n}\n`);
    write(`etc/nginx/x/${ODD}.conf`, BAD);
    const found = `etc/nginx/x/${ODD}.conf: nginx/syntax`;
    expect(rulesOf(["etc"])).toContain(found);
    write("etc/nginx/nginx.conf", "events {}\nhttp {\n  include /etc/nginx/x/??.conf;\n}\n");
    expect(rulesOf(["etc"])).toContain(found);
    write("etc/nginx/nginx.conf", "events {}\nhttp {\n  include /etc/nginx/x/?.conf;\n}\n");
    expect(rulesOf(["etc"])).not.toContain(found);
  });
});

describe("other files whose names are not UTF-8", () => {
  test("are read: pools, php.ini's scan directory, units", () => {
    put(DEBIAN);
    const pool = "[x]\nlisten = 9100\npm = bogus\npm.max_children = 2\n";
    write(`etc/php/8.2/fpm/pool.d/${ODD}.conf`, pool);
    write(`opt/${ODD}/etc/fpm.conf`, pool);
    write(
      `etc/systemd/system/${ODD}.service`,
      `[Service]\nExecStart=/opt/php-fpm --fpm-config /opt/${ODD}/etc/fpm.conf\n`,
    );
    write(`etc/php/8.2/fpm/conf.d/${ODD}.ini`, "memory_limit = 8M\n");
    const found = rulesOf(["etc"]);
    expect(found).toContain(`etc/php/8.2/fpm/pool.d/${ODD}.conf: fpm/invalid-value`);
    expect(found).toContain(`opt/${ODD}/etc/fpm.conf: fpm/invalid-value`);
    execFileSync("mkfifo", [join(top(), "fifo")]);
    execFileSync("sh", ["-c", 'mv "$0/fifo" "$0/etc/php/8.2/fpm/conf.d/$(printf \'\\376\').ini"', top()]);
    expect(unreadIn(lint(["etc"]))).toContain("etc/php/8.2/fpm/conf.d/\udcfe.ini: is not a regular file");
  });

  test("are told apart: an account of other bytes is another account", () => {
    put(DEBIAN);
    write("etc/passwd", "root:x:0:0::/root:/bin/sh\nwww-data:x:33:33::/:/bin/false\nw\udce9:x:34:33::/:/x\n");
    const pool = DEBIAN["etc/php/8.2/fpm/pool.d/www.conf"] ?? "";
    const missing = (user: string): boolean => {
      write("etc/php/8.2/fpm/pool.d/www.conf", pool.replace("user = www-data", `user = ${user}`));
      return rulesOf(["etc"]).includes("etc/php/8.2/fpm/pool.d/www.conf: fpm/invalid-value");
    };
    expect([missing("w\udce9"), missing("w\udce8")]).toEqual([false, true]);
  });
});

describe("a typed path whose name is not UTF-8", () => {
  /** The built command gets the bytes that a shell would pass on. */
  function run(word: string) {
    const script = 'exec "$0" "$1" --quiet "$(printf "$2")"';
    return spawnSync("sh", ["-c", script, process.execPath, built, word], {
      cwd: top(),
      encoding: "utf8",
    });
  }

  test("is found by what Node makes of it", () => {
    write(`repo/${ODD}/\udce9.conf`, BAD);
    const { status, stdout } = run("repo/\\377\\376/\\351.conf");
    expect(stdout).toContain("nginx/syntax");
    expect(status).toBe(1);
  });

  test("is refused where several names read like it, and where none does", () => {
    write("repo/\udce9.conf", BAD);
    write("repo/\udce8.conf", BAD);
    const { status, stderr } = run("repo/\\351.conf");
    expect(status).toBe(2);
    expect(stderr).toContain("several names that are not UTF-8 look like this; name their directory");
    expect(run("repo/\\351.txt").status).toBe(2);
  });

  test("may be the real name of a file", () => {
    write("repo/\ufffd.conf", BAD);
    write("repo/\udce9.conf", "server { listen 80; }\n");
    expect(rulesOf(["repo/\ufffd.conf"])).toEqual(expect.arrayContaining(["repo/\ufffd.conf: nginx/syntax"]));
    expect(outcome(["repo/\ufffd\ufffd.conf"]).kind).toBe("refused");
  });
});

describeProofs("names that are not UTF-8", (proof) => {
  proof("nginx reads such files, by their names and by a pattern", async () => {
    for (const include of [`${ODD}.conf`, "??.conf", "*"]) {
      write("conf/nginx.conf", `events {}\nhttp {\n  include ${join(top(), "conf/d")}/${include};\n}\n`);
      write(`conf/d/${ODD}.conf`, BAD);
      const { status, stderr } = spawnSync(
        nginxCommand ?? "",
        ["-t", "-q", "-p", top(), "-c", join(top(), "conf/nginx.conf"), "-e", "stderr"],
        { encoding: "latin1" },
      );
      expect(status).toBe(1);
      expect(stderr).toContain("conf/d/\xff\xfe.conf:1");
    }
  });
});

import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { LintResult } from "../../src/engine/finding.js";
import { createValidators } from "../../src/engine/validate.js";
import { lintWith } from "../../src/lint.js";
import { position } from "../../src/source/file.js";
import { inventedRules } from "../build/invented.js";

/** Shapes of trees, seen through an invented rule that reports every `index`. */

const validators = createValidators(inventedRules);

let top = "";

beforeEach(() => {
  top = mkdtempSync(join(tmpdir(), "fpmlint-shapes-"));
});

afterEach(() => {
  rmSync(top, { recursive: true });
});

function put(files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(top, path)), { recursive: true });
    writeFileSync(join(top, path), text);
  }
}

function lint(...paths: readonly string[]): LintResult {
  const outcome = lintWith(inventedRules, validators, { paths, workingDirectory: top });
  if (outcome.kind === "refused") throw new Error(outcome.refusal.message);
  return outcome.result;
}

/** `host file:line` of each report. */
function reported({ findings }: LintResult): readonly string[] {
  return findings.map(
    ({ host, at }) => `${host} ${at.span.file.display}:${position(at.span.file, at.span.start).line}`,
  );
}

const unresolved = ({ summary }: LintResult): readonly string[] =>
  summary.incomplete.map(({ reason }) => reason);

const main = (include: string) => `events {}\nhttp {\n  server {\n    include ${include};\n  }\n}\n`;

function link(target: string, path: string): void {
  mkdirSync(dirname(join(top, path)), { recursive: true });
  symlinkSync(target, join(top, path));
}

describe("a copy of /etc under another name", () => {
  const enabled = "events {}\nhttp {\n  include /etc/nginx/sites-enabled/*;\n}\n";
  const site = "server {\n  index shop;\n}\n";

  test.each(["/etc/nginx/sites-enabled/*", "sites-enabled/*"])(
    "%s: its links lead to its own files",
    (to) => {
      put({ "web1/nginx/nginx.conf": enabled.replace("/etc/nginx/sites-enabled/*", to) });
      put({ "web1/nginx/sites-available/shop": site });
      link("/etc/nginx/sites-available/shop", "web1/nginx/sites-enabled/shop");
      for (const path of ["web1", "."]) {
        const result = lint(path);
        expect(reported(result).map((one) => one.replace(/^\S+ /, ""))).toEqual([
          "web1/nginx/sites-available/shop:2",
        ]);
        expect(unresolved(result)).toEqual([]);
      }
    },
  );

  test("a link from one to another, and one in a circle", () => {
    put({ "nginx/nginx.conf": enabled, "nginx/sites-available/shop": site });
    link("/etc/nginx/sites-available/today", "nginx/sites-enabled/shop");
    link("/etc/nginx/sites-available/shop", "nginx/sites-available/today");
    link("/etc/nginx/sites-enabled/round", "nginx/sites-enabled/round");
    const result = lint();
    expect(reported(result)).toEqual([". nginx/sites-available/shop:2"]);
    expect(unresolved(result)).toEqual([
      "nginx/sites-enabled/round: is a link to /etc/nginx/sites-enabled/round, outside the host's root",
    ]);
  });

  test("a link that leads to what it lacks is a link out of it", () => {
    put({ "nginx/nginx.conf": enabled, "nginx/sites-available/shop": site });
    link("/etc/nginx/sites-available/blog", "nginx/sites-enabled/blog");
    link("/srv/sites/news", "nginx/sites-enabled/news");
    const result = lint();
    // Which of them is enabled is not known.
    expect(reported(result)).toEqual([". nginx/sites-available/shop:2"]);
    expect(unresolved(result)).toEqual([
      "nginx/sites-enabled/blog: is a link to /etc/nginx/sites-available/blog, outside the host's root",
      "nginx/sites-enabled/news: is a link to /srv/sites/news, outside the host's root",
    ]);
  });
});

describe("hosts of one repository that share snippets", () => {
  test("find them by the longest path that ends alike", () => {
    put({
      "hosts/web1/etc/nginx/nginx.conf": main("/etc/nginx/snippets/php.conf"),
      "hosts/web2/etc/nginx/nginx.conf": main("snippets/php.conf"),
      "common/nginx/snippets/php.conf": "index shared;\n",
      "legacy/snippets/php.conf": "index legacy;\n",
    });
    const result = lint();
    expect(reported(result)).toEqual(["hosts/web1 common/nginx/snippets/php.conf:1"]);
    expect(result.findings[0]?.related).toEqual([]);
    expect(result.summary).toMatchObject({ hosts: 2, files: 3, incomplete: [] });
  });

  test("prefer what is below their own root", () => {
    put({
      "hosts/web1/etc/nginx/nginx.conf": main("/etc/nginx/snippets/php.conf"),
      "hosts/web1/etc/nginx/snippets/php.conf": "index own;\n",
      "common/etc/nginx/snippets/php.conf": "index shared;\n",
    });
    expect(reported(lint())).toEqual(["hosts/web1 hosts/web1/etc/nginx/snippets/php.conf:1"]);
  });

  test("never take another host's own file", () => {
    put({
      "hosts/web1/etc/nginx/nginx.conf": main("/etc/nginx/snippets/php.conf"),
      "hosts/web2/etc/nginx/nginx.conf": main("/etc/nginx/snippets/php.conf"),
      "hosts/web2/etc/nginx/snippets/php.conf": "index second;\n",
    });
    const result = lint();
    expect(reported(result)).toEqual(["hosts/web2 hosts/web2/etc/nginx/snippets/php.conf:1"]);
    expect(unresolved(result)).toEqual(["hosts/web1/etc/nginx/snippets/php.conf: no such file in the tree"]);
  });

  test("leave open what two files answer equally well", () => {
    put({
      "hosts/web1/etc/nginx/nginx.conf": main("/etc/nginx/snippets/php.conf"),
      "a/snippets/php.conf": "index a;\n",
      "b/snippets/php.conf": "index b;\n",
    });
    const result = lint();
    expect(reported(result)).toEqual([]);
    expect(unresolved(result)).toHaveLength(1);
  });

  test("share directories that a glob looks in", () => {
    put({
      "hosts/web1/etc/nginx/nginx.conf": main("/etc/nginx/conf.d/*.conf"),
      "common/nginx/conf.d/b.conf": "index b;\n",
      "common/nginx/conf.d/a.conf": "index a;\n",
      "common/nginx/conf.d/c.conf.off": "index c;\n",
    });
    expect(reported(lint())).toEqual([
      "hosts/web1 common/nginx/conf.d/a.conf:1",
      "hosts/web1 common/nginx/conf.d/b.conf:1",
    ]);
  });

  test("do not take accounts from elsewhere", () => {
    put({
      "hosts/web1/etc/nginx/nginx.conf": main("/etc/nginx/gone.conf"),
      "common/etc/passwd": "root:x:0:0::/:/bin/sh\n",
      "common/etc/group": "root:x:0:\n",
    });
    // With accounts of its own the host would be whole, and the include an unread one.
    expect(lint().summary.incomplete.map(({ fatal }) => fatal)).toEqual([false]);
  });
});

describe("links", () => {
  test("are absolute within a copied root", () => {
    put({
      "copy/etc/nginx/nginx.conf": main("/etc/nginx/sites-enabled/*"),
      "copy/etc/nginx/sites-available/shop": "index shop;\n",
    });
    mkdirSync(join(top, "copy/etc/nginx/sites-enabled"));
    symlinkSync("/etc/nginx/sites-available/shop", join(top, "copy/etc/nginx/sites-enabled/shop"));
    symlinkSync("../sites-available/shop", join(top, "copy/etc/nginx/sites-enabled/blog"));
    expect(reported(lint("copy/etc"))).toEqual([". copy/etc/nginx/sites-available/shop:1"]);
  });

  test("may lead to a directory inside the root", () => {
    put({
      "copy/etc/nginx/nginx.conf": main("/etc/nginx/sites-enabled/*"),
      "copy/srv/sites/shop": "index shop;\n",
    });
    symlinkSync("/srv/sites", join(top, "copy/etc/nginx/sites-enabled"));
    expect(reported(lint("copy/etc"))).toEqual([". copy/srv/sites/shop:1"]);
  });
});

describe("a tree of fragments", () => {
  test("is read as if inside http", () => {
    put({
      "sites/shop.conf": "server {\n  index shop;\n  include snippets/php.conf;\n}\n",
      "snippets/php.conf": "location ~ \\.php$ {\n  index nested;\n}\n",
    });
    const { findings } = lint();
    expect(reported(lint())).toEqual([". sites/shop.conf:2", ". snippets/php.conf:2"]);
    // The snippet is in its place, inside the server that includes it.
    expect(findings[1]?.at.via.map(({ file }) => file.display)).toEqual(["sites/shop.conf"]);
  });
});

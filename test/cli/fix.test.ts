import * as fs from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { rules } from "../../rules/index.js";
import { validators } from "../../src/validators.js";
import { type Ran, runCommand } from "../support/run-command.js";
import { tree } from "../support/tree.js";

/** `--fix`, `--fix-review` and `--diff` from the command line. */

const { top, put, link } = tree();

const run = (...words: readonly string[]): Promise<Ran> =>
  runCommand(words, { rules, validators, workingDirectory: top() });

const read = (path: string): string => fs.readFileSync(join(top(), path), "utf8");

const SITE =
  "server {\n  root /srv;\n  location ~ \\.php$ {\n    include fastcgi.conf;\n    try_files $uri =404;\n    fastcgi_read_timeout 0;\n    fastcgi_pass 127.0.0.1:9000;\n  }\n}\n";

function plant(): void {
  put({
    "etc/nginx/nginx.conf": "events {}\nhttp {\n  include /etc/nginx/sites/*;\n}\n",
    "etc/nginx/sites/shop": SITE,
    "etc/php/8.2/fpm/php-fpm.conf": "[www]\nlisten = 127.0.0.1:9000\npm = static\npm.max_children = 5\n",
  });
}

test("--diff prints what would change, and changes nothing", async () => {
  plant();
  const ran = await run("etc", "--fix-review", "--diff");
  expect(ran.status).toBe(1);
  expect(ran.out).toContain("--- a/etc/nginx/sites/shop\n+++ b/etc/nginx/sites/shop\n");
  expect(ran.out).toContain("-    fastcgi_read_timeout 0;\n");
  expect(ran.err).toMatch(/^fpmlint: would fix \d+ findings in \d+ files?/m);
  expect(read("etc/nginx/sites/shop")).toBe(SITE);
});

test("--fix leaves what changes behaviour, and says that there is more", async () => {
  plant();
  const ran = await run("etc", "--fix");
  expect(ran.err).toMatch(/nothing to change; \d+ more with --fix-review, which changes behaviour/);
  expect(read("etc/nginx/sites/shop")).toBe(SITE);
  expect(ran.status).toBe(1);
});

test("--fix-review writes, reports what is left, and a second run has nothing to do", async () => {
  plant();
  const ran = await run("etc", "--fix-review", "--quiet");
  expect(ran.out).not.toContain("timeout/read-zero");
  expect(ran.err).toContain("fpmlint: wrote etc/nginx/sites/shop\n");
  expect(ran.status).toBe(0);
  expect(read("etc/nginx/sites/shop")).not.toContain("fastcgi_read_timeout 0;");
  const again = await run("etc", "--fix-review");
  expect(again.err).toContain("nothing to change");
  expect(again.err).not.toContain("wrote");
});

test("a refused line is safe to fix", async () => {
  plant();
  put({ "etc/nginx/sites/shop": SITE.replace("fastcgi_read_timeout 0;", "client_max_body_size 10MB;") });
  const ran = await run("etc", "--fix", "--quiet");
  expect(ran.err).toContain("fixed 1 finding in 1 file");
  expect(read("etc/nginx/sites/shop")).toContain("client_max_body_size 10m;");
});

test("what is silenced is not fixed", async () => {
  plant();
  const silenced = SITE.replace(
    "    fastcgi_read",
    "    # fpmlint-disable-next-line timeout/read-zero -- nobody calls it\n    fastcgi_read",
  );
  put({ "etc/nginx/sites/shop": silenced });
  await run("etc", "--fix-review");
  expect(read("etc/nginx/sites/shop")).toContain("fastcgi_read_timeout 0;");
});

test("a link stays, and what it leads to changes", async () => {
  plant();
  put({ "etc/nginx/available/shop": SITE });
  fs.rmSync(join(top(), "etc/nginx/sites/shop"));
  link("../available/shop", "etc/nginx/sites/shop");
  await run("etc", "--fix-review");
  expect(fs.lstatSync(join(top(), "etc/nginx/sites/shop")).isSymbolicLink()).toBe(true);
  expect(read("etc/nginx/available/shop")).not.toContain("fastcgi_read_timeout 0;");
});

describe("all files or none", () => {
  test("a file with a second name is not changed, and neither is any other", async () => {
    plant();
    fs.linkSync(join(top(), "etc/nginx/sites/shop"), join(top(), "second"));
    const before = read("etc/php/8.2/fpm/php-fpm.conf");
    const ran = await run("etc", "--fix-review");
    expect(ran.status).toBe(2);
    expect(ran.err).toContain("hard links");
    expect(read("etc/nginx/sites/shop")).toBe(SITE);
    expect(read("etc/php/8.2/fpm/php-fpm.conf")).toBe(before);
  });
});

describe("what is no file", () => {
  test("standard input", async () => {
    plant();
    const ran = await run("-", "etc", "--fix");
    expect(ran.status).toBe(2);
    expect(ran.err).toContain("- is a text and no file");
  });

  test("the output of nginx -T", async () => {
    plant();
    put({ dump: `# configuration file /etc/nginx/nginx.conf:\nevents {}\nhttp {\n${SITE}}\n` });
    const before = read("dump");
    const ran = await run("dump", "--fix-review");
    expect(ran.status).toBe(2);
    expect(ran.err).toContain("nginx -T");
    expect(read("dump")).toBe(before);
  });
});

test("--diff has standard output for itself", async () => {
  plant();
  const refused = await run("etc", "--diff", "--format", "json");
  expect(refused.status).toBe(2);
  expect(refused.err).toContain("--diff prints only the diff");
  const both = await run("etc", "--diff", "--fix-review", "--format", "json=out.json");
  expect(both.out.startsWith("--- a/")).toBe(true);
  expect(JSON.parse(read("out.json"))).toMatchObject({ version: 1 });
});

describe("files of containers", () => {
  const PHP_SITE = SITE.replace("fastcgi.conf", "fastcgi_params").replace(
    "    fastcgi_pass 127.0.0.1:9000;",
    "    fastcgi_param SCRIPT_FILENAME $document_root$fastcgi_script_name;\n    fastcgi_pass 127.0.0.1:9000;",
  );

  test("those of a compose project are written where the tree has them", async () => {
    put({
      "docker/compose.yaml":
        "services:\n  web:\n    image: nginx:1.27.4\n    volumes: ['../site.conf:/etc/nginx/conf.d/default.conf']\n  php:\n    image: php:8.2.31-fpm\n    volumes: ['../shop.conf:/usr/local/etc/php-fpm.d/www.conf']\n",
      "site.conf": PHP_SITE.replace("127.0.0.1:9000", "php:9000"),
      "shop.conf": "[www]\nuser = www-data\nlisten = 127.0.0.1:9000\npm = static\npm.max_children = 4\n",
    });
    const ran = await run("--fix-review", ".");
    expect(ran.err).toContain("fpmlint: wrote shop.conf\n");
    expect(read("shop.conf")).toContain("listen = 9000\n");
    expect(read("site.conf")).not.toContain("fastcgi_read_timeout 0;");
    const again = await run("--fix-review", ".");
    expect(again.err).toContain("nothing to change");
  });

  test("two texts of one manifest are changed in it, and what an image has is left", async () => {
    const indented = (text: string): string => text.trimEnd().replace(/^/gm, "    ");
    const manifest = `kind: ConfigMap
metadata: {name: web}
data:
  a.conf: |
${indented(PHP_SITE)}
  b.conf: |
${indented(PHP_SITE.replace("fastcgi_read_timeout 0;", "client_max_body_size 10MB;").replace("  root", "  server_name b.example;\n  root"))}
---
kind: Pod
metadata: {name: shop}
spec:
  containers:
    - {name: web, image: "nginx:1.27", volumeMounts: [{name: conf, mountPath: /etc/nginx/conf.d}]}
    - {name: php, image: "php:8.2.10-fpm"}
  volumes: [{name: conf, configMap: {name: web}}]
`;
    put({ "k8s/shop.yaml": manifest });
    const shown = await run("--fix-review", "--diff", ".");
    expect(shown.out).toContain("+++ b/k8s/shop.yaml\n");
    expect(shown.out).not.toContain("of the image");
    const ran = await run("--fix-review", ".");
    expect(ran.err).toContain("fpmlint: wrote k8s/shop.yaml\n");
    const after = read("k8s/shop.yaml");
    expect(after).not.toContain("fastcgi_read_timeout 0;");
    expect(after).toContain("      client_max_body_size 10m;\n");
    // Nothing but lines of the two texts changes.
    const parts = (text: string): readonly string[] => text.split(/^(?=data:|---)/m);
    expect(parts(after)[0]).toBe(parts(manifest)[0]);
    expect(parts(after)[2]).toBe(parts(manifest)[2]);
    const again = await run("--fix-review", ".");
    expect(again.err).toContain("nothing to change");
  });
});

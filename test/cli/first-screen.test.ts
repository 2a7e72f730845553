import { expect, test } from "vitest";
import { applications, layouts } from "../rules/support/applications.js";
import { commandIn } from "../support/run-command.js";
import { tree } from "../support/tree.js";

/** What somebody sees who runs the command for the first time, on a host as manuals write it. */

const SITES = ["wordpress", "laravel", "nextcloud"];

const { put, link, top } = tree();

/** Three sites with a pool each, and the package's own pool, which a status page uses. */
function host(): Map<string, string> {
  const [debian] = layouts;
  const sites = applications().filter(({ name }) => SITES.includes(name));
  expect(sites).toHaveLength(SITES.length);
  const files = new Map<string, string>();
  for (const [path, value] of Object.entries(
    debian?.compose(sites.map((site) => ({ ...site, ini: [] }))) ?? {},
  )) {
    if (typeof value === "string") files.set(path.slice(1), value);
  }
  const www = files.get("etc/php/8.2/fpm/pool.d/www.conf") ?? "";
  for (const { name, ini } of sites) {
    const path = `etc/nginx/sites-available/${name}`;
    const socket = `/run/php/${name}.sock`;
    files.set(path, (files.get(path) ?? "").replaceAll("/run/php/php8.2-fpm.sock", socket));
    const limits = ini.map((line) => line.replace(/^(\S+) = /, "php_admin_value[$1] = ")).join("\n");
    const own = www.replace("[www]", `[${name}]`).replace("/run/php/php8.2-fpm.sock", socket);
    files.set(`etc/php/8.2/fpm/pool.d/${name}.conf`, `${own}${limits}\n`);
  }
  files.set("etc/php/8.2/fpm/pool.d/www.conf", `${www}pm.status_path = /fpm-status\n`);
  files.set(
    "etc/nginx/sites-enabled/status",
    "server {\n  listen 127.0.0.1:8080;\n  location = /fpm-status {\n    include fastcgi.conf;\n    fastcgi_pass unix:/run/php/php8.2-fpm.sock;\n  }\n}\n",
  );
  return files;
}

async function shown(files: ReadonlyMap<string, string>) {
  put(Object.fromEntries(files));
  for (const name of SITES) link(`/etc/nginx/sites-available/${name}`, `etc/nginx/sites-enabled/${name}`);
  const { status, out } = await commandIn(top(), ["etc"]);
  return { status, lines: out.trimEnd().split("\n") };
}

test("a healthy host of three sites and four pools: at most twelve lines", async () => {
  const { status, lines } = await shown(host());
  expect(status).toBe(0);
  expect(lines.length).toBeLessThanOrEqual(12);
  expect(lines.filter((line) => /^(?:error|warning)/.test(line))).toEqual([]);
  expect(lines.join("\n")).toMatch(/; 1 host, \d+ files, 4 PHP locations, 4 pools checked$/m);
  expect(lines.at(-1)).toMatch(/^fpmlint explain /);
});

test.each([
  [
    "a socket that nobody listens on",
    "etc/nginx/sites-available/laravel",
    "/run/php/laravel.sock",
    "/run/php/larvel.sock",
    "connect/listen-mismatch",
  ],
  [
    "an unknown setting",
    "etc/php/8.2/fpm/pool.d/nextcloud.conf",
    "pm.max_children",
    "pm.max_childs",
    "fpm/unknown-setting",
  ],
  [
    "a semicolon too few",
    "etc/nginx/sites-available/wordpress",
    "root /srv/blog;",
    "root /srv/blog",
    "nginx/",
  ],
])("%s comes first", async (_, file, from, to, rule) => {
  const files = host();
  const before = files.get(file) ?? "";
  expect(before).toContain(from);
  files.set(file, before.replace(from, to));
  const { status, lines } = await shown(files);
  expect(status).toBe(1);
  expect(lines[0]).toMatch(new RegExp(`^error\\[${rule}`));
  // Its frame, effect and help are on the first screen.
  expect(lines.slice(0, 24).join("\n")).toMatch(/= effect: [\s\S]*= help: /);
  expect(lines.length).toBeLessThanOrEqual(45);
});

test("what the packages bring, kept in git with its links written out: at most six lines", async () => {
  const site = "server {\n  listen 80 default_server;\n  root /var/www/html;\n}\n";
  const files = new Map(
    [...host()].filter(
      ([path]) => !/sites-|conf\.d|pool\.d\/(?!www)/.test(path) || path.endsWith("www.conf"),
    ),
  );
  files.set("etc/nginx/sites-available/default", site);
  files.set("etc/nginx/sites-enabled/default", site);
  put(Object.fromEntries(files));
  const { status, out } = await commandIn(top(), ["."]);
  expect(status).toBe(0);
  expect(out.trimEnd().split("\n").length, out).toBeLessThanOrEqual(6);
  expect(out).not.toContain("not checked");
});

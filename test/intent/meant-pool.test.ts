import { expect, test } from "vitest";
import { listenMismatch } from "../../rules/connect/listen-mismatch.js";
import { missingPort } from "../../rules/connect/missing-port.js";
import { wrongProtocol } from "../../rules/connect/wrong-protocol.js";
import { pathTooLong } from "../../rules/socket/path-too-long/rule.js";
import { drafted } from "../../src/engine/help.js";
import type { Rule } from "../../src/engine/rule.js";
import { helpLines } from "../../src/report/help.js";
import { memoryHost } from "../build/hosts.js";

/** Which pool the help of connect/listen-mismatch sends a site to: never one of another site without a word. */

interface Pool {
  readonly name: string;
  readonly user?: string;
  readonly listen?: string;
  readonly more?: string;
}

interface Site {
  readonly name: string;
  readonly pass: string;
  readonly root?: string;
  readonly more?: string;
}

function helpOf(
  sites: readonly Site[],
  pools: readonly Pool[],
  rule: Rule = listenMismatch,
  http = "",
): readonly string[] {
  const servers = sites.map(
    ({ name, pass, root = "/var/www/html", more = "" }) =>
      `server { server_name ${name}; root ${root};\nlocation ~ \\.php$ {\nfastcgi_pass ${pass};\n} ${more} }`,
  );
  const sections = pools.map(
    ({ name, user = name, listen = `/run/php/${name}.sock`, more = "" }) =>
      `[${name}]\nuser = ${user}\nlisten = ${listen}\nlisten.owner = www-data\npm = static\npm.max_children = 1\n${more}\n`,
  );
  const host = memoryHost({
    "/etc/nginx/nginx.conf": `user www-data;\nevents {}\nhttp {\n${http}${servers.join("\n")}\n}\n`,
    "/etc/php/8.2/fpm/php-fpm.conf": `[global]\nerror_log = /var/log/fpm.log\n${sections.join("")}`,
    "/etc/passwd": "root:x:0:0::/root:/bin/sh\nwww-data:x:33:33::/:/bin/sh\n",
    "/etc/group": "root:x:0:\nwww-data:x:33:\n",
  });
  return [...rule.check(host, {})].map(({ help }) => {
    const { ways, notes } = drafted(help);
    return helpLines({ ways: ways.map(({ edits }) => ({ safety: "review", edits })), notes }).join("\n");
  });
}

const stock = "unix:/run/php/php8.2-fpm.sock";
const own = (name: string): Site => ({ name: `${name}.example.com`, pass: `unix:/run/php/${name}.sock` });
const [blog, shop, wiki] = [{ name: "blog" }, { name: "shop" }, { name: "wiki" }];
const www = { name: "www", user: "www-data", listen: "/run/php/php8.2-fpm.sock" };

/** The address that the first way of the only help passes to; `null`: it has no such way. */
function passed(sites: readonly Site[], pools: readonly Pool[]): string | null {
  const [help = ""] = helpOf(sites, pools);
  return /^ {2}fastcgi_pass (.*);$/m.exec(help)?.[1] ?? null;
}

test.each([
  ["a name of the server", { name: "blog.example.com" }],
  ["a name with www", { name: "www.blog.example.com" }],
  ["one of several names", { name: "example.org blog.example.com" }],
  ["the directory of the scripts", { name: "_", root: "/srv/blog/public" }],
])("the pool of the site is found by %s", (_, site) => {
  const sites = [{ ...site, pass: stock }, own("shop"), own("wiki")];
  expect(passed(sites, [shop, blog, wiki])).toBe("unix:/run/php/blog.sock");
});

test.each([
  ["its name", { name: "blog", user: "www-data", listen: "/run/php/one.sock" }],
  ["its whole name", { name: "blog.example.com", user: "www-data", listen: "/run/php/one.sock" }],
  ["its account", { name: "one", user: "blog" }],
  ["its socket", { name: "one", user: "www-data", listen: "/run/php/php-fpm-blog.sock" }],
  ["a port, by its name", { name: "blog", listen: "127.0.0.1:9001" }],
])("a pool is known by %s", (_, pool) => {
  const sites = [{ name: "blog.example.com", pass: stock }, own("shop")];
  const { listen = `/run/php/${pool.name}.sock` }: Pool = pool;
  const two = { name: "two", user: "www-data", listen: "/run/php/two.sock" };
  expect(passed(sites, [shop, two, pool])).toBe(listen.startsWith("/") ? `unix:${listen}` : listen);
});

test.each([
  ["open_basedir", "php_admin_value[open_basedir] = /srv/travel:/tmp"],
  ["chdir", "chdir = /srv/travel"],
  ["prefix", "prefix = /srv/travel"],
])("the pool that works in the directory of the site is found by %s", (_, more) => {
  const site = { name: "example.com", pass: stock, root: "/srv/travel/public" };
  const one = { name: "one", more };
  expect(passed([site, own("shop")], [shop, blog, one])).toBe("unix:/run/php/one.sock");
});

test("a parent domain that another site uses is not enough", () => {
  const main = { name: "example", listen: "/run/php/example.sock" };
  const sites = [
    { name: "blog.example.com", pass: stock },
    { name: "example.com", pass: "unix:/run/php/example.sock" },
  ];
  expect(helpOf([...sites, own("shop")], [main, shop])).toEqual([
    "pass requests to the intended pool: [example] unix:/run/php/example.sock (user example), [shop] unix:/run/php/shop.sock (user shop)",
  ]);
});

test("the one unused pool is not taken where its name is that of another site", () => {
  const still = "} server { server_name blog.example.com;";
  const sites = [
    { name: "notes.example.com", pass: stock },
    { ...own("shop"), more: still },
  ];
  expect(helpOf(sites, [shop, blog])).toEqual([
    "pass requests to the intended pool: [blog] unix:/run/php/blog.sock (user blog), [shop] unix:/run/php/shop.sock (user shop)",
  ]);
});

test("the one unused pool is nobody's where two sites miss theirs", () => {
  const sites = [
    { name: "notes.example.com", pass: stock },
    { name: "travel.example.com", pass: "unix:/run/php/php7.4-fpm.sock" },
    own("shop"),
  ];
  for (const help of helpOf(sites, [shop, blog]))
    expect(help).toMatch(/^pass requests to the intended pool:/);
});

test("an unnamed port among others is no slip", () => {
  const ports = [9001, 9002].map((port) => ({ name: `p${port}`, listen: `127.0.0.1:${port}` }));
  const sites = [
    { name: "notes.example.com", pass: "127.0.0.1:9000" },
    { name: "a.example.com", pass: "127.0.0.1:9001" },
    { name: "b.example.com", pass: "127.0.0.1:9002" },
  ];
  expect(helpOf(sites, ports)).toEqual([
    "pass requests to the intended pool: [p9001] 127.0.0.1:9001 (user p9001), [p9002] 127.0.0.1:9002 (user p9002)",
  ]);
});

test.each([
  ["another version", "unix:/run/php/php7.4-fpm-shop.sock", "/run/php/php8.2-fpm-shop.sock"],
  ["another directory", "unix:/srv/run/shop.sock", "/run/php/shop.sock"],
  ["another ending", "unix:/run/php/shop.socket", "/run/php/shop-fpm.sock"],
  ["a wrong letter", "unix:/run/php/shpo.sock", "/run/php/shop.sock"],
])("a slip in the address leads to its pool: %s", (_, pass, listen) => {
  const sites = [{ name: "notes.example.com", pass }, own("blog")];
  expect(passed(sites, [blog, wiki, { name: "shop", listen }])).toBe(`unix:${listen}`);
});

test.each([
  ["the same name in the directories of two sites", "unix:/run/notes/php-fpm.sock", "/run/shop/php-fpm.sock"],
  ["another number", "unix:/run/php/site1.sock", "/run/php/site2.sock"],
  ["a letter, where another site uses the pool", "unix:/run/php/shpo.sock", "/run/php/shop.sock"],
])("what tells sites apart is no slip: %s", (_, pass, listen) => {
  const sites = [
    { name: "notes.example.com", pass },
    own("blog"),
    { name: "games.example.com", pass: `unix:${listen}` },
  ];
  expect(passed(sites, [blog, { name: "alice", listen }])).toBeNull();
});

test("a pool that other sites use keeps its address", () => {
  const [help = ""] = helpOf([{ name: "notes.example.com", pass: stock }, own("shop")], [shop]);
  expect(help.split("\n")).toEqual([
    `replace "fastcgi_pass ${stock};" in etc/nginx/nginx.conf:6 with:`,
    "  fastcgi_pass unix:/run/php/shop.sock;",
    "pool [shop] runs as shop for another site: give notes.example.com a pool of its own unless it may share that account",
  ]);
});

test("another version of the common pool, beside the pool of the site, brings a word about the account", () => {
  const legacy = `location = /legacy.php {\nfastcgi_pass unix:/run/php/php7.4-fpm.sock;\n}`;
  const [help = ""] = helpOf([{ ...own("blog"), more: legacy }, own("shop")], [blog, shop, www]);
  expect(help.split("\n")).toContain(`  fastcgi_pass ${stock};`);
  expect(help.split("\n").at(-1)).toBe(
    "pool [www] runs as www-data; pool [blog], which blog.example.com uses elsewhere, runs as blog",
  );
});

test("a common name of a socket that is a pool of one site is nobody's but that site's", () => {
  const first = { name: "shop", listen: "/run/php/php8.2-fpm.sock" };
  const sites = [
    { name: "blog.example.com", pass: "unix:/run/php/php7.4-fpm.sock" },
    { name: "shop.example.com", pass: stock },
  ];
  expect(helpOf(sites, [first, blog])).toEqual([
    "pass requests to the intended pool: [blog] unix:/run/php/blog.sock (user blog), [shop] unix:/run/php/php8.2-fpm.sock (user shop)",
  ]);
});

test("one server for two sites names no pool", () => {
  const both = { name: "blog.example.com shop.example.com", pass: stock };
  expect(helpOf([both, own("wiki")], [blog, shop, wiki])).toEqual([
    "pass requests to the intended pool: [blog] unix:/run/php/blog.sock (user blog), [shop] unix:/run/php/shop.sock (user shop)",
  ]);
});

test("of many pools five are named, those for jobs last", () => {
  const names = ["cron", "a1", "b2", "c3", "d4", "e5", "f6"];
  const [help = ""] = helpOf(
    [{ name: "notes.example.com", pass: stock }],
    names.map((name) => ({ name })),
  );
  expect(help).toMatch(/^pass .*: \[a1\] .*, \[b2\] .*, \[c3\] .*, \[d4\] .*, \[e5\] [^,]*, and 2 more$/);
});

test("a missing port is not that of another site's pool", () => {
  const tcp = { name: "shop", listen: "127.0.0.1:9100" };
  const site = { name: "blog.example.com", pass: "php" };
  const upstream = "upstream php { server 127.0.0.1; }\n";
  const others = { name: "shop.example.com", pass: "127.0.0.1:9100" };
  expect(helpOf([site, others], [tcp, blog], missingPort, upstream)).toEqual([
    "in the place of that address:\n  127.0.0.1:PORT\nor pass requests to the intended pool: [blog] unix:/run/php/blog.sock (user blog)",
  ]);
  const own = { name: "blog", listen: "127.0.0.1:9200" };
  const [help] = helpOf([site, others], [tcp, own], missingPort, upstream);
  expect(help).toMatch(/ {2}server 127\.0\.0\.1:9200;$/);
});

test("a location that passes to nginx itself is led to the pool of its site", () => {
  const sites = [{ name: "blog.example.com", pass: "127.0.0.1:80", more: "listen 80;" }, own("shop")];
  const [help = ""] = helpOf(sites, [shop, blog], wrongProtocol);
  expect(help).toContain("  fastcgi_pass unix:/run/php/blog.sock;");
  const [unknown] = helpOf(
    [{ ...sites[0], name: "notes.example.com", pass: "127.0.0.1:80" }],
    [shop, blog],
    wrongProtocol,
  );
  expect(unknown).toBe(
    "pass requests to the intended pool: [shop] unix:/run/php/shop.sock (user shop), [blog] unix:/run/php/blog.sock (user blog)",
  );
});

test("the new socket of a pool is no other pool's", () => {
  const long = { name: "shop", listen: `/run/${"x".repeat(120)}.sock` };
  const other = { name: "old", listen: "/run/php/shop.sock" };
  const [help] = helpOf([own("old")], [long, other], pathTooLong);
  expect(help).toMatch(/ {2}listen = \/run\/php\/shop-8\.2\.sock$/);
});

test("a pool is not moved to where the locations of another site would find it", () => {
  const sites = [
    { name: "blog.example.com", pass: stock },
    { name: "shop.example.com", pass: stock },
  ];
  const helps = helpOf(sites, [shop, blog]);
  expect(helps.map((help) => /^ {2}.*$/m.exec(help)?.[0])).toEqual([
    "  fastcgi_pass unix:/run/php/blog.sock;",
    "  fastcgi_pass unix:/run/php/shop.sock;",
  ]);
  for (const help of helps) expect(help).not.toContain("listen =");
  expect(helpOf(sites.slice(0, 1), [shop, blog])[0]).toContain("  listen = /run/php/php8.2-fpm.sock");
});

test("two sites share an unused pool only where its account is nobody's", () => {
  const sites = [
    { name: "notes.example.com", pass: stock },
    { name: "travel.example.com", pass: stock },
    own("shop"),
  ];
  const [common, alone] = ["www-data", "bob"].map((user) => helpOf(sites, [shop, { name: "two", user }]));
  expect(common?.every((help) => help.includes("  fastcgi_pass unix:/run/php/two.sock;"))).toBe(true);
  expect(alone?.every((help) => help.startsWith("pass requests to the intended pool:"))).toBe(true);
});

test.each([
  ["a version of a common name", "unix:/run/php/php7.4-fpm.sock", "/run/php/php8.2-fpm.sock"],
  ["the port on another address", "127.0.0.1:9000", "127.0.0.2:9000"],
])("%s says nothing about a pool that another site uses", (_, pass, listen) => {
  const taken = { name: "shop", listen };
  const other = { name: "shop.example.com", pass: listen.startsWith("/") ? `unix:${listen}` : listen };
  const [help] = helpOf([{ name: "notes.example.com", pass }, other, own("blog")], [taken, blog]);
  expect(help).toMatch(/^pass requests to the intended pool: \[shop\] .*, \[blog\] /);
  expect(passed([{ name: "notes.example.com", pass }, own("blog")], [taken, blog])).toBe(other.pass);
});

test("a site is not sent to another account's pool where one is called like it", () => {
  const site = { name: "blog.example.com", pass: "unix:/run/php-fpm/shop.sock" };
  const [help = ""] = helpOf([site], [shop, blog]);
  expect(help).toMatch(/shop[\s\S]*blog|blog[\s\S]*shop/);
  expect(help).not.toMatch(/^ {2}fastcgi_pass /m);
});

test("a pool that only its socket ties to the site loses to the one with the site's name, if it runs as another", () => {
  const site = { name: "shop.example.com", pass: "unix:/run/php/shopp.sock" };
  const acme = { name: "acme", listen: "/run/php/shop.sock" };
  const port = { name: "shop", listen: "127.0.0.1:9000" };
  expect(passed([site], [acme, port])).toBe("127.0.0.1:9000");
  // By its account alone, too.
  expect(passed([site], [acme, { ...port, name: "one", user: "shop" }])).toBe("127.0.0.1:9000");
  // Without such a pool, or with the same account, the address decides.
  expect(passed([site], [acme, blog])).toBe("unix:/run/php/shop.sock");
  expect(passed([site], [{ ...acme, user: "shop" }, port])).toBe("unix:/run/php/shop.sock");
});

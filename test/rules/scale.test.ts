import { beforeEach, expect, test, vi } from "vitest";
import { listenMismatch } from "../../rules/connect/listen-mismatch.js";
import { sharedAddress } from "../../rules/connect/shared-address.js";
import type { Report, Rule } from "../../src/engine/rule.js";
import type { Address } from "../../src/model/address/address.js";
import type { Host } from "../../src/model/host.js";
import { memoryHost } from "../build/hosts.js";

/**
 * What the rules about addresses cost on a host with very many sites. Counted, not timed: how often two
 * addresses are compared, an address is written out, and a word is held against another one.
 */

const counts = vi.hoisted(() => ({ compared: 0, shown: 0, words: 0 }));

vi.mock(import("../../src/model/address/address.js"), async (original) => {
  const real = await original();
  return {
    ...real,
    reaches: (...both: Parameters<typeof real.reaches>) => {
      counts.compared += 1;
      return real.reaches(...both);
    },
    showAddress: (one: Address) => {
      counts.shown += 1;
      return real.showAddress(one);
    },
  };
});

vi.mock(import("../../src/source/spelling.js"), async (original) => {
  const real = await original();
  return {
    ...real,
    nearest: (...asked: Parameters<typeof real.nearest>) => {
      counts.words += asked[1].length;
      return real.nearest(...asked);
    },
  };
});

beforeEach(() => Object.assign(counts, { compared: 0, shown: 0, words: 0 }));

/** As many sites as pools; what a site passes to and where a pool listens is told by its number. */
function host(sites: number, pass: (site: number) => string, listen: (site: number) => string): Host {
  const numbers = Array.from({ length: sites }, (_, site) => site);
  const servers = numbers.map(
    (site) =>
      `server { listen 80; server_name s${site}.example.com; location ~ \\.php$ { fastcgi_pass ${pass(site)}; } }`,
  );
  const pools = numbers.map(
    (site) => `[p${site}]\nuser = www-data\nlisten = ${listen(site)}\npm = static\npm.max_children = 1\n`,
  );
  return memoryHost({
    "/etc/nginx/nginx.conf": `events {}\nhttp {\n${servers.join("\n")}\n}\n`,
    "/etc/php/8.2/fpm/php-fpm.conf": `[global]\nerror_log = /var/log/fpm.log\n${pools.join("")}`,
    "/etc/passwd": "root:x:0:0::/root:/bin/sh\nwww-data:x:33:33::/:/bin/sh\n",
  });
}

function reports(rule: Rule, checked: Host): readonly Report[] {
  return [...rule.check(checked, {})];
}

function costOf(run: () => unknown): number {
  const before = counts.compared + counts.shown + counts.words;
  run();
  return counts.compared + counts.shown + counts.words - before;
}

const sockets = {
  pass: (site: number): string => `unix:/run/php/old-s${site}.sock`,
  listen: (site: number): string => `/run/php/s${site}.sock`,
};
const ports = {
  pass: (site: number): string => `127.0.0.1:${20_000 + site}`,
  listen: (site: number): string => `127.0.0.1:${30_000 + site}`,
};

test.each([
  ["sockets", sockets],
  ["ports", ports],
])("a site without a pool costs the same on a small host and on a large one: %s", (_, { pass, listen }) => {
  const cost = (sites: number): number =>
    costOf(() => {
      expect(reports(listenMismatch, host(sites, pass, listen))).toHaveLength(sites);
    }) / sites;
  const [small, large] = [cost(60), cost(600)];
  expect(large).toBeLessThan(small * 2);
  expect(large).toBeLessThan(200);
});

test("joining sites with their pools compares each address with few others", () => {
  const { listen } = sockets;
  const cost = costOf(() => host(600, (site) => `unix:${listen(site)}`, listen));
  expect(cost).toBeLessThan(600 * 3);
});

test("pools are compared with those alone that may share their address", () => {
  const checked = host(600, sockets.pass, (site) => `/run/php/s${site % 300}.sock`);
  const cost = costOf(() => expect(reports(sharedAddress, checked)).toHaveLength(300));
  expect(cost).toBeLessThan(600 * 3);
});

test("among very many pools, a slip in the name still leads to the one that is meant", () => {
  const checked = host(
    600,
    (site) => (site === 417 ? "unix:/run/php/shop-s147.sock" : `unix:/run/php/shop-s${site}-a.sock`),
    (site) => `/run/php/shop-s${site === 417 ? "1147" : `${site}-a`}.sock`,
  );
  const [found] = reports(listenMismatch, checked);
  expect(found?.message).toBe(
    "no pool listens on /run/php/shop-s147.sock; pool [p417] listens on /run/php/shop-s1147.sock, another file",
  );
});

test("a server with very many redirects is still followed to the end", () => {
  const redirects = Array.from(
    { length: 1000 },
    (_, at) => `rewrite ^/a${at}$ /b${at} last; if ($arg_n = ${at}) { rewrite ^/c /d${at} redirect; }`,
  );
  const checked = host(
    1,
    () => `$sock; } set $sock unix:/run/php/old.sock; ${redirects.join(" ")} location /x { internal`,
    sockets.listen,
  );
  expect(reports(listenMismatch, checked).map(({ message }) => message)).toEqual([
    "no pool listens on /run/php/old.sock; pool [p0] listens on /run/php/s0.sock, another file",
  ]);
});

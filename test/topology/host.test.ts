import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { rules } from "../../rules/index.js";
import { lintHosts } from "../../src/lint.js";
import type { HostTopology } from "../../src/topology/document.js";
import { topologyOf } from "../../src/topology/host.js";
import { validators } from "../../src/validators.js";
import { memoryHost } from "../build/hosts.js";

/** Who passes to whom, as data. What is drawn of it: test/report/topology, test/report/html. */

const example = join(fileURLToPath(new URL("../..", import.meta.url)), "fixtures/hosts/example");

function read() {
  const outcome = lintHosts(rules, validators, { paths: ["etc"], workingDirectory: example });
  if (outcome.kind === "refused") throw new Error(outcome.refusal.message);
  const [first] = outcome.hosts;
  if (first === undefined) throw new Error("no host");
  const { findings } = outcome.result;
  return { host: first.host, findings, topology: topologyOf(first.host, findings) };
}

const FPM = "[global]\ninclude=/etc/php/8.2/fpm/pool.d/*.conf\n";

function hostOf(http: string, pools: string, more: Readonly<Record<string, string>> = {}): HostTopology {
  const files = {
    "/etc/nginx/nginx.conf": `events {}\nhttp {\n${http}\n}\n`,
    "/etc/php/8.2/fpm/php-fpm.conf": FPM,
    "/etc/php/8.2/fpm/pool.d/a.conf": pools,
    ...more,
  };
  return topologyOf(memoryHost(files), []);
}

const pool = (name: string): string =>
  `[${name}]\nuser = www\nlisten = /run/${name}.sock\npm = static\npm.max_children = 3\n`;

describe("the example", () => {
  test("has its servers, locations, addresses and pools", () => {
    const { topology } = read();
    expect(topology.servers.map(({ label }) => label)).toEqual(["blog.example.com", "shop.example.com"]);
    expect(topology.locations.map(({ text, server }) => [text, server])).toEqual([
      ["location ~ \\.php$", "s1"],
      ["location = /legacy.php", "s1"],
      ["location ~ \\.php$", "s2"],
    ]);
    expect(topology.pools.map(({ name, uses, workers }) => [name, uses, workers])).toEqual([
      ["blog", 1, 5],
      ["shop", 1, 20],
    ]);
    expect(topology.locations.map(({ ways }) => ways.map(({ pool: to }) => to))).toEqual([
      ["p1"],
      [null],
      ["p2"],
    ]);
  });

  test("says why a location was compared with no pool", () => {
    const { topology } = read();
    expect(topology.locations.map(({ notCompared }) => notCompared)).toEqual([
      null,
      "no pool of the tree listens on /run/php/php7.4-fpm.sock",
      null,
    ]);
  });

  test("gives each finding to the blocks and pools that it is about", () => {
    const { topology, findings } = read();
    const rulesOf = (prints: readonly string[]): readonly string[] =>
      prints.map((print) => findings.find(({ fingerprint }) => fingerprint === print)?.rule ?? "");
    const [blog, legacy, shop] = topology.locations;
    expect(rulesOf(blog?.findings ?? [])).toContain("fastcgi/params-shadowed");
    expect(rulesOf(legacy?.findings ?? [])).toContain("connect/listen-mismatch");
    expect(rulesOf(legacy?.findings ?? [])).not.toContain("fastcgi/params-shadowed");
    // The marked line is in a snippet that this location includes.
    expect(rulesOf(shop?.findings ?? [])).toContain("timeout/terminate-below-read");
    expect(topology.pools.map(({ worst }) => worst)).toEqual(["error", "warning"]);
    expect(rulesOf(topology.pools[0]?.findings ?? [])).toContain("socket/permission-denied");
  });

  test("says who gives up first", () => {
    const { topology } = read();
    const set = topology.limits.find(({ id }) => id === topology.locations[2]?.ways[0]?.limits);
    expect(set?.waiting).toEqual({
      daemon: "PHP-FPM",
      setting: "request_terminate_timeout",
      after: 30,
      beyond: "502",
    });
    const read60 = topology.limits.find(({ id }) => id === topology.locations[0]?.ways[0]?.limits);
    expect(read60?.waiting).toMatchObject({ daemon: "nginx", after: 60 });
  });
});

describe("a host", () => {
  test("shares the limits of locations that have the same ones", () => {
    const site = (name: string): string =>
      `server { server_name ${name}; location ~ \\.php$ { include php.conf; } }`;
    const php =
      "fastcgi_param SCRIPT_FILENAME $document_root$fastcgi_script_name;\nfastcgi_pass unix:/run/a.sock;\n";
    const { locations, limits } = hostOf(site("x") + site("y"), pool("a"), { "/etc/nginx/php.conf": php });
    expect(new Set(locations.flatMap(({ ways }) => ways.map(({ limits: id }) => id))).size).toBe(1);
    expect(limits.length).toBe(1);
    expect(new Set(locations.map(({ through }) => through)).size).toBe(1);
    expect(locations[0]?.through).toMatch(/etc\/nginx\/php\.conf$/);
  });

  test("has the members of an upstream, each with what is said of it", () => {
    const up =
      "upstream u { server unix:/run/a.sock; server unix:/run/b.sock backup; server unix:/run/c.sock down; }";
    const server = "server { location ~ \\.php$ { fastcgi_pass u; } }";
    const { locations } = hostOf(`${up}\n${server}`, pool("a") + pool("b"));
    expect(
      locations[0]?.ways.map(({ upstream, backup, down, pool: to }) => [upstream, backup, down, to]),
    ).toEqual([
      ["u", false, false, "p1"],
      ["u", true, false, "p2"],
      ["u", false, true, null],
    ]);
  });

  test("tells pools that nothing passes to, and servers that pass nothing on", () => {
    const servers =
      "server { location ~ \\.php$ { fastcgi_pass unix:/run/a.sock; } } server { server_name s; }";
    const { pools, otherServers } = hostOf(servers, pool("a") + pool("b"));
    expect(pools.map(({ name, uses }) => [name, uses])).toEqual([
      ["a", 1],
      ["b", 0],
    ]);
    expect(otherServers).toBe(1);
  });

  test("has what is passed on by other protocols, in the order of the files", () => {
    const server = `server {
      location /app { proxy_pass http://127.0.0.1:3000; }
      location ~ \\.php$ { fastcgi_pass unix:/run/a.sock; }
      location /py { uwsgi_pass 127.0.0.1:4000; }
    }`;
    const { locations } = hostOf(server, pool("a"));
    expect(locations.map(({ protocol, php, limits }) => [protocol, php, limits !== null])).toEqual([
      ["proxy", false, false],
      ["fastcgi", true, true],
      ["uwsgi", false, false],
    ]);
  });

  test("does not know a limit that a variable or a template makes", () => {
    const server =
      "server { location ~ \\.php$ { fastcgi_read_timeout {{ read }}; fastcgi_pass unix:/run/a.sock; } }";
    const { locations, limits } = hostOf(server, pool("a"));
    const set = limits.find(({ id }) => id === locations[0]?.limits);
    const found = set?.limits.find(({ setting }) => setting === "fastcgi_read_timeout");
    expect(found).toMatchObject({ value: null, shown: null, unlimited: false, default: false });
    expect(set?.open).toBe(true);
  });
});

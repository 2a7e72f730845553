import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { describeProofs } from "../daemons/available.js";
import { lint, runCase } from "./reality/case.js";
import { allEntries, type HostDraft, inner, put, type SiteDraft } from "./reality/draft.js";
import { drawCase } from "./reality/draw.js";
import { faults } from "./reality/faults.js";
import { readOptions } from "./reality/options.js";
import { predict } from "./reality/predict.js";
import { random } from "./reality/random.js";
import { agrees } from "./reality/table.js";
import { wayOf } from "./reality/touch.js";
import { SYMPTOMS } from "./reality/wanted.js";
import { treeOf, writeTree } from "./reality/write.js";

const scratch = mkdtempSync(join(tmpdir(), "fpmlint-reality-test-"));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const tree = (seed: number, number: number) => treeOf(drawCase(seed, number), random(seed, number));

describe("the generator", () => {
  test("equal seed and number, equal files; others differ", () => {
    expect(tree(5, 17)).toEqual(tree(5, 17));
    expect(tree(5, 18)).not.toEqual(tree(5, 17));
    expect(tree(6, 17)).not.toEqual(tree(5, 17));
  });

  test("every fault and every dimension comes up", () => {
    const hosts = Array.from({ length: 4000 }, (_, number) => {
      const host = drawCase(1, number);
      treeOf(host, random(1, number));
      return host;
    });
    const seen = new Set(hosts.flatMap((host) => host.faults));
    expect(faults.map(([name]) => name).filter((name) => !seen.has(name))).toEqual([]);
    const drawn = new Set(hosts.flatMap((host) => [...host.drawn]));
    const wanted = [
      ...["socket", "port", "symbolic link", "acl_users", "acl_groups", "0600", "0666", "allowed_clients"],
      ...["listen [::1]", "listen [::]", "listen localhost", "static", "dynamic", "ondemand", "keepalive"],
      ...["pass: direct", "pass: upstream", "pass: set", "pass: map", "user: none", "php.ini", "buffers"],
      ...["level http", "level server", "level location", "sites inline", "sites glob", "sites links"],
      ...["two masters", "pool in two files", "location: nested", "location: named", "location: alias"],
      ...["location: front controller", "location: path info", "location: prefix", "location: one script"],
      ...["location: named rewrite", "location: rewrite if missing", "location: error page", "pass: if"],
      ...["location: pattern", "location: mapped script", "location: start page", "location: fixed script"],
      ...["hop to a port", "hop to a socket", "guard: allow", "guard: satisfy", "guard: auth_request"],
      ...["guard: limit_except", "page: status", "page: ping", "chroot"],
    ];
    expect(wanted.filter((name) => !drawn.has(name))).toEqual([]);
    const healthy = hosts.filter((host) => host.faults.length === 0).length / hosts.length;
    expect(healthy).toBeGreaterThan(0.25);
    expect(hosts.some((host) => host.sites.length > 1 && host.pools.length === 1)).toBe(true);
    expect(hosts.some((host) => host.sites.some((site) => site.entries.length > 1))).toBe(true);
  });
});

/** A host with one site and one pool in which everything suits everything. */
function plainHost(): HostDraft {
  const pool = {
    name: "www",
    version: "8.2",
    file: "www.conf",
    listen: "/run/php/www.sock",
    addresses: ["unix:/run/php/www.sock"],
    walled: false,
    lines: ["user = www-data", "listen.owner = www-data", "pm = static", "pm.max_children = 4"],
  };
  pool.lines.push("request_terminate_timeout = 60s");
  const lines = ["include fastcgi.conf;", "fastcgi_pass unix:/run/php/www.sock;"];
  lines.push("fastcgi_buffer_size 16k;", "fastcgi_buffers 8 16k;", "client_max_body_size 8m;");
  const site: SiteDraft = {
    name: "site1.test",
    serverName: "site1.test",
    listen: "80",
    port: 80,
    root: "/srv/site1",
    directory: "/srv/site1",
    lines: [],
    others: [],
    hops: [],
    entries: [
      {
        uri: "/index.php",
        shape: "suffix",
        front: null,
        page: null,
        blocks: [{ head: String.raw`location ~ \.php$`, lines }],
        pool,
      },
    ],
  };
  const lists = { main: [], http: [], upstreams: [], maps: [], global: [], faults: [] };
  return {
    ...lists,
    user: "www-data",
    sites: [site],
    pools: [pool],
    ini: ["display_errors = Off"],
    files: new Map(),
    links: new Map(),
    drawn: new Set(),
  };
}

let written = 0;

/** What is predicted for a host after a change. */
function predicted(change: (host: HostDraft, lines: string[], pool: string[]) => void): readonly string[] {
  const host = plainHost();
  const [first] = allEntries(host);
  if (first === undefined) throw new Error("a host without an entry");
  change(host, inner(first.entry).lines, first.entry.pool.lines);
  written += 1;
  const dir = join(scratch, `host-${written}`);
  writeTree(treeOf(host, random(1, 1)), dir);
  const linted = lint(dir);
  const ways = allEntries(host).flatMap(({ site, entry }) => wayOf(linted.host, site, entry) ?? []);
  const prediction = predict(linted.host, linted.findings, ways);
  const start = [...prediction.start.nginx, ...prediction.start["php-fpm"]].length > 0 ? ["start"] : [];
  const of = ways.flatMap((way) => SYMPTOMS.filter((symptom) => prediction.of(way, symptom).length > 0));
  return [...start, ...of];
}

describe("predictions", () => {
  test("of a host in which everything suits", () => {
    expect(predicted(() => {})).toEqual([]);
  });

  test("of one fault each", () => {
    const nginx = (line: string) => predicted((_host, lines) => put(lines, line));
    const fpm = (line: string) => predicted((_host, _lines, pool) => put(pool, line));
    expect(nginx("fastcgi_pass unix:/run/php/gone.sock;")).toEqual(["plain"]);
    expect(nginx("fastcgi_read_timeout 60q;")).toEqual(["start"]);
    expect(nginx("fastcgi_read_timeout 2s;")).toEqual(["slow"]);
    expect(fpm("request_terminate_timeout = 2s")).toEqual(["slow"]);
    expect(nginx("fastcgi_buffer_size 4k;")).toEqual(["large header"]);
    expect(nginx("client_max_body_size 1m;")).toEqual(["large body"]);
    expect(fpm("php_value[post_max_size] = 1M")).toEqual(["large body"]);
    expect(fpm("listen.owner = root")).toEqual(["plain"]);
    expect(fpm("pm.max_children = 0")).toEqual(["start"]);
  });

  test("a limit that no request here reaches foretells nothing", () => {
    expect(predicted((_host, lines) => put(lines, "fastcgi_read_timeout 10s;"))).toEqual([]);
    expect(predicted((_host, _lines, pool) => put(pool, "request_terminate_timeout = 10s"))).toEqual([]);
  });
});

describe("options", () => {
  test("a wrong one gets a sentence", () => {
    expect(readOptions(["--cases", "few"])).toEqual({
      wrong: '--cases takes a whole number from 1 on, not "few"',
    });
    expect(readOptions(["--min", "101"])).toHaveProperty("wrong");
    expect(readOptions(["--nonsense"])).toHaveProperty("wrong");
    expect(readOptions(["--help"])).toEqual({ help: true });
  });

  test("without a seed there is a fresh one", () => {
    const parsed = readOptions([]);
    expect("options" in parsed && Number.isInteger(parsed.options.seed)).toBe(true);
  });
});

describeProofs("what the daemons do with random hosts is what was predicted", (proof) => {
  for (const number of [0, 1, 2, 3, 4, 5])
    proof(`case ${number} of seed 7`, async () => {
      const { verdicts } = await runCase(7, number, join(scratch, `case-${number}`));
      expect(verdicts.length).toBeGreaterThan(0);
      expect(verdicts.filter((one) => !agrees(one))).toEqual([]);
    });
});

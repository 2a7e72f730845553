import { describe, expect, test } from "vitest";
import { rules } from "../../rules/index.js";
import { incompleteOf } from "../../src/engine/incomplete.js";
import { outlineOf } from "../../src/engine/outline.js";
import type { Rule } from "../../src/engine/rule.js";
import type { TreeTexts } from "../../src/host/memory.js";
import { nameVariables } from "../../src/kinds/judged.js";
import { type OwnFile, ownFiles } from "../../src/kinds/own-files.js";
import { type Told, waysTo } from "../../src/kinds/silent.js";
import { lintWith } from "../../src/lint.js";
import { type ReadHost, readHosts } from "../../src/read-hosts.js";
import { json } from "../../src/report/json.js";
import { validators } from "../../src/validators.js";
import { fixtures } from "../build/fixtures.js";
import { fixturesOf } from "../daemons/prove.js";
import { copiedHosts } from "../rules/support/copied-host.js";
import { toldOf } from "./support/compare.js";
import { type Change, type Drawn, nameOf, treeOf } from "./support/many.js";

/** What is said of a host of which most sites were never parsed, and where all of them have to be. */

const SHAPE: Drawn["shape"] = {
  sites: 14,
  ownPools: true,
  ownAccounts: true,
  docroots: false,
  long: true,
  whole: true,
};

const ALIKE = treeOf({ shape: SHAPE, changes: [] });
const SITES = "etc/nginx/sites-enabled";
const POOLS = "etc/php/8.2/fpm/pool.d";

function read(files: TreeTexts): ReadHost {
  const answer = readHosts({ files, workingDirectory: "/tree" });
  const [host] = answer.kind === "read" ? answer.hosts : [];
  if (host === undefined) throw new Error("nothing was read");
  return host;
}

function told(files: TreeTexts): Told | null {
  return toldOf(read(files), [], () => ({ level: null, options: {} }));
}

/** What is printed when all of it is read, and as usual. */
function bothWays(files: TreeTexts, some: readonly Rule[]): readonly [whole: string, usual: string] {
  const printed = (full: boolean): string => {
    const outcome = lintWith(some, validators, { files, workingDirectory: "/tree", full });
    return outcome.kind === "refused" ? outcome.refusal.message : json(outcome.result, { version: "1" });
  };
  return [printed(true), printed(false)];
}

function some(...ids: readonly string[]): readonly Rule[] {
  return rules.filter(({ id }) => ids.includes(id));
}

const change = (kind: Change["kind"], site = 6, other = 0, at = 0.5): Change => ({ kind, site, other, at });

describe("what is said beside findings", () => {
  test.each<[string, TreeTexts]>([
    ["of sites that are alike", ALIKE],
    ["where one is another", treeOf({ shape: SHAPE, changes: [change("directive", 5, 3)] })],
    ["where all share a pool", treeOf({ shape: { ...SHAPE, ownPools: false }, changes: [] })],
    ["of a tree that is no whole host", treeOf({ shape: { ...SHAPE, whole: false }, changes: [] })],
  ])("%s", (_, files) => {
    const outline = told(files)?.outline ?? null;
    const whole = outlineOf(read(files).host);
    expect(outline).not.toBe(null);
    expect([...(outline?.files ?? [])].sort()).toEqual([...whole.files].sort());
    expect([...(outline?.pools ?? [])].sort()).toEqual([...whole.pools].sort());
    const { compared, notCompared, incomplete, isHost, notEnabled } = whole;
    expect(outline).toMatchObject({ compared, notCompared, incomplete, isHost, notEnabled });
  });

  test("has to be read where it is said of one of them", () => {
    const silencing = Object.entries(ALIKE).map(([path, text]) => [
      path,
      path.startsWith(SITES) ? `# fpmlint-disable-file pool/slow-ramp -- known\n${text}` : text,
    ]);
    const files = Object.fromEntries(silencing) as TreeTexts;
    expect(told(files)?.outline).toBe(null);
    const [whole, usual] = bothWays(files, some("fpmlint/useless-suppression", "pool/slow-ramp"));
    expect(usual).toBe(whole);
  });
});

test("which pools get requests is known without the sites", () => {
  const others = { ...ALIKE, [`${POOLS}/x.conf`]: poolText("unused") };
  const isUsed = told(others)?.isUsed;
  const { pools, used } = read(others).host;
  expect(pools.map((pool) => isUsed?.(pool))).toEqual(pools.map((pool) => used.has(pool)));
  expect(used.size).toBe(pools.length - 1);
});

function poolText(name: string): string {
  return `[${name}]\nuser = www-data\nlisten = /run/php/${name}.sock\npm = ondemand\npm.max_children = 5\n`;
}

function filesOf(files: TreeTexts): readonly OwnFile[] {
  const ways = waysTo(read(files));
  return (ways === null ? null : ownFiles(ways.files, nameVariables([]))) ?? [];
}

describe("a file that is not parsed has its names where it would have them if it were", () => {
  test.each<[string, TreeTexts]>([
    ["long sites", ALIKE],
    ["short sites", treeOf({ shape: { ...SHAPE, long: false }, changes: [] })],
    [
      "changed sites",
      treeOf({
        shape: SHAPE,
        changes: [change("letter", 3), change("name", 6, 3), change("pool-letter", 9)],
      }),
    ],
  ])("%s", (_, files) => {
    const own = filesOf(files);
    expect(new Set(own.map(({ pattern }) => pattern)).size).toBeLessThan(own.length / 2);
    for (const one of own) {
      const [alone] = ownFiles([one], nameVariables([])) ?? [];
      expect({ words: one.words, names: one.names }).toEqual({ words: alone?.words, names: alone?.names });
    }
  });

  test("and where that is unlike, it is another pattern", () => {
    const pool = `${POOLS}/${nameOf(4)}.conf`;
    const patterns = (text: string): number =>
      new Set(filesOf({ ...ALIKE, [pool]: text }).map(({ pattern }) => pattern)).size;
    const usual = String(ALIKE[pool]);
    expect(patterns(usual)).toBe(2);
    for (const other of [`${usual}\n`, usual.replace("pm", " pm"), usual.replace(nameOf(4), "Zukokuk")])
      expect(patterns(other)).toBe(3);
    // Another section is no pool.
    expect(patterns(usual.replace(`[${nameOf(4)}]`, "[global]"))).toBe(2);
  });
});

/** Sites that are alike, behind one that has what the others only need. */
function sites(count: number, text: (name: string) => string, others: TreeTexts): TreeTexts {
  const own = Array.from({ length: count }, (_, at): [string, string] => {
    const name = `zu${String.fromCharCode(...[at % 20, Math.floor(at / 20)].map((part) => 100 + part))}q`;
    return [`etc/nginx/sites-enabled/${name}.conf`, text(name)];
  });
  return {
    "etc/nginx/nginx.conf": "events {}\nhttp {\n  include shared.conf;\n  include sites-enabled/*.conf;\n}\n",
    "etc/nginx/shared.conf": "server_tokens off;\n",
    ...Object.fromEntries(own),
    ...others,
  };
}

describe("what the readers give up for being too much is given up when few of it were read", () => {
  test("includes that bring far more than there is", () => {
    const lines = "a;\n".repeat(2000);
    const files = sites(200, (name) => `server { server_name ${name}; include many; }\n`, {
      "etc/nginx/many": lines,
    });
    expect(told(files)).toBe(null);
    expect(JSON.stringify(incompleteOf(read(files).host))).toContain("again and again");
  });

  test("connections to servers of upstreams", () => {
    const servers = Array.from({ length: 260 }, (_, at) => `server 127.0.0.1:${at + 1000};`).join("\n");
    const files = sites(
      250,
      (name) => `server { server_name ${name}; location ~ \\.php$ { fastcgi_pass all; } }\n`,
      { "etc/nginx/shared.conf": `upstream all {\n${servers}\n}\n` },
    );
    expect(told(files)).toBe(null);
    expect(JSON.stringify(incompleteOf(read(files).host))).toContain("no upstream is followed");
  });
});

describe("where something else depends on a site or a pool, all of them are read", () => {
  const FPM = "etc/php/8.2/fpm/php-fpm.conf";
  test.each<[string, TreeTexts]>([
    ["lines behind the include", { ...ALIKE, [FPM]: `${ALIKE[FPM]}pm.max_requests = 7\n` }],
    ["a file without a section", { ...ALIKE, [`${POOLS}/zzz.conf`]: "pm.max_requests = 7\n" }],
    [
      "an include in another block",
      {
        ...ALIKE,
        "etc/nginx/nginx.conf": String(ALIKE["etc/nginx/nginx.conf"]).replace(
          "http {",
          "http {\n  server { include sites-enabled/*.conf; }",
        ),
      },
    ],
    ["a template", { ...ALIKE, [`${SITES}/zz.conf`]: "server { server_name {{ name }}; }\n" }],
  ])("%s", (_, files) => {
    expect(told(files)).toBe(null);
    const [whole, usual] = bothWays(
      files,
      some("pool/no-recycling", "nginx/duplicate-directive", "pool/slow-ramp"),
    );
    expect(usual).toBe(whole);
  });
});

describe("where an include brings some of them again, these are read", () => {
  test.each<[string, TreeTexts]>([
    [
      "a second include of one",
      {
        ...ALIKE,
        "etc/nginx/nginx.conf": String(ALIKE["etc/nginx/nginx.conf"]).replace(
          "sites-enabled/",
          `sites-enabled/${nameOf(9)}.conf;\n  include sites-enabled/`,
        ),
      },
    ],
    [
      "a second include of some",
      {
        ...ALIKE,
        "etc/nginx/nginx.conf": String(ALIKE["etc/nginx/nginx.conf"]).replace(
          "sites-enabled/",
          "sites-enabled/zuko*.conf;\n  include sites-enabled/",
        ),
      },
    ],
  ])("%s", (_, files) => {
    const silent = toldOf(read(files), rules, () => ({ level: null, options: {} }))?.silent.size ?? 0;
    expect(silent).toBeGreaterThan(0);
    const [whole, usual] = bothWays(files, some("nginx/duplicate-directive", "nginx/invalid-value"));
    expect(usual).toBe(whole);
  });
});

describe("a rule that does not apply reports nothing", () => {
  const able = rules.filter(({ mayApply }) => mayApply !== undefined);

  test.each(able.map((rule) => [rule.id, rule] as const))("%s", (id, rule) => {
    const hosts = fixturesOf(id, fixtures()).flatMap(({ dir }) => copiedHosts(dir));
    let passed = 0;
    for (const { host } of hosts) {
      if (rule.mayApply?.(host) !== false) continue;
      passed += 1;
      expect([...rule.check(host, {})]).toEqual([]);
    }
    expect(passed).toBeLessThan(hosts.length);
  });
});

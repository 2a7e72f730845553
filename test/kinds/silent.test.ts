import { chmodSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { rules } from "../../rules/index.js";
import { defineRule } from "../../src/engine/define.js";
import { noOptions, type Rule } from "../../src/engine/rule.js";
import { findKinds } from "../../src/kinds/find.js";
import { silentRules } from "../../src/kinds/silent.js";
import { headPlace } from "../../src/nginx/tree/nodes.js";
import { type ReadHost, readHosts } from "../../src/read-hosts.js";
import { markdown } from "../../src/source/markdown.js";
import { tree } from "../support/tree.js";
import { bothWays, silentOn } from "./support/compare.js";
import { type Change, type Drawn, nameOf, treeOf } from "./support/many.js";

const SHAPE: Drawn["shape"] = {
  sites: 14,
  ownPools: true,
  ownAccounts: true,
  docroots: true,
  long: true,
  whole: true,
};

function read(files: Readonly<Record<string, string>>): ReadHost {
  const answer = readHosts({ files, workingDirectory: "/tree" });
  const [host] = answer.kind === "read" ? answer.hosts : [];
  if (host === undefined) throw new Error("nothing was read");
  return host;
}

function changed(...changes: readonly Change[]): ReadHost {
  return read(treeOf({ shape: SHAPE, changes }));
}

function sizes({ host }: ReadHost): readonly number[] {
  return findKinds(host)
    .kinds.map(({ length }) => length)
    .sort((a, b) => b - a);
}

const change = (kind: Change["kind"], site = 6, other = 0, at = 0.5): Change => ({ kind, site, other, at });

/** Reports what `find` finds, and says that alike is alike to it. */
function invented(find: (host: ReadHost["host"]) => boolean): Rule {
  return defineRule({
    id: "connect/invented",
    about: "host",
    alike: true,
    cases: { found: { severity: "info", symptom: null, summary: "found" } },
    docs: { title: "invented", fires: ["always"], why: markdown`x`, instead: "x", references: [] },
    *check(host) {
      const [server] = host.bindings;
      if (!find(host) || server === undefined) return;
      const help = { ways: [], notes: [] };
      yield { case: "found", message: "found", at: headPlace(server.pass), effect: "none", help, names: [] };
    },
  });
}

function isSilent(host: ReadHost, rule: Rule): boolean {
  return silentRules(host, [rule], () => ({ level: null, options: {} })).has(rule);
}

test("sites that differ in names alone are of one kind, with their pools and accounts", () => {
  expect(sizes(changed())).toEqual([14]);
});

describe("a site that differs in more is of no kind", () => {
  test.each([
    change("letter"),
    change("number"),
    change("directive"),
    change("twice"),
    change("snippet"),
    change("name", 6, 3),
    change("name", 6, 8),
    change("name", 6, 9),
    change("name", 6, 10),
    change("pool-number"),
    change("account"),
    change("mode"),
    change("socket", 6, 0, 0.9),
    change("no-pool"),
  ])("$kind $other", (one) => {
    expect(sizes(changed(one))[0]).toBeLessThan(14);
  });

  test("two sites with one name are of no kind", () => {
    expect(sizes(changed(change("same-name", 6, 7)))).toEqual([12]);
  });
});

test("a rule that is silent on three of a kind is silent", () => {
  const host = changed();
  const seen: number[] = [];
  const rule = invented(({ bindings }) => {
    seen.push(bindings.length);
    return false;
  });
  expect(isSilent(host, rule)).toBe(true);
  expect(seen).toEqual([3]);
});

test("a rule that finds something in a site that is unlike the others is not silent", () => {
  const host = changed(change("number", 9, 4));
  const rule = invented(({ nginx }) => nginx?.texts.some(({ file }) => file.text.includes("99999")) === true);
  expect(isSilent(host, rule)).toBe(false);
});

describe("the disk is asked for each of them", () => {
  const asks = (name: string): Rule =>
    invented(({ fs, bindings }) =>
      bindings.some(({ server }) => {
        const site = /zu\w+uk/.exec(server?.file.path ?? "")?.[0] ?? "";
        return fs.entry(`/srv/${site}/public/${name}`).kind === "file";
      }),
    );

  test("with the same answer a few tell", () => {
    expect(isSilent(changed(), asks("install.php"))).toBe(true);
  });

  test("with another answer that site is looked at as well", () => {
    const files = {
      ...treeOf({ shape: SHAPE, changes: [] }),
      [`srv/${nameOf(8)}/public/install.php`]: "<?php\n",
    };
    expect(isSilent(read(files), asks("install.php"))).toBe(false);
  });

  test("where the first is the odd one, the others are compared with the next", () => {
    const files = { ...treeOf({ shape: SHAPE, changes: [] }), [`srv/${nameOf(0)}/public/x.txt`]: "x\n" };
    const host = read(files);
    const seen: number[] = [];
    const rule = invented(({ fs, bindings }) => {
      seen.push(bindings.length);
      return bindings.some(({ server }) => {
        const site = /zu\w+uk/.exec(server?.file.path ?? "")?.[0] ?? "";
        const entry = fs.entry(`/srv/${site}/public`);
        return entry.kind === "directory" && entry.names.length > 2;
      });
    });
    expect(isSilent(host, rule)).toBe(true);
    expect(seen.length).toBeGreaterThan(1);
    expect(Math.max(...seen)).toBeLessThan(14);
  });
});

test("a rule that adds up and says that alike is alike to it would be found out", () => {
  const files = treeOf({ shape: SHAPE, changes: [] });
  const counts = invented(({ pools }) => pools.length > 5);
  // What the tests of this folder compare would differ.
  expect(isSilent(read(files), counts)).toBe(true);
  expect([...counts.check(read(files).host, noOptions)]).toHaveLength(1);
});

test("a rule that declares nothing runs on the whole host", () => {
  const { alike: _, ...rest } = invented(() => false);
  expect(isSilent(changed(), rest)).toBe(false);
  expect(rules.some(({ alike }) => alike !== true)).toBe(true);
});

describe("on the disk, where links lead to the sites", () => {
  const { top, put, link } = tree();

  test("findings are the same, and a few sites tell", () => {
    const files = Object.entries(treeOf({ shape: SHAPE, changes: [change("mode", 3, 1)] }));
    const moved = files.map(([path, text]) => [path.replace("/sites-enabled/", "/sites-available/"), text]);
    put(Object.fromEntries(moved));
    for (const [path] of files) {
      const [, name] = /sites-enabled\/(.*)/.exec(path) ?? [];
      if (name !== undefined) link(`../sites-available/${name}`, path);
    }
    chmodSync(join(top(), `srv/${nameOf(5)}/public`), 0o700);
    const [whole, byKinds] = bothWays({ paths: [top()] });
    expect(byKinds).toBe(whole);
    expect(silentOn({ paths: [top()] })).toBeGreaterThan(rules.length / 2);
  });
});

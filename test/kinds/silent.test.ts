import { chmodSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { rules } from "../../rules/index.js";
import { defineRule } from "../../src/engine/define.js";
import { noOptions, type Rule } from "../../src/engine/rule.js";
import { kindsOf, waysTo } from "../../src/kinds/silent.js";
import { headPlace } from "../../src/nginx/tree/nodes.js";
import { type ReadHost, readHosts } from "../../src/read-hosts.js";
import { markdown } from "../../src/source/markdown.js";
import { tree } from "../support/tree.js";
import { bothWays, silentOn, toldOf } from "./support/compare.js";
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

function sizes(host: ReadHost): readonly number[] {
  const ways = waysTo(host);
  const kinds = ways === null ? [] : (kindsOf(ways)?.kinds ?? []);
  return kinds.map(({ length }) => length).sort((a, b) => b - a);
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
  return toldOf(host, [rule], () => ({ level: null, options: {} }))?.silent.has(rule) === true;
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

type Texts = Record<string, string>;

/** How many findings the rule has without and with kinds. */
function findings(rule: string, files: Texts): readonly [whole: number, byKinds: number] {
  const [whole, byKinds] = bothWays({ files }).map((text) => text.split(`"rule": "${rule}"`).length - 1);
  return [whole ?? 0, byKinds ?? 0];
}

/** The tree, where `change` makes other texts of the sites. */
function texts(change: (text: string) => string, others: Texts = {}): Texts {
  const files = Object.entries(treeOf({ shape: { ...SHAPE, long: false }, changes: [] }));
  const known = files.map(([path, text]): [string, string] => [
    path,
    path.includes("/sites-enabled/") ? change(String(text)) : String(text),
  ]);
  return { ...Object.fromEntries(known), ...others };
}

describe("a pattern that judges the letters of names is seen, though the first three do not match it", () => {
  const SNIPPET = "etc/nginx/snippets/start.conf";
  const starting = (start: string) => (text: string) =>
    text.replace(/location \/ \{[^}]*\}/, `location / { ${start} }`);
  const included = starting("include snippets/start.conf;");
  const main = (lines: string): Texts => ({
    "etc/nginx/nginx.conf": `events {}\nhttp {\n  ${lines}\n  include sites-enabled/*.conf;\n}\n`,
  });
  const again = "{ rewrite ^ /again last; }";
  const toDestination = "rewrite ^ $destination last;";

  test.each<[string, Texts]>([
    ["if in a snippet", texts(included, { [SNIPPET]: `if ($host ~ ^zuz) ${again}\n` })],
    ["if for the root", texts(included, { [SNIPPET]: `if ($document_root ~ /zuz) ${again}\n` })],
    ["if for a copy", texts(included, { [SNIPPET]: `set $copy $host;\nif ($copy ~ ^zuz) ${again}\n` })],
    ["if for a copy in the site", texts(starting(`set $copy $host; if ($copy ~ ^zuz) ${again}`))],
    [
      "rows that a map includes",
      texts(starting(toDestination), {
        ...main("map $host $destination { include rows; }"),
        "etc/nginx/rows": "default /index.php;\n~^zuz /again;\n",
      }),
    ],
    [
      "a map of a copy",
      texts(
        starting(`set $copy $host; ${toDestination}`),
        main("map $copy $destination { default /index.php; ~^zuz /again; }"),
      ),
    ],
    [
      "a map of a map",
      texts(
        starting(toDestination),
        main(
          "map $host $copy { default $host; }\n  map $copy $destination { default /index.php; ~^zuz /again; }",
        ),
      ),
    ],
    [
      "a location for a URI with the name",
      texts((text) => text.replace(/location \/ \{[^}]*\}/, "include snippets/start.conf;"), {
        [SNIPPET]:
          "location / { rewrite ^ /h/$host last; }\nlocation /h/ { return 204; }\nlocation ~ ^/h/zuz { rewrite ^ /h/$host last; }\n",
      }),
    ],
  ])("%s", (_, files) => {
    const [whole, byKinds] = findings("request/redirect-cycle", files);
    expect(whole).toBeGreaterThan(0);
    expect(byKinds).toBe(whole);
  });

  test("comparisons with whole names and questions for files do no harm", () => {
    const files = texts(included, {
      [SNIPPET]:
        "if (-f $document_root/closed.html) { return 503; }\nif ($host = other.example.com) { return 404; }\n",
    });
    expect(sizes(read(files))).toEqual([14]);
  });
});

describe("sockets whose paths are cut off", () => {
  const pools = (change: (text: string, at: number) => string): Texts => {
    const files = treeOf({ shape: { ...SHAPE, sites: 10 }, changes: [] });
    const kept = Object.entries(files).filter(([path]) => !path.includes("/sites-enabled/"));
    let at = 0;
    return Object.fromEntries(
      kept.map(([path, text]) => [
        path,
        path.includes("/pool.d/") ? change(String(text), at++) : String(text),
      ]),
    );
  };
  const listening = (text: string, path: string): string =>
    text.replace(/^listen = .*$/m, `listen = ${path}`);

  test("a name that makes one path too long is seen", () => {
    const files = pools((text, at) =>
      listening(text, `/run/php/${"long/".repeat(10)}$pool.sock`).replace(
        /^\[(\w+)\]/m,
        (_, name) => `[${name}${"q".repeat(at === 7 ? 45 : 30)}]`,
      ),
    );
    expect(findings("socket/path-too-long", files)).toEqual([1, 1]);
  });

  test("two paths that become one are seen", () => {
    const files = pools((text, at) => {
      const name = nameOf(at);
      const rest = "q".repeat(103);
      return listening(
        text,
        `/run/php/${at === 6 || at === 7 ? `zuqquk${rest}${name}`.slice(-110) : name + rest}`,
      );
    });
    const [whole, byKinds] = findings("connect/shared-address", files);
    expect(byKinds).toBe(whole);
    expect(whole).toBeGreaterThan(0);
  });
});

test("an account with the number of root is unlike others, also where root itself is not listed", () => {
  const files = treeOf({ shape: SHAPE, changes: [] });
  const account = (text: unknown): string =>
    String(text)
      .replace(/^root:.*\n/m, "")
      .replace(/:(20\d\d)\b/g, (_, id) => `:${id === "2006" ? 0 : Number(id) - 1900}`);
  const changed = {
    ...files,
    "etc/passwd": account(files["etc/passwd"]),
    "etc/group": account(files["etc/group"]),
  };
  expect(findings("fpm/root-user", changed as Texts)).toEqual([1, 1]);
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

import { describe, expect, test } from "vitest";
import { sharedAddress } from "../../rules/connect/shared-address.js";
import { rules } from "../../rules/index.js";
import type { TextEdit } from "../../src/engine/help.js";
import { incompleteOf } from "../../src/engine/incomplete.js";
import type { Report, Rule } from "../../src/engine/rule.js";
import { run } from "../../src/engine/run.js";
import { readMaster } from "../../src/fpm/pools.js";
import { helpOf } from "../../src/help/edit.js";
import type { Entry, HostFilesystem } from "../../src/host/filesystem.js";
import { glob, TOO_MANY_STEPS } from "../../src/host/glob.js";
import { type MemoryNode, memoryFilesystem } from "../../src/host/memory.js";
import type { Host } from "../../src/model/host.js";
import { judgedHost } from "../../src/model/nginx-judged.js";
import { possibleValues } from "../../src/model/request/variables.js";
import { handingOn } from "../../src/nginx/location/passed.js";
import { argumentPlace, childrenNamed, descendants } from "../../src/nginx/tree/nodes.js";
import { readTree } from "../../src/nginx/tree/tree.js";
import type { Node } from "../../src/nginx/types.js";
import { sourceFile } from "../../src/source/file.js";
import { memoryHost } from "../build/hosts.js";

/** Small inputs that ask for endless work. What is counted is what was made of them, not the time. */

const MAIN = "/etc/nginx/nginx.conf";
const FPM = "/etc/php/8.2/fpm/php-fpm.conf";
const PASSWD = "root:x:0:0::/root:/bin/sh\nwww-data:x:33:33::/:/bin/sh\n";

type Files = Readonly<Record<string, MemoryNode>>;

function host(files: Files): Host {
  return memoryHost({ "/etc/passwd": PASSWD, ...files });
}

/** What was not read and changes the exit status. */
function unread(checked: Host): readonly string[] {
  return incompleteOf(checked)
    .filter(({ fatal }) => fatal)
    .map(({ file, line, reason }) => `${file}:${line} ${reason}`);
}

/** The filesystem, and how often it is asked. */
function counting(files: Files): { readonly fs: HostFilesystem; readonly asked: () => number } {
  const fs = memoryFilesystem(files);
  let asked = 0;
  const entry = (path: string): Entry => {
    asked += 1;
    return fs.entry(path);
  };
  return { fs: { ...fs, entry }, asked: () => asked };
}

const http = (text: string): Files => ({ [MAIN]: `events {}\nhttp {\n${text}\n}\n` });
const numbers = (count: number): readonly number[] => Array.from({ length: count }, (_, at) => at);

test("files that include each other twice, level by level, end with the line that was not followed", () => {
  const levels = Object.fromEntries(
    numbers(22).map((at) => [`/etc/nginx/b${at}`, `include b${at + 1};\ninclude b${at + 1};\n`]),
  );
  const checked = host({ ...http("include b0;"), ...levels, "/etc/nginx/b22": "server { listen 80; }\n" });
  expect(unread(checked)).toContainEqual(
    expect.stringMatching(/^etc\/nginx\/b21:1 .*b22: was not read: the includes bring the same files again/),
  );
  const nodes = checked.nginx === null ? [] : [...descendants(checked.nginx.root)];
  expect(nodes.length).toBeGreaterThan(1000);
  expect(nodes.length).toBeLessThan(300_000);
});

test("files that all include each other are a circle each, not every way through it", () => {
  const files = Object.fromEntries(numbers(40).map((at) => [`/etc/nginx/d/f${at}`, "include d/*;\n"]));
  const { fs, asked } = counting({ ...http("include d/*;"), ...files });
  const tree = readTree({ fs, whole: true }, MAIN);
  const loops =
    tree?.includes.flatMap(({ problems }) => problems.filter(({ loop }) => loop.length > 0)) ?? [];
  expect(loops.length).toBeGreaterThan(0);
  expect(loops.every(({ kind }) => kind === "refused")).toBe(true);
  expect(asked()).toBeLessThan(20_000);
});

test("what includes may bring grows with the bytes that are there: sites that share snippets never meet it", () => {
  const snippet = (lines: number): string =>
    numbers(lines)
      .map((at) => `fastcgi_param NAME_${at} $document_root;\n`)
      .join("");
  const site = (at: number): string =>
    `server { listen 80; server_name s${at}.example.com; root /srv/s${at}; include snippets/a; include snippets/b;
      location ~ \\.php$ { include fastcgi_params; fastcgi_pass unix:/run/php/s${at}.sock; } }\n`;
  const count = 2000;
  const files = {
    ...http("include sites/*;"),
    "/etc/nginx/fastcgi_params": snippet(25),
    "/etc/nginx/snippets/a": "gzip on;\nserver_tokens off;\nsendfile on;\n",
    "/etc/nginx/snippets/b":
      "location = /robots.txt { access_log off; }\nlocation = /favicon.ico { expires 1d; }\n",
    ...Object.fromEntries(numbers(count).map((at) => [`/etc/nginx/sites/${at}.conf`, site(at)])),
  };
  // The floor is what a tree of any size may use; without it the bytes alone have to suffice.
  const allowance = { floor: 0, perByte: 4 };
  const tree = readTree({ fs: memoryFilesystem(files), whole: true, allowance }, MAIN);
  expect(tree?.includes.flatMap(({ problems }) => problems)).toEqual([]);
  expect(tree === null ? 0 : [...descendants(tree.root)].length).toBeGreaterThan(count * 35);
});

test("a limit that is met is said where it was met, and what comes before it is there", () => {
  const files = {
    ...http("include a;\ninclude b;\ninclude b;\ninclude b;"),
    "/etc/nginx/a": "server { listen 80; }\n",
    "/etc/nginx/b": "server { listen 81; }\n".repeat(30),
  };
  const tree = readTree(
    { fs: memoryFilesystem(files), whole: true, allowance: { floor: 100, perByte: 0 } },
    MAIN,
  );
  expect(tree?.includes.map(({ files: read }) => read)).toEqual([1, 1, 1, 0]);
  expect(tree?.includes.at(-1)?.problems[0]).toMatchObject({ kind: "unread", log: null });
  expect(tree?.root.children[1]?.partial).toBe(true);
});

const links = Object.fromEntries(numbers(6).map((at) => [`/etc/nginx/l${at}`, { link: "/etc/nginx" }]));

test("a wildcard that goes round in links is given up and said", () => {
  const { fs, asked } = counting({ ...http("include */*/*/*/*/*/*/*/*/*.conf;"), ...links });
  const given: Entry[] = [];
  expect(glob(fs, "/etc/nginx/*/*/*/*/*/*/*/*/*/*.conf", (entry) => given.push(entry))).toEqual([]);
  expect(given).toContainEqual(expect.objectContaining({ reason: TOO_MANY_STEPS }));
  expect(asked()).toBeLessThan(20_000);
});

test("a wildcard that was given up makes the run incomplete, and many of them share their steps", () => {
  const lines = numbers(30).map((at) => `include */*/*/*/*/*/*/*/*/x${at}*.conf;`);
  const { fs, asked } = counting({ ...http(lines.join("\n")), ...links });
  const tree = readTree({ fs, whole: true }, MAIN);
  const problems = tree?.includes.flatMap((include) => include.problems) ?? [];
  expect(problems.length).toBe(30);
  expect(problems.every(({ kind, reason }) => kind === "unread" && reason === TOO_MANY_STEPS)).toBe(true);
  expect(asked()).toBeLessThan(50_000);
});

test("a wildcard over very many directories and files is no limit's business", () => {
  const files = Object.fromEntries(numbers(20_000).map((at) => [`/v/d${at}/site.conf`, ""]));
  expect(glob(memoryFilesystem(files), "/v/*/*.conf")).toHaveLength(20_000);
});

test("PHP-FPM's includes multiply up to a limit that is said", () => {
  const files: Record<string, string> = {
    [FPM]: "[www]\ninclude=/b/0.conf\n",
    "/b/3.conf": "env[A]=b\n".repeat(3000),
  };
  for (const at of numbers(3)) files[`/b/${at}.conf`] = `include=/b/${at + 1}.conf\n`.repeat(3000);
  const { fs, asked } = counting(files);
  const master = readMaster(fs, FPM);
  expect(master.pools[0]?.settings.length).toBeLessThan(1_000_000);
  expect(asked()).toBeLessThan(10_000);
  const said = master.includes.filter(({ result }) => result.kind === "unread");
  expect(said).toHaveLength(1);
  expect(said[0]?.result).toMatchObject({
    reason: expect.stringContaining("the same files again and again"),
  });
  expect(master.partial).toBe(true);
});

test("pool files that share a snippet stay below the limit, whatever the floor", () => {
  const count = 3000;
  const files: Record<string, string> = {
    [FPM]: "[global]\ninclude=/p/*.conf\n",
    "/s.conf": "env[A]=b\n".repeat(20),
  };
  for (const at of numbers(count))
    files[`/p/${at}.conf`] =
      `[p${at}]\nlisten=/run/php/p${at}.sock\nuser=u${at}\npm=static\npm.max_children=2\ninclude=/s.conf\n`;
  const master = readMaster(memoryFilesystem(files), FPM, { allowance: { floor: 0, perByte: 2 } });
  expect(master.includes.filter(({ result }) => result.kind === "unread")).toEqual([]);
  expect(master.pools).toHaveLength(count);
});

function values(code: string, text: string, outside = ""): ReturnType<typeof possibleValues> {
  const checked = host(
    http(`${outside}\nserver { listen 80;\n${code}\nlocation ~ \\.php$ { fastcgi_pass ${text}; } }`),
  );
  const root = checked.nginx?.root;
  const pass =
    root === undefined ? undefined : [...descendants(root)].find(({ name }) => name === "fastcgi_pass");
  if (pass?.parent == null) throw new Error("no fastcgi_pass");
  return possibleValues(pass.parent, text, argumentPlace(pass, 0));
}

const doubled = (lines: number, quote: string): string =>
  [
    'set $v0 "aaaaaaaaaaaaaaaaaaaa";',
    ...numbers(lines).map((at) => `set $v${at + 1} ${quote}$v${at}\${v${at}}${quote};`),
  ].join("\n");

test.each([22, 24, 26, 400])("a value that doubles in %i lines is unknown, not gigabytes", (lines) => {
  expect(values(doubled(lines, '"'), `$v${lines}`)).toBeNull();
});

test("what is unknown for its length stays unknown next to other words, and short ones are followed", () => {
  expect(values(doubled(22, '"'), "$".concat("{v22}v0"))).toBeNull();
  expect(values(doubled(3, '"'), "$v3")?.[0]?.text).toBe("a".repeat(160));
});

test("conditions that double the ways, with values that double as well, are given up", () => {
  const ifs = numbers(200).map((at) => `if ($arg_${at}) { set $v${at} "$v0$v1$v2"; }`);
  expect(values(`${doubled(200, "")}\n${ifs.join("\n")}`, "$v200")).toBeNull();
});

test("maps of maps end", () => {
  const maps = numbers(30).map(
    (at) => `map $uri $m${at} { default "$m${at + 1}$m${at + 1}"; a "$m${at + 1}"; b c; }`,
  );
  expect(values("", "$m0", maps.join("\n"))).toBeNull();
});

function many(severity: "error" | "info", count: number): Rule {
  const template = rules[0];
  if (template === undefined) throw new Error("no rule");
  return {
    ...template,
    id: `test/${severity}`,
    cases: { one: { severity, symptom: null, summary: "one" } },
    *check(checked): Generator<Report> {
      const file = checked.nginx?.root.file;
      if (file === undefined) return;
      for (let at = 0; at < count; at += 1)
        yield {
          case: "one",
          certain: true,
          settle: null,
          message: `number ${at}`,
          at: { span: { file, start: at, end: at + 1 }, via: [] },
          label: null,
          link: [],
          related: [],
          effect: "",
          help: () => {
            helps += 1;
            return { ways: [], notes: [] };
          },
          names: [],
        };
    },
  };
}

let helps = 0;

test("of a million findings of one rule in one file a thousand are made and the others are counted", () => {
  const checked = host(http("# ".padEnd(2000)));
  helps = 0;
  const { findings, leftOut } = run([many("info", 1_000_000), many("error", 3)], checked, () => ({
    level: null,
    options: {},
  }));
  expect(findings).toHaveLength(1003);
  expect(findings.filter(({ severity }) => severity === "error")).toHaveLength(3);
  expect(leftOut.map(({ rule, count }) => [rule, count])).toEqual([["test/info", 999_000]]);
  expect(helps).toBe(1003);
});

test("findings that the caller wants are not pushed out by others", () => {
  const checked = host(http("# ".padEnd(2000)));
  const wanted = ({ message }: Report): boolean => message === "number 1500";
  const { findings, leftOut } = run(
    [many("error", 2000)],
    checked,
    () => ({ level: null, options: {} }),
    wanted,
  );
  expect(findings.map(({ message }) => message)).toContain("number 1500");
  expect(leftOut).toEqual([]);
});

test("thousands of locations ask who hands on to them, and each try_files is looked up once", () => {
  const locations = numbers(3000).map((at) => `location /a${at} { try_files $uri /a${(at + 1) % 3000}; }`);
  const checked = host(http(`server { listen 80; ${locations.join("\n")} }`));
  const server =
    checked.nginx === null
      ? undefined
      : [...descendants(checked.nginx.root)].find(({ name }) => name === "server");
  if (server === undefined) throw new Error("no server");
  const all: readonly Node[] = childrenNamed(server, "location");
  const used = process.cpuUsage();
  const found = all.map((location) => handingOn(server, location).map((one) => all.indexOf(one)));
  expect(found[0]).toEqual([2999]);
  expect(found[7]).toEqual([6]);
  expect(process.cpuUsage(used).user / 1e6).toBeLessThan(40);
});

test("thousands of pools on one address are each held against the first", () => {
  const pools = numbers(3000).map(
    (at) => `[p${at}]\nlisten = /run/php/a.sock\nuser = www-data\npm = static\npm.max_children = 1\n`,
  );
  const checked = host({ [FPM]: `[global]\nerror_log = /x\n${pools.join("")}` });
  const reports = [...sharedAddress.check(checked, {})];
  expect(reports).toHaveLength(2999);
  expect(reports.every(({ related }) => related.length === 1)).toBe(true);
});

test("the help that very many pools share looks at each of its edits a few times", () => {
  let asked = 0;
  const edits = numbers(2000).map((at): TextEdit => {
    const file = sourceFile(`/etc/php/8.2/fpm/pool.d/${at % 1000}.conf`, "", "");
    const piece = {
      start: 0,
      end: 0,
      get file() {
        asked += 1;
        return file;
      },
    };
    return {
      kind: "text",
      verb: "add",
      where: "below",
      piece,
      whole: false,
      lines: [`a = ${at >> 10}`, "b"],
    };
  });
  const [way] = helpOf([edits]).ways;
  expect(way?.edits).toHaveLength(1000);
  expect(way?.edits[0]?.lines).toEqual(["a = 0", "b"]);
  expect(way?.edits[999]?.lines).toEqual(["a = 0", "b", "a = 1"]);
  expect(asked).toBeLessThan(3 * 2000);
});

test("a zone that thousands of locations use is asked for once by each", () => {
  const uses = numbers(3000).map((at) => `location /a${at} { limit_req zone=one; }`);
  const checked = host(http(`server { listen 80; ${uses.join("\n")} }`));
  const { zones } = judgedHost(checked)?.scope ?? { zones: new Map() };
  const all = [...zones.values()].flat();
  expect(all).toHaveLength(3000);
  expect(new Set(all.map(({ named }) => named)).size).toBe(1);
});

test("why PHP-FPM refuses a line is worked out when it is asked for, and the same each time", () => {
  const { fs } = counting({ [FPM]: `[global]\n${"foo bars\n".repeat(3000)}` });
  const { faults } = readMaster(fs, FPM);
  expect(faults).toHaveLength(3000);
  expect(Object.keys(faults[0] ?? {})).not.toContain("message");
  expect(faults[2999]?.refusal()).toEqual(faults[0]?.refusal());
  expect(faults[0]?.refusal().message).toBe('no "=" after "foo bars"');
});

describe("many locations, each with the many servers of one upstream", () => {
  const group = (servers: number): string =>
    `upstream u {\n${numbers(servers)
      .map((at) => `server unix:/run/${at}.sock;`)
      .join("\n")}\n}`;
  const locations = (count: number): string =>
    `server {\n${numbers(count)
      .map((at) => `location ~ ^/${at}/.*\\.php$ { fastcgi_pass u; }`)
      .join("\n")}\n}`;

  test("are followed up to a number that grows with the files, and the first that is not is named", () => {
    const checked = host(http(`${group(600)}\n${locations(600)}`));
    const followed = checked.bindings.reduce((sum, { targets }) => sum + targets.length, 0);
    expect(followed).toBeGreaterThan(50_000);
    expect(followed).toBeLessThan(75_000);
    expect(unread(checked)).toEqual([
      expect.stringMatching(/^etc\/nginx\/nginx\.conf:\d+ from here on no upstream is followed/),
    ]);
  });

  test("are all followed on a host that has so many sites", () => {
    const checked = host(http(`${group(20)}\n${locations(2000)}`));
    expect(checked.bindings.every(({ targets }) => targets.length === 20)).toBe(true);
    expect(unread(checked)).toEqual([]);
  });
});

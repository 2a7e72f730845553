import { posix } from "node:path";
import { describe, expect, test } from "vitest";
import { code, imports } from "../support/typescript.js";
import { rooms } from "./rooms.js";
import { files, isFile, readSources, roomGraph, roomOf, type Source, source } from "./sources.js";

/** Packages, each behind the files that own it. */
const packages: Readonly<Record<string, RegExp>> = {
  "nginx-conf": /^src\/nginx\/syntax\//,
  ini: /^src\/(fpm|php)\//,
  ajv: /^src\/engine\/validate\.ts$/,
  sarif: /^src\/report\/machine\/sarif\.ts$/,
  diff: /^src\/report\/diff\.ts$/,
  yaml: /^src\/containers\/yaml(?:-package)?\.ts$/,
  yargs: /^src\/cli\//,
};

/** Parts of node that only compute; all others are doors to the outside. */
const computing = new Set(["node:buffer", "node:crypto", "node:path", "node:path/posix", "node:util"]);
const outside =
  /\bprocess\b\s*[.[]|\bfetch\s*\(|\bconsole\s*\.|\brequire\s*\(|\bDate\.now\b|\bnew Date\(\s*\)|\bMath\.random\b|\bperformance\s*\.|\bset(?:Timeout|Interval|Immediate)\s*\(|\bglobalThis\b/;
const mayReachOutside = /^src\/(host|cli)\//;

/** What looks at a path without opening it. All other functions of node:fs belong to the door. */
const looking = new Set(["existsSync", "fstatSync", "lstatSync", "realpathSync", "statSync"]);
/** Who opens files: the door, and on the command line who writes them; and the build's and installation's own part. */
const mayOpen = /^src\/(?:host\/door|cli\/outputs|cli\/write\/[a-z]+|cli\/start\/(?:make|ready))\.ts$/;

/** Rooms that have their row before they have files. */
const PLANNED: readonly string[] = [];

const sources = readSources();
const tests = files("test").map(source);

function strayImports({ path, imports }: Source): readonly string[] {
  const from = roomOf(path);
  if (from === null) return [`${path}: no room of rooms.ts has it`];
  const allowed = new Set(from.mayImport);
  return imports
    .filter(isFile)
    .filter((imported) => !allowed.has(roomOf(imported)?.name ?? "") && !isOwn(path, imported))
    .map((imported) => `${path} imports ${imported}`);
}

/** A room may import itself; a rule only the files of its own folder, and the list every rule. */
function isOwn(path: string, imported: string): boolean {
  if (roomOf(path)?.name !== roomOf(imported)?.name) return false;
  if (!path.startsWith("rules/")) return true;
  if (path === "rules/index.ts") return isRule(imported);
  return posix.dirname(path) === posix.dirname(imported) && /^rules\/[^/]+\/[^/]+\//.test(path);
}

/** `rules/<category>/<name>.ts`, or `rules/<category>/<name>/rule.ts` where the rule has parts of its own. */
function isRule(path: string): boolean {
  return /^rules\/[^/]+\/[^/]+(?:\/rule)?\.ts$/.test(path);
}

function strayPackages({ path, imports }: Source): readonly string[] {
  return imports
    .filter((name) => !isFile(name) && !name.startsWith("node:") && name !== "package.json")
    .filter((name) => !packages[name.split("/")[0] ?? ""]?.test(path))
    .map((name) => `${path} imports ${name}`);
}

function doors({ path, text, imports }: Source): readonly string[] {
  if (mayReachOutside.test(path)) return [];
  const modules = imports.filter((name) => name.startsWith("node:") && !computing.has(name));
  const words = code(text)
    .split("\n")
    .flatMap((line, i) => {
      const found = outside.exec(line)?.[0];
      return found === undefined ? [] : [`${path}:${i + 1}: ${found}`];
    });
  return [...modules.map((name) => `${path} imports ${name}`), ...words];
}

/** The functions of node:fs that are imported, and `*` for an import of all of them. */
function ofFs(text: string): readonly string[] {
  const found = [
    ...text.matchAll(/(?:import|export)\s+(type\s+)?([^;]*?)\s+from\s+["'](?:node:)?fs(?:\/promises)?["']/g),
  ].filter(([, type]) => type === undefined);
  const dynamic = /(?:import|require|getBuiltinModule)\s*\(\s*["'](?:node:)?fs(?:\/promises)?["']/.test(text);
  const named = found.flatMap(([, , names = ""]) => {
    const list = /^\{([\s\S]*)\}$/.exec(names.trim())?.[1];
    return list === undefined ? ["*"] : list.split(",").map((name) => name.trim());
  });
  return [...named, ...(dynamic ? ["*"] : [])]
    .filter((name) => name !== "" && !name.startsWith("type "))
    .map((name) => name.replace(/\s+as\s.*/, ""));
}

function opening({ path, text }: Source): readonly string[] {
  if (mayOpen.test(path)) return [];
  return ofFs(text)
    .filter((name) => !looking.has(name))
    .map((name) => `${path}: ${name}`);
}

/** Each cycle once, as the files on the way round. */
function cycles(all: readonly Source[]): readonly string[] {
  const edges = new Map(all.map(({ path, imports }) => [path, imports.filter(isFile)]));
  const done = new Set<string>();
  const found: string[] = [];
  const visit = (path: string, way: readonly string[]): void => {
    const start = way.indexOf(path);
    if (start !== -1) found.push([...way.slice(start), path].join(" → "));
    if (start !== -1 || done.has(path)) return;
    for (const next of edges.get(path) ?? []) visit(next, [...way, path]);
    done.add(path);
  };
  for (const path of edges.keys()) visit(path, []);
  return found;
}

function linesOf(
  sources: readonly Source[],
  pattern: RegExp,
  of: (text: string) => string,
): readonly string[] {
  return sources.flatMap(({ path, text }) =>
    of(text)
      .split("\n")
      .flatMap((line, i) => (pattern.test(line) ? [`${path}:${i + 1}: ${line.trim()}`] : [])),
  );
}

describe("layers", () => {
  test("a folder imports only what the table allows, and no rule another", () => {
    expect(sources.flatMap(strayImports)).toEqual([]);
  });

  test("a package stays behind its file", () => {
    expect(sources.flatMap(strayPackages)).toEqual([]);
  });

  test("only host and cli reach the outside", () => {
    expect(sources.flatMap(doors)).toEqual([]);
  });

  test("only four files start a child process: git, cp, journalctl where it is asked for, and those of doctor", () => {
    const starting = sources.filter(({ imports }) => imports.includes("node:child_process"));
    expect(starting.map(({ path }) => path)).toEqual([
      "src/cli/diagnose/journal.ts",
      "src/cli/doctor/programs.ts",
      "src/cli/git/git.ts",
      "src/cli/write/attributes.ts",
    ]);
  });

  test("files and directories are opened by the door alone", () => {
    expect(sources.flatMap(opening)).toEqual([]);
  });

  test("no room needs itself through another", () => {
    const graph = roomGraph(sources);
    const asFiles = [...graph].map(([name, needs]) => ({
      path: `${name}.ts`,
      text: "",
      imports: [...needs].map((one) => `${one}.ts`),
    }));
    expect(cycles(asFiles)).toEqual([]);
  });

  test("a room of the table that no file is in yet is one that is planned", () => {
    const used = new Set(sources.map(({ path }) => roomOf(path)?.name));
    expect(rooms.filter(({ name }) => !used.has(name)).map(({ name }) => name)).toEqual(PLANNED);
  });

  test("no file needs itself", () => {
    expect(cycles(sources)).toEqual([]);
  });

  test("every import names a file that exists", () => {
    const known = new Set(sources.map(({ path }) => path));
    const missing = sources.flatMap(({ path, imports }) =>
      imports.filter((name) => isFile(name) && !known.has(name)).map((name) => `${path} imports ${name}`),
    );
    expect(missing).toEqual([]);
  });
});

/**
 * What TypeScript lets nobody look up with any text but these: an index signature, what
 * `Object.fromEntries` gives, an object literal in the same expression, a cast; and `in`.
 */
const LOOKED_UP =
  /Record<string,|\[\w+: string\]:|\bfromEntries\(|\}\s*\[(?!\])|\bas keyof\b|(?<!\b(?:const|let) [\w{}[\], ]+)(?<!"")(?<=[\w)\]]) in (?!keyof\b)(?=[\w(])/;

/** Objects with names of ours, of the environment or of yargs alone as keys; everything else is a `wordMap`. */
const NAMES_OF_OURS = new Set([
  "src/capacity/recommend.ts",
  "src/cli/command.ts",
  "src/cli/commands.ts",
  "src/cli/completion/model.ts",
  // Variables of the environment.
  "src/cli/git/git.ts",
  "src/cli/help.ts",
  "src/cli/manual/manual.ts",
  "src/cli/options.ts",
  "src/cli/plain.ts",
  "src/cli/world.ts",
  // What programs give and get: listed from end to end, and none is looked up.
  "src/live/snapshot.ts",
  "src/library/arguments.ts",
  "src/library/hosts.ts",
  "src/library/options.ts",
  "src/library/reading.ts",
  "src/library/rules.ts",
  "src/report/capacity/document.ts",
  "src/sizing/pools.ts",
  "src/sizing/result.ts",
  "rules/fpm/invalid-value/refusals.ts",
  "src/intent/meant-pool.ts",
  "src/engine/define.ts",
  "src/engine/rule.ts",
  "src/engine/schemas.ts",
  "src/engine/validate.ts",
  "src/host/memory.ts",
  "src/report/terminal/color.ts",
  "src/source/word-map.ts",
  "rules/nginx/invalid-address.ts",
  "rules/nginx/missing-include.ts",
]);

describe("no word is special", () => {
  test("a table that is looked up with a text is a wordMap", () => {
    const others = sources.filter(({ path }) => !NAMES_OF_OURS.has(path));
    expect(linesOf(others, LOOKED_UP, code)).toEqual([]);
  });

  test("every exception is one", () => {
    const plain = sources.filter(({ text }) => LOOKED_UP.test(code(text))).map(({ path }) => path);
    expect([...NAMES_OF_OURS].filter((path) => !plain.includes(path))).toEqual([]);
  });

  test.each([
    "const a: Record<string, number> = {};",
    "const a: { [key: string]: number } = {};",
    "const a = Object.fromEntries(b);",
    "const a = { b: 1 }[c];",
    "if (word in table) return;",
    "return a[word as keyof typeof a];",
  ])("%s is seen", (line) => {
    expect(LOOKED_UP.test(code(line))).toBe(true);
  });

  test.each([
    'if ("text" in answer) return;',
    "for (const one of a) b;",
    "for (const name in a) b;",
    "const a: readonly { b: 1 }[] = [];",
    "const a: Readonly<Record<Case, number>> = b;",
  ])("%s is not", (line) => {
    expect(LOOKED_UP.test(code(line))).toBe(false);
  });
});

describe("style that no linter checks", () => {
  test("nothing left for later", () => {
    expect(linesOf([...sources, ...tests], /\b(TO[D]O|FIX[M]E|XX[X])\b/, (text) => text)).toEqual([]);
  });
});

describe("the readers of this test", () => {
  test("imports of every form are seen, those in comments and strings are not", () => {
    const text = [
      'import a, { type B } from "./a.js";',
      'import type {\n  C,\n} from "./c.js";',
      'import "./side.js";',
      'export * from "./d.js";',
      'export { e } from "node:e";',
      'const f = await import("./f.js");',
      'type G = import("./g.js").G;',
      '// import x from "./x.js";',
      "const s = 'import y from \"./y.js\"';",
    ].join("\n");
    const expected = ["./a.js", "./c.js", "./side.js", "./d.js", "node:e", "./f.js", "./g.js"];
    expect([...imports(text)].sort()).toEqual(expected.sort());
  });

  test("code has no comments and no texts, at the same lines", () => {
    const text =
      // biome-ignore lint/suspicious/noTemplateCurlyInString: the text is a program
      "a /* process.x\n */ + `process.y ${process.z} 'q` + /['\"]process.r/.test('process.s') // process.c\n b";
    expect(code(text).match(/process\.\w/g)).toEqual(["process.z"]);
    expect(code(text).split("\n")).toHaveLength(3);
  });

  test("what is taken of node:fs is seen, whatever the form of the import", () => {
    const text = [
      'import { type Stats, lstatSync, openSync as open } from "node:fs";',
      'import {\n  readFileSync,\n} from "fs";',
      'import type { Dirent } from "node:fs";',
      'import * as fs from "node:fs/promises";',
      'const all = await import("node:fs");',
    ].join("\n");
    expect(ofFs(text)).toEqual(["lstatSync", "openSync", "readFileSync", "*", "*"]);
  });

  test("a cycle is found", () => {
    const file = (path: string, ...imports: readonly string[]): Source => ({ path, text: "", imports });
    expect(
      cycles([file("a.ts", "b.ts"), file("b.ts", "c.ts", "d.ts"), file("c.ts", "a.ts"), file("d.ts")]),
    ).toEqual(["a.ts → b.ts → c.ts → a.ts"]);
  });
});

import * as fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { fixtures } from "../build/fixtures.js";
import type { FuzzCase, Sources } from "./fuzz/case.js";
import { KINDS } from "./fuzz/kinds/index.js";
import { minimised } from "./fuzz/minimise.js";
import { different, unsafe, writeFault } from "./fuzz/oracles.js";
import { drawCase, runFuzzCase } from "./fuzz/run-case.js";
import { fixtureSeeds } from "./fuzz/seeds.js";
import { file, filesIn, readTree, removeTree, type TreeNode, writeTree } from "./fuzz/tree.js";
import { watched } from "./fuzz/watch.js";
import type { Message } from "./fuzz/work.js";

const scratch = fs.mkdtempSync(join(tmpdir(), "fpmlint-fuzz-test-"));
fs.chmodSync(scratch, 0o755);
afterAll(() => removeTree(Buffer.from(scratch)));

// Configuration of others need not be there; the fixtures do for it.
const seeds = fixtureSeeds(fixtures());
const sources: Sources = { fixtures: seeds, corpus: seeds };

describe("the generators", () => {
  test.each([...KINDS])("%s: equal seed and number, equal case; others differ", (kind, draw) => {
    const drawn = (seed: number, number: number) => drawCase(draw, kind, seed, number, sources);
    expect(drawn(5, 17)).toEqual(drawn(5, 17));
    expect(drawn(5, 18)).not.toEqual(drawn(5, 17));
    expect(drawn(6, 17)).not.toEqual(drawn(5, 17));
  });

  test("nothing of a tree is written through a link or above the tree", () => {
    const directory = join(scratch, "links");
    const [outside, inside] = [join(scratch, "outside"), join(scratch, "links")];
    fs.mkdirSync(outside);
    const tree = new Map<string, TreeNode>([
      ["a", { kind: "link", target: outside }],
      ["a/b", { kind: "link", target: "x" }],
      ["c", { kind: "link", target: outside }],
      ["c/d", file("text")],
      ["e", file("text")],
      ["e/f", file("text")],
    ]);
    writeTree(inside, tree, () => {});
    expect(fs.readdirSync(outside)).toEqual([]);
    expect([...readTree(directory).keys()]).toEqual(["a/b", "c/d", "e"]);
    expect(() => writeTree(inside, new Map([["../x", file("")]]), () => {})).toThrow("leaves the tree");
  });
});

describe("the oracles", () => {
  test("characters that drive a terminal or hide", () => {
    for (const character of ["\x1b", "\r", "\t", "\x85", "\u202e", "\u200b", "\u2028", "\udc80", "\u{e0041}"])
      expect(unsafe("text", `a\n${character}b`)).toMatch(/^unsafe-character: /);
    expect(unsafe("text", "é 😀 │\n")).toBeNull();
  });

  test("lines of a file that --write must not change", () => {
    const written = (now: string) =>
      writeFault(new Map([["a", "[w]\npm = static\nx = 1\n"]]), new Map([["a", now]]));
    expect(written("[w]\npm = dynamic\npm.max_children = 5\nx = 1\n")).toBeNull();
    expect(written("[w]\npm = static\nx = 2\n")).toMatch(/^write: another line of a/);
    expect(writeFault(new Map(), new Map([["a.tmp", ""]]))).toBe("write: a.tmp came");
  });

  test("two texts are compared to the end", () => {
    expect(different("both", "ab", "ab")).toBeNull();
    expect(different("both", "ab", "abc")).toMatch(/^both: /);
  });

  test("a healthy host passes all of them, and a case that throws fails", async () => {
    const run = { kind: "lint", paths: ["."] } as const;
    const tree = new Map([["etc/nginx/nginx.conf", file("events {}\nhttp { server { listen 80 x; } }\n")]]);
    const good = await runFuzzCase({ tree, run, stdin: "" }, scratch);
    expect(good).toMatchObject({ failure: null, rules: ["nginx/invalid-value"] });
    const broken: FuzzCase = {
      tree,
      run: { ...run, paths: ["-"] },
      get stdin(): string {
        throw new TypeError("planted");
      },
    };
    const verdict = await runFuzzCase(broken, scratch);
    expect(verdict.failure).toMatch(/^exception: TypeError: planted/);
  });
});

test("a failing case is made small", async () => {
  const lines = Array.from({ length: 40 }, (_, index) => `line ${index}`);
  const tree = new Map([
    ["a", file("a")],
    ["b", file(lines.join("\n"))],
    ["c", file("c")],
  ]);
  const one = { tree, run: { kind: "lint", paths: ["."] } as const, stdin: "x\ny" };
  const small = await minimised(one, async (smaller) => {
    const node = smaller.tree.get("b");
    return node?.kind === "file" && node.bytes.includes("line 23");
  });
  expect(filesIn(small.tree)).toEqual(["b"]);
  expect(small.tree.get("b")).toEqual(file("line 23"));
  expect(small.stdin).toBe("");
});

describe("the watch", () => {
  const job = {
    seed: 1,
    kinds: ["units"],
    first: 0,
    last: 1,
    from: 0,
    step: 1,
    end: null,
    scratch,
    corpus: "",
  };
  const limits = { endless: 0.5, stuck: 3600, memory: 2 ** 40 };

  /** What is heard of a program that does this in case 0 and ends well after case 1. */
  async function heard(misdeed: string, changes: Partial<typeof limits> = {}): Promise<readonly string[]> {
    const program = join(scratch, "program.mjs");
    const begin = `import { writeSync } from "node:fs";
const { from } = JSON.parse(process.argv[3]);
writeSync(1, JSON.stringify({ say: "begin", place: from }) + "\\n");
if (from === 0) { ${misdeed} }
else writeSync(1, JSON.stringify({ say: "done", kind: "units", rules: [], slow: null }) + "\\n");`;
    fs.writeFileSync(program, begin);
    const said: string[] = [];
    const hear = (message: Message) => said.push(message.say === "failed" ? message.failure : message.say);
    await watched(job, program, hear, { ...limits, ...changes });
    return said;
  }

  test.each([
    ["dies", "process.exit(7)", {}, /^died: with 7/],
    ["never ends", "for (;;);", {}, /^endless: /],
    [
      "takes too much memory",
      "const much = Buffer.alloc(2 ** 29, 1); for (;;) much[0] = 1",
      { endless: 3600, memory: 2 ** 28 },
      /^memory: /,
    ],
    ["waits", "setInterval(() => {}, 1e9)", { endless: 3600, stuck: 3 }, /^stuck: /],
  ])("a case that %s fails, and the next one is run", async (_what, misdeed, changes, failure) => {
    expect(await heard(misdeed, changes)).toEqual([expect.stringMatching(failure), "done"]);
  });
});

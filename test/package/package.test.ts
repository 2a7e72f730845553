import { execFileSync, spawnSync } from "node:child_process";
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { checkSection } from "../house/section.js";

// What `npm install fpmlint` gives to somebody else: the packed files, the packages that they depend on, and nothing more.
const tsc = join(process.cwd(), "node_modules/typescript/bin/tsc");
const manifest = JSON.parse(readFileSync("package.json", "utf8")) as {
  readonly name: string;
  readonly version: string;
  readonly dependencies: Readonly<Record<string, string>>;
};
let consumer = "";
let alone = "";

beforeAll(() => {
  consumer = mkdtempSync(join(tmpdir(), "fpmlint-consumer-"));
  alone = mkdtempSync(join(tmpdir(), "fpmlint-alone-"));
  const installed = join(consumer, "node_modules/fpmlint");
  mkdirSync(installed, { recursive: true });
  execFileSync(process.execPath, ["packaging/declarations.js", "--if-stale"]);
  execFileSync("npm", ["pack", "--ignore-scripts", "--silent", "--pack-destination", consumer]);
  const archive = join(consumer, `${manifest.name}-${manifest.version}.tgz`);
  execFileSync("tar", ["-xzf", archive, "-C", installed, "--strip-components=1"]);
  for (const name of Object.keys(manifest.dependencies))
    symlinkSync(join(process.cwd(), "node_modules", name), join(consumer, "node_modules", name));
  writeFileSync(join(consumer, "package.json"), JSON.stringify({ type: "module" }));
  copyFileSync(join(installed, "dist/fpmlint.js"), join(alone, "fpmlint.js"));
});

afterAll(() => {
  for (const path of [consumer, alone]) rmSync(path, { recursive: true, force: true });
});

function run(...args: readonly string[]): string {
  return execFileSync(process.execPath, args, { cwd: consumer, encoding: "utf8" });
}

test("the package holds what runs, and nothing more", () => {
  const files = execFileSync("find", [".", "-type", "f"], {
    cwd: join(consumer, "node_modules/fpmlint"),
    encoding: "utf8",
  });
  expect(files.trim().split("\n").sort()).toEqual([
    "./LICENSE",
    "./README.md",
    "./dist/LICENSES.txt",
    "./dist/code-cache.js",
    "./dist/fpmlint.1",
    "./dist/fpmlint.js",
    "./dist/fpmlint.schema.json",
    "./dist/index.d.mts",
    "./dist/index.mjs",
    "./dist/package.json",
    "./package.json",
  ]);
});

describe("the library", () => {
  const compilerOptions = {
    module: "nodenext",
    target: "es2023",
    strict: true,
    noUncheckedIndexedAccess: false,
    skipLibCheck: false,
    noEmit: true,
    types: [],
  };
  const page = readFileSync("docs/library.md", "utf8");
  const example = /```js\n([\s\S]*?)```/.exec(page)?.[1] ?? "";

  test("type-checks in a strict project, with every type that it exports", () => {
    const declarations = readFileSync(join(consumer, "node_modules/fpmlint/dist/index.d.mts"), "utf8");
    const names = [...declarations.matchAll(/^export (?:interface|type) (\w+)/gm)].map(([, name]) => name);
    expect(names.length).toBeGreaterThan(30);
    const use = `import { lint, type ${names.join(", type ")} } from "fpmlint";
export const use: (options?: LintOptions) => LintOutcome = lint;
// @ts-expect-error
lint({ path: ["etc"] });
`;
    writeFileSync(join(consumer, "use.ts"), use);
    writeFileSync(join(consumer, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["use.ts"] }));
    expect(run(tsc, "-p", ".")).toBe("");
  });

  test("prints what its page says", () => {
    writeFileSync(join(consumer, "example.js"), example);
    const out = run("example.js");
    checkSection("docs/library.md", "library", `\n\`\`\`text\n${out}\`\`\`\n\n`);
  });

  test("imports its dependencies, and nothing else", () => {
    const text = readFileSync(join(consumer, "node_modules/fpmlint/dist/index.mjs"), "utf8");
    const names = [...text.matchAll(/^import .* from "([^"]+)";|\b__require\("([^"]+)"\)/gm)].flatMap(
      ([, one, other]) => one ?? other ?? [],
    );
    const packages = names.filter((name) => !name.startsWith("node:")).map((name) => name.split("/")[0]);
    expect([...new Set(packages)].sort()).toEqual(Object.keys(manifest.dependencies).sort());
  });
});

describe("the command", () => {
  const PLACES = [
    ["in the package", () => join(consumer, "node_modules/fpmlint/dist/fpmlint.js")],
    ["copied alone", () => join(alone, "fpmlint.js")],
  ] as const;

  test.each(PLACES)("runs without other packages (%s)", (_, place) => {
    expect(run(place(), "--version")).toBe(`${manifest.version}\n`);
    const { status, stdout } = spawnSync(process.execPath, [place(), "fixtures/hosts/example", "-q"], {
      encoding: "utf8",
    });
    expect(status).toBe(1);
    expect(stdout).toContain("[timeout/terminate-below-read]");
  });

  describe("the code cache", () => {
    const cache = () => join(alone, "fpmlint.cache");
    const lint = (...flags: readonly string[]) =>
      spawnSync(process.execPath, [...flags, join(alone, "fpmlint.js"), "fixtures/hosts/example", "-q"], {
        encoding: "utf8",
      });
    /** How a lint ends, and whether V8 was given code that it took; `rejected`: it was given code and did not take it. */
    const ran = (
      ...flags: readonly string[]
    ): { readonly code: "used" | "rejected" | "not there"; readonly status: number | null } => {
      const watch = `const vm = require("node:vm"), { Script } = vm;
vm.Script = class extends Script {
  constructor(source, options) {
    super(source, options);
    process.stderr.write(!options.cachedData ? "not there" : this.cachedDataRejected ? "rejected" : "used");
  }
};`;
      writeFileSync(join(alone, "watch.cjs"), watch);
      const { stderr, status } = lint("--require", join(alone, "watch.cjs"), ...flags);
      const code = (["used", "rejected"] as const).find((word) => stderr.startsWith(word)) ?? "not there";
      return { code, status };
    };
    const used = (...flags: readonly string[]): string => ran(...flags).code;

    /** As the installation makes it, beside a command of this name. */
    beforeAll(() => {
      for (const name of ["code-cache.js", "package.json"])
        copyFileSync(join(consumer, "node_modules/fpmlint/dist", name), join(alone, name));
      execFileSync(process.execPath, [join(alone, "code-cache.js")]);
      renameSync(cache(), join(alone, "made"));
    });
    beforeEach(() => {
      rmSync(cache(), { force: true });
      copyFileSync(join(alone, "made"), cache());
    });
    afterAll(() => rmSync(cache(), { force: true }));

    test("is used, changes nothing that is said, and no run writes it", () => {
      const before = statSync(cache());
      expect(used()).toBe("used");
      const fast = lint();
      expect(statSync(cache()).mtimeMs).toBe(before.mtimeMs);
      rmSync(cache());
      expect(used()).toBe("not there");
      expect(lint()).toMatchObject({ status: fast.status, stdout: fast.stdout, stderr: fast.stderr });
      expect(existsSync(cache())).toBe(false);
    });

    /** A bit of it is another one. `at`: a part of its length. */
    const damaged = (at: number) => (bytes: Buffer) => {
      const place = Math.floor(bytes.length * at);
      return bytes.fill(bytes.readUInt8(place) ^ 1, place, place + 1);
    };

    test.each([
      ["damaged in its head", damaged(0)],
      ["damaged in the code", damaged(0.1)],
      ["damaged in the text", damaged(0.5)],
      ["cut short", (bytes: Buffer) => bytes.subarray(0, bytes.length >> 1)],
      ["empty", (bytes: Buffer) => bytes.subarray(0, 0)],
    ])("is not used where it is %s", (_, change) => {
      writeFileSync(cache(), change(readFileSync(cache())));
      expect(ran()).toEqual({ code: "not there", status: 1 });
    });

    test("is used as far as it is whole", () => {
      writeFileSync(cache(), readFileSync(cache()).subarray(0, -1));
      expect(used()).toBe("used");
    });

    test("is not used for another program", () => {
      const path = join(alone, "fpmlint.js");
      const text = readFileSync(path, "utf8");
      const program = /"([0-9a-f]{16})"\);\s*\}\)\(\);\s*$/.exec(text)?.[1] ?? "";
      try {
        writeFileSync(path, text.replace(program, [...program].reverse().join("")));
        expect(readFileSync(path, "utf8")).not.toBe(text);
        expect(used()).toBe("not there");
      } finally {
        writeFileSync(path, text);
      }
      expect(used()).toBe("used");
    });

    test("is not used by another version of Node", () => {
      const other = 'Object.defineProperty(process, "version", { value: "v20.19.9" })';
      writeFileSync(join(alone, "other.cjs"), other);
      expect(used("--require", join(alone, "other.cjs"))).toBe("not there");
    });

    test("is not used where V8 runs with other flags", () => {
      const { code, status } = ran("--stack-size=900");
      expect(code).not.toBe("used");
      expect(status).toBe(1);
    });

    test("is not used where others may write it, or where it is a link", () => {
      chmodSync(cache(), 0o664);
      expect(used()).toBe("not there");
      chmodSync(cache(), 0o644);
      expect(used()).toBe("used");
      renameSync(cache(), join(alone, "elsewhere"));
      symlinkSync(join(alone, "elsewhere"), cache());
      expect(used()).toBe("not there");
    });

    test.runIf(process.getuid?.() === 0)("is not used where it belongs to neither root nor the owner", () => {
      chownSync(cache(), 65534, 65534);
      expect(used()).toBe("not there");
      chownSync(join(alone, "fpmlint.js"), 65534, 65534);
      expect(used()).toBe("used");
      chownSync(join(alone, "fpmlint.js"), 0, 0);
    });
  });

  describe("what it loads of Node", () => {
    const place = () => join(consumer, "node_modules/fpmlint/dist/fpmlint.js");
    const loaded = (...words: readonly string[]): readonly string[] => {
      const watch = `process.on("exit", () => require("node:fs").writeSync(2, process.moduleLoadList.join("\\n")));`;
      writeFileSync(join(alone, "loaded.cjs"), watch);
      const { stderr } = spawnSync(
        process.execPath,
        ["--require", join(alone, "loaded.cjs"), place(), ...words],
        { encoding: "utf8" },
      );
      return stderr.match(/(?<=^NativeModule )\S+$/gm) ?? [];
    };
    const late = ["crypto", "child_process", "net", "tty", "readline", "dns"];

    test("is little for texts that are ready", () => {
      const words = loaded("--version");
      expect(words).toContain("fs");
      for (const name of [...late, "vm", "v8", "zlib", "stream"]) expect(words).not.toContain(name);
    });

    test("is what a lint needs", () => {
      const words = loaded("fixtures/hosts/example");
      expect(words).toContain("vm");
      for (const name of late) expect(words).not.toContain(name);
    });
  });

  describe("the flags of V8 for a short run", () => {
    /** What was set, line by line. In a process without flags, so not with --require. */
    const set = (path: string, env: Readonly<Record<string, string>> = {}): readonly string[] => {
      const watch = `const v8 = require("node:v8"), { setFlagsFromString } = v8;
v8.setFlagsFromString = (flags) => {
  require("node:fs").writeSync(2, "set " + flags + "\\n");
  setFlagsFromString(flags);
};
process.argv.splice(1, 1);
require(process.argv[1]);`;
      writeFileSync(join(alone, "flags.cjs"), watch);
      const { stderr } = spawnSync(
        process.execPath,
        [join(alone, "flags.cjs"), join(alone, "fpmlint.js"), path, "--quiet"],
        { encoding: "utf8", env: { PATH: process.env.PATH, ...env } },
      );
      // V8 says there what it does not know.
      expect(stderr).not.toMatch(/unrecognized|Error/);
      return stderr.match(/(?<=^set ).*$/gm) ?? [];
    };
    const many = () => {
      const root = join(alone, "many");
      mkdirSync(join(root, "etc/nginx/sites-enabled"), { recursive: true });
      writeFileSync(join(root, "etc/nginx/nginx.conf"), "events {}\nhttp {\n  include sites-enabled/*;\n}\n");
      for (let i = 0; i < 200; i += 1)
        writeFileSync(
          join(root, `etc/nginx/sites-enabled/${i}.conf`),
          `server {\n  listen ${8000 + i};\n  location /${i} {\n    return ${i % 2 === 0 ? 204 : 403};\n  }\n}\n`,
        );
      return root;
    };

    test("are set for a small host, and taken back where much is read", () => {
      const [first, ...others] = set("fixtures/hosts/example");
      expect(first).toMatch(/^--no-sparkplug /);
      expect(others).toEqual([]);
      const [lean, usual, ...more] = set(many());
      expect(lean).toBe(first);
      expect(usual).toMatch(/^--sparkplug /);
      expect(more).toEqual([]);
    });

    test("stay where somebody has chosen flags", () => {
      expect(set(many(), { NODE_OPTIONS: "--max-old-space-size=512" })).toHaveLength(1);
    });
  });

  test.each(
    PLACES.flatMap(([name, place]) =>
      ["--version", "--help", "", "capacity", "nope"].map((words) => [words, name, place] as const),
    ),
  )("says what Node it needs: fpmlint %s (%s)", (words, _, place) => {
    const old =
      'Object.defineProperty(process, "versions", { value: { ...process.versions, node: "18.20.8" } })';
    writeFileSync(join(alone, "old.cjs"), old);
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ["--require", join(alone, "old.cjs"), place(), ...words.split(" ")],
      { encoding: "utf8", cwd: alone },
    );
    expect({ status, stdout, stderr }).toEqual({
      status: 2,
      stdout: "",
      stderr: "fpmlint needs Node 20.19 or later (of Node 22: 22.3 or later); this is Node 18.20.8\n",
    });
  });

  // A syntax that an old Node cannot read would end it before the first line runs.
  test("is written in what Node 10 reads until the program begins, and needs no word of a module", async () => {
    const { transform } = await import("esbuild");
    const whole = readFileSync("dist/fpmlint.js", "utf8").replace(/^#!.*/, "");
    const text = `${whole.slice(0, whole.indexOf("\x02"))}${whole.slice(whole.lastIndexOf("*/}"))}`;
    expect(text.length).toBeLessThan(50_000);
    const { code } = await transform(text, { target: "node10.4", minify: true, format: "cjs" });
    const lowered = (source: string): number => source.match(/\?\?|\?\.[a-z[(]/gi)?.length ?? 0;
    expect(lowered(text)).toBe(lowered(code));
    expect(text).not.toMatch(/^(?:import|export)\b|\bimport\.meta\b|^await\b/m);
  });
});

import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";

// What `npm install fpmlint` gives to somebody else: the packed files and nothing beside them.
const tsc = join(process.cwd(), "node_modules/typescript/bin/tsc");
let consumer = "";

beforeAll(() => {
  consumer = mkdtempSync(join(tmpdir(), "fpmlint-consumer-"));
  const installed = join(consumer, "node_modules/fpmlint");
  mkdirSync(installed, { recursive: true });
  // The build removes the types, so that those that are there are of these sources.
  if (!existsSync("dist/types")) execFileSync(process.execPath, [tsc, "-p", "tsconfig.types.json"]);
  execFileSync("npm", ["pack", "--ignore-scripts", "--silent", "--pack-destination", consumer]);
  execFileSync("tar", ["-xzf", join(consumer, packed()), "-C", installed, "--strip-components=1"]);
  writeFileSync(join(consumer, "package.json"), JSON.stringify({ type: "module" }));
});

afterAll(() => rmSync(consumer, { recursive: true, force: true }));

function packed(): string {
  const { name, version } = JSON.parse(readFileSync("package.json", "utf8"));
  return `${name}-${version}.tgz`;
}

function run(...args: readonly string[]): string {
  return execFileSync(process.execPath, args, { cwd: consumer, encoding: "utf8" });
}

test("the library type-checks in a strict project", () => {
  writeFileSync(
    join(consumer, "use.ts"),
    'import { lint } from "fpmlint";\nexport const use: typeof lint = lint;\n',
  );
  const compilerOptions = { module: "nodenext", target: "es2023", strict: true, noEmit: true, types: [] };
  writeFileSync(join(consumer, "tsconfig.json"), JSON.stringify({ compilerOptions, include: ["use.ts"] }));
  expect(run(tsc, "-p", ".")).toBe("");
});

test("the library runs without other packages", () => {
  const script = 'import("fpmlint").then(({ lint }) => console.log(typeof lint))';
  expect(run("--eval", script)).toBe("function\n");
});

test("the command runs without other packages", () => {
  expect(run("node_modules/fpmlint/dist/fpmlint.js", "--version")).toMatch(/^(fpmlint )?\d+\.\d+\.\d+\n$/);
});

// Builds dist/fpmlint.js (the command) and dist/index.js (the library).
//
//   node esbuild.config.js                   build
//   node esbuild.config.js --if-stale        build only when a source is newer than the result
//   node esbuild.config.js --install-tools   first install the build's own tools when they are missing

import { spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { builtinModules } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const top = dirname(fileURLToPath(import.meta.url));
const builtins = new Set(builtinModules);
const outputs = ["dist/fpmlint.js", "dist/index.js"].map((path) => join(top, path));

if (process.argv.includes("--install-tools")) installTools();
if (!process.argv.includes("--if-stale") || isStale()) await build().catch(report);

/**
 * `npm install -g git+…`, which is what pre-commit does, runs `prepare` in a clone without the
 * development packages: the flag `--global` of the outer npm leaks into the inner one.
 */
function installTools() {
  if (existsSync(join(top, "node_modules/esbuild"))) return;
  const flags = [
    "--global=false",
    "--ignore-scripts",
    "--include=dev",
    "--no-save",
    "--no-audit",
    "--no-fund",
  ];
  const npm = process.env.npm_execpath;
  const [command, first] = npm === undefined ? ["npm", []] : [process.execPath, [npm]];
  const { status } = spawnSync(command, [...first, "install", ...flags], {
    cwd: top,
    stdio: ["ignore", 2, 2],
  });
  if (status !== 0) process.exit(status ?? 1);
}

function isStale() {
  if (!outputs.every((path) => existsSync(path))) return true;
  const built = Math.min(...outputs.map((path) => statSync(path).mtimeMs));
  const sources = ["src", "rules"].flatMap((folder) =>
    readdirSync(join(top, folder), { recursive: true, withFileTypes: true })
      // Directories too: their time tells of a file that was removed.
      .map((entry) => join(entry.parentPath, entry.name)),
  );
  const settings = ["esbuild.config.js", "package.json", "package-lock.json"].map((path) => join(top, path));
  return [...sources, ...settings].some(
    (path) => (statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0) > built,
  );
}

/** esbuild has printed its own errors already. */
function report(error) {
  if (!Array.isArray(error.errors)) throw error;
  process.exitCode = 1;
}

async function build() {
  const esbuild = await import("esbuild");
  mkdirSync(join(top, "dist"), { recursive: true });
  const generated = await generate(esbuild);
  const common = {
    absWorkingDir: top,
    bundle: true,
    write: false,
    metafile: true,
    platform: "node",
    target: "node20.19",
    format: "esm",
    legalComments: "none",
    logLevel: "warning",
    // What yargs would open by itself: vitest.config.ts has the same.
    alias: {
      "escalade/sync": "./src/cli/yargs/search.ts",
      y18n: "./src/cli/yargs/texts.ts",
    },
    plugins: [
      replaceModule("src/validators.ts", generated.code),
      // Loaded when the first YAML file is met: most runs meet none.
      replaceModule("src/containers/yaml-package.ts", 'export const yamlPackage = () => require("yaml");'),
      replaceModule("src/cli/help.ts", `export const readyTexts = ${JSON.stringify(generated.texts)};`),
    ],
    // Some of the packages are CommonJS and call `require` for what node itself offers.
    banner: {
      js: 'import { createRequire as __createRequire } from "node:module";const require = __createRequire(import.meta.url);',
    },
  };
  const [cli, library] = await Promise.all([
    esbuild.build({ ...common, entryPoints: ["src/cli/main.ts"], outfile: outputs[0], minify: true }),
    esbuild.build({ ...common, entryPoints: ["src/index.ts"], outfile: outputs[1] }),
  ]);
  for (const result of [cli, library]) assertSelfContained(result);
  // tsc adds and never removes: what was renamed since would be packed for ever.
  rmSync(join(top, "dist/types"), { recursive: true, force: true });
  put("dist/LICENSES.txt", licences([cli, library]));
  put("dist/fpmlint.schema.json", `${JSON.stringify(generated.schema, null, 2)}\n`);
  put("dist/index.js", library.outputFiles[0].text);
  const text = cli.outputFiles[0].text;
  put("dist/fpmlint.js", text.startsWith("#!") ? text : `#!/usr/bin/env node\n${text}`, 0o755);
}

/** By rename, so that a command that runs meanwhile never reads half a file. */
function put(path, text, mode = 0o644) {
  const temporary = join(top, `${path}.${process.pid}`);
  writeFileSync(temporary, text, { mode });
  renameSync(temporary, join(top, path));
}

/** What would cost too much at start-up is done once, here: compiling the schemas and drawing the help. */
async function generate(esbuild) {
  const { schemas, ajvOptions, rules, command } = await load(esbuild);
  const { Ajv } = await import("ajv");
  const { default: standalone } = await import("ajv/dist/standalone/index.js");
  const named = schemas(rules);
  const ajv = new Ajv({ ...ajvOptions, code: { source: true, esm: true } });
  for (const [name, schema] of Object.entries(named)) ajv.addSchema(schema, name);
  // Names of rules are no identifiers, so the functions are numbered and named in a table.
  const names = Object.keys(named).map((name, i) => [`validate_${i}`, name]);
  const functions = standalone.default(ajv, Object.fromEntries(names));
  const table = names.map(([fn, name]) => `${JSON.stringify(name)}: ${fn}`).join(",\n");
  return {
    code: `${functions}\nexport const validators = {\n${table}\n};\n`,
    schema: oneDocument(named),
    texts: await readyTexts(command),
  };
}

/** The schemas and the rules are TypeScript: bundled and imported from beside the packages that they may need. */
async function load(esbuild) {
  const path = join(top, `dist/schemas.${process.pid}.mjs`);
  const contents = `
    export { schemas } from "./src/engine/schemas.ts";
    export { ajvOptions } from "./src/engine/validate.ts";
    export { rules } from "./rules/index.ts";
    export { command } from "./src/cli/command.ts";`;
  try {
    await esbuild.build({
      absWorkingDir: top,
      stdin: { contents, resolveDir: top },
      bundle: true,
      platform: "node",
      format: "esm",
      packages: "external",
      outfile: path,
      logLevel: "warning",
    });
    return await import(pathToFileURL(path).href);
  } finally {
    rmSync(path, { force: true });
  }
}

/** For editors, which follow `$schema` and know nothing of names that exist only inside ajv. */
function oneDocument({ config, ...others }) {
  const pointer = (name) => `#/definitions/${name.replaceAll("~", "~0").replaceAll("/", "~1")}`;
  const text = JSON.stringify({
    $schema: "http://json-schema.org/draft-07/schema#",
    // Words of VS Code: the reader takes both.
    allowComments: true,
    allowTrailingCommas: true,
    ...config,
    definitions: others,
  });
  return JSON.parse(text, (key, value) => (key === "$ref" ? pointer(value) : value));
}

/** Puts generated code in the place of a module of ours. */
function replaceModule(file, code) {
  return {
    name: `generated ${file}`,
    setup({ onLoad }) {
      const path = join(top, file);
      const filter = new RegExp(`${file.replaceAll("/", "[\\\\/]").replaceAll(".", "\\.")}$`);
      onLoad({ filter }, (args) =>
        args.path === path ? { contents: code, loader: "js", resolveDir: top } : null,
      );
    },
  };
}

/** What yargs answers to command lines that need no work: drawing it at start-up would double its time. */
async function readyTexts(command) {
  const lines = ["--help", "-h", "--version", "-V", "explain --help", "rules --help"];
  const texts = {};
  for (const line of lines) {
    let text = "";
    const stream = { write: (part) => (text += part) };
    const world = {
      rules: [],
      validators: {},
      env: {},
      workingDirectory: top,
      stdout: stream,
      stderr: stream,
    };
    if ((await command(line.split(" "), world)) !== 0) throw new Error(`fpmlint ${line} failed: ${text}`);
    texts[line] = text;
  }
  return texts;
}

/** The result runs without node_modules and without ajv's compiler, or it is not a result. */
function assertSelfContained({ metafile }) {
  const compiler = Object.keys(metafile.inputs).filter(
    (path) => path.includes("node_modules/ajv/") && !path.includes("node_modules/ajv/dist/runtime/"),
  );
  const missing = Object.values(metafile.outputs)
    .flatMap((output) => output.imports)
    .map((found) => found.path)
    .filter((path) => !path.startsWith("node:") && !builtins.has(path));
  const wrong = [...compiler, ...missing];
  if (wrong.length > 0)
    throw new Error(`not bundled, or the schema compiler got in:\n  ${wrong.join("\n  ")}`);
}

/** Packages that are part of the result keep their notices. */
function licences(results) {
  const inputs = results.flatMap((result) => Object.keys(result.metafile.inputs));
  const roots = inputs.map((path) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path)?.[0]).filter(Boolean);
  const texts = [...new Set(roots)].sort().map((root) => {
    const { name, version, license } = JSON.parse(readFileSync(join(top, root, "package.json"), "utf8"));
    const file = readdirSync(join(top, root)).find((entry) => /^licen[cs]e/i.test(entry));
    const text = file === undefined ? "" : `\n${readFileSync(join(top, root, file), "utf8").trim()}\n`;
    return `${name} ${version} (${license})\n${text}`;
  });
  return texts.join(`\n${"-".repeat(72)}\n\n`);
}

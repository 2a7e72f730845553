// Builds dist/fpmlint.js (the command, one file that needs nothing but Node), dist/index.mjs (the library, which
// imports its dependencies), the schema and the manual page; and dist/fpmlint.cache, with which the command starts
// sooner in the Node that runs this.
//
//   node esbuild.config.js                   build
//   node esbuild.config.js --if-stale        build only when a source is newer than the result
//   node esbuild.config.js --install-tools   first install the build's own tools when they are missing

import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { bundles, OLDEST } from "./packaging/bundles.js";
import { ascii, digestOf, partsOf } from "./packaging/parts.js";
import { isStale } from "./packaging/stale.js";

const top = dirname(fileURLToPath(import.meta.url));
/** What tells when the build was, and what it is made of. */
const RESULTS = ["dist/fpmlint.js", "dist/index.mjs"];
const FOLDERS = ["src", "rules"];
const FILES = [
  "esbuild.config.js",
  "packaging/bundles.js",
  "packaging/parts.js",
  "packaging/stale.js",
  "package.json",
  "package-lock.json",
];

if (process.argv.includes("--install-tools")) installTools();
if (!process.argv.includes("--if-stale") || isStale(RESULTS, FOLDERS, FILES)) await build().catch(report);

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

/** esbuild has printed its own errors already. */
function report(error) {
  if (!Array.isArray(error.errors)) throw error;
  process.exitCode = 1;
}

async function build() {
  const esbuild = await import("esbuild");
  mkdirSync(join(top, "dist"), { recursive: true });
  const generated = await generate(esbuild);
  const { start, program, validators, yaml, docs, make, library } = await bundles(esbuild, generated);
  put("dist/LICENSES.txt", licences([program, validators, yaml, library]));
  put("dist/fpmlint.schema.json", `${JSON.stringify(generated.schema, null, 2)}\n`);
  put("dist/fpmlint.1", generated.manual);
  put("dist/index.mjs", library.outputFiles[0].text);
  // Node is sooner with a script than with a module.
  put("dist/package.json", '{ "type": "commonjs" }\n');
  const starting = ascii(esbuild, start.outputFiles[0].text);
  const texts = partsOf(esbuild, { program, validators, yaml, docs });
  put("dist/fpmlint.js", commandOf(starting, generated.hidden(texts), digestOf(texts)), 0o755);
  put("dist/code-cache.js", make.outputFiles[0].text);
  const { status } = spawnSync(process.execPath, [join(top, "dist/code-cache.js")], { stdio: "inherit" });
  if (status !== 0) throw new Error("the code cache could not be made");
}

/**
 * What starts the program, and the program as `body`. Both a script and a module: beside `dist/package.json` it is a
 * script, and so it is copied alone to a server, unless a package there says otherwise. A module has no `require`, so
 * what Node itself offers comes from `getBuiltinModule`, which is there since 20.16 and 22.3.
 */
function commandOf(start, body, digest) {
  const [major, minor] = OLDEST;
  return `#!/usr/bin/env node
(function () {
var v = process.versions.node.split(".").map(Number);
if (v[0] < ${major} || (v[0] === ${major} && v[1] < ${minor}) || !process.getBuiltinModule) {
process.stderr.write("fpmlint needs Node ${major}.${minor} or later (of Node 22: 22.3 or later); this is Node " + process.versions.node + "\\n");
process.exitCode = 2;
return;
}
(function (require, body, digest) {
${start}
})(process.getBuiltinModule, ${body}, "${digest}");
})();
`;
}

/** By rename, so that a command that runs meanwhile never reads half a file. */
function put(path, text, mode = 0o644) {
  const temporary = join(top, `${path}.${process.pid}`);
  writeFileSync(temporary, text, { mode });
  renameSync(temporary, join(top, path));
}

/** What would cost too much at start-up is done once, here: compiling the schemas and drawing the help. */
async function generate(esbuild) {
  const { schemas, ajvOptions, rules, commandLine, manualPage, hidden, markdown } = await load(esbuild);
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
    names: Object.keys(named),
    code: `${functions}\nexport const validators = {\n${table}\n};\n`,
    schema: oneDocument(named),
    texts: await readyTexts(commandLine),
    manual: manualPage(),
    hidden,
    markdown,
    docs: Object.fromEntries(rules.map(({ id, docs }) => [id, docs])),
  };
}

/** The schemas and the rules are TypeScript: bundled and imported from beside the packages that they may need. */
async function load(esbuild) {
  const path = join(top, `dist/schemas.${process.pid}.mjs`);
  const contents = `
    export { schemas } from "./src/engine/schemas.ts";
    export { ajvOptions } from "./src/engine/validate.ts";
    export { rules } from "./rules/index.ts";
    export { commandLine } from "./src/cli/command-line.ts";
    export { manualPage } from "./src/cli/manual/manual.ts";
    export { hidden } from "./src/cli/start/parts.ts";
    export { markdown } from "./src/source/markdown.ts";`;
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

/** What yargs answers to command lines that need no work: drawing it at start-up would double its time. */
async function readyTexts(commandLine) {
  const lines = ["--help", "-h", "--version", "-V", "explain --help", "rules --help", "completion --help"];
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
    if ((await commandLine(line.split(" "), world)) !== 0) throw new Error(`fpmlint ${line} failed: ${text}`);
    texts[line] = text;
  }
  return texts;
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

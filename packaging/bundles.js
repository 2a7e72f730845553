// What esbuild makes of the sources: the command in pieces, the library, and what makes the code cache.

import { readFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const top = dirname(dirname(fileURLToPath(import.meta.url)));
const builtins = new Set(builtinModules);
const manifest = JSON.parse(readFileSync(join(top, "package.json"), "utf8"));

/** The first version that runs the command. What starts it is written in what Node 10 can read, so that Node 10 can say so. */
export const OLDEST = [20, 19];
const READABLE = "node10.4";
const NODE = `node${OLDEST.join(".")}`;

/** What of Node most runs need nothing of, and takes a while to load: loaded when it is called for the first time. */
const LATE = {
  "node:child_process": ["spawnSync"],
  "node:crypto": ["createHash", "randomBytes", "X509Certificate"],
  "node:dns/promises": ["lookup"],
  "node:net": ["connect", "isIP"],
  "node:timers/promises": ["setTimeout"],
  // What yargs asks for.
  assert: ["notStrictEqual", "strictEqual"],
};

const lateModules = {
  name: "late modules",
  setup({ onResolve, onLoad }) {
    const filter = new RegExp(`^(?:${Object.keys(LATE).join("|")})$`);
    onResolve({ filter }, ({ path, namespace }) =>
      namespace === "late" ? { path, external: true } : { path, namespace: "late" },
    );
    onLoad({ filter, namespace: "late" }, ({ path }) => ({
      contents: LATE[path]
        .map(
          (name) => `export function ${name}(...all) {
            const real = require(${JSON.stringify(path)}).${name};
            return new.target === undefined ? real(...all) : new real(...all);
          }`,
        )
        .join("\n"),
    }));
  },
};

/** Loaded when the first YAML file is met: most runs meet none. */
const lateYaml = replaceModule(
  "src/containers/yaml-package.ts",
  'export const yamlPackage = () => require("yaml");',
);

/** All that is bundled; what of it runs in the command needs no package. */
export async function bundles(esbuild, generated) {
  const common = {
    absWorkingDir: top,
    bundle: true,
    write: false,
    metafile: true,
    platform: "node",
    legalComments: "none",
    logLevel: "warning",
    plugins: [
      replaceModule("src/cli/help.ts", `export const readyTexts = ${JSON.stringify(generated.texts)};`),
    ],
  };
  const command = { ...common, minify: true, format: "cjs", target: NODE };
  const builds = {
    start: { ...command, entryPoints: ["src/cli/main.ts"], target: READABLE },
    program: program(command, generated),
    validators: { ...command, stdin: { contents: generated.code, resolveDir: top } },
    yaml: { ...command, stdin: { contents: 'export * from "yaml";', resolveDir: top } },
    docs: { ...command, stdin: { contents: `module.exports = ${JSON.stringify(generated.docs)};` } },
    make: { ...command, entryPoints: ["src/cli/start/make.ts"] },
    library: library(common, generated),
  };
  const made = await Promise.all(
    Object.entries(builds).map(async ([name, options]) => {
      const result = await esbuild.build({ outdir: join(top, "dist"), ...options });
      assertSelfContained(result, MAY_IMPORT[name] ?? (() => false));
      return [name, result];
    }),
  );
  return Object.fromEntries(made);
}

/** Parts of the program that it loads when they are asked for the first time. */
const PROGRAM_PARTS = ["yaml", "validators", "docs"];

const MAY_IMPORT = {
  program: (path) => PROGRAM_PARTS.includes(path),
  library: isDependency,
};

/** What the command runs, in the form that can be split; `partsOf` makes functions of what comes out. */
function program(command, generated) {
  return {
    ...command,
    format: "esm",
    splitting: true,
    entryPoints: ["src/cli/run.ts"],
    external: PROGRAM_PARTS,
    plugins: [
      ...command.plugins,
      joinedTexts(generated.markdown, true),
      lateDocs(generated.docs),
      lateYaml,
      replaceModule("src/validators.ts", lateValidators(generated.names)),
      besides("src/cli/more.ts", "./run.ts"),
      lateModules,
    ],
    // yargs would look for files next to itself; nothing is there.
    define: { "import.meta.url": '"file:///fpmlint.js"' },
    // What yargs would open by itself, and what costs it much: vitest.config.ts has the same.
    alias: {
      "escalade/sync": "./src/cli/yargs/search.ts",
      y18n: "./src/cli/yargs/texts.ts",
      "string-width": "./src/cli/yargs/width.ts",
    },
  };
}

function library(common, generated) {
  return {
    ...common,
    entryPoints: ["src/library/index.ts"],
    plugins: [
      ...common.plugins,
      joinedTexts(generated.markdown, false),
      lateYaml,
      replaceModule("src/validators.ts", generated.code),
    ],
    packages: "external",
    format: "esm",
    target: NODE,
    banner: {
      js: 'import { createRequire as __createRequire } from "node:module";const require = __createRequire(import.meta.url);',
    },
  };
}

/** Validators that load what checks when the first of them is asked: most runs ask none. */
function lateValidators(names) {
  return `
    const late = (name) => {
      const check = (data) => {
        const real = require("validators").validators[name];
        const right = real(data);
        check.errors = real.errors;
        return right;
      };
      return check;
    };
    export const validators = Object.fromEntries(${JSON.stringify(names)}.map((name) => [name, late(name)]));`;
}

/** What looks like the documentation of a rule, and loads that when a field of it is read. */
function lateDocs(docs) {
  const fields = new Set(Object.values(docs).flatMap((one) => Object.keys(one)));
  const getters = [...fields].map((name) => `get ${name}() { return require("docs")[this.#id].${name}; }`);
  const contents = `
    class Docs {
      #id;
      constructor(id) { this.#id = id; }
      ${getters.join("\n")}
    }
    export const docsOf = (id) => new Docs(id);`;
  return {
    name: "late docs",
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^docs of rules$/ }, ({ path }) => ({ path, namespace: "late docs" }));
      onLoad({ filter: /^/, namespace: "late docs" }, () => ({ contents }));
    },
  };
}

/** Has a module import another one, so that whatever the latter needs is in the part that both share. */
function besides(file, other) {
  return {
    name: `besides ${file}`,
    setup({ onLoad }) {
      const path = join(top, file);
      onLoad({ filter: /[\\/]more\.ts$/ }, (args) =>
        args.path === path
          ? { contents: `import ${JSON.stringify(other)};\n${readFileSync(path, "utf8")}`, loader: "ts" }
          : null,
      );
    },
  };
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

/**
 * Joins the lines of the rules' texts here already; of one with a value in it, when it is asked for. `late`: the
 * documentation of the rules comes from a part of its own (`lateDocs`), because most runs need none.
 */
function joinedTexts(markdown, late) {
  const docs = /^ {2}docs: (\{\n[\s\S]*?\n {2}\}),$/m;
  const whole = /\bmarkdown`((?:[^`\\$]|\\[\s\S]|\$(?!\{))*)`/g;
  return {
    name: "joined texts",
    setup({ onLoad, esbuild }) {
      onLoad({ filter: /[\\/]rules[\\/].*\.ts$/ }, ({ path }) => {
        const text = readFileSync(path, "utf8");
        if (text.includes("defineRule({") && !docs.test(text))
          throw new Error(`${path}: where are its docs?`);
        const own = `docs: docsOf(${JSON.stringify(ruleOf(path))}),`;
        const contents = (
          late && docs.test(text)
            ? `import { docsOf } from "docs of rules";\n${text.replace(docs, own)}`
            : text
        ).replace(whole, (_, raw) => JSON.stringify(markdown({ raw: [raw] })));
        if (!contents.includes("markdown`")) return { contents, loader: "ts" };
        // As calls with plain strings: a character that is not ASCII cannot be escaped in a text that is taken raw.
        const options = {
          loader: "ts",
          sourcefile: path,
          supported: { "template-literal": false },
          tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: true, target: "es2023" } },
        };
        return { contents: esbuild.transformSync(contents, options).code, loader: "js" };
      });
    },
  };
}

/** The id of the rule that a file holds: `rules/fpm/root-user/rule.ts`, `rules/fpm/syntax.ts`. */
function ruleOf(path) {
  return relative(join(top, "rules"), path)
    .replaceAll("\\", "/")
    .replace(/(?:\/rule)?\.ts$/, "");
}

/** Whether somebody who installs the package also has what this imports. */
function isDependency(path) {
  const name = /^(?:@[^/]+\/)?[^/]+/.exec(path)?.[0] ?? path;
  return Object.hasOwn(manifest.dependencies, name);
}

/** The result runs without ajv's compiler, and without any other package than it may import, or it is no result. */
function assertSelfContained({ metafile }, mayImport) {
  const compiler = Object.keys(metafile.inputs).filter(
    (path) => path.includes("node_modules/ajv/") && !path.includes("node_modules/ajv/dist/runtime/"),
  );
  const missing = Object.values(metafile.outputs)
    .flatMap((output) => output.imports)
    .map((found) => found.path)
    .filter((path) => !Object.hasOwn(metafile.outputs, path))
    .filter((path) => !path.startsWith("node:") && !builtins.has(path) && !mayImport(path));
  const wrong = [...compiler, ...missing];
  if (wrong.length > 0)
    throw new Error(`not bundled, or the schema compiler got in:\n  ${wrong.join("\n  ")}`);
}

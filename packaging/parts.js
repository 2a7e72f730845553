// The parts of the program (src/cli/start/parts.ts), from the pieces that esbuild has made.

import { createHash } from "node:crypto";
import { basename } from "node:path";
import { OLDEST } from "./bundles.js";

/** The texts of the parts, by the names of `src/cli/start/parts.ts`: objects with a function for each module. */
export function partsOf(esbuild, { program, validators, yaml, docs }) {
  const { lint, more } = modulesIn(program.outputFiles);
  const functions = {
    lint: plain(esbuild, lint),
    more: plain(esbuild, more),
    validators: validators.outputFiles[0].text,
    yaml: yaml.outputFiles[0].text,
    docs: docs.outputFiles[0].text,
  };
  return Object.fromEntries(
    Object.entries(functions).map(([name, code]) => [
      name,
      // The brackets around the function tell V8 that it is called soon.
      ascii(esbuild, `({${name}: (function (module, exports, require) {\n${code}\n})})`),
    ]),
  );
}

/**
 * esbuild makes three pieces of the program: `run.js`, which takes `run` from the second and exports it; that, which
 * holds what a lint needs; and what is only in the commands. The first is left out. The second gives `run` at once, and
 * the hundreds of other things that the third wants only when it asks for them.
 */
function modulesIn(files) {
  const texts = new Map(files.map(({ path, text }) => [basename(path), text]));
  const names = [...texts.keys()].sort();
  const taken = /^import\s*\{\s*([\w$]+)(?:\s+as\s+[\w$]+)?\s*\}\s*from\s*"\.\/([\w-]+\.js)";/m;
  const [, alias, run] = taken.exec(texts.get("run.js") ?? "") ?? [];
  const [list, inside] = /export\s*\{([^}]*)\};\s*$/.exec(texts.get(run) ?? "") ?? [];
  const more = names.find((name) => name.startsWith("more-"));
  if (names.length !== 3 || more === undefined || inside === undefined)
    throw new Error(`the program comes in other pieces: ${names.join(", ")}`);
  const rows = inside.split(",").map((one) => one.trim().split(" as ").reverse());
  const local = rows.find(([name]) => name === alias)?.at(-1);
  const rest = rows.map((row) => `${row[0]}:${row.at(-1)}`).join(",");
  const lint = texts.get(run).slice(0, -list.length);
  return {
    lint: `${lint}module.exports={run:${local},rest:()=>({${rest}})};`,
    more: texts.get(more).replaceAll(`"./${run}"`, '"lint"'),
  };
}

/** A piece as the body of a function. */
function plain(esbuild, text) {
  const { code } = esbuild.transformSync(text, {
    format: "cjs",
    platform: "node",
    minify: true,
    target: `node${OLDEST.join(".")}`,
    supported: { "dynamic-import": false },
  });
  return code
    .replace(/require\("lint"\)/g, 'require("lint").rest()')
    .replace(/"\.\/more-\w+\.js"/g, '"more"');
}

/** What tells this program from others. */
export function digestOf(texts) {
  return createHash("sha256").update(JSON.stringify(texts)).digest("hex").slice(0, 16);
}

/**
 * Control characters, and what is not ASCII, as escapes: V8 takes half the time and memory for a text without the
 * latter, and the former say where the program begins.
 */
export function ascii(esbuild, text) {
  const escaping = (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`;
  const escaped = text.replace(/[^\t\n\r\x20-\x7e]/g, escaping);
  // Exported, because esbuild leaves out what nobody uses.
  // Names stay: which short ones they get depends on how often each character is in the text.
  const options = { minifySyntax: true, minifyWhitespace: true, charset: "utf8" };
  const shape = (source) => esbuild.transformSync(`module.exports = ${source}`, options).code;
  if (shape(escaped) !== shape(text))
    throw new Error("a regular expression has a character that is not ASCII: write it as \\u");
  return escaped;
}

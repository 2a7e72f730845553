// The parts of the program (src/cli/start/parts.ts), from the pieces that esbuild has made.

import { createHash } from "node:crypto";
import { basename } from "node:path";
import { OLDEST } from "./bundles.js";

/** The texts of the parts, by the names of `src/cli/start/parts.ts`: objects with a function for each module. */
export function partsOf(esbuild, { program, validators, yaml }) {
  const names = new Map(
    program.outputFiles.map(({ path }) => {
      const file = basename(path);
      return [file, file === "run.js" ? "lint" : file.startsWith("more-") ? "more" : "shared"];
    }),
  );
  if ([...names.values()].sort().join(" ") !== "lint more shared")
    throw new Error(`the program comes in other pieces: ${[...names.keys()].join(", ")}`);
  const modules = program.outputFiles.map(({ path, text }) => {
    const code = esbuild.transformSync(text, {
      format: "cjs",
      platform: "node",
      minify: true,
      target: `node${OLDEST.join(".")}`,
      supported: { "dynamic-import": false },
    }).code;
    const named = code.replace(/"\.\/([\w-]+\.js)"/g, (all, file) => JSON.stringify(names.get(file) ?? all));
    return [names.get(basename(path)), named];
  });
  const all = new Map([
    ...modules,
    ["validators", validators.outputFiles[0].text],
    ["yaml", yaml.outputFiles[0].text],
  ]);
  const part = (...wanted) =>
    // The brackets around a function tell V8 that it is called soon.
    ascii(
      esbuild,
      `({${wanted.map((name) => `${name}: (function (module, exports, require) {\n${all.get(name)}\n})`).join(",\n")}})`,
    );
  return {
    lint: part("shared", "lint"),
    more: part("more"),
    validators: part("validators"),
    yaml: part("yaml"),
  };
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

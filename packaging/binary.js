// Makes dist/binary/fpmlint: the command and Node in one executable file (Node's SEA). Run by `npm run build:binary`.

import { chmodSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliDecompressSync } from "node:zlib";
import { done, nodePackage } from "./node.js";

const top = dirname(dirname(fileURLToPath(import.meta.url)));
const out = join(top, "dist/binary");

try {
  build();
} catch (error) {
  console.error(`build:binary: ${error.message}`);
  process.exitCode = 1;
}

function build() {
  const node = nodePackage(top);
  mkdirSync(out, { recursive: true });
  const main = join(out, `main.${process.pid}.cjs`);
  const config = join(out, `sea.${process.pid}.json`);
  const made = join(out, `fpmlint.${process.pid}`);
  try {
    writeFileSync(main, inOne(readFileSync(join(top, "dist/fpmlint.js"), "utf8")));
    const settings = {
      main,
      output: made,
      executable: join(node, "bin/node"),
      disableExperimentalSEAWarning: true,
      useCodeCache: true,
      // NODE_OPTIONS is for a Node that somebody knows to be one.
      execArgvExtension: "none",
    };
    writeFileSync(config, JSON.stringify(settings));
    done(join(node, "bin/node"), ["--build-sea", config], "node --build-sea", { env: {} });
    chmodSync(made, 0o755);
    renameSync(made, join(out, "fpmlint"));
  } finally {
    for (const path of [main, config, made]) rmSync(path, { force: true });
  }
  const line = `\n${"=".repeat(72)}\n\n`;
  const texts = [join(top, "LICENSE"), join(top, "dist/LICENSES.txt"), join(node, "LICENSE")];
  writeFileSync(join(out, "LICENSES.txt"), texts.map((path) => readFileSync(path, "utf8")).join(line));
}

/**
 * The command with the parts of its program (src/cli/start/parts.ts) as code and not in a comment, because Node has its
 * own code cache for what is in a binary; and without its first line, which is for the kernel.
 */
function inOne(command) {
  const text = command.replace(/^#!.*\n/, "");
  const [before, after] = ["function () {/*\x02", "*/}"];
  const [begin, end] = [text.indexOf(before), text.lastIndexOf(after)];
  if (begin === -1 || end === -1) throw new Error("dist/fpmlint.js has no program in it");
  const lines = text
    .slice(begin + before.length, end)
    .trim()
    .split("\n");
  const parts = lines.map((line) => {
    const [name, data] = line.split(" ");
    return `${name}: function () { return ${brotliDecompressSync(Buffer.from(data, "base64"))}; }`;
  });
  return `${text.slice(0, begin)}{${parts.join(",\n")}}${text.slice(end + after.length)}`;
}

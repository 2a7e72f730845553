/** Values of the variables of compose files. */
import { normalizePath } from "../host/path.js";
import { expand } from "./dockerfile.js";
import type { Tree } from "./tree.js";

/** Files with the values of variables: the one that compose reads, else the one that is there to be copied. */
const ENV_FILES = [
  ".env",
  ".env.example",
  ".env.dist",
  ".env.sample",
  "env.example",
  "env.sample",
  "env.dist",
  ".env-example",
  "env-example",
  ".env_example",
  "env_example",
  "sample.env",
];

/** `null`: a value holds a variable that has none. `PWD` is the directory of the project, where compose is started. */
export function environment(tree: Tree, directory: string): ReadonlyMap<string, string | null> {
  const path = ENV_FILES.map((name) => normalizePath(`${directory}/${name}`)).find((one) => tree.isFile(one));
  const values = new Map<string, string | null>([["PWD", "."]]);
  const text = path === undefined ? "" : (tree.file(path)?.text ?? "");
  for (const line of text.slice(0, 256 * 1024).split("\n")) {
    const sign = line.indexOf("=");
    const [word = "", more] = sign === -1 ? [] : line.slice(0, sign).trim().split(/\s+/).reverse();
    if (!/^\w+$/.test(word) || (more !== undefined && more !== "export")) continue;
    values.set(word, expand(unquoted(line.slice(sign + 1)), values));
  }
  return values;
}

/** Without the comment behind it and the quotes around it. */
function unquoted(written: string): string {
  return written
    .replace(/\s#.*/, "")
    .trim()
    .replace(/^(["'])(.*)\1$/, "$2");
}

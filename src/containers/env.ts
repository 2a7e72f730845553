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
  "sample.env",
];

export function environment(tree: Tree, directory: string): ReadonlyMap<string, string | null> {
  const path = ENV_FILES.map((name) => normalizePath(`${directory}/${name}`)).find((one) => tree.isFile(one));
  const values = new Map<string, string | null>();
  const text = path === undefined ? "" : (tree.file(path)?.text ?? "");
  for (const line of text.slice(0, 256 * 1024).split("\n")) {
    const [, key = "", value = ""] = /^\s*(?:export\s+)?(\w+)\s*=\s*(.*)$/.exec(line) ?? [];
    if (key !== "")
      values.set(
        key,
        expand(
          value
            .replace(/\s+#.*$/, "")
            .trim()
            .replace(/^(["'])(.*)\1$/, "$2"),
          values,
        ),
      );
  }
  return values;
}

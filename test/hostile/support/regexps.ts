import { readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { texts } from "../../support/typescript.js";

const top = fileURLToPath(new URL("../../..", import.meta.url));

export interface Written {
  /** `/a+/g`, as it is written; of one that is put together at run time, what it was then. */
  readonly text: string;
  readonly file: string;
}

/** The TypeScript files of our own code. */
export function sources(): readonly string[] {
  return ["src", "rules"].flatMap((folder) =>
    readdirSync(join(top, folder), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".ts"))
      .map((name) => join(top, folder, name))
      .sort(),
  );
}

/** Every regular expression that is written in our code. */
export function literals(): readonly Written[] {
  return sources().flatMap((path) =>
    texts(readFileSync(path, "utf8"))
      .filter((text) => text.startsWith("/"))
      .map((text) => ({ text, file: relative(top, path) })),
  );
}

/** Where one is put together, by its file and its line. */
export function constructions(): readonly string[] {
  return sources().flatMap((path) =>
    readFileSync(path, "utf8")
      .split("\n")
      .filter((line) => /\bRegExp\(/.test(line))
      .map((line) => `${relative(top, path)}: ${line.trim()}`),
  );
}

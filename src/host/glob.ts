import type { HostFilesystem } from "./filesystem.js";
import { byBytes, normalizePath } from "./path.js";

/** Whether `glob(3)` would expand the path; both daemons open it literally otherwise. */
export function isGlob(pattern: string): boolean {
  return /[*?[]/.test(pattern);
}

/**
 * The paths that `glob(3)` finds, sorted bytewise: `*` and `?` do not match a leading dot or a
 * slash, `[…]` with `!` or `^`, `\` quotes the next character, no braces. Whatever matches is
 * listed: files, directories, dangling links.
 */
export function glob(fs: HostFilesystem, pattern: string): readonly string[] {
  let found: readonly string[] = [""];
  for (const part of pattern.split("/").filter((piece) => piece !== "")) {
    found = isGlob(part)
      ? expand(fs, found, part)
      : found.map((path) => `${path}/${part.replace(/\\(.)/g, "$1")}`);
    if (found.length === 0) return [];
  }
  return found
    .map(normalizePath)
    .filter((path) => stands(fs, path))
    .sort(byBytes);
}

/** `glob(3)` uses lstat: a dangling link and a link out of the root stand there all the same. */
function stands(fs: HostFilesystem, path: string): boolean {
  const entry = fs.entry(path);
  return entry.kind !== "missing" || entry.dangling;
}

function expand(fs: HostFilesystem, directories: readonly string[], part: string): string[] {
  const matcher = componentPattern(part);
  const found: string[] = [];
  for (const directory of directories) {
    const entry = fs.entry(directory === "" ? "/" : directory);
    if (entry.kind !== "directory") continue;
    for (const name of entry.names) if (matcher(name)) found.push(`${directory}/${name}`);
  }
  return found;
}

/** Matcher for one path component. */
export function componentPattern(part: string): (name: string) => boolean {
  const source = regexSource(part);
  const regex = new RegExp(`^${source}$`, "su");
  const dotted = part.startsWith(".") || part.startsWith("\\.");
  return (name) => (dotted || !name.startsWith(".")) && regex.test(name);
}

function regexSource(part: string): string {
  let source = "";
  const characters = [...part];
  for (let at = 0; at < characters.length; at += 1) {
    const character = characters[at] ?? "";
    if (character === "*") source += ".*";
    else if (character === "?") source += ".";
    else if (character === "[") {
      const set = bracket(characters, at);
      source += set.source;
      at = set.last;
    } else if (character === "\\" && at + 1 < characters.length) {
      at += 1;
      source += escapeRegex(characters[at] ?? "");
    } else source += escapeRegex(character);
  }
  return source;
}

function bracket(
  characters: readonly string[],
  open: number,
): { readonly source: string; readonly last: number } {
  const negated = characters[open + 1] === "!" || characters[open + 1] === "^";
  const first = open + (negated ? 2 : 1);
  // A `]` right after the opening belongs to the set.
  const close = characters.indexOf("]", first + 1);
  if (close === -1) return { source: "\\[", last: open };
  const inner = characters
    .slice(first, close)
    .map((c) => (c === "-" ? "-" : c.replace(/[\\\]^[&~|]/, "\\$&")));
  try {
    const source = `[${negated ? "^" : ""}${inner.join("")}]`;
    new RegExp(source, "u");
    return { source, last: close };
  } catch {
    // A range that runs backwards matches nothing in glob(3).
    return { source: "(?!)", last: close };
  }
}

function escapeRegex(character: string): string {
  return character.replace(/[\\^$.*+?()[\]{}|/]/, "\\$&");
}

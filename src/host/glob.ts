import { encodeText } from "../source/bytes.js";
import { wordMap } from "../source/word-map.js";
import type { Entry, HostFilesystem } from "./filesystem.js";
import { byBytes } from "./path.js";

/** Whether `glob(3)` would expand the path; both daemons open it literally otherwise. */
export function isGlob(pattern: string): boolean {
  return /[*?[]/.test(pattern);
}

/** Steps that a glob may still take; several may share them. */
export interface Steps {
  left: number;
}

/** Of one glob alone. A directory of 50,000 sites takes 50,000. */
const MOST_STEPS = 1_000_000;
/** What it costs to come into one directory again, by a link. No real tree does so thousands of times. */
const AGAIN = 300;

/**
 * The paths that `glob(3)` finds, sorted bytewise: `*` and `?` do not match a leading dot or a
 * slash, `[…]` with `!` or `^`, `\` quotes the next character, no braces. Everything that matches is
 * listed: files, directories, dangling links. `unread` gets the directories that this process could
 * not look into, so that nothing found in them proves nothing, and what vanished while it was looked at.
 * `glob(3)` has no limit, and links that lead back to their directory multiply with each `*` of the
 * pattern: where the steps are not enough, `unread` gets the pattern and nothing is found.
 */
export function glob(
  fs: HostFilesystem,
  pattern: string,
  unread: (entry: Entry) => void = () => {},
  shared: Steps = { left: MOST_STEPS },
): readonly string[] {
  const steps = { left: Math.min(shared.left, MOST_STEPS) };
  const before = steps.left;
  const found = stepwise(fs, pattern, unread, steps);
  shared.left -= before - steps.left;
  if (steps.left >= 0) return found;
  unread({ kind: "unreadable", path: pattern, reason: TOO_MANY_STEPS });
  return [];
}

/** What a report says about a wildcard that was given up. */
export const TOO_MANY_STEPS =
  "the wildcard leads through too many directories to look into; the daemon looks into all of them before it starts";

function stepwise(
  fs: HostFilesystem,
  pattern: string,
  unread: (entry: Entry) => void,
  steps: Steps,
): readonly string[] {
  let found: readonly string[] = [""];
  const parts = pattern.split("/").filter((piece) => piece !== "");
  for (const part of parts) {
    found = isGlob(part)
      ? expand(fs, found, part, unread, steps)
      : found.map((path) => `${path}/${part.replace(/\\(.)/g, "$1")}`);
    if (found.length === 0) return [];
  }
  const listed = isGlob(parts.at(-1) ?? "");
  return found
    .filter((path) => {
      const there = isThere(fs, path);
      if (!there && listed) unread(fs.entry(path));
      return there;
    })
    .sort(byBytes);
}

/** `glob(3)` uses lstat: a dangling link and a link out of the root are there all the same. */
function isThere(fs: HostFilesystem, path: string): boolean {
  const entry = fs.entry(path);
  return entry.kind !== "missing" || entry.dangling;
}

function expand(
  fs: HostFilesystem,
  directories: readonly string[],
  part: string,
  unread: (entry: Entry) => void,
  steps: Steps,
): string[] {
  let matcher: ReturnType<typeof componentPattern> | null = null;
  const found: string[] = [];
  const seen = new Set<string>();
  for (const directory of directories) {
    const entry = fs.entry(directory === "" ? "/" : directory);
    if (entry.kind === "unreadable" || entry.kind === "outside") unread(entry);
    if (entry.kind !== "directory") continue;
    steps.left -= (seen.has(entry.path) ? AGAIN : 1) + entry.names.length;
    seen.add(entry.path);
    if (steps.left < 0) return [];
    matcher ??= componentPattern(part);
    for (const name of entry.names) if (matcher(name)) found.push(`${directory}/${name}`);
  }
  return found;
}

/** One step of a pattern: any run of items, or one item that the test takes. */
export type Step = "run" | ((item: string) => boolean);

/**
 * Matcher for one path component, of bytes: nginx sets no locale, so `?` is one byte of an `é`. Its
 * cost is bounded by pattern × name, whatever the pattern. `hidden`: `*` and `?` also match a leading dot.
 */
export function componentPattern(part: string, hidden = false): (name: string) => boolean {
  const steps = stepsOf(asBytes(part));
  const dotted = hidden || part.startsWith(".") || part.startsWith("\\.");
  return (name) => (dotted || !name.startsWith(".")) && matchesInTurn(steps, asBytes(name));
}

function asBytes(text: string): string {
  // Characters of ASCII are their bytes.
  if (/^[\0-\x7f]*$/.test(text)) return text;
  return encodeText(text).toString("latin1");
}

/**
 * Whether the steps take all items (the bytes of a name, the names of a path), one after another. Only the
 * last run needs to be lengthened: what comes before it has matched for good.
 */
export function matchesInTurn(steps: readonly Step[], items: string | readonly string[]): boolean {
  let step = 0;
  let at = 0;
  let run = -1;
  let from = 0;
  while (at < items.length) {
    const wanted = steps[step];
    if (wanted === "run") {
      run = step;
      from = at;
      step += 1;
    } else if (wanted?.(items[at] ?? "")) {
      step += 1;
      at += 1;
    } else if (run !== -1) {
      from += 1;
      at = from;
      step = run + 1;
    } else return false;
  }
  return steps.slice(step).every((rest) => rest === "run");
}

function stepsOf(part: string): readonly Step[] {
  const steps: Step[] = [];
  const characters = [...part];
  const lastClose = characters.lastIndexOf("]");
  for (let at = 0; at < characters.length; at += 1) {
    const character = characters[at] ?? "";
    if (character === "*") steps.push("run");
    else if (character === "?") steps.push(() => true);
    else if (character === "[" && at < lastClose) {
      const set = bracket(characters, at);
      const one = new RegExp(`^${set.source}$`, "su");
      steps.push((byte) => one.test(byte));
      at = set.last;
    } else {
      if (character === "\\" && at + 1 < characters.length) at += 1;
      const wanted = characters[at] ?? "";
      steps.push((byte) => byte === wanted);
    }
  }
  return steps;
}

/** Classes of POSIX, in the C locale. */
const CLASSES: ReadonlyMap<string, string> = wordMap({
  alnum: "A-Za-z0-9",
  alpha: "A-Za-z",
  blank: " \\t",
  digit: "0-9",
  lower: "a-z",
  punct: "!-\\/:-@\\[-`{-~",
  space: " \\t\\n\\v\\f\\r",
  upper: "A-Z",
  xdigit: "0-9A-Fa-f",
});

function bracket(
  characters: readonly string[],
  open: number,
): { readonly source: string; readonly last: number } {
  const negated = characters[open + 1] === "!" || characters[open + 1] === "^";
  let inner = "";
  const first = open + (negated ? 2 : 1);
  for (let at = first; at < characters.length; at += 1) {
    const character = characters[at] ?? "";
    // A `]` right after the opening belongs to the set.
    if (character === "]" && at > first) return set(inner, negated, at);
    const name = /^\[:(\w+):\]/.exec(characters.slice(at, at + 12).join(""))?.[1] ?? "";
    const members = CLASSES.get(name);
    if (members !== undefined) {
      inner += members;
      at += name.length + 3;
    } else if (character === "\\" && at + 1 < characters.length) {
      at += 1;
      inner += escapeInSet(characters[at] ?? "");
    } else inner += character === "-" ? "-" : escapeInSet(character);
  }
  return { source: "\\[", last: open };
}

function set(inner: string, negated: boolean, last: number): { source: string; last: number } {
  try {
    const source = `[${negated ? "^" : ""}${inner}]`;
    new RegExp(source, "u");
    return { source, last };
  } catch {
    // A range that runs backwards matches nothing in glob(3).
    return { source: "(?!)", last };
  }
}

function escapeInSet(character: string): string {
  return character.replace(/[\\\]^[&~|-]/, "\\$&");
}

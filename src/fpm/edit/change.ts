/** Changes to the text of one file, in place: everything else stays as it is, character for character. */
import { withChanges } from "../../source/changes.js";
import { type SourceFile, type Span, sourceFile } from "../../source/file.js";
import { asciiLower, type FpmLine, parseFpm } from "../syntax/parse.js";
import type { Setting } from "../types.js";

/** Characters `[start, end)` of a file and what replaces them. */
export interface Change {
  readonly file: SourceFile;
  readonly start: number;
  readonly end: number;
  readonly text: string;
  /**
   * What FPM reads there afterwards: a new value of the setting whose key starts there, or new lines
   * that belong to what starts at `anchor` (`null`: to nothing before them).
   */
  readonly meaning:
    | { readonly keyStart: number; readonly value: string }
    | { readonly lines: readonly FpmLineMeaning[]; readonly anchor: number | null };
}

/** What a line says to FPM, without its place. */
export type FpmLineMeaning = string;

function settingMeaning(key: string, index: string | null, value: string | null): FpmLineMeaning {
  return JSON.stringify(["setting", key, index, value]);
}

/** Changes only the characters of the value, with the quotes around it. */
export function changeValue(setting: Setting, value: string): Change {
  const { file, start, end } = setting.place.span;
  const meaning = { keyStart: setting.keyPlace.span.start, value };
  if (end > start) return { file, start, end, text: value + remark(file.text.slice(start, end)), meaning };
  // There is nothing after "=", so the spaces are those of its other side.
  const spaces = /^[ \t]*/.exec(file.text.slice(start))?.[0] ?? "";
  if (spaces === "") {
    const before = file.text.slice(setting.keyPlace.span.end, start);
    return { file, start, end, text: /[ \t]=$/.test(before) ? ` ${value}` : value, meaning };
  }
  const follows = file.text.charAt(start + spaces.length) === ";" && spaces.length === 1 ? " " : "";
  return { file, start: start + 1, end: start + 1, text: value + follows, meaning };
}

/**
 * What somebody wrote after `#`. FPM reads it as part of the value and refuses that; as a comment of
 * FPM it is kept when the value changes.
 */
function remark(raw: string): string {
  const [, spaces = "", words] = /^(?:"[^"]*"|'[^']*'|[^"'#\s]*)([ \t]*)(#.*)$/s.exec(raw) ?? [];
  return words === undefined ? "" : `${spaces || " "}; ${words}`;
}

/** `key = value` on a line of its own after the sibling's, written in the same way. */
export function addAfter(sibling: Setting, key: string, value: string, others: readonly Setting[]): Change {
  const { file, end } = sibling.place.span;
  const line = indentation(file, sibling.keyPlace.span.start) + key + equals(sibling, key, others) + value;
  const { start } = sibling.keyPlace.span;
  return addLine(file, end, line, { lines: [settingMeaning(key, null, value)], anchor: start });
}

/** On a line of its own below a section header. */
export function addBelow({ file, start, end }: Span, key: string, value: string): Change {
  const meaning = { lines: [settingMeaning(key, null, value)], anchor: start };
  return addLine(file, end, `${key} = ${value}`, meaning);
}

/**
 * A `[global]` section with this setting, before everything else in the file: what is before any section
 * is also global.
 */
export function addGlobal(file: SourceFile, key: string, value: string): Change {
  const first = Math.min(file.text.length, ...parseFpm(file).map(startOf));
  // A byte order mark stays in front.
  const lineStart = file.text.lastIndexOf("\n", first - 1) + 1;
  const start = file.text.startsWith("\uFEFF") ? Math.max(lineStart, 1) : lineStart;
  const eol = lineEnd(file.text);
  const text = `[global]${eol}${key} = ${value}${eol}`;
  const lines = [JSON.stringify(["section", "global"]), settingMeaning(key, null, value)];
  return { file, start, end: start, text, meaning: { lines, anchor: null } };
}

function addLine(file: SourceFile, after: number, line: string, meaning: Change["meaning"]): Change {
  const found = /\r\n|\n|\r/.exec(file.text.slice(after));
  // If the last line has no line end, the new last line has none either.
  const start = found === null ? file.text.length : after + found.index + found[0].length;
  const text = found === null ? lineEnd(file.text) + line : line + found[0];
  return { file, start, end: start, text, meaning };
}

/** How the lines of the file end; LF if it has only one line. */
function lineEnd(text: string): string {
  return /\r\n|\n|\r/.exec(text)?.[0] ?? "\n";
}

/** The spaces before a key; empty if something else is there. */
function indentation(file: SourceFile, keyStart: number): string {
  let start = keyStart;
  while (start > 0 && " \t".includes(file.text.charAt(start - 1))) start -= 1;
  return /[^\r\n\uFEFF]/.test(file.text.slice(Math.max(0, start - 1), start))
    ? ""
    : file.text.slice(start, keyStart);
}

/** The text between a key and its value. */
function equals(sibling: Setting, key: string, others: readonly Setting[]): string {
  const [, before = "", after = ""] = /^([ \t]*)=([ \t]*)/.exec(afterKey(sibling)) ?? [];
  const padded =
    /^ +$/.test(before) && others.some((one) => one !== sibling && inOneColumn(sibling, one))
      ? " ".repeat(Math.max(1, sibling.key.length + before.length - key.length))
      : before;
  // After an empty value there may be no space.
  const space = after === "" && sibling.raw === "" ? before.slice(0, 1) : after;
  return `${padded}=${space}`;
}

function afterKey({ keyPlace, place }: Setting): string {
  return keyPlace.span.file.text.slice(keyPlace.span.end, Math.max(place.span.end, keyPlace.span.end));
}

/** Whether two settings of one file have their `=` in one column though their keys differ in length. */
function inOneColumn(one: Setting, other: Setting): boolean {
  const { file } = one.keyPlace.span;
  if (other.keyPlace.span.file.path !== file.path || other.key.length === one.key.length) return false;
  const column = ({ keyPlace }: Setting): number | null => {
    const { start, end } = keyPlace.span;
    const [, spaces] = /^( *)=/.exec(file.text.slice(end, end + 200)) ?? [];
    return spaces === undefined ? null : indentation(file, start).length + end - start + spaces.length;
  };
  return column(one) !== null && column(one) === column(other);
}

/** The file's text with all the changes. Several at one place stay in their order. */
export function applied(file: SourceFile, changes: readonly Change[]): string {
  return withChanges(file.text, inOrder(changes));
}

/** By place; at the end of a file a value changes before lines are added after it. */
function inOrder(changes: readonly Change[]): readonly Change[] {
  const rank = ({ meaning }: Change): number => ("value" in meaning ? 0 : 1);
  return [...changes].sort((a, b) => a.start - b.start || rank(a) - rank(b));
}

/**
 * Whether FPM reads the new text as the old one with just these changes. If a line contains several
 * statements, changing one of them must not change another.
 */
export function isFaithful(file: SourceFile, changes: readonly Change[], after: string): boolean {
  const before = parseFpm(file);
  const values = new Map(
    changes.flatMap(({ meaning }) =>
      "value" in meaning ? [[meaning.keyStart, meaning.value] as const] : [],
    ),
  );
  const changed = (line: FpmLine): string | null =>
    line.kind === "setting" ? (values.get(startOf(line)) ?? null) : null;
  const expected = before.map((line) => [meaningOf(line, changed(line))]);
  const indexes = new Map(before.map((line, index) => [startOf(line), index]));
  const front: FpmLineMeaning[] = [];
  for (const { start, meaning } of inOrder(changes)) {
    if ("value" in meaning) continue;
    let at = meaning.anchor === null ? -1 : (indexes.get(meaning.anchor) ?? -1);
    for (let next = before[at + 1]; next !== undefined && startOf(next) < start; next = before[at + 1]) {
      // "[a][b]" on one line: what comes below belongs to b.
      if (next.kind === "section" || next.kind === "include") return false;
      at += 1;
    }
    (expected[at] ?? front).push(...meaning.lines);
  }
  const wanted = [...front, ...expected.flat()];
  const got = parseFpm(sourceFile(file.path, file.display, after)).map((line) => meaningOf(line, null));
  return wanted.length === got.length && wanted.every((line, index) => line === got[index]);
}

function meaningOf(line: FpmLine, value: string | null): FpmLineMeaning {
  switch (line.kind) {
    case "section":
      return JSON.stringify([line.kind, asciiLower(line.name)]);
    case "setting":
      return settingMeaning(line.key, line.index, value ?? line.value);
    case "include":
      return JSON.stringify([line.kind, line.pattern]);
    case "fault":
      return JSON.stringify([line.kind, line.refusal().message]);
    case "gap":
    case "xml":
      return JSON.stringify([line.kind]);
  }
}

function startOf(line: FpmLine): number {
  if (line.kind === "setting") return line.keyRange.start;
  return line.kind === "include" ? line.statement.start : line.range.start;
}

import type { Wording } from "../../source/bare-words.js";
import { at, type Range } from "../../source/ranges.js";
import { readMarks, type TemplateMark } from "../../source/template.js";
import type { Branch } from "../types.js";
import { branchParts } from "./branch-parts.js";
import { luaBlocks } from "./lua.js";
import { TemplateWalk } from "./walk.js";

/**
 * Where template language stands in an nginx file, and a text that nginx's own rules can read in its
 * place: as long as the file, with letters for what stands for a value and blanks for the rest.
 */
export interface Template {
  readonly text: string;
  /** What stands for values or parts of them, in order. */
  readonly placeholders: readonly Range[];
  /** The characters before which any directives may be put in, in order. */
  readonly gaps: readonly Range[];
  /** Parts that were not read, because their blocks balance only when they are rendered. */
  readonly unread: readonly Range[];
  /** Whether it has more than placeholders for values, so that a fault may vanish when it is rendered. */
  readonly changesText: boolean;
  /** The innermost condition or loop at an offset. */
  branchAt(offset: number): Branch | null;
}

/** `null` for a file without any template language. */
export function readTemplate(text: string, wording: Wording = "usual"): Template | null {
  const marks = withoutPlain(text, readMarks(text, luaBlocks(text), wording));
  if (marks.length === 0) return null;
  if (marks.some(({ kind }) => kind === "whole")) return unreadable(text);
  const { placeholders, gaps, unread, branches, masked } = new TemplateWalk(text, marks).run();
  const parts = branchParts(branches);
  const control = marks.some(({ kind, section }) => kind === "gap" || section !== null);
  return {
    text: masked,
    placeholders,
    gaps: [...gaps, ...unread.map(({ start }) => start)].sort((a, b) => a - b).map(character),
    unread,
    changesText: control || gaps.length > 0,
    branchAt: (offset) => at(parts, offset)?.branch ?? null,
  };
}

function character(start: number): Range {
  return { start, end: start + 1 };
}

/** A file that only fills in the named parts of another one: where they go is in that one. */
function unreadable(text: string): Template {
  return {
    text: text.replace(/[^\n]/g, " "),
    placeholders: [],
    gaps: [character(0)],
    unread: [{ start: 0, end: text.length }],
    changesText: true,
    branchAt: () => null,
  };
}

/**
 * Without what nginx itself may mean: `${NAME}` where the file defines the variable, and `{name}`
 * in a file that has it nowhere in the place of a value: in quotes it is text, after words a block
 * without its `;`.
 */
function withoutPlain(text: string, marks: readonly TemplateMark[]): readonly TemplateMark[] {
  const named = new Set(marks.filter(({ start, end }) => /^\{[\w.-]+\}$/.test(text.slice(start, end))));
  const values = hasValue(text, named);
  const defined = marks.length === 0 ? NONE : definedVariables(text);
  return marks.filter((mark) => !isOwnVariable(text, mark, defined) && (values || !named.has(mark)));
}

const NONE: ReadonlySet<string> = new Set();

/** Whether one of the marks, which are in order, is in the place of a value. */
function hasValue(text: string, marks: Iterable<TemplateMark>): boolean {
  let lineEnd = -1;
  for (const { start, end } of marks) {
    // Further ones in the line have the braces of the first before them.
    if (start < lineEnd) continue;
    const lineStart = text.lastIndexOf("\n", start) + 1;
    const feed = text.indexOf("\n", start);
    lineEnd = feed === -1 ? text.length : feed;
    const before = text.slice(lineStart, start);
    const after = /[^\n\S]*(?:\S|$)/y;
    after.lastIndex = end;
    const next = after.exec(text)?.[0] ?? "";
    if (!/["'#;{}]/.test(before) && before.trim() !== "" && /[^\s}#]$/.test(next)) return true;
  }
  return false;
}

function isOwnVariable(text: string, { start, end }: TemplateMark, defined: ReadonlySet<string>): boolean {
  const name = /^\$\{(\w+)\}$/.exec(text.slice(start, end))?.[1];
  return name !== undefined && defined.has(name);
}

/** The variables that a file sets, fills with a block or names in a pattern. */
function definedVariables(text: string): ReadonlySet<string> {
  const found = new Set<string>();
  for (const { 1: name = "", 2: opens, index } of text.matchAll(/\$(\w+)(\s*\{)?/g)) {
    if (opens !== undefined || isSet(text, index)) found.add(name);
  }
  for (const [, name = ""] of text.matchAll(/\?P?<(\w+)>/g)) found.add(name);
  return found;
}

/** Whether the word before a variable has `set` in it and begins a directive or follows a space. */
function isSet(text: string, variable: number): boolean {
  let end = variable;
  while (/\s/.test(text.charAt(end - 1))) end -= 1;
  let start = end;
  while (/\w/.test(text.charAt(start - 1))) start -= 1;
  if (end === variable || !text.slice(start, end).includes("set")) return false;
  return start === 0 || /[\s;{]/.test(text.charAt(start - 1));
}

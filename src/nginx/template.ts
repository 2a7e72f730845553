import { type Mark, type Range, readMarks } from "../source/template.js";
import { luaBlockEnd } from "./lua.js";
import { TemplateWalk } from "./template-walk.js";
import type { Branch } from "./types.js";

/**
 * Where template language stands in an nginx file, and a text that nginx's own rules can read in its
 * place: as long as the file, with letters for what stands for a value and blanks for the rest.
 */
export interface Template {
  readonly text: string;
  /** What stands for values or parts of them, in order. */
  readonly placeholders: readonly Range[];
  /** Offsets where any directives may be put in. */
  readonly gaps: readonly number[];
  /** Parts that were not read, because their blocks balance only when they are rendered. */
  readonly unread: readonly Range[];
  /** Whether it has more than placeholders for values, so that a fault may vanish when it is rendered. */
  readonly changesText: boolean;
  /** The innermost condition or loop at an offset. */
  branchAt(offset: number): Branch | null;
}

/** `null` for a file without any template language. */
export function readTemplate(text: string): Template | null {
  const marks = withoutPlain(text, readMarks(text, luaBlocks(text)));
  if (marks.length === 0) return null;
  if (marks.some(({ kind }) => kind === "whole")) return unreadable(text);
  const { placeholders, gaps, unread, branches, masked } = new TemplateWalk(text, marks).run();
  const control = marks.some(({ kind, section }) => kind === "gap" || section !== null);
  return {
    text: masked,
    placeholders,
    gaps: [...gaps, ...unread.map(({ start }) => start)],
    unread,
    changesText: control || gaps.length > 0,
    branchAt: (offset) => innermost(branches, offset),
  };
}

/** A file that only fills in the named parts of another one: where they go is in that one. */
function unreadable(text: string): Template {
  return {
    text: text.replace(/[^\n]/g, " "),
    placeholders: [],
    gaps: [0],
    unread: [{ start: 0, end: text.length }],
    changesText: true,
    branchAt: () => null,
  };
}

function innermost(
  branches: readonly (Range & { readonly branch: Branch })[],
  offset: number,
): Branch | null {
  let found: (Range & { readonly branch: Branch }) | null = null;
  for (const one of branches) {
    const inside = one.start <= offset && offset < one.end;
    if (inside && (found === null || one.start >= found.start)) found = one;
  }
  return found?.branch ?? null;
}

/** Tables within tables are Lua, not mustache. A mark in the head of such a block ends where it first can: no text takes long. */
function luaBlocks(text: string): readonly Range[] {
  const found: Range[] = [];
  for (const { 0: head, index } of text.matchAll(
    /_by_lua_block(?:\{\{(?:(?!\}\}).){0,200}\}\}+|\{%(?:(?!%\}).){0,200}%\}|\$\{[^{}\n]{0,200}\}|[^;{}]){0,200}?\{(?![{%])/g,
  )) {
    const start = index + head.length - 1;
    const end = luaBlockEnd(text, start);
    if (end !== null) found.push({ start, end });
  }
  return found;
}

/**
 * Without what nginx itself may mean: `${NAME}` where the file defines the variable, and `{name}`
 * in a file that has it nowhere in the place of a value: in quotes it is text, behind words a block
 * without its `;`.
 */
function withoutPlain(text: string, marks: readonly Mark[]): readonly Mark[] {
  const named = marks.filter(({ start, end }) => /^\{[\w.-]+\}$/.test(text.slice(start, end)));
  const values = named.filter((mark) => isInPlaceOfValue(text, mark));
  return marks.filter((mark) => !isOwnVariable(text, mark) && (values.length > 0 || !named.includes(mark)));
}

function isInPlaceOfValue(text: string, { start, end }: Mark): boolean {
  const next = text.indexOf("\n", end);
  const before = text.slice(text.lastIndexOf("\n", start) + 1, start);
  const after = text.slice(end, next === -1 ? text.length : next);
  return /^[^"'#;{}]*[^"'#;{}\s][^"'#;{}]*$/.test(before) && /^[^\s}#]|^\s+[^\s}#]/.test(after);
}

function isOwnVariable(text: string, { start, end }: Mark): boolean {
  const name = /^\$\{(\w+)\}$/.exec(text.slice(start, end))?.[1];
  return name !== undefined && definesVariable(text, name);
}

export function definesVariable(text: string, name: string): boolean {
  return new RegExp(`(?:^|[\\s;{])\\w*set\\w*\\s+\\$${name}\\b|\\$${name}\\s*\\{|\\?P?<${name}>`).test(text);
}

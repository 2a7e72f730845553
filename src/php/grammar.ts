/**
 * Statements of PHP's ini grammar: sections, assignments, bare keys, and the token that it does not expect.
 *
 * PHP hands each statement over as soon as it is complete, so what is before a syntax error counts,
 * and nothing after it does.
 */
import {
  advance,
  type Cursor,
  cursorOver,
  expect,
  fail,
  type IniText,
  leadingBlanks,
  type Range,
} from "./cursor.js";
import type { Token } from "./scanner.js";
import { isReserved } from "./tokens.js";
import { readParts, readValue } from "./value.js";

export type { IniText, Range } from "./cursor.js";
export { toInt } from "./value.js";

export type IniStatement =
  | { readonly kind: "section"; readonly name: IniText; readonly range: Range }
  | { readonly kind: "entry"; readonly key: IniKey; readonly value: IniText; readonly range: Range }
  /** A key without `=`. */
  | { readonly kind: "bare"; readonly key: IniKey; readonly range: Range };

export interface IniKey extends Range {
  readonly name: string;
  /** `X` of `name[X]`, the empty string of `name[]`, `null` without brackets. */
  readonly index: string | null;
}

export interface IniSyntaxError {
  /** The token that PHP did not expect. */
  readonly unexpected: Token;
  /** PHP's word for it: `'('`, `END_OF_LINE`, `end of file`. */
  readonly called: string;
  /** Where the statement with the error began. */
  readonly from: number;
}

export interface IniReading {
  readonly statements: readonly IniStatement[];
  readonly error: IniSyntaxError | null;
}

/** What PHP's bison grammar calls each token in `syntax error, unexpected …`. */
const names: Readonly<Record<Token["kind"], string | null>> = {
  "section-start": "TC_SECTION",
  "]": "']'",
  label: "TC_LABEL",
  offset: "TC_OFFSET",
  "=": "'='",
  true: "BOOL_TRUE",
  false: "BOOL_FALSE",
  null: "NULL_NULL",
  constant: "TC_CONSTANT",
  number: "TC_NUMBER",
  string: "TC_STRING",
  raw: "TC_RAW",
  blank: "TC_WHITESPACE",
  quote: "'\"'",
  quoted: "TC_QUOTED_STRING",
  "variable-start": "TC_DOLLAR_CURLY",
  name: "TC_VARNAME",
  "}": "'}'",
  operator: null,
  stray: null,
  "end-of-line": "END_OF_LINE",
  end: "end of file",
};

/** Reads a text: one line of an FPM file, or a whole php.ini. */
export function readIni(input: string): IniReading {
  return readPlain(input) ?? readTokens(input);
}

/** A header or a path: where there are thousands of pools, each has its own. `null`: it may be anything. */
function readPlain(input: string): IniReading | null {
  const [all = "", section, name = "", equals = "", path = ""] =
    /^(?:\[([A-Za-z_][\w-]*)\]|([a-z][a-z0-9_.]*)( ?= ?)(\/[\w./-]*))(?=\n?$)/.exec(input) ?? [];
  if (all === "" || isReserved(name)) return null;
  const range = { start: 0, end: all.length };
  if (section !== undefined) {
    const text: IniText = { text: section, start: 1, end: 1 + section.length };
    return { statements: [{ kind: "section", name: text, range }], error: null };
  }
  const key = { name, index: null, start: 0, end: name.length };
  const value: IniText = { text: path, start: name.length + equals.length, end: all.length };
  return { statements: [{ kind: "entry", key, value, range }], error: null };
}

/** The same of any text. */
export function readTokens(input: string): IniReading {
  const cursor = cursorOver(input);
  const statements: IniStatement[] = [];
  let from = 0;
  while (cursor.token.kind !== "end") {
    from = cursor.token.start;
    const statement = readStatement(cursor);
    if (cursor.failed === null && statement !== null) statements.push(statement);
  }
  const failed: Token | null = cursor.failed;
  return { statements, error: failed === null ? null : { unexpected: failed, called: called(failed), from } };
}

function called(token: Token): string {
  return names[token.kind] ?? `'${token.text}'`;
}

function readStatement(cursor: Cursor): IniStatement | null {
  const first = cursor.token;
  const start = first.start + leadingBlanks(cursor, first);
  switch (first.kind) {
    case "end-of-line":
      advance(cursor);
      return null;
    case "section-start": {
      advance(cursor);
      const name = readParts(cursor, start + 1, false);
      return { kind: "section", name, range: { start, end: expect(cursor, "]").start + 1 } };
    }
    case "label": {
      advance(cursor);
      const key = { name: first.text, index: null, start, end: start + first.text.length };
      if (cursor.token.kind === "=") return readEntry(cursor, key);
      return { kind: "bare", key, range: { start: key.start, end: key.end } };
    }
    case "offset": {
      advance(cursor);
      const index = readParts(cursor, first.end, true);
      const { end } = expect(cursor, "]");
      const text = index.text ?? cursor.input.slice(index.start, index.end);
      return readEntry(cursor, { name: first.text, index: text, start, end });
    }
    default:
      fail(cursor);
      return null;
  }
}

function readEntry(cursor: Cursor, key: IniKey): IniStatement {
  const equals = expect(cursor, "=");
  const empty = equals.start + cursor.input.slice(equals.start, equals.end).indexOf("=") + 1;
  const value = readValue(cursor, empty);
  return { kind: "entry", key, value, range: { start: key.start, end: Math.max(value.end, empty) } };
}

/** The right side of an ini assignment: words, quotes, variables, constants, integer operations. */

import { parse as decodeIni } from "ini";
import { integerOf } from "../source/digits.js";
import { constantValue } from "./constants.js";
import { advance, type Cursor, expect, fail, type IniText, leadingBlanks } from "./cursor.js";
import { trimBlanks } from "./scanner.js";

/** Deeper nesting than anyone writes; PHP's own parser also gives up at some depth. */
const maxDepth = 500;

/** What follows `=`; `empty` is the place of an empty value. */
export function readValue(cursor: Cursor, empty: number): IniText {
  const first = cursor.token;
  switch (first.kind) {
    case "end-of-line":
      advance(cursor);
      return { text: "", start: empty, end: empty };
    case "true":
    case "false":
    case "null": {
      advance(cursor);
      const word = trimBlanks(cursor.input.slice(first.start, first.end));
      return { text: first.kind === "true" ? "1" : "", start: first.start, end: first.start + word.length };
    }
    default:
      return readExpression(cursor);
  }
}

/** `|`, `&` and `^` have one rank and go from left to right; `~` and `!` bind tighter. */
function readExpression(cursor: Cursor): IniText {
  let left = readOperand(cursor);
  while (cursor.token.kind === "operator" && "|&^".includes(cursor.token.text)) {
    const operator = advance(cursor).text;
    const right = readOperand(cursor);
    left = { text: calculate(operator, left.text, right.text), start: left.start, end: right.end };
  }
  return left;
}

function readOperand(cursor: Cursor): IniText {
  const { kind, text: operator, start } = cursor.token;
  if (kind !== "operator") return readParts(cursor, null, true);
  if (!"(~!".includes(operator) || cursor.depth > maxDepth) {
    fail(cursor);
    return { text: null, start, end: start };
  }
  advance(cursor);
  cursor.depth += 1;
  const inner = operator === "(" ? readExpression(cursor) : readOperand(cursor);
  cursor.depth -= 1;
  if (operator !== "(") return { text: calculate(operator, inner.text, "0"), start, end: inner.end };
  if (cursor.token.text !== ")" || cursor.token.kind !== "operator") fail(cursor);
  return { text: inner.text, start, end: advance(cursor).start + 1 };
}

function calculate(operator: string, left: string | null, right: string | null): string | null {
  if (left === null || right === null) return null;
  const a = toInt(left);
  const b = toInt(right);
  switch (operator) {
    case "|":
      return String(a | b);
    case "&":
      return String(a & b);
    case "^":
      return String(a ^ b);
    case "~":
      return String(~a);
    default:
      return a === 0 ? "1" : "0";
  }
}

/** C's `atoi` as in glibc: leading spaces and sign, then digits; 64 bits saturate, 32 remain. */
export function toInt(text: string): number {
  const digits = /^[ \t\n\v\f\r]*([+-]?[0-9]+)/.exec(text)?.[1];
  if (digits === undefined) return 0;
  const wide = integerOf(digits.replace(/^\+/, ""));
  const limit = 2n ** 63n;
  const saturated = wide >= limit ? limit - 1n : wide < -limit ? -limit : wide;
  return Number(BigInt.asIntN(32, saturated));
}

/** The pieces that PHP joins. `empty` is the place of an empty text; `null`: something must be there. */
export function readParts(cursor: Cursor, empty: number | null, constants: boolean): IniText {
  const first = cursor.token;
  const parts: Part[] = [];
  for (let part = readPart(cursor, constants); part !== undefined; part = readPart(cursor, constants)) {
    parts.push(part);
  }
  if (parts.length === 0) {
    if (empty === null) fail(cursor);
    return { text: "", start: empty ?? first.start, end: empty ?? first.start };
  }
  const start = first.start + leadingBlanks(cursor, first);
  const end = start + trimBlanks(cursor.input.slice(start, parts.at(-1)?.end)).length;
  if (parts.some((part) => part.text === null)) return { text: null, start, end };
  const text = parts.map((part) => part.text).join("");
  return { text: parts.every((part) => part.plain) ? decodePlain(text) : text, start, end };
}

interface Part {
  readonly text: string | null;
  readonly end: number;
  /** The characters are taken literally. */
  readonly plain: boolean;
}

function readPart(cursor: Cursor, constants: boolean): Part | undefined {
  const token = cursor.token;
  switch (token.kind) {
    case "constant": {
      advance(cursor);
      const value = constants ? constantValue(token.text) : undefined;
      return { text: value === undefined ? token.text : value, end: token.end, plain: value === undefined };
    }
    case "number":
    case "string":
    case "blank":
      advance(cursor);
      return { text: token.text, end: token.end, plain: true };
    case "raw":
      advance(cursor);
      return { text: token.text, end: token.end, plain: false };
    case "variable-start":
      return { text: null, end: readVariable(cursor), plain: false };
    case "quote":
      return readQuoted(cursor);
    default:
      return undefined;
  }
}

function readVariable(cursor: Cursor): number {
  advance(cursor);
  expect(cursor, "name");
  return expect(cursor, "}").end;
}

function readQuoted(cursor: Cursor): Part {
  advance(cursor);
  let text: string | null = "";
  for (;;) {
    if (cursor.token.kind === "quoted") {
      const more = advance(cursor).text;
      text = text === null ? null : text + more;
    } else if (cursor.token.kind === "variable-start") {
      readVariable(cursor);
      text = null;
    } else {
      return { text, end: expect(cursor, "quote").end, plain: false };
    }
  }
}

/**
 * Text without quotes, operators, variables or constants, decoded by the `ini` package.
 *
 * `ini` differs from PHP in what these characters do and in the words `true`, `false` and `null`
 * (which never get here), so text with them is used as it is, as in PHP.
 */
function decodePlain(text: string): string {
  if (
    !/^[\x21\x24-\x3a\x3c\x3e-\x5b\x5d-\x7e](?:[\x20\x21\x24-\x3a\x3c\x3e-\x5b\x5d-\x7e]*[\x21\x24-\x3a\x3c\x3e-\x5b\x5d-\x7e])?$/.test(
      text,
    )
  ) {
    return text;
  }
  const decoded: unknown = decodeIni(`value=${text}`).value;
  return typeof decoded === "string" ? decoded : text;
}

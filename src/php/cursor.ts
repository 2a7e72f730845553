/** A place in the tokens of an ini text; its first unexpected token ends the text. */
import { scanner, type Token } from "./scanner.js";

/** Characters `[start, end)` of the text that was read. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/** A decoded value: `text` is `null` if it is unknown (`${NAME}`, a constant that depends on the build). */
export interface IniText extends Range {
  readonly text: string | null;
}

export interface Cursor {
  readonly input: string;
  token: Token;
  failed: Token | null;
  depth: number;
  next: () => Token;
}

/** Before the first token. A byte order mark is skipped only if something follows it. */
export function cursorOver(input: string): Cursor {
  const next = scanner(input, input.startsWith("\uFEFF") && input.length > 1 ? 1 : 0);
  return { input, token: next(), failed: null, depth: 0, next };
}

/** Moves to the next token and returns the one before. */
export function advance(cursor: Cursor): Token {
  const taken = cursor.token;
  cursor.token = cursor.next();
  return taken;
}

/** Notes the first unexpected token and ends the text there. */
export function fail(cursor: Cursor): void {
  cursor.failed ??= cursor.token;
  const end = cursor.input.length;
  cursor.token = { kind: "end", text: "", start: end, end };
  cursor.next = () => cursor.token;
}

export function expect(cursor: Cursor, kind: Token["kind"]): Token {
  if (cursor.token.kind !== kind) fail(cursor);
  return advance(cursor);
}

/** How many spaces a token has before its text. */
export function leadingBlanks(cursor: Cursor, token: Token): number {
  return /^[ \t]*/.exec(cursor.input.slice(token.start, token.end))?.[0].length ?? 0;
}

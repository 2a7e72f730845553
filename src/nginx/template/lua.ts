import type { Range } from "../../source/ranges.js";

/** A block of Lua that does not end makes the file faulty; each costs a look at all that follows. */
const MOST_OPEN = 20;

/** Where the Lua blocks of a text are, in order. Tables within tables are Lua, not mustache. */
export function luaBlocks(text: string): readonly Range[] {
  const found: Range[] = [];
  let open = 0;
  for (let at = text.indexOf(HEAD); at !== -1 && open < MOST_OPEN; ) {
    const start = bodyStart(text, at + HEAD.length);
    const end = start === null ? null : luaBlockEnd(text, start);
    if (start !== null && end !== null) found.push({ start, end });
    else if (start !== null) open += 1;
    at = text.indexOf(HEAD, end ?? start ?? at + 1);
  }
  return found;
}

const HEAD = "_by_lua_block";

/** The most characters and marks between the name and its brace. */
const LONGEST_HEAD = 200;

/** The brace that opens the block whose head goes on at an offset: `set_by_lua_block {{ name }} {`. */
function bodyStart(text: string, from: number): number | null {
  let at = from;
  // The brace of `${NAME}` opens the block when nothing else does.
  let otherwise: number | null = null;
  for (let count = 0; count <= LONGEST_HEAD; count += 1) {
    const character = text.charAt(at);
    if (character === "{" && !/[{%]/.test(text.charAt(at + 1))) return at;
    const mark = /[{$]/.test(character) ? MARK.exec(text.slice(at, at + LONGEST_HEAD)) : null;
    if (mark === null && /^[;{}]?$/.test(character)) break;
    if (mark !== null && /^\$\{[^%]/.test(mark[0])) otherwise = at + 1;
    at += mark?.[0].length ?? 1;
  }
  return otherwise;
}

const MARK = /^(?:\{\{.*?\}\}+|\{%.*?%\}|\$\{[^{}\n]*\})/;

/**
 * The body of a `*_by_lua_block`: one past the brace that closes it, `null` when none does. `open`
 * is the offset of the `{`. Braces in Lua strings, long brackets and comments do not count, as
 * lua-nginx-module reads them.
 */
export function luaBlockEnd(text: string, open: number): number | null {
  let depth = 0;
  let at = open;
  while (at < text.length) {
    const character = text.charAt(at);
    if (character === "{") depth += 1;
    else if (character === "}") {
      depth -= 1;
      if (depth === 0) return at + 1;
    }
    at = skipLuaToken(text, at);
  }
  return null;
}

/** One past the string or comment at `at`, or past the one character there. */
function skipLuaToken(text: string, at: number): number {
  const character = text.charAt(at);
  if (character === '"' || character === "'") return skipString(text, at, character);
  if (text.startsWith("--", at)) {
    const long = longBracketEnd(text, at + 2);
    if (long !== null) return long;
    const lineEnd = text.indexOf("\n", at);
    return lineEnd === -1 ? text.length : lineEnd + 1;
  }
  if (character === "[") return longBracketEnd(text, at) ?? at + 1;
  return at + 1;
}

function skipString(text: string, start: number, quote: string): number {
  for (let at = start + 1; at < text.length; at += 1) {
    const character = text.charAt(at);
    if (character === "\\") at += 1;
    else if (character === quote) return at + 1;
  }
  return text.length;
}

function longBracketEnd(text: string, at: number): number | null {
  const opening = /^\[(=*)\[/.exec(text.slice(at, at + 64));
  if (opening === null) return null;
  const closing = `]${opening[1] ?? ""}]`;
  const end = text.indexOf(closing, at + opening[0].length);
  return end === -1 ? text.length : end + closing.length;
}

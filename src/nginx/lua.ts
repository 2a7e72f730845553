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

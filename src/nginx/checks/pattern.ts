import type { Word } from "../types.js";
import { quoted, type Refusal } from "./refusal.js";

/**
 * Regular expressions that no version of PCRE compiles: brackets that do not balance, quantifiers
 * after nothing. `null` for everything else, also for what only some versions refuse.
 */
export function patternFault(pattern: string): string | null {
  // In these modes spaces, `#` and quantifiers mean something else, or there may be comments.
  if (/\(\*|\(\?[a-zA-Z^-]*x|\(\?#|\\Q/.test(pattern)) return null;
  let depth = 0;
  let repeatable = false;
  for (let at = 0; at < pattern.length; at += 1) {
    const character = pattern.charAt(at);
    if (character === "\\") {
      if (at + 1 >= pattern.length) return "a backslash at its end";
      at += escapeLength(pattern, at) - 1;
      repeatable = true;
    } else if (character === "[") {
      const end = classEnd(pattern, at);
      if (end === null) return "a [ that is not closed";
      at = end;
      repeatable = true;
    } else if (character === "(") {
      depth += 1;
      at = groupStart(pattern, at);
      repeatable = false;
    } else if (character === ")") {
      depth -= 1;
      if (depth < 0) return "one ) too many";
      repeatable = true;
    } else if (character === "|") repeatable = false;
    else if (quantifierLength(pattern, at) > 0) {
      if (!repeatable) return `a ${character} that repeats nothing`;
      if (outOfOrder(pattern.slice(at))) return "a quantifier whose numbers are out of order";
      at += quantifierLength(pattern, at) - 1;
      // `+` or `?` after a quantifier makes it possessive or lazy.
      if (/[+?]/.test(pattern.charAt(at + 1))) at += 1;
      repeatable = false;
    } else repeatable = true;
  }
  return depth > 0 ? "a ( that is not closed" : null;
}

/** `\x{41}` and its like are one escape. */
function escapeLength(pattern: string, at: number): number {
  return /^\\(?:[xopPgkN]\{[^}]*\}|[\s\S])/.exec(pattern.slice(at, at + 60))?.[0].length ?? 2;
}

function outOfOrder(rest: string): boolean {
  const [, least, most] = /^\{(\d+),(\d+)\}/.exec(rest) ?? [];
  return least !== undefined && Number(least) > Number(most);
}

/** PCRE accepts a quantifier after `^`, `\b` and the like, and so do we. */
function quantifierLength(pattern: string, at: number): number {
  const match = /^(?:[*+?]|\{\d+(?:,\d*)?\})/.exec(pattern.slice(at, at + 20));
  return match?.[0].length ?? 0;
}

/**
 * The offset of the last character of `(`, `(?:`, `(?<name>` …, after which the content of the group
 * begins.
 */
function groupStart(pattern: string, at: number): number {
  const match = /^\(\?(?:[:=!>|]|<[=!]|P?<\w+>|'\w+'|[a-zA-Z^-]*:?|P[=>]\w+|[&R\d+-]+\w*)/.exec(
    pattern.slice(at, at + 60),
  );
  return at + (match?.[0].length ?? 1) - 1;
}

function classEnd(pattern: string, start: number): number | null {
  let at = start + 1;
  if (pattern.charAt(at) === "^") at += 1;
  // A bracket in the first place is an ordinary character.
  if (pattern.charAt(at) === "]") at += 1;
  for (; at < pattern.length; at += 1) {
    const character = pattern.charAt(at);
    if (character === "\\") at += 1;
    else if (character === "[" && /^\[[:.=]/.test(pattern.slice(at))) {
      const end = pattern.indexOf(`${pattern.charAt(at + 1)}]`, at + 2);
      if (end !== -1) at = end + 1;
    } else if (character === "]") return at;
  }
  return null;
}

/** `from`: where the expression begins in the word, after `~` or `~*`. */
export function patternRefusal(at: Word, from = 0): Refusal | null {
  const pattern = at.text.slice(from);
  const fault = patternFault(pattern);
  if (fault === null) return null;
  return {
    kind: "pattern",
    log: `pcre2_compile() failed: … in "${pattern}"`,
    word: at,
    message: `the regular expression ${quoted(pattern)} has ${fault}`,
    help: "put a backslash before a character that is meant literally, or balance the brackets",
  };
}

/** A word that begins with `~` or `~*`, as in `map` and `server_name`. */
export function tildePattern(at: Word): Refusal | null {
  return at.text.startsWith("~") ? patternRefusal(at, at.text.startsWith("~*") ? 2 : 1) : null;
}

/** The number of capturing groups; `null`: unknown. */
export function captures(pattern: string): number | null {
  if (patternFault(pattern) !== null || /\(\*|\(\?\||\\Q|\[/.test(pattern.replace(/\\./g, ""))) return null;
  const plain = pattern.replace(/\\./gs, "");
  return [...plain.matchAll(/\((?!\?)|\(\?(?:P?<(?![=!])|')/g)].length;
}

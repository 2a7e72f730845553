import type { Word } from "./types.js";

/** What ends a directive's words, or why they are refused. Offsets are into the text. */
export type WordsEnd =
  | { readonly kind: ";" | "{"; readonly at: number }
  | { readonly kind: "}"; readonly at: number }
  /** `string`: the quote that opens the string which is not closed, `null` outside of one. */
  | { readonly kind: "eof"; readonly string: number | null }
  | { readonly kind: "after-quote"; readonly at: number }
  | { readonly kind: "too-long"; readonly start: number; readonly quote: '"' | "'" | null };

export interface Words {
  readonly words: readonly Word[];
  readonly end: WordsEnd;
}

/** Nearly every word is one of these, and a file may have millions: they hold only what differs. */
class BareWord implements Word {
  readonly text: string;
  readonly start: number;
  readonly end: number;

  constructor(text: string, start: number, end: number) {
    this.text = text;
    this.start = start;
    this.end = end;
  }

  get quote(): null {
    return null;
  }

  get placeholder(): false {
    return false;
  }
}

/** nginx's read buffer: a word or comment that does not end within it is refused (ngx_conf_file.c, NGX_CONF_BUFFER). */
const BUFFER = 4096;

/** nginx's blanks are these four and no others: a no-break space or a byte order mark is part of a word. */
export function isBlank(character: string): boolean {
  return character === " " || character === "\n" || character === "\t" || character === "\r";
}

/** The offset behind blanks and comments, or the comment that is too long for nginx. */
export function skipBlanks(
  text: string,
  from: number,
): { readonly at: number } | { readonly tooLong: number } {
  let at = from;
  for (;;) {
    while (at < text.length && isBlank(text.charAt(at))) at += 1;
    if (text.charAt(at) !== "#") return { at };
    const lineEnd = text.indexOf("\n", at);
    const end = lineEnd === -1 ? text.length : lineEnd;
    if (overflows(text, at, end)) return { tooLong: at };
    at = end;
  }
}

/** Reads the words of one directive by nginx's token rules, up to `;`, `{` or what nginx refuses. */
export function readWords(text: string, from: number): Words {
  const words: Word[] = [];
  let at = from;
  for (;;) {
    const skipped = skipBlanks(text, at);
    if ("tooLong" in skipped)
      return { words, end: { kind: "too-long", start: skipped.tooLong, quote: null } };
    at = skipped.at;
    const character = text.charAt(at);
    if (character === "") return { words, end: { kind: "eof", string: null } };
    if (character === ";" || character === "{" || character === "}")
      return { words, end: { kind: character, at } };
    const quote = character === '"' || character === "'" ? character : null;
    const end = quote === null ? bareEnd(text, at) : quotedEnd(text, at, quote);
    if (overflows(text, quote === null ? at : at + 1, lastRead(text, end)))
      return { words, end: { kind: "too-long", start: at, quote } };
    if (end === null) return { words, end: { kind: "eof", string: at } };
    words.push(
      quote === null
        ? new BareWord(decode(text.slice(at, end)), at, end)
        : { text: decode(text.slice(at + 1, end - 1)), start: at, end, quote, placeholder: false },
    );
    at = end;
    if (quote !== null && !endsWord(text.charAt(at))) return { words, end: { kind: "after-quote", at } };
    if (quote === null && at >= text.length) return { words, end: { kind: "eof", string: null } };
  }
}

/** One past a bare word. A brace right after `$` belongs to the word, and so do the braces right after it. */
function bareEnd(text: string, start: number): number {
  let variable = false;
  for (let at = start; at < text.length; at += 1) {
    const character = text.charAt(at);
    if (character === "{" && variable) continue;
    variable = false;
    if (character === "\\") at += 1;
    else if (character === "$") variable = true;
    // Most characters are beyond the blanks, and to ask each is a call each.
    else if (character === ";" || character === "{" || (character <= " " && isBlank(character))) return at;
  }
  return text.length;
}

/** One past the closing quote; `null` when there is none. */
function quotedEnd(text: string, start: number, quote: string): number | null {
  for (let at = start + 1; at < text.length; at += 1) {
    const character = text.charAt(at);
    if (character === "\\") at += 1;
    else if (character === quote) return at + 1;
  }
  return null;
}

/** After a closing quote nginx wants a blank, `;` or `{`; a `)` starts a new word, for `if ($x = "y")`. */
function endsWord(character: string): boolean {
  return (
    character === "" || isBlank(character) || character === ";" || character === "{" || character === ")"
  );
}

/**
 * How far nginx reads with the word still in its buffer: up to what ends it, and the byte behind that
 * when it is a blank. A quoted word ends with what stands behind the quote.
 */
function lastRead(text: string, end: number | null): number {
  if (end === null) return text.length;
  return isBlank(text.charAt(end)) ? end + 1 : end;
}

function overflows(text: string, start: number, end: number): boolean {
  if (end - start < BUFFER / 4 || Buffer.byteLength(text.slice(start, end)) < BUFFER) return false;
  // What runs into the end of the file within one buffer is reported as such, not as too long.
  return end < text.length || Buffer.byteLength(text.slice(start)) > BUFFER;
}

/** nginx's own escapes, the same in bare and quoted words; every other backslash stays. */
export function decode(raw: string): string {
  if (!raw.includes("\\")) return raw;
  return raw.replace(/\\([\s\S])/g, (all, next: string) => {
    if (next === '"' || next === "'" || next === "\\") return next;
    if (next === "t") return "\t";
    if (next === "r") return "\r";
    return next === "n" ? "\n" : all;
  });
}

/**
 * What a configuration or a file name holds is shown, never obeyed: a terminal would run escape
 * sequences, and invisible or direction-changing characters would make a line read as another one.
 *
 * Covered: C0, DEL, C1, every format character (bidi controls, zero-width characters, BOM, tags),
 * line and paragraph separators, lone surrogates, and every blank that is not U+0020. The last are
 * no danger, but a no-break blank is a letter to both daemons, and a frame that draws it as a blank
 * hides the fault it should show.
 */
import { withoutEnd } from "../source/ends.js";

const UNSAFE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]|(?! )\p{Zs}/gu;

/** The shown form of one character: `\x1b`, `\u202e`, `\u{e0041}`. */
function shown(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  const hex = code.toString(16);
  if (code <= 0xff) return `\\x${hex.padStart(2, "0")}`;
  return code <= 0xffff ? `\\u${hex.padStart(4, "0")}` : `\\u{${hex}}`;
}

/** One line of text, safe for a terminal; a line end in it is shown as `\x0a`. */
export function escapeText(text: string): string {
  return text.replace(UNSAFE, shown);
}

/** Text of several lines: split at LF or CRLF, tabs to four blanks, the rest escaped, no trailing blanks. */
export function escapeLines(text: string): string[] {
  return text.split(/\r?\n/).map((line) => withoutEnd(escapeText(line.replaceAll("\t", "    ")), " "));
}

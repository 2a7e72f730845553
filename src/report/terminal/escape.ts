import { lazily } from "../../source/memo.js";

/**
 * What a configuration or a file name holds is shown, never obeyed: a terminal would run escape
 * sequences, and invisible or direction-changing characters would make a line read as another one.
 *
 * Covered: C0, DEL, C1, every format character (bidi controls, zero-width characters, BOM, tags),
 * line and paragraph separators, lone surrogates, and every space that is not U+0020. The last are
 * not dangerous, but a no-break space is a letter to both daemons, and a frame that draws it as a
 * space hides the fault it should show.
 */
const unsafe = lazily(() => /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]|(?! )\p{Zs}/gu);

/** What has none of these. V8 reads tables of Unicode for each of the patterns here, which takes longer than most texts. */
const PLAIN = /^[ -~]*$/;

/**
 * Words that a CI service obeys wherever they are in a line of a log: `##[…]` of GitHub's older runner
 * and of Azure, `##vso[…]` of Azure, `##teamcity[…]`. The second `#` is what is shown by an escape.
 * Their readers compare by rules of a language, for which characters that are never drawn count for
 * nothing.
 */
const mark = lazily(() => /(#\p{DI}*)#(?=\p{DI}*(?:(?:vso|teamcity)\p{DI}*)?\[)/giu);

/** GitHub's `::`, which counts after spaces and after the colours that we print. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: colours begin with ESC
const command = lazily(() => /^((?:[^\S\r\n\ufeff]|\p{DI}|\x1b\[[\d;]*m)*):(?=\p{DI}*:)/gmu);

/** What every one of them has. */
const COLONS = /:[\u0080-\uffff]*:/;

/** The shown form of one character: `\x1b`, `\u202e`, `\u{e0041}`. A byte that is not UTF-8 is that byte: `\xe8`. */
function shown(character: string): string {
  const point = character.codePointAt(0) ?? 0;
  const code = point >= 0xdc80 && point <= 0xdcff ? point - 0xdc00 : point;
  const hex = code.toString(16);
  if (code <= 0xff) return `\\x${hex.padStart(2, "0")}`;
  return code <= 0xffff ? `\\u${hex.padStart(4, "0")}` : `\\u{${hex}}`;
}

/** One line of text, safe for a terminal and as a part of a CI log; a line end in it is shown as `\x0a`. */
export function escapeText(text: string): string {
  return escapeMarks(PLAIN.test(text) ? text : text.replace(unsafe(), shown));
}

/** `##[` becomes `#\x23[`. `hash`: what is written for the second `#`, in JSON its `\u` escape. */
export function escapeMarks(text: string, hash = "\\x23"): string {
  return text.includes("#") ? text.replace(mark(), `$1${hash}`) : text;
}

/** Where in a line `escapeText` writes more than the character that is there, though that is harmless alone. */
export function markOffsets(line: string): ReadonlySet<number> {
  return new Set(
    line.includes("##")
      ? [...line.matchAll(mark())].map(({ 0: found, index }) => index + found.length - 1)
      : [],
  );
}

/**
 * A whole output in which nothing starts a command of a CI service, whoever wrote the parts it was put
 * together from. Everything that is printed goes through here (`cli/streams.ts`). JSON and what is
 * escaped already come out as they are.
 */
export function withoutCommands(output: string): string {
  const marked = escapeMarks(output);
  return COLONS.test(marked) ? marked.replace(command(), "$1\\x3a") : marked;
}

/** The same with tabs as four spaces and without spaces at the end, for lines that are shown as a text. */
export function escapeLine(text: string): string {
  return escapeText(text.replaceAll("\t", "    ")).trimEnd();
}

/**
 * Where the pieces of template languages are in a text. Each kind is an opening and the end nearest to
 * it. Ends are looked for once and remembered, so that a text full of openings takes no longer than
 * any other: a pattern that is tried at every opening and runs as far as it may takes quadratic time.
 */

import type { Range } from "./ranges.js";

/** `anywhere`: marks may go on in further lines. `line`: those of files that are read line by line. */
export type Dialect = "anywhere" | "line";

/** What may be between the opening and the end. `line`: no line end of any kind. `feed`: no LF. */
type Inside = "all" | "line" | "feed";

interface Kind {
  /** Sticky. */
  readonly open: RegExp;
  /** Global, and linear. */
  readonly close: RegExp;
  /** The most characters between the two. */
  readonly most: number;
  readonly inside: Inside;
}

const LINE_ENDS = /[\n\r\u2028\u2029]/g;
const FEEDS = /\n/g;
const DOUBLE = /\}\}+/g;
const TAG = /%\}/g;
const COMMENT = /#\}/g;
const CODE = /%>/g;
const PHP = /\?>/g;
const BRACE = /\}/g;

function kind(open: RegExp, close: RegExp, most: number, inside: Inside): Kind {
  return { open, close, most, inside };
}

function kinds(most: number, inside: Inside): readonly Kind[] {
  return [
    kind(/\{\{!--/y, /--~?\}\}/g, most, inside),
    kind(/\{\{-?\s*\/\*/y, /\*\/\s*-?\}\}/g, most, inside),
    kind(/\{\{/y, DOUBLE, most, inside),
    kind(/\{%/y, TAG, most, inside),
    kind(/\{#/y, COMMENT, 500, "line"),
    kind(/<%/y, CODE, 500, "line"),
    kind(/<\?(?!xml)/y, PHP, 500, "line"),
    kind(/<\/?tmpl_\w+/y, />/g, 200, "feed"),
    kind(/\{\/?tmpl_\w+/y, BRACE, 200, "feed"),
    kind(/\{!!/y, /!!\}/g, 200, "line"),
  ];
}

/** Words that mean a value. Not `%E2%`, which is an encoded character, nor `%R%`: access.format has those. */
const NAMES = [
  /%(?![0-9A-Fa-f]{2}%)[A-Za-z_][A-Za-z0-9_]+%/y,
  /__[A-Z0-9](?:[A-Z0-9_]*[A-Z0-9])?__/y,
  /@[A-Za-z_][A-Za-z0-9_]*@/y,
  /![A-Z][A-Z0-9_]*!/y,
  // Not the name of a group in a regular expression.
  /(?<![?Pk(\\])<[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+>/y,
  /\$\{\w+:[\w.-]+\}/y,
  // Neither `%{mili}d` of access.format nor `\p{Lu}` and `\k{name}` of a regular expression.
  /(?<![%$\\{]|\\[A-Za-z])\{[A-Za-z_][\w.-]*\}/y,
];

/** Lines that are template language as a whole: Mako's `% if x:`, Blade's `@if ($x)`. */
const LINES =
  /(?:%[ \t]*(?:if|elif|else|endif|for|endfor|while|endwhile)\b|@(?:if|elseif|else|endif|unless|endunless|isset|endisset|for|endfor|foreach|endforeach)\b)[^\n]*/y;

/** Of these, only what begins a line goes on in the next: elsewhere `{#` is nginx's comment, and comments speak of `<?`. */
const OVER_LINES = [
  kind(/\{#/y, COMMENT, 4000, "all"),
  kind(/<%/y, CODE, 2000, "all"),
  kind(/<\?(?!xml)/y, PHP, 2000, "all"),
];

const IN_TEXT = kinds(2000, "all");
const IN_LINES = kinds(500, "line");
const SHELL = /\$\{[A-Z_][A-Z0-9_]*\}/y;
const SHELL_IN_LINES = kind(/\$\{[A-Za-z_]/y, BRACE, 500, "feed");
const SHELL_DEFAULT = /\$\{[A-Za-z_]\w*:?[-=?+]/y;

/** Every mark of a text, in order. */
export function scanMarks(text: string, dialect: Dialect): readonly Range[] {
  const scan = new Scan(text);
  const found: Range[] = [];
  // One underline begins nothing, and most words have one; nor does a brace before a blank, as nginx's have.
  const first = /\{(?!\s)|[$#]\{|[<%@!]|__/g;
  for (let one = first.exec(text); one !== null; one = first.exec(text)) {
    const end = dialect === "anywhere" ? anywhere(scan, one.index) : inLine(scan, one.index);
    if (end !== null) found.push({ start: one.index, end });
    first.lastIndex = end ?? one.index + 1;
  }
  return found;
}

/** `#{NAME}` after other text of its line; elsewhere `#` begins a comment. */
const INTERPOLATED = /#\{[A-Za-z_][\w.]*\}/y;
/** So many characters before it are looked through: one line may have a million of them. */
const FARTHEST = 500;

function interpolated(scan: Scan, at: number): number | null {
  if (scan.text.charAt(at) !== "#" || beginsLine(scan.text, at)) return null;
  return /[;#]/.test(lineBefore(scan.text, at)) ? null : scan.match(INTERPOLATED, at);
}

/** What is before it in its line. */
function lineBefore(text: string, at: number): string {
  const before = text.slice(Math.max(0, at - FARTHEST), at);
  return before.slice(before.lastIndexOf("\n") + 1);
}

/** A word for a person to replace: `<name>`, `<http or https>`. nginx has no such value. */
const ANGLED = /<[A-Za-z][\w-]*>(?=[\s;.:/@]|$)|<[A-Za-z][\w-]*(?: [\w-]+){1,8}>(?=\s*;)/y;

/** Not in quotes, where HTML is, nor in a pattern, whose groups have names; and after the name of a directive. */
function angled(scan: Scan, at: number): number | null {
  if (scan.text.charAt(at) !== "<" || !/[ \t./:=@-]/.test(scan.text.charAt(at - 1))) return null;
  const before = lineBefore(scan.text, at);
  return before.trim() === "" || /["'#(]/.test(before) ? null : scan.match(ANGLED, at);
}

function anywhere(scan: Scan, at: number): number | null {
  if (scan.text.charAt(at) === "#") return interpolated(scan, at);
  const whole = beginsLine(scan.text, at) ? (scan.match(LINES, at) ?? scan.first(OVER_LINES, at)) : null;
  const marked = whole ?? scan.first(IN_TEXT, at) ?? scan.withDefault(at) ?? scan.match(SHELL, at);
  return marked ?? named(scan, at) ?? angled(scan, at);
}

function inLine(scan: Scan, at: number): number | null {
  if (scan.text.charAt(at) === "#") return interpolated(scan, at);
  return (
    scan.first(IN_LINES, at) ?? scan.withDefault(at) ?? scan.first([SHELL_IN_LINES], at) ?? named(scan, at)
  );
}

function named(scan: Scan, at: number): number | null {
  for (const name of NAMES) {
    const end = scan.match(name, at);
    if (end !== null) return end;
  }
  return null;
}

/** Nothing but spaces and tabs before it in its line. */
function beginsLine(text: string, at: number): boolean {
  let before = at - 1;
  while (text[before] === " " || text[before] === "\t") before -= 1;
  return before < 0 || /[\n\r\u2028\u2029]/.test(text.charAt(before));
}

/** Ends are looked for from left to right, and each only once. */
class Scan {
  readonly text: string;
  private readonly ends = new Map<RegExp, Range | null>();

  constructor(text: string) {
    this.text = text;
  }

  /** The end of a sticky pattern that matches there. */
  match(pattern: RegExp, at: number): number | null {
    pattern.lastIndex = at;
    return pattern.test(this.text) ? pattern.lastIndex : null;
  }

  /** The end of the first kind that is there. */
  first(some: readonly Kind[], at: number): number | null {
    for (const { open, close, most, inside } of some) {
      const begun = this.match(open, at);
      const end = begun === null ? null : this.next(close, begun);
      if (begun === null || end === null || end.start - begun > most) continue;
      if (inside === "all" || end.start <= this.lineEnd(inside, begun)) return end.end;
    }
    return null;
  }

  private lineEnd(inside: Inside, from: number): number {
    return this.next(inside === "line" ? LINE_ENDS : FEEDS, from)?.start ?? this.text.length;
  }

  /** The first match that begins at an offset or after it. */
  private next(pattern: RegExp, from: number): Range | null {
    const known = this.ends.get(pattern);
    if (known === null || (known !== undefined && known.start >= from)) return known;
    pattern.lastIndex = from;
    const match = pattern.exec(this.text);
    const found = match === null ? null : { start: match.index, end: match.index + match[0].length };
    this.ends.set(pattern, found);
    return found;
  }

  /** `${a:-b}`, `${a:-${b}}`: at most 500 characters or inner variables, in one line. */
  withDefault(start: number): number | null {
    const from = this.match(SHELL_DEFAULT, start);
    if (from === null) return null;
    const feed = this.lineEnd("feed", from);
    let at = from;
    let inner: number | null = null;
    for (let count = 0; count <= 500; count += 1) {
      const brace = this.next(BRACE, at)?.start ?? feed;
      if (brace >= feed) return inner;
      if (brace === at) return at + 1;
      const nested = this.text.startsWith("${", at) && brace >= at + 2 && brace - at - 2 <= 200;
      at = nested ? brace + 1 : at + 1;
      if (nested) inner = at;
    }
    return inner;
  }
}

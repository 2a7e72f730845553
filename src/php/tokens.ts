/**
 * The tokens of PHP's ini grammar (`INI_SCANNER_NORMAL`) and the rules that find them.
 *
 * PHP's scanner takes the longest match and, between equally long ones, the first rule. The tables
 * below keep that order: `on` is a reserved word while `online` is a key, `1|4` is an operation
 * while `a-b` is one word.
 */

export type TokenKind =
  | "section-start"
  | "]"
  | "label"
  | "offset"
  | "="
  | "true"
  | "false"
  | "null"
  | "constant"
  | "number"
  | "string"
  | "raw"
  | "blank"
  | "quote"
  | "quoted"
  | "variable-start"
  | "name"
  | "}"
  | "operator"
  | "stray"
  | "end-of-line"
  | "end";

export interface Token {
  readonly kind: TokenKind;
  /** The characters as the grammar sees them: quotes and surrounding spaces removed, escapes resolved. */
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

export type State = "initial" | "value" | "offset" | "section" | "quotes" | "name";

export interface ScanRule {
  readonly kind: TokenKind | "skip";
  readonly pattern: RegExp;
  /** The state after the token; `push:` comes back at the closing token, `pop` is that coming back. */
  readonly next?: State | "push:quotes" | "push:name" | "pop";
}

/** `$` and what it makes literal. The lookahead keeps the match the longest one: `$\$;` is `$\` and `$;`. */
const literalDollar = "\\$\\\\(?!\\$[^{\\0]|\\\\[^])[^]|\\$[^{\\0]";
const label = '[^=\\n\\r\\t;&|^$~(){}!"[\\0]+';
const newline = "(?:\\r\\n|\\r|\\n)";
const sectionText = `(?:[^$\\n\\r;"'\\]\\\\]|\\\\[^]|${literalDollar})+`;

/** Case counts: V8 takes long to make a class of characters that means the letters of both cases. */
function rule(kind: ScanRule["kind"], source: string, next?: ScanRule["next"]): ScanRule {
  const pattern = new RegExp(source, "y");
  return next === undefined ? { kind, pattern } : { kind, pattern, next };
}

const reservedWords: readonly ScanRule[] = [
  { kind: "true", pattern: /(?:true|on|yes)[ \t]*/iy },
  { kind: "false", pattern: /(?:false|off|none|no)[ \t]*/iy },
  { kind: "null", pattern: /null[ \t]*/iy },
];

/** Whether PHP takes a word for one of these values, also where a key is. */
export function isReserved(word: string): boolean {
  return reservedWords.some(({ pattern }) => {
    pattern.lastIndex = 0;
    return pattern.exec(word)?.[0] === word;
  });
}

/** What a statement may start with and the end of the text may cut off. */
export const wordsAtLineStart: ReadonlySet<ScanRule["kind"]> = new Set(["label", "true", "false", "null"]);
/** A comment that the end of the text cuts off ends the text, and so do the spaces before it. */
const lastComment = rule("end", "[ \\t]*;[^\\r\\n]*$");

const raw = rule("raw", "'[^']+'");
const variable = rule("variable-start", "\\$\\{", "push:name");
const words = [
  rule("constant", "[A-Za-z_][A-Za-z0-9_]*"),
  rule("number", "[0-9]*\\.[0-9]+|[0-9]+\\.[0-9]*|-?[0-9]+"),
];
const openingQuote = rule("quote", '[ \\t]*"', "push:quotes");
const blank = rule("blank", "[ \\t]+");

/** The rules of each state, in PHP's order. There are none inside double quotes: see `quotedToken`. */
export const rules: Readonly<Record<Exclude<State, "quotes">, readonly ScanRule[]>> = {
  initial: [
    rule("section-start", "\\[", "section"),
    rule("offset", `${label}\\[[ \\t]*`, "offset"),
    ...reservedWords,
    rule("label", label),
    rule("=", "[ \\t]*=[ \\t]*", "value"),
    rule("stray", "[:,.[\\]\"'()&|^+-/*=%$!~<>?@{}]"),
    rule("skip", "[ \\t]+"),
    rule("end-of-line", `[ \\t]*${newline}`),
    rule("end-of-line", `[ \\t]*;[^\\r\\n]*${newline}`),
  ],
  value: [
    raw,
    variable,
    ...reservedWords,
    rule("end-of-line", `[ \\t]*${newline}`, "initial"),
    ...words,
    rule("operator", "[&|^~()!][ \\t]*"),
    rule("string", `(?:[^$= \\t\\n\\r;&|^~()!"'\\0]|${literalDollar})+`),
    openingQuote,
    blank,
    rule("end-of-line", `[ \\t]*;[^\\r\\n]*${newline}`, "initial"),
    lastComment,
  ],
  offset: [
    raw,
    rule("]", "[ \\t]*\\]", "initial"),
    variable,
    ...words,
    rule("string", sectionText),
    openingQuote,
    blank,
  ],
  section: [
    raw,
    rule("]", `\\][ \\t]*${newline}?`, "initial"),
    variable,
    ...words,
    rule("string", sectionText),
    openingQuote,
    blank,
  ],
  name: [rule("name", label), rule("}", "\\}", "pop")],
};

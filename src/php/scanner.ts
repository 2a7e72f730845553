/**
 * The tokens of PHP's ini grammar (`INI_SCANNER_NORMAL`), which FPM's files and php.ini share.
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
  /** The characters as the grammar sees them: quotes and surrounding blanks removed, escapes resolved. */
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

type State = "initial" | "value" | "offset" | "section" | "quotes" | "name";

interface ScanRule {
  readonly kind: TokenKind | "skip";
  readonly pattern: RegExp;
  /** The state after the token; `push:` comes back at the closing token, `pop` is that coming back. */
  readonly next?: State | "push:quotes" | "push:name" | "pop";
}

const literalDollar = "\\$\\\\[^]|\\$[^{\\0]";
const label = '[^=\\n\\r\\t;&|^$~(){}!"[\\0]+';
const newline = "(?:\\r\\n|\\r|\\n)";
const sectionText = `(?:[^$\\n\\r;"'\\]\\\\]|\\\\[^]|${literalDollar})+`;

function rule(kind: ScanRule["kind"], source: string, next?: ScanRule["next"]): ScanRule {
  const pattern = new RegExp(source, "iy");
  return next === undefined ? { kind, pattern } : { kind, pattern, next };
}

const reservedWords = [
  rule("true", "(?:true|on|yes)[ \\t]*"),
  rule("false", "(?:false|off|none|no)[ \\t]*"),
  rule("null", "null[ \\t]*"),
];

const raw = rule("raw", "'[^']+'");
const variable = rule("variable-start", "\\$\\{", "push:name");
const words = [
  rule("constant", "[a-z_][a-z0-9_]*"),
  rule("number", "[0-9]*\\.[0-9]+|[0-9]+\\.[0-9]*|-?[0-9]+"),
];
const openingQuote = rule("quote", '[ \\t]*"', "push:quotes");
const blank = rule("blank", "[ \\t]+");

const rules: Readonly<Record<Exclude<State, "quotes">, readonly ScanRule[]>> = {
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

/** Reads `input` from `begin` on, token by token; past its end it says `end` for ever. */
export function scanner(input: string, begin: number): () => Token {
  const stack: State[] = [];
  let state: State = "initial";
  let at = begin;

  const move = (next: ScanRule["next"]): void => {
    if (next === undefined) return;
    if (next === "pop") state = stack.pop() ?? "initial";
    else if (next === "push:quotes" || next === "push:name") {
      stack.push(state);
      state = next === "push:quotes" ? "quotes" : "name";
    } else state = next;
  };

  const finish = (start: number): Token => {
    at = input.length;
    return { kind: "end", text: "", start, end: input.length };
  };

  /** Where no rule fits: a value ends there; elsewhere, and in a quote or comment without an end, the text does. */
  const unmatched = (start: number): Token => {
    const character = input[at];
    const endless = character === ";" || (character === "'" && !input.includes("'", at + 1));
    if (state !== "value" || endless) return finish(start);
    state = "initial";
    if (character !== "=") at += 1;
    return { kind: "end-of-line", text: "", start, end: at };
  };

  return function next(): Token {
    for (;;) {
      const start = at;
      if (at >= input.length) {
        if (state !== "value") return finish(start);
        state = "initial";
        return { kind: "end-of-line", text: "", start, end: start };
      }
      if (state === "quotes") {
        const token = quotedToken(input, at);
        at = token.end;
        if (token.kind === "quote") move("pop");
        if (token.kind === "variable-start") move("push:name");
        return token;
      }
      const found = longestMatch(rules[state], input, at);
      if (found === undefined) return unmatched(start);
      at = found.end;
      move(found.rule.next);
      if (found.rule.kind === "skip") continue;
      return {
        kind: found.rule.kind,
        text: tokenText(found.rule.kind, input.slice(start, at)),
        start,
        end: at,
      };
    }
  };
}

function longestMatch(
  candidates: readonly ScanRule[],
  input: string,
  at: number,
): { readonly rule: ScanRule; readonly end: number } | undefined {
  let best: { readonly rule: ScanRule; readonly end: number } | undefined;
  for (const candidate of candidates) {
    candidate.pattern.lastIndex = at;
    if (!candidate.pattern.test(input)) continue;
    const end = candidate.pattern.lastIndex;
    if (best === undefined || end > best.end) best = { rule: candidate, end };
  }
  return best;
}

function tokenText(kind: TokenKind, text: string): string {
  if (kind === "raw") return text.slice(1, -1);
  if (kind === "offset") return trimBlanks(text.replace(/[[ \t]+$/, ""));
  if (kind === "label" || kind === "name" || kind === "operator") return trimBlanks(text);
  return text;
}

/** Without the blanks that PHP takes for blanks; JavaScript's `trim` takes more. */
export function trimBlanks(text: string): string {
  return text.replace(/^[ \t]+|[ \t\r\n]+$/g, "");
}

/** Inside double quotes: the closing quote, the start of a variable, or text up to either. */
function quotedToken(input: string, start: number): Token {
  if (input.startsWith("${", start)) return { kind: "variable-start", text: "${", start, end: start + 2 };
  if (input[start] === '"') {
    let end = start + 1;
    while (input[end] === " " || input[end] === "\t") end++;
    return { kind: "quote", text: '"', start, end };
  }
  let end = start;
  while (end < input.length && input[end] !== '"' && !input.startsWith("${", end)) {
    if (input[end] !== "\\" || end + 1 >= input.length) {
      end++;
      continue;
    }
    // `"C:\dir\"` at the end of a line closes there: PHP makes an exception for Windows paths.
    const closes = input[end + 1] === '"' && /^(?:[\r\n]|$)/.test(input.slice(end + 2, end + 3));
    end += closes ? 1 : 2;
  }
  const text = input.slice(start, end).replace(/\\(["\\$])/g, "$1");
  return { kind: "quoted", text, start, end };
}

/** The scanner of PHP's ini grammar, which FPM's files and php.ini share: text → tokens. */
import { rules, type ScanRule, type State, type Token, type TokenKind, wordsAtLineStart } from "./tokens.js";

export type { Token } from "./tokens.js";

interface Scan {
  readonly input: string;
  readonly stack: State[];
  state: State;
  at: number;
}

/** Reads `input` from `begin` on, token by token; after its end every token is `end`. */
export function scanner(input: string, begin: number): () => Token {
  const scan: Scan = { input, stack: [], state: "initial", at: begin };
  return () => {
    for (;;) {
      const token = scanOne(scan);
      if (token !== null) return token;
    }
  };
}

/** The next token; `null`: spaces without a meaning. */
function scanOne(scan: Scan): Token | null {
  const { input, at: start, state } = scan;
  if (start >= input.length) {
    if (state !== "value") return finish(scan);
    scan.state = "initial";
    return { kind: "end-of-line", text: "", start, end: start };
  }
  if (state === "quotes") {
    const token = quotedToken(input, start);
    scan.at = token.end;
    if (token.kind === "quote") move(scan, "pop");
    if (token.kind === "variable-start") move(scan, "push:name");
    return token;
  }
  const found = longestMatch(rules[state], input, start);
  if (found === undefined) return unmatched(scan);
  const { kind, next } = found.rule;
  // PHP looks one character past a word; where the text ends first, it drops the word.
  const cutOff =
    state === "initial" && found.end === input.length && !input.endsWith("\t") && wordsAtLineStart.has(kind);
  if (cutOff || kind === "end") return finish(scan);
  scan.at = found.end;
  move(scan, next);
  if (kind === "skip") return null;
  return { kind, text: tokenText(kind, input.slice(start, found.end)), start, end: found.end };
}

function move(scan: Scan, next: ScanRule["next"]): void {
  switch (next) {
    case undefined:
      break;
    case "pop":
      scan.state = scan.stack.pop() ?? "initial";
      break;
    case "push:quotes":
    case "push:name":
      scan.stack.push(scan.state);
      scan.state = next === "push:quotes" ? "quotes" : "name";
      break;
    default:
      scan.state = next;
  }
}

function finish(scan: Scan): Token {
  const start = scan.at;
  scan.at = scan.input.length;
  return { kind: "end", text: "", start, end: scan.input.length };
}

/** If no rule fits, a value ends there; anywhere else, and in a quote without an end, the text ends. */
function unmatched(scan: Scan): Token {
  const { input, at: start } = scan;
  const character = input[start];
  const endless = character === "'" && !input.includes("'", start + 1);
  if (scan.state !== "value" || endless) return finish(scan);
  scan.state = "initial";
  if (character !== "=") scan.at += 1;
  return { kind: "end-of-line", text: "", start, end: scan.at };
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
  if (kind === "offset") return trimBlanks(trimEndOf(text, "[ \t"));
  if (kind === "label" || kind === "name" || kind === "operator") return trimBlanks(text);
  return text;
}

/** Without the spaces that PHP trims; JavaScript's `trim` removes more. */
export function trimBlanks(text: string): string {
  let start = 0;
  while (start < text.length && " \t".includes(text.charAt(start))) start++;
  return trimEndOf(text, " \t\r\n").slice(start);
}

/**
 * Without any of `characters` at the end. Not a regular expression, because that takes quadratic time on
 * long runs of spaces.
 */
export function trimEndOf(text: string, characters: string): string {
  let end = text.length;
  while (end > 0 && characters.includes(text.charAt(end - 1))) end--;
  return text.slice(0, end);
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

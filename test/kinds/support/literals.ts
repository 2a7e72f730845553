/** The words in a regular expression, and on which sides of each a letter or a digit may stand where it matches. */

export interface Literal {
  /** In lower case. */
  readonly word: string;
  /** No letter or digit can stand before it. */
  readonly begins: boolean;
  /** No letter or digit can stand behind it. */
  readonly ends: boolean;
}

const TOKEN =
  /\\(?:x[0-9a-f]{2}|u[0-9a-f]{4}|u\{[0-9a-f]+\}|[\s\S])|\[(?:\\.|[^\]\\])*\]|\(\?(?:<?[=!]|:|<\w+>)|\{\d*,?\d*\}|[\s\S]/gi;

type Tokens = readonly string[];
/** Forwards or backwards. */
type Step = 1 | -1;

/** `isText`: it is no expression, and a full stop in it is one. */
export function literalsIn(source: string, isText = false): readonly Literal[] {
  const tokens = source.match(TOKEN) ?? [];
  const found: Literal[] = [];
  for (let at = 0; at < tokens.length; at += 1) {
    let end = at;
    while (isLetter(tokens[end]) && !isOptional(tokens[end + 1])) end += 1;
    if (end === at) continue;
    const word = tokens.slice(at, end).join("").toLowerCase();
    const isEdge = isText ? isTextEdge : isPatternEdge;
    const begins = isEdge(tokens, at - 1, -1);
    const more = isText ? null : optionalEnding(tokens, end);
    const ends = isEdge(tokens, more?.next ?? end, 1);
    found.push({ word, begins, ends });
    if (more !== null) found.push({ word: word + more.letters, begins, ends });
    at = (more?.next ?? end) - 1;
  }
  return found;
}

/** The letters with which the word before may go on: `s?`, `(?:ing)?`. `null`: none, or it goes on behind them. */
function optionalEnding(tokens: Tokens, from: number): { letters: string; next: number } | null {
  const isGroup = tokens[from] === "(?:";
  const first = isGroup ? from + 1 : from;
  let end = first;
  while (isLetter(tokens[end]) && (isGroup || end === first)) end += 1;
  const next = isGroup ? end + 2 : end + 1;
  if (end === first || (isGroup && tokens[end] !== ")") || tokens[next - 1] !== "?") return null;
  if (isLetter(tokens[next])) return null;
  return { letters: tokens.slice(first, end).join("").toLowerCase(), next };
}

function isLetter(token: string | undefined): boolean {
  return /^[a-z0-9]$/i.test(token ?? "");
}

/** Whether what stands before it may be absent. */
function isOptional(quantifier: string | undefined): boolean {
  return /^(?:[?*]|\{0?,)/.test(quantifier ?? "");
}

function isRepeated(quantifier: string | undefined): boolean {
  return /^(?:[?*+]|\{)/.test(quantifier ?? "");
}

function isTextEdge(tokens: Tokens, at: number): boolean {
  return /^[^a-z0-9()|]$/i.test(tokens[at] ?? "a");
}

/** Whether what matches at this token, on the way out of the word, is neither a letter nor a digit. */
function isPatternEdge(tokens: Tokens, at: number, step: Step): boolean {
  const token = tokens[at];
  if (token === undefined) return false;
  if (token === "|" || (step === 1 ? token === ")" : token.startsWith("("))) {
    const [open, close] = groupOf(tokens, at);
    // What is there several times begins where it ended; what is looked at is no way out.
    if (
      Math.min(open, close) < 0 ||
      /^\(\?<?[=!]/.test(tokens[open] ?? "") ||
      /^[*+{]/.test(tokens[close + 1] ?? "")
    )
      return false;
    const behind = tokens[close + 1] === "?" ? close + 2 : close + 1;
    return isPatternEdge(tokens, step === 1 ? behind : open - 1, step);
  }
  const last = step === -1 && isRepeated(token) ? at - 1 : at;
  const [first, end] =
    tokens[last] === ")" || tokens[last]?.startsWith("(") ? groupOf(tokens, last) : [last, last];
  if (Math.min(first, end) < 0 || !isItemEdge(tokens, first, end, step)) return false;
  // Where it may be absent, what is beyond it counts, too.
  return !isOptional(tokens[end + 1]) || isPatternEdge(tokens, step === 1 ? end + 2 : first - 1, step);
}

/** The same for one character, class or group. */
function isItemEdge(tokens: Tokens, first: number, last: number, step: Step): boolean {
  const token = tokens[first] ?? "";
  if (first < last) {
    const looks = step === 1 ? /^\(\?(?:!|<[=!])/ : /^\(\?(?:[=!]|<!)/;
    return (
      !looks.test(token) &&
      alternatives(tokens, first, last).every(
        ([from, to]) => from <= to && isPatternEdge(tokens, step === 1 ? from : to, step),
      )
    );
  }
  if (token.startsWith("[")) return !/^\[\^|[a-z0-9]|[^[\\]-[^\]]/i.test(token.replace(/\\[sW]/g, ""));
  return /^(?:\\[bsW]|\\[^a-zA-Z0-9]|[\^$ :;,/=_@%!"'<>&~#-])$/.test(token);
}

/** Where the group begins and ends that a parenthesis belongs to, or that is around an alternative. */
function groupOf(tokens: Tokens, at: number): readonly [open: number, close: number] {
  const token = tokens[at] ?? "";
  return [
    token.startsWith("(") ? at : outwards(tokens, at, -1),
    token === ")" ? at : outwards(tokens, at, 1),
  ];
}

/** The parenthesis around a token; `-1`: there is none. */
function outwards(tokens: Tokens, from: number, step: Step): number {
  let depth = 0;
  for (let at = from + step; at >= 0 && at < tokens.length; at += step) {
    const token = tokens[at] ?? "";
    const isOpen = token.startsWith("(");
    if (!isOpen && token !== ")") continue;
    const isOuter = isOpen === (step === -1);
    if (isOuter && depth === 0) return at;
    depth += isOuter ? -1 : 1;
  }
  return -1;
}

/** The first and the last token of each alternative in a group. */
function alternatives(tokens: Tokens, open: number, close: number): readonly (readonly [number, number])[] {
  const found: [number, number][] = [];
  let depth = 0;
  let first = open + 1;
  for (let at = open + 1; at < close; at += 1) {
    const token = tokens[at] ?? "";
    if (token.startsWith("(")) depth += 1;
    else if (token === ")") depth -= 1;
    else if (token === "|" && depth === 0) {
      found.push([first, at - 1]);
      first = at + 1;
    }
  }
  return [...found, [first, close - 1]];
}

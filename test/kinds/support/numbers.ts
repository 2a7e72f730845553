/**
 * The numbers in a regular expression, and whether each is a whole run of digits wherever it matches: then it says
 * nothing of a longer run with the same digits in it.
 */

export interface Numbers {
  /** Those that match nothing but whole runs of digits. */
  readonly bound: readonly string[];
  /** Those that may match in the midst of a run. */
  readonly loose: readonly string[];
  /** The expression without those that are bound. */
  readonly rest: string;
}

const TOKEN =
  /\\(?:x[0-9a-f]{2}|u[0-9a-f]{4}|u\{[0-9a-f]+\}|[\s\S])|\[(?:\\.|[^\]\\])*\]|\(\?(?:<?[=!]|:|<\w+>)|\{\d*,?\d*\}|[\s\S]/gi;

/** `isText`: a full stop in it is one. */
export function numbersIn(source: string, isText: boolean): Numbers {
  const tokens = source.match(TOKEN) ?? [];
  const bound: string[] = [];
  const loose: string[] = [];
  let rest = "";
  for (let at = 0; at < tokens.length; ) {
    const end = endOfWord(tokens, at);
    const word = tokens.slice(at, Math.max(end, at + 1)).join("");
    if (end - at > 1 && /^\d+$/.test(word)) {
      const begins = isEdge(tokens, at - 1, -1, isText);
      if (!begins) loose.push(word);
      if (begins && isEdge(tokens, end, 1, isText)) {
        bound.push(word);
        rest += " ";
      } else rest += word;
    } else rest += word;
    at = Math.max(end, at + 1);
  }
  return { bound, loose, rest };
}

function endOfWord(tokens: readonly string[], from: number): number {
  let at = from;
  while (/^[a-z0-9]$/i.test(tokens[at] ?? "")) at += 1;
  return at;
}

/** Whether no digit can match at this token, on the way out of the number. */
function isEdge(tokens: readonly string[], at: number, step: 1 | -1, isText: boolean): boolean {
  const token = tokens[at];
  if (token === undefined) return false;
  const next = tokens[at + 1] ?? "";
  if (step === 1 && /^(?:[?*]|\{)/.test(next)) return false;
  if (isText) return /^[^a-z0-9()|]$/i.test(token);
  if (token === "|" || (step === -1 ? /^\((?:\?(?::|<\w+>))?$/ : /^\)$/).test(token)) {
    const group = groupAround(tokens, token === "|" ? at : at - step);
    // What is there several times begins where it ended.
    if (group === null || /^(?:[?*+]|\{)/.test(tokens[group.close + 1] ?? "")) return false;
    return isEdge(tokens, step === 1 ? group.close + 1 : group.open - 1, step, isText);
  }
  return /^(?:\\[bsWD\-/.]|\\\W|[\^$ :;,/=_-])$/.test(token);
}

/** The parentheses around a token; `null`: there are none. */
function groupAround(tokens: readonly string[], at: number): { open: number; close: number } | null {
  const open = outwards(tokens, at, -1);
  const close = outwards(tokens, at, 1);
  return open === -1 || close === tokens.length ? null : { open, close };
}

function outwards(tokens: readonly string[], from: number, step: 1 | -1): number {
  let depth = 0;
  let at = from + step;
  for (; at >= 0 && at < tokens.length; at += step) {
    const token = tokens[at] ?? "";
    const isOuter = step === 1 ? token === ")" : token.startsWith("(");
    if (isOuter && depth === 0) break;
    if (isOuter) depth -= 1;
    else if (token === ")" || token.startsWith("(")) depth += 1;
  }
  return at;
}

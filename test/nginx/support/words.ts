/**
 * Cuts nginx text into directives, for the bench only: it must not share code with the linter it
 * is there to check. Lenient, because fixtures with broken syntax are copied too.
 */

export interface Word {
  readonly start: number;
  readonly end: number;
  /** As it stands in the file, quotes included. */
  readonly text: string;
}

export interface Directive {
  readonly name: Word;
  readonly args: readonly Word[];
  readonly parent: Directive | null;
  /** Offset behind the `{`; `null` for a directive without a block. */
  readonly blockStart: number | null;
}

export function directives(text: string): readonly Directive[] {
  const found: Directive[] = [];
  let words: Word[] = [];
  let parent: Directive | null = null;
  const flush = (blockStart: number | null): void => {
    const [name, ...args] = words;
    words = [];
    if (name === undefined) return;
    const directive: Directive = { name, args, parent, blockStart };
    found.push(directive);
    if (blockStart !== null) parent = directive;
  };
  let at = 0;
  while (at < text.length) {
    const char = text.charAt(at);
    if (char === "#") at = lineEnd(text, at);
    else if (char === ";") flush(null);
    else if (char === "{") flush(at + 1);
    else if (char === "}") {
      flush(null);
      parent = enclosing(parent);
    } else if (!/[ \t\r\n]/.test(char)) {
      const end = wordEnd(text, at);
      words.push({ start: at, end, text: text.slice(at, end) });
      at = end;
      continue;
    }
    at += 1;
  }
  flush(null);
  return found;
}

/** The argument without its quotes. */
export function bare(word: Word | undefined): string {
  return word === undefined ? "" : word.text.replace(/^(["'])(.*)\1$/s, "$2");
}

function enclosing(block: Directive | null): Directive | null {
  return block === null ? null : block.parent;
}

function lineEnd(text: string, from: number): number {
  const at = text.indexOf("\n", from);
  return at === -1 ? text.length : at;
}

function wordEnd(text: string, from: number): number {
  const quote = /["']/.test(text.charAt(from)) ? text.charAt(from) : null;
  let at = quote === null ? from : from + 1;
  while (at < text.length) {
    const char = text.charAt(at);
    if (char === "\\") at += 2;
    else if (quote !== null && char === quote) return at + 1;
    else if (quote === null && char === "$" && text.charAt(at + 1) === "{") at += 2;
    else if (quote === null && /[ \t\r\n;{]/.test(char)) return at;
    else at += 1;
  }
  return text.length;
}

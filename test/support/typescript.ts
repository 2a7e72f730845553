/**
 * Just enough of TypeScript's syntax to tell code from comments and texts. Regular expressions are
 * told from divisions by what stands before the slash, which is right for formatted sources.
 */
type Kind = "code" | "comment" | "text";

interface Piece {
  readonly kind: Kind;
  readonly text: string;
}

const token =
  /\/\/[^\n]*|\/\*[\s\S]*?\*\/|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|(?<=(?:^|[=(,:;!&|?{}[+>]|\breturn|\bcase)\s*)\/(?![*/])(?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*|[`{}]/g;

function pieces(source: string): readonly Piece[] {
  const found: Piece[] = [];
  // Open brackets: `${` inside a template ends in text again, `{` in code.
  const open: ("template" | "block")[] = [];
  let at = 0;
  const push = (kind: Kind, end: number): void => {
    if (end > at) found.push({ kind, text: source.slice(at, end) });
    at = end;
  };
  const template = (): void => {
    const end = /(?:[^`\\$]|\\[\s\S]|\$(?!\{))*(?:`|\$\{|$)/y;
    end.lastIndex = at + 1;
    end.exec(source);
    push("text", end.lastIndex);
    if (source[at - 1] === "{") open.push("template");
  };
  const pattern = new RegExp(token);
  while (at < source.length) {
    pattern.lastIndex = at;
    const match = pattern.exec(source);
    if (match === null) break;
    push("code", match.index);
    const [text] = match;
    if (text === "`") template();
    else if (text === "{") open.push("block");
    else if (text === "}" && open.pop() === "template") template();
    else if (text !== "}")
      push(text.startsWith("//") || text.startsWith("/*") ? "comment" : "text", at + text.length);
    if (at === match.index) push("code", at + 1);
  }
  push("code", source.length);
  return found;
}

/** The source without comments and texts; lines keep their numbers. */
export function code(source: string): string {
  return pieces(source)
    .map(({ kind, text }) => (kind === "code" ? text : kind === "comment" ? blank(text) : `""${blank(text)}`))
    .join("");
}

function blank(text: string): string {
  return text.replace(/[^\n]+/g, " ");
}

/** The names that the source imports or exports from, in any form, types included. */
export function imports(source: string): readonly string[] {
  const statement = /(?:\bfrom|\bimport)\s*\(?\s*$/;
  const all = pieces(source).filter(({ kind }) => kind !== "comment");
  return all.flatMap(({ kind, text }, i) => {
    const before = all[i - 1];
    if (kind !== "text" || before?.kind !== "code" || !statement.test(codeBefore(all, i))) return [];
    return [text.slice(1, -1)];
  });
}

function codeBefore(all: readonly Piece[], index: number): string {
  return all
    .slice(Math.max(0, index - 4), index)
    .map(({ kind, text }) => (kind === "code" ? text : '""'))
    .join("");
}

/** The strings, pieces of templates and regular expressions of a source, as they are written. */
export function texts(source: string): readonly string[] {
  return pieces(source).flatMap(({ kind, text }) => (kind === "text" ? [text] : []));
}

/** The same without regular expressions, each with the line that it begins in: what may be shown to somebody. */
export function sentences(source: string): readonly { readonly line: number; readonly text: string }[] {
  const found: { line: number; text: string }[] = [];
  let line = 1;
  for (const { kind, text } of pieces(source)) {
    if (kind === "text" && !text.startsWith("/")) found.push({ line, text });
    line += text.split("\n").length - 1;
  }
  return found;
}

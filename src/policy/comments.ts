import { position, type SourceFile, type Span } from "../source/file.js";

/** What a comment asks for: that findings of some rules are not reported here. */
export interface Suppression {
  /** Ids, or groups such as `buffer/*`, as they were written. */
  readonly rules: readonly string[];
  /** The line that it is about, counting from 1; `null`: the whole file, or no line follows. */
  readonly line: number | null;
  readonly wholeFile: boolean;
  /** `2027-01-31`, the last day on which it holds; `null`: it holds for good. */
  readonly until: string | null;
  /** Why; `null` where nothing was written, and then it does not hold. */
  readonly reason: string | null;
  /** The comment without what begins it. */
  readonly span: Span;
}

/** What begins a comment: nginx takes `#`, PHP-FPM and php.ini take `;`. */
export type CommentMark = "#" | ";";

const WORD = "fpmlint-disable-";

/**
 * `# fpmlint-disable-next-line RULE[, RULE] [until DATE] -- REASON`, likewise `-line` and `-file`. A comment
 * of the next line that is followed by further comments or empty lines is about the first line after them.
 */
export function suppressionsIn(file: SourceFile, mark: CommentMark): readonly Suppression[] {
  const found: Suppression[] = [];
  for (let at = file.text.indexOf(WORD); at !== -1; at = file.text.indexOf(WORD, at + WORD.length)) {
    const one = suppressionAt(file, mark, at);
    if (one !== null) found.push(one);
  }
  return found;
}

/** Longer comments are not read: nobody names that many rules. */
const LONGEST = 4000;

function suppressionAt(file: SourceFile, mark: CommentMark, start: number): Suppression | null {
  const lineStart = file.text.lastIndexOf("\n", start - 1) + 1;
  if (start - lineStart > LONGEST) return null;
  const before = file.text.slice(lineStart, start);
  const trimmed = before.trimEnd();
  if (!trimmed.endsWith(mark)) return null;
  const code = trimmed.slice(0, -1);
  // In the middle of a word the mark begins no comment.
  if (code !== "" && !/\s$/.test(code)) return null;
  const newline = file.text.indexOf("\n", start);
  const end = newline === -1 ? file.text.length : newline;
  const text = file.text.slice(start, Math.min(end, start + LONGEST)).trimEnd();
  const kind = /^fpmlint-disable-(next-line|line|file)(?![\w-])/.exec(text)?.[1];
  if (kind === undefined) return null;
  const rest = text.slice(WORD.length + kind.length);
  const [asked = "", ...why] = rest.split("--");
  const reason = why.join("--").trim();
  const until = /\buntil\s(\S{1,20})\s*$/.exec(asked.slice(-60));
  const named = until === null ? asked : asked.slice(0, asked.lastIndexOf("until"));
  const { line } = position(file, start);
  return {
    rules: named.split(/[\s,]/).filter((word) => word !== ""),
    line: kind === "file" ? null : kind === "line" ? line : following(file, line, mark),
    wholeFile: kind === "file",
    until: until?.[1] ?? null,
    reason: reason === "" ? null : reason,
    span: { file, start, end: start + text.length },
  };
}

/** The first line after one that holds more than a comment; `null`: there is none. */
function following(file: SourceFile, line: number, mark: CommentMark): number | null {
  for (let next = line; next < file.lineStarts.length; next += 1) {
    const from = file.lineStarts[next] ?? 0;
    const head = file.text.slice(from, from + LONGEST).trimStart();
    const until = file.lineStarts[next + 1] ?? file.text.length;
    const empty = file.text.slice(from, Math.min(until, from + LONGEST)).trim() === "";
    if (!empty && !head.startsWith(mark)) return next + 1;
  }
  return null;
}

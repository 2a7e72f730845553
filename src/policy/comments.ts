import { SUPPRESSION } from "../engine/outline.js";
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

/**
 * `# fpmlint-disable-next-line RULE[, RULE] [until DATE] -- REASON`, likewise `-line` and `-file`. A comment
 * of the next line that is followed by further comments or empty lines is about the first line after them.
 */
export function suppressionsIn(file: SourceFile, mark: CommentMark): readonly Suppression[] {
  const found: Suppression[] = [];
  const following = linesAfter(file, mark);
  for (
    let at = file.text.indexOf(SUPPRESSION);
    at !== -1;
    at = file.text.indexOf(SUPPRESSION, at + SUPPRESSION.length)
  ) {
    const one = suppressionAt(file, mark, at, following);
    if (one !== null) found.push(one);
  }
  return found;
}

/** Longer comments are not read: nobody names that many rules. */
const LONGEST = 4000;

/** Looks no further than that many characters: a line may be a megabyte, with the word all over it. */
function suppressionAt(
  file: SourceFile,
  mark: CommentMark,
  start: number,
  following: (line: number) => number | null,
): Suppression | null {
  const near = file.text.slice(Math.max(0, start - LONGEST - 1), start);
  const lineStart = near.lastIndexOf("\n") + 1;
  if (lineStart === 0 && start > LONGEST) return null;
  const trimmed = near.slice(lineStart).trimEnd();
  if (!trimmed.endsWith(mark)) return null;
  const code = trimmed.slice(0, -1);
  // In the middle of a word the mark begins no comment.
  if (code !== "" && !/\s$/.test(code)) return null;
  const [comment = ""] = file.text.slice(start, start + LONGEST).split("\n", 1);
  const text = comment.trimEnd();
  const kind = /^fpmlint-disable-(next-line|line|file)(?![\w-])/.exec(text)?.[1];
  if (kind === undefined) return null;
  const rest = text.slice(SUPPRESSION.length + kind.length);
  const [asked = "", ...why] = rest.split("--");
  const reason = why.join("--").trim();
  const until = /\buntil\s(\S{1,20})\s*$/.exec(asked.slice(-60));
  const named = until === null ? asked : asked.slice(0, asked.lastIndexOf("until"));
  const { line } = position(file, start);
  return {
    rules: named.split(/[\s,]/).filter((word) => word !== ""),
    line: kind === "file" ? null : kind === "line" ? line : following(line),
    wholeFile: kind === "file",
    until: until?.[1] ?? null,
    reason: reason === "" ? null : reason,
    span: { file, start, end: start + text.length },
  };
}

/** The first line after one that holds more than a comment; `null`: there is none. Each line is looked at once. */
function linesAfter(file: SourceFile, mark: CommentMark): (line: number) => number | null {
  const known = new Map<number, number | null>();
  const count = file.lineStarts.length;
  return (line) => {
    const passed: number[] = [];
    let next = line;
    while (next < count && !known.has(next) && !holdsMore(file, next, mark)) {
      passed.push(next);
      next += 1;
    }
    const own = next < count ? next + 1 : null;
    const found = known.has(next) ? (known.get(next) ?? null) : own;
    for (const one of passed) known.set(one, found);
    return found;
  };
}

/** Whether a line, counted from 0, is neither empty nor a comment. */
function holdsMore({ text, lineStarts }: SourceFile, index: number, mark: CommentMark): boolean {
  const start = lineStarts[index] ?? 0;
  const end = lineStarts[index + 1] ?? text.length;
  const head = text.slice(start, Math.min(end, start + LONGEST)).trimStart();
  return head !== "" && !head.startsWith(mark);
}

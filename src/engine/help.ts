import type { SourceFile } from "../source/file.js";

/**
 * How to fix a fault, as data: `report/help.ts` puts it into words; the tests and every machine
 * format read the same edits.
 */
export interface Help {
  /** Each of them is enough by itself; the best first. Empty: there is nothing to paste. */
  readonly ways: readonly Way[];
  /** Sentences for a person: what to look at, or what to do where no line can be written. */
  readonly notes: readonly string[];
}

/**
 * - `safe`: a daemon that refused the files accepts them afterwards, or the files say more plainly what
 *   already holds, and no request that works is treated differently.
 * - `review`: behaviour changes, so somebody should look first.
 */
export type Safety = "safe" | "review";

/** What a rule writes: where it does not say how safe a way is, the engine tells by the report's case. */
export interface HelpDraft {
  readonly ways: readonly { readonly safety?: Safety; readonly edits: readonly Edit[] }[];
  readonly notes: readonly string[];
}

/** The draft, made now where its author has put that off. */
export function drafted(help: HelpDraft | (() => HelpDraft)): HelpDraft {
  return typeof help === "function" ? help() : help;
}

/** Edits that belong together: all of them, or none. They do not overlap. */
export interface Way {
  readonly safety: Safety;
  readonly edits: readonly Edit[];
}

export type Edit = TextEdit | HandEdit;

/** A change at a place that is known. */
export interface TextEdit {
  readonly kind: "text";
  readonly verb: "replace" | "add" | "remove";
  /** Of an `add`: `below` and `above` are lines of their own, `after` and `before` are on the same line. */
  readonly where: "below" | "above" | "after" | "before" | null;
  /** What is replaced or removed, or what the lines are added to. */
  readonly piece: Piece;
  /** The piece is whole lines, named by their numbers rather than quoted. */
  readonly whole: boolean;
  /** What is written, without indentation; empty for `remove`. */
  readonly lines: readonly string[];
}

/** Lines whose place only a person knows. */
export interface HandEdit {
  readonly kind: "hand";
  /** `the place of that address`: as in "in the place of that address:". */
  readonly where: string;
  readonly lines: readonly string[];
}

/** A part of a file; offsets as in `Span`. */
export interface Piece {
  readonly file: SourceFile;
  readonly start: number;
  readonly end: number;
}

/** The characters from `start` to `end` of the file become `text`; an insertion where both are equal. */
export interface Change extends Piece {
  readonly text: string;
}

/** What an edit does to the text, indented like the lines around it. */
export function changeOf(edit: TextEdit): Change {
  const { file, start, end } = edit.piece;
  const text = file.text;
  const lineStart = text.lastIndexOf("\n", start - 1) + 1;
  const lineEnd = endOfLine(text, end);
  const rest = text.slice(end, lineEnd).trim();
  const own = indentation(text, lineStart);
  const written = (indent: string): string => edit.lines.map((line) => indent + line).join("\n");
  switch (edit.where) {
    case "below":
      return { file, start: lineEnd, end: lineEnd, text: `\n${written(inner(edit.piece, own))}` };
    case "after":
      return {
        file,
        start: end,
        end,
        text: `\n${written(inner(edit.piece, own))}\n${rest === "" ? "" : own}`,
      };
    case "above":
      return { file, start: lineStart, end: lineStart, text: `${written(own)}\n` };
    case "before":
      return { file, start, end: start, text: `${written(own).trimStart()}\n${own}` };
    case null: {
      if (edit.verb === "remove") {
        const alone = text.slice(lineStart, start).trim() === "" && rest === "";
        return alone
          ? { file, start: lineStart, end: Math.min(lineEnd + 1, text.length), text: "" }
          : { file, start, end, text: "" };
      }
      const replaced = written(own).trimStart();
      // What follows on the line may be a comment, and the new line may end in one of its own.
      return {
        file,
        start,
        end,
        text: replaced + (rest === "" || !endsInComment(replaced) ? "" : `\n${own}`),
      };
    }
  }
}

/** Whether the last line of a text may end in a comment of nginx or of PHP-FPM, in which nothing else can follow. */
function endsInComment(text: string): boolean {
  return /#|;[^\n]*\S/.test(text.slice(text.lastIndexOf("\n") + 1));
}

function endOfLine(text: string, from: number): number {
  const end = text.indexOf("\n", from);
  return end === -1 ? text.length : text.charAt(end - 1) === "\r" && end > from ? end - 1 : end;
}

function indentation(text: string, lineStart: number): string {
  return /^[ \t]*/.exec(text.slice(lineStart, lineStart + 200))?.[0] ?? "";
}

/**
 * How lines after a piece are indented: as the first line of the block that it opens, else as its own
 * line.
 */
function inner({ file: { text }, start, end }: Piece, own: string): string {
  if (!text.slice(start, end).endsWith("{")) return own;
  const next = endOfLine(text, end) + 1;
  const found = /^[ \t]*(?=\S)/.exec(text.slice(next, next + 200))?.[0] ?? "";
  return found.length > own.length ? found : `${own}    `;
}

/** Every way, whatever it changes. */
const ANY: ReadonlySet<Safety> = new Set(["safe", "review"]);

/**
 * The first way of an allowed safety that can be applied by itself; `null`: each has something that only a person can
 * place, or changes a text that is in no file.
 */
export function applicable(
  help: Help,
  allowed: ReadonlySet<Safety> = ANY,
): { readonly safety: Safety; readonly changes: readonly Change[] } | null {
  for (const { safety, edits } of help.ways) {
    if (!allowed.has(safety)) continue;
    const placed = edits.flatMap((edit) =>
      edit.kind === "text" && edit.piece.file.whole !== null ? [edit] : [],
    );
    if (placed.length === edits.length) return { safety, changes: placed.map(changeOf) };
  }
  return null;
}

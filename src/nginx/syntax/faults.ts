import { shortened } from "../../source/ends.js";
import { position, type SourceFile } from "../../source/file.js";
import { factsOf } from "../facts/directives.js";
import type { NginxFault, Word } from "../types.js";
import type { WordsEnd } from "../words.js";
import { type ClosedBlock, closedTooEarly, closedTooLate } from "./braces.js";
import { firstOfLaterLine } from "./swallowed.js";

/** What nginx's reader refuses, in our words, at the line where nginx reports it. */

type Parts = Omit<NginxFault, "span" | "other"> & Partial<Pick<NginxFault, "other">>;

function fault(file: SourceFile, start: number, end: number, parts: Parts): NginxFault {
  return { span: { file, start, end: Math.max(end, start) }, other: null, ...parts };
}

function other(file: SourceFile, { start, end }: { start: number; end: number }, message: string) {
  return { span: { file, start, end }, message };
}

/**
 * A `;` or `{` where nginx does not expect one. `inside`: the block of lines (`map`, `types` …) around
 * it, in which blocks do not nest.
 */
export function unexpected(
  file: SourceFile,
  at: number,
  character: ";" | "{",
  inside: Word | null = null,
): NginxFault {
  const log = `unexpected "${character}"`;
  const where = (message: string, help: string) => fault(file, at, at + 1, { message, log, help });
  if (inside !== null) {
    return where(
      `a block inside "${inside.text}", which can only contain lines that end with ";"`,
      `quote a value that contains a brace, or close "${inside.text}" first`,
    );
  }
  if (character === ";") return where('a ";" without a directive before it', "remove it");
  return where('a "{" without a directive before it', "remove it, or write the block's name before it");
}

/** One `}` too many. */
export function strayBrace(file: SourceFile, at: number, closed: readonly ClosedBlock[]): NginxFault {
  const early = closedTooEarly(file, closed);
  return fault(file, at, at + 1, {
    message: 'a "}" that closes no block of this file',
    log: 'unexpected "}"',
    help: 'remove it, or add the "{" that it belongs to',
    other:
      early === null
        ? null
        : other(
            file,
            { start: early.close, end: early.close + 1 },
            `this one closes the "${shorten(early.name.text)}" of line ${lineOf(file, early.name.start)}, though it is indented further: it is probably the one too many`,
          ),
  });
}

/** What ended the words of a directive other than `;` and `{`. `open` is the block around it. */
export function wordsFault(
  file: SourceFile,
  words: readonly Word[],
  end: WordsEnd,
  open: Word | null = null,
): NginxFault {
  if (end.kind === "too-long") return tooLong(file, end.start, end.quote);
  if (end.kind === "after-quote") return afterQuote(file, words, end.at);
  if (end.kind === "eof" && end.string !== null) return openString(file, end.string);
  if (end.kind === "eof") return eofFault(file, words[0] ?? open, false);
  const last = words[words.length - 1];
  const start = "at" in end ? end.at : file.text.length;
  const name = words[0]?.text ?? "";
  return fault(file, start, start + 1, {
    message: `"${shorten(name)}" is not ended by ";" before the "}"`,
    log: 'unexpected "}"',
    help:
      last === undefined
        ? "remove the brace"
        : `write ";" after "${shorten(file.text.slice(last.start, last.end))}"`,
    other: last === undefined ? null : other(file, last, 'no ";" after this'),
  });
}

/** Blocks whose lines are not directives: nginx reads the same tokens there, but accepts no nested block. */
const LINE_BLOCKS = new Set(["types", "map", "geo", "split_clients", "charset_map"]);

/**
 * What nginx refuses about a directive whose words could be read: a block that does not belong there, or
 * a missing one. `null`: nothing.
 */
export function blockFault(
  file: SourceFile,
  words: readonly Word[],
  end: { readonly kind: ";" | "{"; readonly at: number },
  open: Word | null,
): NginxFault | null {
  const [name] = words;
  if (name === undefined) return null;
  if (open !== null && LINE_BLOCKS.has(open.text)) {
    return end.kind === "{" ? unexpected(file, end.at, "{", open) : null;
  }
  if (name.quote === null && !name.placeholder && /[{}]/.test(name.text)) return brokenWord(file, name);
  if (name.text === "if" && end.kind === "{") return condition(file, words);
  const facts = factsOf(name.text);
  if (facts.length === 0 || facts.some((fact) => fact.block === (end.kind === "{"))) return null;
  return end.kind === "{" ? notTerminated(file, words, name, end.at) : notOpened(file, name, end.at);
}

function brokenWord(file: SourceFile, name: Word): NginxFault {
  return fault(file, name.start, name.end, {
    message: `"${shorten(name.text)}" is read as a directive, because a "{" without quotes before it ended the word`,
    log: `unknown directive "${name.text}"`,
    help: 'put a regular expression that contains "{" or "}" in quotes',
  });
}

function condition(file: SourceFile, words: readonly Word[]): NginxFault | null {
  const last = words[words.length - 1];
  if (last === undefined || last.text.endsWith(")")) return null;
  return fault(file, last.start, last.end, {
    message: `the condition of "if" ends with "${shorten(last.text)}" instead of ")"`,
    log: "invalid condition",
    help: 'put a value that contains "{" in quotes, and close the condition with ")"',
  });
}

function notTerminated(file: SourceFile, words: readonly Word[], name: Word, at: number): NginxFault {
  const log = `directive "${name.text}" is not terminated by ";"`;
  const next = firstOfLaterLine(file, words, (count) =>
    factsOf(name.text).some((fact) => fact.accepts(count)),
  );
  const last = next === null ? undefined : words[words.indexOf(next) - 1];
  if (next === null || last === undefined) {
    return fault(file, at, at + 1, {
      message: `a "{" after "${shorten(name.text)}", which takes no block`,
      log,
      help: 'end the line with ";", or quote a value that contains a brace',
    });
  }
  return fault(file, at, at + 1, {
    message: `"${shorten(name.text)}" of line ${lineOf(file, name.start)} is not ended by ";", so "${shorten(next.text)}" of line ${lineOf(file, next.start)} is read as part of it`,
    log,
    help: `write ";" after "${shorten(file.text.slice(last.start, last.end))}"`,
    other: other(file, last, 'no ";" after this'),
  });
}

function notOpened(file: SourceFile, name: Word, at: number): NginxFault {
  return fault(file, at, at + 1, {
    message: `"${shorten(name.text)}" needs a block, and has none`,
    log: `directive "${name.text}" has no opening "{"`,
    help: 'open the block with " {": right after "$" a brace is part of the word',
  });
}

function afterQuote(file: SourceFile, words: readonly Word[], at: number): NginxFault {
  const character = String.fromCodePoint(file.text.codePointAt(at) ?? 0);
  const word = words[words.length - 1];
  const quoted = word === undefined ? "" : shorten(file.text.slice(word.start, word.end));
  // nginx prints one byte, which is not a character if that has several bytes.
  const log = character < "\x80" ? `unexpected "${character}"` : "unexpected";
  // The quote that is missing belongs to the earlier line; nginx takes the next one as its end.
  if (word !== undefined && lineOf(file, word.start) !== lineOf(file, at)) {
    return fault(file, at, at + character.length, {
      log,
      message: `the string that begins in line ${lineOf(file, word.start)} ends only here, and text follows its quote`,
      help: `close the string in line ${lineOf(file, word.start)} with ${file.text.charAt(word.start)}`,
      other: other(file, { start: word.start, end: word.start + 1 }, "the string begins with this quote"),
    });
  }
  return fault(file, at, at + character.length, {
    log,
    message: `text right after the closing quote of ${quoted}`,
    help: 'put a space or ";" after the quote, or put the whole value in one pair of quotes',
  });
}

function tooLong(file: SourceFile, start: number, quote: '"' | "'" | null): NginxFault {
  const comment = file.text.charAt(start) === "#";
  const what = comment ? "a comment" : "a value";
  return fault(file, start, start + 10, {
    message: `${what} longer than the 4095 bytes that nginx reads at once`,
    log: "too long parameter",
    help:
      quote === null
        ? "break it into shorter pieces"
        : `break it into shorter pieces, or add the missing closing ${quote}`,
  });
}

function openString(file: SourceFile, start: number): NginxFault {
  const end = file.text.length;
  return fault(file, end, end, {
    message: `the file ends inside a string that begins in line ${lineOf(file, start)}`,
    log: 'unexpected end of file, expecting ";" or "}"',
    help: `close the string with ${file.text.charAt(start)}`,
    other: other(file, { start, end: start + 1 }, "the string begins with this quote"),
  });
}

/**
 * The file ends inside a directive (`inBlock` is false) or inside a block. `closed`: the blocks that
 * were closed before.
 */
export function eofFault(
  file: SourceFile,
  word: Word | null,
  inBlock: boolean,
  closed: readonly ClosedBlock[] = [],
): NginxFault {
  // nginx reports the last line; a final line end belongs to the line before it only when text follows.
  const end = file.text.length;
  const name = word === null ? "" : shorten(word.text);
  const line = word === null ? "" : `line ${lineOf(file, word.start)}`;
  if (inBlock) {
    const late = closedTooLate(file, closed);
    const guess = `closed in line ${late === null ? "" : lineOf(file, late.close)} by a brace that is indented less: its own brace is probably the missing one`;
    return fault(file, end, end, {
      message: `the file ends inside the block "${name}"${line === "" ? "" : `, opened in ${line}`}`,
      log: 'unexpected end of file, expecting "}"',
      help: `close "${late === null ? name : shorten(late.name.text)}" with "}"; a block cannot continue in another file`,
      other:
        late !== null
          ? other(file, late.name, guess)
          : word === null
            ? null
            : other(file, word, "the block opens here"),
    });
  }
  return fault(file, end, end, {
    message: `the file ends inside "${name}"${line === "" ? "" : `, which starts in ${line}`}`,
    log: 'unexpected end of file, expecting ";" or "}"',
    help: 'end the directive with ";"',
    other: word === null ? null : other(file, word, "the open directive begins here"),
  });
}

function lineOf(file: SourceFile, offset: number): number {
  return position(file, offset).line;
}

function shorten(text: string): string {
  const line = text.replace(/\s+/g, " ");
  return shortened(line, 40);
}

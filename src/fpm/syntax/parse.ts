/**
 * One file as FPM reads it: each physical line goes through PHP's ini grammar by itself, so nothing
 * (a quoted value, a backslash) continues on the next line.
 */
import { type IniReading, type IniStatement, type Range, readIni } from "../../php/grammar.js";
import { trimEndOf } from "../../php/scanner.js";
import type { Wording } from "../../source/bare-words.js";
import type { SourceFile } from "../../source/file.js";
import { fpmXml } from "../../source/fpm-xml.js";
import { at, overlaps } from "../../source/ranges.js";
import { maskPlaceholders } from "../../source/template.js";
import { readTemplateLines } from "../../source/template-lines.js";
import {
  bareKey,
  commentSign,
  type PlacedRefusal,
  refusal,
  type SyntaxRefusal,
  secondInclude,
} from "./refusals.js";

export type { Range } from "../../php/grammar.js";

/** What one line, or one statement of it, says. Ranges are offsets into the file's text. */
export type FpmLine = SectionLine | SettingLine | IncludeLine | FaultLine | GapLine | XmlLines;

/** Lines of a document that only the PHP-FPM of PHP 5.2 reads. */
interface XmlLines {
  readonly kind: "xml";
  readonly range: Range;
}

/** Template language that may become any settings. */
interface GapLine {
  readonly kind: "gap";
  readonly range: Range;
}

export interface SectionLine {
  readonly kind: "section";
  readonly name: string;
  /** The header, brackets included. */
  readonly range: Range;
}

export interface SettingLine {
  readonly kind: "setting";
  readonly key: string;
  readonly index: string | null;
  /** `null`: unknown. */
  readonly value: string | null;
  readonly raw: string;
  readonly keyRange: Range;
  readonly range: Range;
}

export interface IncludeLine {
  readonly kind: "include";
  /** `null`: unknown. */
  readonly pattern: string | null;
  /** `include = …`, the whole statement. */
  readonly statement: Range;
  readonly range: Range;
}

export interface FaultLine {
  readonly kind: "fault";
  readonly range: Range;
  /**
   * The name of the section that the line was meant to open, so that what follows does not count as
   * another pool's; `null`: not a header.
   */
  readonly header: string | null;
  /** Worked out when it is asked for: of a million such lines few are listed. */
  refusal(): SyntaxRefusal;
}

class RefusedLine implements FaultLine {
  readonly kind = "fault";
  readonly range: Range;
  readonly header: string | null;
  private readonly line: string;
  private readonly inGlobal: boolean;

  constructor(line: string, range: Range, inGlobal: boolean) {
    this.line = line;
    this.range = range;
    this.header = meantHeader(line);
    this.inGlobal = inGlobal;
  }

  refusal(): SyntaxRefusal {
    const why = refusalOf(this.line, readIni(textOf(this.line).text), this.inGlobal);
    if (why === null) throw new Error(`the line ${JSON.stringify(this.line)} is not refused after all`);
    return why;
  }
}

/** Reads a file; never throws. The lines are in the order in which FPM acts on them. */
export function parseFpm(file: SourceFile, wording: Wording = "usual"): readonly FpmLine[] {
  const lines: FpmLine[] = [];
  const template = readTemplateLines(file.text);
  const documents = fpmXml(file.text);
  let inGlobal = false;
  file.lineStarts.forEach((start, index) => {
    const end = (file.lineStarts[index + 1] ?? file.text.length + 1) - 1;
    const line = file.text.slice(start, end);
    // Options of the template engine, which takes the line away.
    if (index === 0 && /^#jinja2:/.test(line)) return;
    const document = at(documents, start);
    if (document !== null) {
      if (start === document.start) lines.push({ kind: "xml", range: trimmed(line, start) });
      return;
    }
    const tags = template.whole({ start, end });
    if (tags === "gap") lines.push({ kind: "gap", range: trimmed(line, start) });
    if (tags !== null) return;
    const bare = template.bare({ start, end });
    const conditional = bare !== line || template.conditional({ start, end });
    const read = readLine(bare, start, { conditional, inGlobal, wording });
    for (const one of read) if (one.kind === "section") inGlobal = asciiLower(one.name) === "global";
    lines.push(...read);
  });
  return lines;
}

/** Lines that are remembered: as many again are, before these are forgotten. */
const MOST_REMEMBERED = 2000;
/** Characters of a line that is. */
const LONGEST_REMEMBERED = 200;

/** What was made of the last lines. Where there are thousands of pools, most lines are in each of them. */
class Remembered<T> {
  private recent = new Map<string, T>();
  private older: ReadonlyMap<string, T> = new Map();

  get(text: string): T | undefined {
    return this.recent.get(text) ?? this.older.get(text);
  }

  set(text: string, made: T): void {
    if (text.length > LONGEST_REMEMBERED) return;
    if (this.recent.size >= MOST_REMEMBERED) [this.older, this.recent] = [this.recent, new Map()];
    this.recent.set(text, made);
  }
}

const readings = new Remembered<IniReading>();

function remembered(text: string): IniReading {
  const before = readings.get(text);
  if (before !== undefined) return before;
  const reading = readIni(text);
  readings.set(text, reading);
  return reading;
}

type PlainLine = SectionLine | SettingLine | IncludeLine;

/** Lines without template language that FPM does not refuse, as if they were at the start of a file. */
const plainLines: Readonly<Record<Wording, Remembered<readonly PlainLine[]>>> = {
  host: new Remembered(),
  usual: new Remembered(),
  template: new Remembered(),
};

/** What such a line is further down in a file. */
function moved(one: PlainLine, by: number): PlainLine {
  const range = movedRange(one.range, by);
  switch (one.kind) {
    case "section":
      return { kind: "section", name: one.name, range };
    case "include":
      return { kind: "include", pattern: one.pattern, statement: movedRange(one.statement, by), range };
    default: {
      const { key, index, value, raw } = one;
      return { kind: "setting", key, index, value, raw, keyRange: movedRange(one.keyRange, by), range };
    }
  }
}

function movedRange({ start, end }: Range, by: number): Range {
  return { start: start + by, end: end + by };
}

/** Lower case as C's `strcasecmp` compares: ASCII letters only. */
export function asciiLower(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

interface Around {
  /** Inside a template's condition or loop, so the value may or may not be there. */
  readonly conditional: boolean;
  readonly inGlobal: boolean;
  readonly wording: Wording;
}

function readLine(
  line: string,
  start: number,
  { conditional, inGlobal, wording }: Around,
): readonly FpmLine[] {
  if (line === "") return [];
  const known = conditional ? undefined : plainLines[wording].get(line);
  if (known !== undefined) return known.map((one) => moved(one, start));
  const { text, masked } = textOf(line, wording);
  const reading = remembered(text);
  const why = refusalOf(line, reading, inGlobal);
  if (why !== null && masked.length > 0) return [{ kind: "gap", range: trimmed(line, start) }];
  if (why !== null)
    return [new RefusedLine(line, shift(why.range ?? trimmed(line, 0), start, line), inGlobal)];
  const found: (PlainLine | GapLine)[] = [];
  let include: IncludeLine | null = null;
  for (const statement of reading.statements) {
    if (statement.kind === "bare") continue;
    const read = convert(statement, line, masked, conditional);
    if (read.kind === "include") include = read;
    else found.push(read);
  }
  // FPM opens the include after the rest of the line.
  const lines = include === null ? found : [...found, include];
  const plain = lines.flatMap((one) => (one.kind === "gap" ? [] : [one]));
  if (!conditional && masked.length === 0 && plain.length === lines.length)
    plainLines[wording].set(line, plain);
  return lines.map((one) =>
    one.kind === "gap" ? { kind: "gap", range: movedRange(one.range, start) } : moved(one, start),
  );
}

/** What PHP's grammar is given of a line: all of it, or what is before a zero byte. */
function textOf(
  line: string,
  wording?: Wording,
): { readonly text: string; readonly masked: readonly Range[] } {
  const zero = line.indexOf("\0");
  const { text, masked } = maskPlaceholders(zero === -1 ? line : line.slice(0, zero), wording);
  return { text: zero === -1 ? `${text}\n` : text, masked };
}

/** Why FPM refuses a line; `null`: it does not. */
function refusalOf(line: string, { error, statements }: IniReading, inGlobal: boolean): PlacedRefusal | null {
  if (error !== null) return refusal(line, error);
  let includes = 0;
  for (const statement of statements) {
    if (statement.kind === "section") continue;
    const { name, index } = statement.key;
    if (statement.kind === "bare") return { ...bareKey(name, line), range: null };
    if (name.startsWith("#")) return { ...commentSign(name, index !== null, inGlobal), range: null };
    if (name === "include" && index === null) includes += 1;
  }
  return includes > 1 ? { ...secondInclude, range: null } : null;
}

/** What a statement says, in a line that is at the start of a file. */
function convert(
  statement: Exclude<IniStatement, { readonly kind: "bare" }>,
  line: string,
  masked: readonly Range[],
  conditional: boolean,
): PlainLine | GapLine {
  if (statement.kind === "section") {
    const { name, range } = statement;
    const written =
      overlaps(masked, name) || name.text === null ? line.slice(name.start, name.end) : name.text;
    return { kind: "section", name: written, range: shift(range, 0, line) };
  }
  const { key, value, range } = statement;
  if (overlaps(masked, key)) return { kind: "gap", range: shift(range, 0, line) };
  const unknown = conditional || value.text === null || overlaps(masked, value);
  const text = unknown ? null : value.text;
  const place = shift(value, 0, line);
  if (key.name === "include" && key.index === null) {
    return { kind: "include", pattern: text, statement: shift(range, 0, line), range: place };
  }
  return {
    kind: "setting",
    key: canonical(key.name, key.index),
    index: key.index,
    value: text,
    raw: line.slice(value.start, value.end),
    keyRange: shift(key, 0, line),
    range: place,
  };
}

/** As FPM compares it. `Include` is not `include`: FPM knows no such entry. */
function canonical(name: string, index: string | null): string {
  const lower = asciiLower(name);
  return index !== null || lower === "include" ? name : lower;
}

function meantHeader(line: string): string | null {
  const name = /^[ \t\uFEFF]*\[([^\];\r]*)/.exec(line)?.[1];
  return name === undefined ? null : trimEndOf(name, " \t");
}

function shift(range: Range, start: number, line: string): Range {
  const clamp = (offset: number): number => start + Math.min(offset, line.length);
  return { start: clamp(range.start), end: clamp(range.end) };
}

/** The line without the spaces around it. */
function trimmed(line: string, start: number): Range {
  const from = /^[ \t\r\uFEFF]*/.exec(line)?.[0].length ?? 0;
  const { length } = trimEndOf(line.slice(from), " \t\r");
  return { start: start + from, end: start + from + length };
}

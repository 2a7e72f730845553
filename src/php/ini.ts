/** php.ini and its scan directory, as the workers of one master see them. */

import { type Entry, fileOf, type HostFilesystem, unreadReason } from "../host/filesystem.js";
import { directoryOf, nameOf } from "../host/path.js";
import type { Wording } from "../source/bare-words.js";
import { place, position, type SourceFile } from "../source/file.js";
import { overlaps } from "../source/ranges.js";
import { maskPlaceholders } from "../source/template.js";
import { readTemplateLines } from "../source/template-lines.js";
import { type IniReading, type Range, readIni } from "./grammar.js";
import type { IniValue, PhpIni, UnreadIni } from "./types.js";

export { APCU, type PhpFact, phpDefault, phpDefaults } from "./facts.js";
export { parseIniBytes } from "./quantity.js";

interface IniPaths {
  readonly main: string;
  /** Directories whose `*.ini` are read after it. */
  readonly scan: readonly string[];
}

const IN_TEMPLATE = "a part was not read: template language";

/**
 * The php.ini that belongs to a master, by the path of its main file or of a pool file; `null`: there
 * is no such path, so no php.ini. Later files and later lines win.
 */
export function iniFor(fs: HostFilesystem, fpmPath: string | null): PhpIni {
  const files: SourceFile[] = [];
  const values = new Map<string, IniValue>();
  const unread: UnreadIni[] = [];
  let partial = false;
  for (const entry of fpmPath === null ? [] : iniEntries(fs, fpmPath)) {
    const content = entry.kind === "file" ? entry.read() : null;
    if (entry.kind !== "file" || content === null || "unreadable" in content) {
      const expected = entry.kind === "unreadable" && entry.made === true;
      unread.push({ file: fs.display(entry.path), reason: unreadReason(entry) ?? "", expected });
      partial = true;
      continue;
    }
    const file = fileOf(fs, entry, content.text);
    files.push(file);
    const read = readIniFile(file, entry.filledIn?.(entry.path) === true ? "template" : "usual");
    for (const [key, value] of read.values) values.set(key, value);
    if (read.partial) unread.push({ file: file.display, reason: IN_TEMPLATE, expected: true });
    else if (read.stop !== null) {
      const line = position(file, read.stop).line;
      const reason = `PHP stops at the syntax error in line ${line}: what follows has no effect, and was not read`;
      unread.push({ file: file.display, reason, expected: true });
    }
    partial ||= read.partial;
  }
  return { files, values, partial, unread };
}

/** One php.ini: what it sets for every request. */
export interface IniFile {
  readonly values: ReadonlyMap<string, IniValue>;
  /** `true` when template language may set more. */
  readonly partial: boolean;
  /** Where PHP stops, an offset: what follows has no effect, so that the defaults hold. `null`: it reads all. */
  readonly stop: number | null;
}

/** Reads one php.ini; never throws. What is before a syntax error counts, as in PHP. */
export function readIniFile(file: SourceFile, wording: Wording = "usual"): IniFile {
  const prepared = prepare(file, wording);
  const reading: IniReading = readIni(prepared.text);
  const values = new Map<string, IniValue>();
  let special = false;
  for (const statement of reading.statements) {
    if (statement.kind === "section") {
      // What follows holds for one directory or host name only; no later section ends that.
      special ||= /^(?:PATH|HOST)./is.test(statement.name.text ?? "");
    } else if (statement.kind === "entry" && !special && statement.key.index === null) {
      const { key, value } = statement;
      if (overlaps(prepared.masked, key)) continue;
      const unknown = overlaps(prepared.masked, value) || overlaps(prepared.conditional, value);
      values.set(key.name, {
        value: unknown ? null : value.text,
        place: place(file, Math.min(value.start, file.text.length), Math.min(value.end, file.text.length)),
      });
    }
  }
  const { error } = reading;
  // A placeholder may be rendered to what PHP accepts.
  const filled = error !== null && prepared.masked.some(({ end }) => end > error.from);
  return { values, partial: prepared.gap || filled, stop: error?.from ?? null };
}

interface Prepared {
  /** As long as the file's text, so that places stay right. */
  readonly text: string;
  readonly masked: readonly Range[];
  /** Inside a template's condition or loop. */
  readonly conditional: readonly Range[];
  readonly gap: boolean;
}

/** Removes template language from the text: whole lines become spaces, placeholders become letters. */
function prepare(file: SourceFile, wording: Wording): Prepared {
  const conditional: Range[] = [];
  const template = readTemplateLines(file.text);
  let gap = false;
  const lines = file.text.split("\n").map((line, index) => {
    const start = file.lineStarts[index] ?? 0;
    const range = { start, end: start + line.length };
    const tags = template.whole(range);
    gap ||= tags === "gap";
    if (template.conditional(range)) conditional.push(range);
    return tags === null ? line : " ".repeat(line.length);
  });
  return { ...maskPlaceholders(lines.join("\n"), wording), conditional, gap };
}

/** The files in PHP's order, with what is there and cannot be read. */
function iniEntries(fs: HostFilesystem, fpmPath: string): readonly Entry[] {
  for (const { main, scan } of candidates(fpmPath)) {
    const found = [fs.entry(main), ...scan.flatMap((directory) => scanned(fs, directory))].filter(
      ({ kind }) => kind !== "missing" && kind !== "directory",
    );
    if (found.length > 0) return found;
  }
  return [];
}

/** PHP reads what ends in `.ini`, in bytewise order; a directory that cannot be listed hides all of them. */
function scanned(fs: HostFilesystem, directory: string): readonly Entry[] {
  const entry = fs.entry(directory);
  if (entry.kind !== "directory") return [entry];
  return entry.names.filter((name) => name.endsWith(".ini")).map((name) => fs.entry(`${directory}/${name}`));
}

/** Where distributions keep it, seen from the main file or from a pool file. */
function candidates(fpmPath: string): readonly IniPaths[] {
  const own = directoryOf(fpmPath);
  const base = /^(?:pool\.d|php-fpm\.d|fpm\.d|pools?)$/.test(nameOf(own)) ? directoryOf(own) : own;
  const below = base === "/" ? "" : base;
  const beside = (directories: readonly string[]): IniPaths => ({
    main: `${below}/php.ini`,
    scan: directories.map((name) => `${below}/${name}`),
  });
  // RHEL keeps everything in /etc itself, where conf.d is not PHP's.
  if (base === "/etc") return [beside(["php.d"])];
  const image = { main: `${below}/php/php.ini`, scan: [`${below}/php/conf.d`] };
  return nameOf(base) === "etc" ? [image, beside(["php.d", "conf.d"])] : [beside(["conf.d", "php.d"])];
}

/**
 * What one `php-fpm` master reads: its main file and the included files, with sections merged as FPM
 * merges them.
 */
import { type Allowance, isSpent, OPENING } from "../host/allowance.js";
import { type FileEntry, fileOf, type HostFilesystem, unreadReason } from "../host/filesystem.js";
import { isOfImage } from "../host/image-file.js";
import { directoryOf } from "../host/path.js";
import { iniFor } from "../php/ini.js";
import { wordingOf } from "../source/bare-words.js";
import { type Place, place, type SourceFile, type Span } from "../source/file.js";
import { isTemplateName } from "../source/template-names.js";
import { timed } from "../source/timings.js";
import { findIncluded, type Included } from "./include.js";
import {
  fpmPrefix,
  fpmStateDirectory,
  isPhp5,
  isStockPoolFile,
  poolNameOf,
  versionFromPath,
} from "./layout.js";
import { newReading, type Reading } from "./reading.js";
import {
  asciiLower,
  type FaultLine,
  type FpmLine,
  type IncludeLine,
  parseFpm,
  type SettingLine,
} from "./syntax/parse.js";
import type { FpmFault, FpmInclude, FpmMaster, FpmRefusal, Pool, Setting, UnreadInclude } from "./types.js";

export { versionFromPath } from "./layout.js";
export {
  arraySetting,
  boolean,
  globalSetting,
  integer,
  phpValue,
  seconds,
  setting,
} from "./settings/lookup.js";

import { withCommas } from "../source/digits.js";

export interface ReadOptions {
  /** How much the includes may bring; absent: the usual limit. */
  readonly allowance?: Allowance;
  /** What PHP-FPM was started with as `-p`; `null`: perhaps with one that is not known. Absent: without. */
  readonly prefix?: string | null;
  /** The PHP version, such as `8.2`, if the path does not show it; `null` or absent: unknown then. */
  readonly phpVersion?: string | null;
  /** Settings before any section are those of a pool that the path names; absent: they are global. */
  readonly sectionless?: boolean;
  /** Whether a main file elsewhere in the tree names a pool file for its include; absent: none does. */
  readonly isNamed?: (path: string) => boolean;
  /** The files are those of a whole host; absent: they may be templates. */
  readonly whole?: boolean;
}

/** FPM reads files five deep, and the main file is one of them. */
const deepest = 5;

/** Reads a master from its main file. If that cannot be read, the master has no pools. */
export function readMaster(fs: HostFilesystem, mainPath: string, opts: ReadOptions = {}): FpmMaster {
  const reading = newReading(fs, opts.prefix ?? fpmPrefix(mainPath), opts.whole === true, opts.allowance);
  reading.given = opts.prefix;
  reading.old = isPhp5(fs, mainPath, opts.phpVersion ?? null);
  const main = openFile(reading, mainPath);
  if (main === null) reading.incomplete = true;
  else readFile(reading, main, [], [main.path]);
  const file = main === null ? null : (reading.texts.get(main.path)?.file ?? null);
  return finish(reading, file, versionFromPath(mainPath) ?? opts.phpVersion ?? null, mainPath);
}

/** Reads pool files whose main file is not in the tree, as if one master included them in this order. */
export function readPools(fs: HostFilesystem, paths: readonly string[], opts: ReadOptions = {}): FpmMaster {
  const reading = newReading(fs, fpmPrefix(null), opts.whole === true, opts.allowance);
  const onePerDirectory = new Map(paths.map((path) => [directoryOf(path), path])).values();
  reading.old = [...onePerDirectory].some((path) => isPhp5(fs, path, opts.phpVersion ?? null));
  for (const path of paths) {
    const file = openFile(reading, path);
    if (file === null) reading.incomplete = true;
    else {
      if (opts.sectionless === true) enterUnnamed(reading, file);
      readFile(reading, file, [], ["", file.path]);
    }
  }
  // The main file may set anything in [global].
  reading.globalPartial = true;
  const told = paths.map(versionFromPath).find((found) => found !== null);
  const version = told ?? opts.phpVersion ?? null;
  return finish(reading, null, version, paths[0] ?? null, opts.isNamed);
}

function openFile(reading: Reading, path: string): FileEntry | null {
  const entry = reading.fs.entry(path);
  return entry.kind === "file" && parsed(reading, entry) !== null ? entry : null;
}

/** The lines of the file, parsed once however often it is included; `null`: it cannot be read after all. */
function parsed(reading: Reading, entry: FileEntry): { file: SourceFile; lines: readonly FpmLine[] } | null {
  const known = reading.texts.get(entry.path);
  if (known !== undefined) return known;
  const content = entry.read();
  if ("unreadable" in content) return null;
  const file = fileOf(reading.fs, entry, content.text);
  const text = {
    file,
    lines: timed("php-fpm: syntax", () => parseFpm(file, wordingOf(entry, reading.whole))),
  };
  reading.texts.set(entry.path, text);
  reading.account.bytes += content.text.length;
  return text;
}

/** `stack`: the files that are being read, outermost first; its length is FPM's depth. */
function readFile(
  reading: Reading,
  entry: FileEntry,
  via: readonly Span[],
  stack: readonly string[],
): boolean {
  const text = parsed(reading, entry);
  if (text === null) return false;
  const { file } = text;
  reading.current?.files.add(file.path);
  for (const line of text.lines) {
    reading.account.used += 1;
    act(reading, file, line, via, stack);
    if (reading.exhausted) break;
  }
  return true;
}

function act(
  reading: Reading,
  file: SourceFile,
  line: FpmLine,
  via: readonly Span[],
  stack: readonly string[],
): void {
  const at = (): Place => place(file, line.range.start, line.range.end, via);
  switch (line.kind) {
    case "section":
      enter(reading, line.name, at());
      break;
    case "setting":
      (reading.current?.settings ?? reading.global).push(new ReadSetting(line, file, via, reading.header));
      break;
    case "include":
      include(reading, file, line, via, stack);
      break;
    case "gap":
      if (reading.current === null) reading.globalPartial = true;
      else reading.current.partial = true;
      break;
    case "xml":
      reading.documents.push(at());
      reading.incomplete = true;
      break;
    case "fault":
      if (isHashLine(file, line)) {
        if (reading.old) {
          reading.oldComments.push(at());
          break;
        }
        // It was meant as a comment, whatever PHP-FPM makes of it: nothing else is lost.
      } else reading.faulty.add(file.path);
      if (line.header !== null) enter(reading, line.header, at());
      if (reading.current === null && !isHashLine(file, line)) reading.globalPartial = true;
      reading.faults.push(new Fault(at(), line));
  }
}

function isHashLine(file: SourceFile, { range }: FaultLine): boolean {
  return file.text.startsWith("#", range.start);
}

/** A section whose name is known, in upper or lower case, continues that pool. */
function enter(reading: Reading, name: string, header: Place): void {
  const key = asciiLower(name);
  reading.header = header;
  if (key === "global") {
    reading.current = null;
    return;
  }
  let draft = reading.drafts.get(key);
  if (draft === undefined) {
    draft = { name, section: header, settings: [], files: new Set(), partial: false };
    reading.drafts.set(key, draft);
  } else if (isOfImage(draft.section.span.file) && !isOfImage(header.span.file)) {
    // A person looks for the pool in a file that can be changed.
    draft.section = header;
  }
  draft.files.add(header.span.file.path);
  reading.current = draft;
}

/** A piece of a pool whose header is elsewhere: its directory or its name tell which pool is meant. */
function enterUnnamed(reading: Reading, entry: FileEntry): void {
  const text = parsed(reading, entry);
  const first = text?.lines.find(({ kind }) => kind === "section" || kind === "setting");
  if (text === null || first?.kind !== "setting") return;
  enter(reading, poolNameOf(entry.path), place(text.file, 0, 0, []));
  const draft = reading.current;
  if (draft !== null) draft.partial = true;
}

class Fault implements FpmFault {
  readonly place: Place;
  private readonly line: FaultLine;

  constructor(at: Place, line: FaultLine) {
    this.place = at;
    this.line = line;
  }

  refusal(): FpmRefusal {
    return this.line.refusal();
  }
}

/** A line at one occurrence. A file of a million lines has as many, so what both share is there once. */
class ReadSetting implements Setting {
  readonly header: Place | null;
  private readonly line: SettingLine;
  private readonly file: SourceFile;
  private readonly via: readonly Span[];

  constructor(line: SettingLine, file: SourceFile, via: readonly Span[], header: Place | null) {
    this.line = line;
    this.file = file;
    this.via = via;
    this.header = header;
  }

  get key(): string {
    return this.line.key;
  }

  get index(): string | null {
    return this.line.index;
  }

  get value(): string | null {
    return this.line.value;
  }

  get raw(): string {
    return this.line.raw;
  }

  get keyPlace(): Place {
    return place(this.file, this.line.keyRange.start, this.line.keyRange.end, this.via);
  }

  get place(): Place {
    return place(this.file, this.line.range.start, this.line.range.end, this.via);
  }
}

/** The section that is open at the end of the included file stays open here, because FPM resets nothing. */
function include(
  reading: Reading,
  file: SourceFile,
  line: IncludeLine,
  via: readonly Span[],
  stack: readonly string[],
): void {
  const at = place(file, line.range.start, line.range.end, via);
  const pattern = line.pattern ?? file.text.slice(line.range.start, line.range.end);
  const slot = reading.includes.length;
  const unread: UnreadInclude[] = [];
  const note = (result: FpmInclude["result"]): void => {
    reading.includes[slot] = { pattern, place: at, result, unread };
    if (result.kind === "unread") {
      const { kind: _, ...said } = result;
      unread.push(said);
    }
    if (result.kind !== "files" && result.kind !== "no-match") reading.incomplete = true;
  };
  if (line.pattern === null) {
    const reason = "the path is only known when the template is rendered or FPM starts";
    note({ kind: "unread", path: null, reason });
    return;
  }
  const found = includedFiles(reading, line.pattern, isTemplateName(file.path));
  unread.push(...found.unread);
  note(found.result);
  const inner = [...via, at.span];
  for (const entry of found.files) {
    reading.account.used += OPENING;
    if (reading.exhausted || isSpent(reading.account)) {
      // Only where the limit was met, not once more for each file around it.
      if (!reading.exhausted) note({ kind: "unread", path: null, reason: tooMuch(reading) });
      reading.exhausted = true;
      return;
    }
    if (stack.length >= deepest || stack.includes(entry.path)) {
      note({ kind: "too-deep" });
    } else if (!readFile(reading, entry, inner, [...stack, entry.path])) {
      note({ kind: "unread", path: reading.fs.display(entry.path), reason: unreadReason(entry) ?? "" });
    }
  }
}

/** What a pattern means; the same line may be read thousands of times. */
function includedFiles(reading: Reading, pattern: string, fromTemplate: boolean): Included {
  const key = `${fromTemplate} ${pattern}`;
  const known = reading.found.get(key);
  if (known !== undefined) return known;
  const found = foundAt(
    reading,
    pattern,
    findIncluded(reading.fs, pattern, reading.prefix, fromTemplate, reading.steps),
  );
  reading.found.set(key, found);
  return found;
}

/** What is not there may be where PHP-FPM was told to look. */
function foundAt({ given, prefix }: Reading, pattern: string, found: Included): Included {
  if (given !== null || pattern.startsWith("/") || !/^(?:missing|no-match)$/.test(found.result.kind))
    return found;
  const reason = `is not below ${prefix}, and nothing tells whether PHP-FPM was started with another prefix (-p)`;
  return { files: [], result: { kind: "unread", path: null, reason }, unread: [] };
}

/** PHP-FPM has no limit except the depth of five files, and reads all of it. */
function tooMuch({ account }: Reading): string {
  const bytes = withCommas(account.bytes);
  return `was not read to the end: the includes bring the same files again and again, far more than the ${bytes} bytes that are there`;
}

function finish(
  reading: Reading,
  main: SourceFile | null,
  phpVersion: string | null,
  origin: string | null,
  isNamed: (path: string) => boolean = () => false,
): FpmMaster {
  const surely = ({ place }: FpmFault): boolean =>
    main !== null || isStockPoolFile(place.span.file.path) || isNamed(place.span.file.path);
  const pools: Pool[] = [];
  const master: FpmMaster = {
    main,
    prefix: reading.given === undefined ? fpmPrefix(main?.path ?? null) : reading.given,
    state: reading.given === undefined ? fpmStateDirectory(main?.path ?? null) : reading.given,
    files: [...reading.texts.values()].map((text) => text.file),
    phpVersion,
    php5: reading.old,
    global: reading.global,
    pools,
    faults: reading.faults.filter(surely),
    doubtful: reading.faults.filter((fault) => !surely(fault)),
    oldComments: reading.oldComments,
    documents: reading.documents,
    includes: reading.includes,
    partial: reading.incomplete || reading.globalPartial,
    ini: iniFor(reading.fs, origin),
  };
  for (const draft of reading.drafts.values()) {
    pools.push({
      name: draft.name,
      master,
      section: draft.section,
      settings: draft.settings,
      partial:
        reading.incomplete ||
        draft.partial ||
        [...draft.files].some((path) => reading.faulty.has(path)) ||
        (main === null && isOverlay(draft.settings)),
    });
  }
  return master;
}

/** A pool without its main file that lacks what FPM requires has another half elsewhere. */
function isOverlay(settings: readonly Setting[]): boolean {
  return !["listen", "pm", "pm.max_children"].every((key) => settings.some((one) => one.key === key));
}

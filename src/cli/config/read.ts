import { resolve } from "node:path";
import { type Fault, faultAt, faultsIn } from "../../engine/describe-errors.js";
import type { Config } from "../../engine/schemas.js";
import type { Validators } from "../../engine/validate.js";
import { type Opened, readFound, readRegular, readTyped, realPath } from "../../host/door.js";
import { directoryOf, isWithin, joinPath } from "../../host/path.js";
import { saidOf } from "../../host/system-error.js";
import type { ConfigFile, PathConfig } from "../../policy/config.js";
import { MOST_PATTERNS, pathPattern } from "../../policy/patterns.js";
import { type Position, position, sourceFile } from "../../source/file.js";
import { inputText } from "../input-text.js";
import { UsageError } from "../usage.js";
import { CONFIG_NAME } from "./find.js";
import { plainJson } from "./json-comments.js";
import { jsonFault } from "./json-fault.js";
import { placesIn } from "./json-places.js";
import { untrusted } from "./trust.js";

/** Bytes. No configuration comes near it. */
const LARGEST_CONFIG = 1024 * 1024;

/** Files that extend one another. Nobody can follow more. */
const MOST_FILES = 10;

/** Mistakes that are shown of one file. */
const MOST_FAULTS = 20;

/**
 * The `fpmlint.json` of a directory, with what it extends. It may not lead out of the directory, and nobody
 * but the caller and root may be able to write it. `shown`: a file's name in messages. Throws UsageError.
 */
export function foundConfig(
  directory: string,
  shown: (path: string) => string,
  validators: Validators,
): PathConfig {
  const path = joinPath(directory, CONFIG_NAME);
  const top = realOrNull(directory) ?? directory;
  const real = realOrNull(path);
  if (real !== null && isWithin(top, real)) ensureTrusted(top, real, shown(path));
  const opened = readFound(path, LARGEST_CONFIG) ?? missing();
  const reader: Reader = { top, shown, validators, trusted: false };
  return { directory, files: chain(reader, opened, shown(path), real ?? path) };
}

/** The file that the command line names, wherever it leads, with what it extends. Throws UsageError. */
export function namedConfig(path: string, name: string, validators: Validators): PathConfig {
  const directory = directoryOf(path);
  const reader: Reader = {
    top: realOrNull(directory) ?? directory,
    shown: (file) => file,
    validators,
    trusted: true,
  };
  const opened = readTyped(path, LARGEST_CONFIG);
  return { directory, files: chain(reader, opened, name, realOrNull(path) ?? path) };
}

interface Reader {
  /** The directory, without links, that no file of the chain is outside of. */
  readonly top: string;
  readonly shown: (path: string) => string;
  readonly validators: Validators;
  /** Somebody named the first file, and vouches for what is below its directory. */
  readonly trusted: boolean;
}

/** `real`: where the first file really is. */
function chain(reader: Reader, opened: Opened, name: string, real: string): readonly ConfigFile[] {
  const files = [parsed(opened, name, reader.validators)];
  const seen = new Set([real]);
  for (let at = real; ; ) {
    const [outer] = files;
    const named = outer?.config.extends;
    if (outer === undefined || named === undefined) return files;
    const refuse = (reason: string): UsageError => mistake(outer, faultAt(["extends"], `${named} ${reason}`));
    if (named === "") throw mistake(outer, faultAt(["extends"], "is empty"));
    at = extended(resolve(directoryOf(at), named), reader, refuse);
    if (seen.has(at)) throw refuse("leads back to a file that extends it");
    if (files.length === MOST_FILES)
      throw refuse(`would be more than ${MOST_FILES} files that extend one another`);
    seen.add(at);
    if (!reader.trusted) ensureTrusted(reader.top, at, reader.shown(at));
    files.unshift(parsed(readRegular(at, LARGEST_CONFIG), reader.shown(at), reader.validators));
  }
}

/** The real path of what is extended. Throws what `refuse` makes. */
function extended(path: string, { top }: Reader, refuse: (reason: string) => UsageError): string {
  let real = path;
  try {
    real = realPath(path);
  } catch (error) {
    // What lies outside is not told apart from what is not there.
    if (isWithin(top, path)) throw refuse(`could not be read: ${saidOf(error, "no such file")}`);
  }
  if (!isWithin(top, real)) throw refuse(`is not below ${top}, the directory of the file that was found`);
  return real;
}

function ensureTrusted(directory: string, real: string, name: string): void {
  const problem = untrusted(directory, real);
  if (problem === null) return;
  throw new UsageError(
    `${name}: is not taken, because others may change it: ${problem}; to take it all the same, name it: --config ${name}`,
  );
}

function realOrNull(path: string): string | null {
  try {
    return realPath(path);
  } catch {
    return null;
  }
}

/** Somebody removed it since it was found. */
function missing(): Opened {
  return { kind: "refused", code: "ENOENT", reason: "No such file or directory" };
}

function parsed(opened: Opened, name: string, validators: Validators): ConfigFile {
  const read = inputText(opened);
  if ("refusal" in read) throw new UsageError(`${name}: ${read.refusal}`);
  const text = plainJson(read.text);
  const source = sourceFile("/", "", text);
  const config = valueIn(text, (offset) => `${name}:${shownPlace(position(source, offset))}`);
  const at: ConfigFile["at"] = (path) =>
    position(source, placesIn(text, [{ path, key: false }], 0).offsets[0] ?? 0);
  const check = validators.config;
  const wrong = check === undefined || check(config) ? [] : faultsIn(check.errors ?? [], config, MOST_FAULTS);
  const faults = wrong.length > 0 ? wrong : patternFaults(config as Config);
  const { offsets, repeated } = placesIn(text, faults, MOST_FAULTS);
  const lines = [
    ...faults.map((fault, index) => [offsets[index] ?? 0, fault.text] as const),
    ...repeated.map(({ key, offset, before }) => {
      const { line } = position(source, before);
      return [offset, `${key}: is there twice, the first time in line ${line}`] as const;
    }),
  ].sort(([a], [b]) => a - b);
  if (lines.length > 0)
    throw new UsageError(
      lines.map(([offset, said]) => `${name}:${shownPlace(position(source, offset))}: ${said}`).join("\n"),
    );
  return { config: config as Config, name, at };
}

function mistake({ name, at }: ConfigFile, { path, text }: Fault): UsageError {
  return new UsageError(`${name}:${shownPlace(at(path))}: ${text}`);
}

function shownPlace({ line, column }: Position): string {
  return `${line}:${column}`;
}

/** Says where the fault is and never quotes the text, as the message of `JSON.parse` would. */
function valueIn(text: string, shown: (offset: number) => string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    const { offset, expected } = jsonFault(text) ?? { offset: 0, expected: "a value" };
    throw new UsageError(`${shown(offset)}: not valid JSON: expected ${expected}`);
  }
}

/** What no schema can say of patterns. */
function patternFaults({ ignore = [], overrides = [] }: Config): readonly Fault[] {
  const all = [
    ...ignore.map((text, index) => [["ignore", String(index)], text] as const),
    ...overrides.flatMap(({ files }, override) =>
      files.map((text, index) => [["overrides", String(override), "files", String(index)], text] as const),
    ),
  ];
  if (all.length > MOST_PATTERNS)
    return [faultAt([], `${all.length} patterns are more than ${MOST_PATTERNS}: name directories instead`)];
  return all
    .flatMap(([path, text]) => {
      const pattern = pathPattern(text);
      return typeof pattern === "string" ? [faultAt(path, pattern)] : [];
    })
    .slice(0, MOST_FAULTS);
}

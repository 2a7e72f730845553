import { findIncluded } from "../fpm/include.js";
import { fpmPrefix } from "../fpm/layout.js";
import { parseFpm } from "../fpm/syntax/parse.js";
import { WILDCARD_STEPS } from "../host/allowance.js";
import { type FileEntry, fileOf, type HostFilesystem } from "../host/filesystem.js";
import { isGlob, type Steps } from "../host/glob.js";
import { directoryOf } from "../host/path.js";
import type { HostSpec } from "../host/spec.js";
import type { Ground } from "../model/build.js";
import { open, type Reading, type Resolved, resolve, startReading } from "../nginx/tree/files.js";
import type { Directive } from "../nginx/types.js";
import { type Wording, wordingOf } from "../source/bare-words.js";
import type { SourceFile } from "../source/file.js";
import { once } from "../source/memo.js";
import { isTemplateName } from "../source/template-names.js";

/**
 * The files of sites and pools, found without reading a host: those that an include with a wildcard brings, in a main
 * file or in a file that this includes.
 */

/** A file that an include with a wildcard brings. Its text was read, and it was not parsed. */
export interface Brought {
  readonly half: "nginx" | "fpm";
  readonly file: SourceFile;
  readonly wording: Wording;
  /** The include, as `placeOf` writes it. */
  readonly way: string;
}

/** What was found on the way to them. */
export interface Search {
  readonly files: readonly Brought[];
  /** The directories in which the includes find them. */
  readonly directories: ReadonlySet<string>;
  /** The real paths that an include of nginx means on the whole host, one for each that it brings. */
  readonly meant: (pattern: string, fromTemplate: boolean) => readonly string[];
  /** The same of PHP-FPM. `main`: the path of the master's main file. */
  readonly meantByFpm: (pattern: string, main: string, fromTemplate: boolean) => readonly string[];
  /** Whether everything that the wildcards mean could be seen. */
  readonly complete: () => boolean;
}

/** The same text for an include at the same place. */
export function placeOf(file: SourceFile, start: number): string {
  return `${file.path}:${start}`;
}

/** Looks for them. */
export function searchBrought(spec: HostSpec, { fs, whole }: Ground): Search {
  const files: Brought[] = [];
  const directories = new Set<string>();
  const directory = directoryOf(spec.nginx ?? "/");
  const reading = startReading({ fs, whole: whole || spec.dumped === true }, directory);
  let unread = false;
  const resolved = (pattern: string, fromTemplate: boolean): Resolved => {
    const found = resolve(reading, pattern, fromTemplate);
    if (found.unread.length > 0) unread = true;
    if (isGlob(pattern)) for (const path of found.paths) directories.add(directoryOf(path));
    return found;
  };
  if (spec.nginx !== null) searchNginx(reading, resolved, spec.nginx, files);
  const steps: Steps = { left: WILDCARD_STEPS };
  const included = new Map<string, readonly FileEntry[]>();
  const meantByFpm = (pattern: string, main: string, fromTemplate: boolean): readonly FileEntry[] => {
    const prefix = fpmPrefix(main);
    return once(included, `${fromTemplate} ${prefix} ${pattern}`, () => {
      const found = findIncluded(fs, pattern, prefix, fromTemplate, steps);
      // Perhaps it is found from another prefix, with which PHP-FPM was started.
      if (found.unread.length > 0 || (!pattern.startsWith("/") && found.files.length === 0)) unread = true;
      directories.add(directoryOf(pattern.startsWith("/") ? pattern : `${prefix}/${pattern}`));
      return found.files;
    });
  };
  for (const main of spec.fpm) searchFpm(fs, whole, main, meantByFpm, files);
  return {
    files,
    directories,
    meant: (pattern, fromTemplate) =>
      resolved(pattern, fromTemplate).paths.map((path) => fs.entry(path).path),
    meantByFpm: (pattern, main, fromTemplate) =>
      meantByFpm(pattern, main, fromTemplate).map(({ path }) => path),
    complete: () => !unread && reading.steps.left > 0 && steps.left > 0,
  };
}

function searchNginx(
  reading: Reading,
  resolved: (pattern: string, fromTemplate: boolean) => Resolved,
  main: string,
  found: Brought[],
): void {
  const { fs, whole } = reading;
  const seen = new Set<string>();
  const follow = (path: string): void => {
    const entry = fs.entry(path);
    if (entry.kind !== "file" || seen.has(entry.path)) return;
    seen.add(entry.path);
    const text = open(reading, entry, []);
    if (text !== null) look(text.file, text.directives);
  };
  const look = (file: SourceFile, directives: readonly Directive[]): void => {
    for (const { name, args, block } of directives) {
      if (name.text === "http" && block !== null) look(file, block);
      const [word] = args;
      if (name.text !== "include" || block !== null || word === undefined || word.placeholder) continue;
      const { paths } = resolved(word.text, isTemplateName(file.path));
      for (const path of paths) {
        const entry = isGlob(word.text) ? fs.entry(path) : null;
        const answer = entry?.kind === "file" ? entry.read() : null;
        if (entry?.kind === "file" && answer !== null && "text" in answer && mayBeSite(answer.text))
          found.push({
            half: "nginx",
            file: fileOf(fs, entry, answer.text),
            wording: wordingOf(entry, whole),
            way: placeOf(file, word.start),
          });
        else follow(path);
      }
    }
  };
  follow(main);
}

/** Whether it begins as the file of a site does; another one may have includes of its own. */
function mayBeSite(text: string): boolean {
  return /^(?:\s|#.*\n)*(?:server|upstream)\b/.test(text.slice(0, START));
}

/** Characters in which a file has its first directive, behind what is said of it in comments. */
const START = 2000;

function searchFpm(
  fs: HostFilesystem,
  whole: boolean,
  main: string,
  meant: (pattern: string, main: string, fromTemplate: boolean) => readonly FileEntry[],
  found: Brought[],
): void {
  const entry = fs.entry(main);
  const answer = entry.kind === "file" ? entry.read() : null;
  if (entry.kind !== "file" || answer === null || !("text" in answer)) return;
  const file = fileOf(fs, entry, answer.text);
  for (const line of parseFpm(file, wordingOf(entry, whole))) {
    if (line.kind !== "include" || line.pattern === null || !isGlob(line.pattern)) continue;
    for (const one of meant(line.pattern, main, isTemplateName(file.path))) {
      const read = one.read();
      if (!("text" in read)) continue;
      const way = placeOf(file, line.range.start);
      found.push({ half: "fpm", file: fileOf(fs, one, read.text), wording: wordingOf(one, whole), way });
    }
  }
}

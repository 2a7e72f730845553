import { nameOf } from "../host/path.js";
import { parseNginx } from "../nginx/syntax/parse.js";
import type { NginxText } from "../nginx/types.js";
import type { SourceFile } from "../source/file.js";
import type { Brought } from "./brought.js";
import type { NameVariables } from "./judged.js";
import { type Named, namedInPool, namedInSite } from "./named.js";
import { isKnown, NAME } from "./words.js";

/**
 * Where the files of sites and pools have names. A file whose text is that of another one but for its names has them
 * at the same places, so that only one of them is parsed.
 */

/** A file that an include with a wildcard brings, and that holds one thing. */
export interface OwnFile extends Brought {
  readonly pattern: Pattern;
  /** The names in its text, in order, each once per place. */
  readonly words: readonly Placed[];
  /** The names in its text, and those in its own name, each once. */
  readonly names: ReadonlySet<string>;
}

interface Placed {
  readonly name: string;
  readonly start: number;
  readonly end: number;
  /** The length of the path or the word around it. */
  readonly around: number;
}

/** What files say in the same words, apart from names. */
export interface Pattern {
  readonly id: number;
  /** The text before each name, and that behind the last. */
  readonly literals: readonly string[];
  readonly gaps: readonly Gap[];
  /** The file that it was made of; `null`: one of PHP-FPM. */
  readonly parsed: NginxText | null;
}

/** Where a name stands. */
interface Gap {
  /** Whether a number is a name here. */
  readonly numbers: boolean;
  /** The number of the path or the word around it, and its length without the names in it. */
  readonly word: number;
  readonly rest: number;
}

/** Around what stands for a name in a text that is compared. */
export const OPEN = "\u0001";
export const CLOSED = "\u0002";

/** Patterns that a file is compared with before it is parsed: the last that fitted. */
const MOST_COMPARED = 16;
/** So many files more may be parsed than are like others, before nothing is expected of the rest. */
const PATIENCE = 64;

/** The files that hold one thing each; `null`: hardly any of them is like another. */
export function ownFiles(files: readonly Brought[], variables: NameVariables): readonly OwnFile[] | null {
  const found: OwnFile[] = [];
  const seen = new Set<string>();
  const twice = new Set<string>();
  const patterns = { nginx: new Patterns(variables), fpm: new Patterns(variables) };
  let parsed = 0;
  for (const one of files) {
    const { path } = one.file;
    if (seen.has(path)) twice.add(path);
    if (seen.has(path) || one.wording === "template") continue;
    seen.add(path);
    const own = patterns[one.half].like(one);
    if (own !== null) found.push(own);
    else {
      parsed += 1;
      if (parsed > PATIENCE + found.length) return null;
      const first = patterns[one.half].read(one);
      if (first !== null) found.push(first);
    }
  }
  // What is read twice is two things.
  return twice.size === 0 ? found : found.filter(({ file }) => !twice.has(file.path));
}

/** The patterns of one half. */
class Patterns {
  private readonly variables: NameVariables;
  private readonly known = new Map<string, Pattern>();
  /** The last that fitted comes first. */
  private readonly recent: Pattern[] = [];

  constructor(variables: NameVariables) {
    this.variables = variables;
  }

  /** The file, if it is like one that was read. */
  like(one: Brought): OwnFile | null {
    for (const [at, pattern] of this.recent.entries()) {
      const words = wordsLike(pattern, one.file.text);
      if (words === null) continue;
      if (at > 0) this.putFirst(pattern, at);
      return ownFile(one, pattern, words);
    }
    return null;
  }

  /** The file, read; `null`: it holds more than one thing, or something else. */
  read(one: Brought): OwnFile | null {
    const { file, half, wording } = one;
    if (file.text.includes(OPEN) || file.text.includes(CLOSED)) return null;
    const parsed = half === "nginx" ? parseNginx(file, wording) : null;
    const named = parsed === null ? namedInPool(file) : namedInSite(parsed, this.variables);
    if (named === null) return null;
    const { literals, gaps, words } = apart(file, named);
    const key = [...literals, ...gaps.map(({ numbers, word, rest }) => `${numbers} ${word} ${rest}`)].join(
      OPEN,
    );
    const before = this.known.get(key);
    const pattern = before ?? { id: this.known.size, literals, gaps, parsed };
    this.known.set(key, pattern);
    const at = this.recent.indexOf(pattern);
    this.putFirst(pattern, at === -1 ? MOST_COMPARED - 1 : at);
    return ownFile(one, pattern, words);
  }

  private putFirst(pattern: Pattern, at: number): void {
    this.recent.splice(at, 1);
    this.recent.unshift(pattern);
  }
}

function ownFile(one: Brought, pattern: Pattern, words: readonly Placed[]): OwnFile {
  const { half, file, wording, way } = one;
  const called = nameOf(file.path).match(NAME) ?? [];
  const names = new Set<string>();
  for (const { name } of words) names.add(name);
  for (const name of called) if (isName(name, false)) names.add(name);
  return { half, file, wording, way, pattern, words, names };
}

/** A file taken apart at its names. */
function apart(
  file: SourceFile,
  named: readonly Named[],
): Pick<Pattern, "literals" | "gaps"> & Pick<OwnFile, "words"> {
  const words: Placed[] = [];
  const literals: string[] = [];
  const gaps: Gap[] = [];
  let from = 0;
  let behind = 0;
  for (const [word, { start, end, numbers }] of named.entries()) {
    if (start < from) continue;
    from = end;
    const text = file.text.slice(start, end);
    const names = [...text.matchAll(NAME)].filter(([name]) => isName(name, numbers));
    const rest = names.reduce((left, [name]) => left - name.length, text.length);
    for (const { 0: name, index } of names) {
      const at = start + index;
      literals.push(file.text.slice(behind, at));
      behind = at + name.length;
      gaps.push({ numbers, word, rest });
      words.push({ name, start: at, end: behind, around: text.length });
    }
  }
  literals.push(file.text.slice(behind));
  return { literals, gaps, words };
}

/** The names of a text that fits, in the places of the pattern; `null`: it does not fit. */
function wordsLike({ literals, gaps }: Pattern, text: string): readonly Placed[] | null {
  const first = literals[0] ?? "";
  if (!text.startsWith(first)) return null;
  const ends: number[] = [];
  const lengths: number[] = [];
  let at = first.length;
  let before = "";
  for (const [number, { numbers, word, rest }] of gaps.entries()) {
    const end = nameEnd(text, at);
    const name = text.slice(at, end);
    // Most files have one name all over.
    if (name !== before && !isName(name, numbers)) return null;
    before = numbers ? "" : name;
    lengths[word] = (lengths[word] ?? rest) + end - at;
    ends.push(end);
    const next = literals[number + 1] ?? "";
    if (!text.startsWith(next, end)) return null;
    at = end + next.length;
  }
  if (at !== text.length) return null;
  let behind = first.length;
  return gaps.map(({ word }, number): Placed => {
    const end = ends[number] ?? behind;
    const start = behind;
    behind = end + (literals[number + 1] ?? "").length;
    return { name: text.slice(start, end), start, end, around: lengths[word] ?? 0 };
  });
}

function nameEnd(text: string, from: number): number {
  let at = from;
  while (at < text.length && isOfName(text.charCodeAt(at))) at += 1;
  return at;
}

/** The characters of `NAME`. */
function isOfName(code: number): boolean {
  return (code >= 48 && code <= 57) || (code >= 65 && code <= 90) || (code >= 97 && code <= 122);
}

/**
 * A number has a value, letters of both cases may be one name for one half and two for the other, and a word that the
 * code knows as it is may be anything.
 */
function isName(word: string, numbers: boolean): boolean {
  return word.length > 1 && (numbers || /[a-z]/.test(word)) && !/[A-Z]/.test(word) && !isKnown(word);
}

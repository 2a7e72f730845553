import { type Entry, type HostFilesystem, unreadReason } from "../host/filesystem.js";
import { glob, isGlob } from "../host/glob.js";
import { directoryOf, isWithin, resolvePath } from "../host/path.js";
import { type Span, sourceFile } from "../source/file.js";
import { parseNginx } from "./parse.js";
import { stockText } from "./stock.js";
import type { Directive, IncludeProblem, NginxInclude, NginxText } from "./types.js";

/** Which files an include means, and opening each of them once. */

export interface TreeOptions {
  readonly fs: HostFilesystem;
  /**
   * The tree is a whole host, so that a directory it lacks is really not there. Otherwise whatever
   * an include without a match could bring is unknown.
   */
  readonly whole: boolean;
}

/** The state of reading one tree. */
export interface Reading extends TreeOptions {
  /** Directory of the main file: relative includes count from here, wherever they stand. */
  readonly directory: string;
  readonly cache: Map<string, NginxText>;
  readonly ways: Map<NginxText, readonly Span[]>;
  readonly includes: NginxInclude[];
  nodes: number;
}

/** Where packages deploy nginx's configuration: what a main file that stands elsewhere means by such a path is beside it. */
const DEPLOYED = [
  "/etc/nginx",
  "/usr/local/etc/nginx",
  "/usr/local/nginx/conf",
  "/usr/local/openresty/nginx/conf",
];

/** nginx has no limit and dies of a loop; past this many nodes a tree is a loop in disguise. */
const MOST_NODES = 3_000_000;

export function startReading(options: TreeOptions, directory: string): Reading {
  return { ...options, directory, cache: new Map(), ways: new Map(), includes: [], nodes: 0 };
}

export interface Resolved {
  readonly paths: readonly string[];
  readonly noMatch: { readonly directory: boolean } | null;
}

export function resolve(reading: Reading, pattern: string): Resolved {
  const candidates = [
    resolvePath(reading.directory, pattern),
    ...beside(reading.directory, pattern),
    ...(reading.whole ? [] : above(reading.directory, pattern)),
  ];
  if (!isGlob(pattern)) {
    const standing = candidates.find((path) => reading.fs.entry(path).kind !== "missing");
    return { paths: [standing ?? candidates[0] ?? pattern], noMatch: null };
  }
  for (const candidate of candidates) {
    const paths = glob(reading.fs, candidate);
    if (paths.length > 0) return { paths, noMatch: null };
  }
  const directory = candidates.some((path) => reading.fs.entry(directoryOf(path)).kind === "directory");
  return { paths: [], noMatch: { directory } };
}

/** Fragments of a repository name each other from the directory that the main file will have, which is one above theirs. */
function above(directory: string, pattern: string): readonly string[] {
  if (pattern.startsWith("/") || directory === "/") return [];
  const next = directoryOf(directory);
  return [resolvePath(next, pattern), ...above(next, pattern)];
}

function beside(directory: string, pattern: string): readonly string[] {
  if (DEPLOYED.some((prefix) => isWithin(prefix, directory))) return [];
  const prefix = DEPLOYED.find((path) => pattern.startsWith(`${path}/`));
  return prefix === undefined ? [] : [resolvePath(directory, pattern.slice(prefix.length + 1))];
}

/** The file at a path that an include named; `null`, with the problem added, when there is none to read. */
export function load(
  reading: Reading,
  path: string,
  via: readonly Span[],
  stack: readonly string[],
  problems: IncludeProblem[],
): NginxText | null {
  const entry = reading.fs.entry(path);
  const problem = (kind: IncludeProblem["kind"], reason: string): null => {
    problems.push({ path: reading.fs.display(path), kind, reason });
    return null;
  };
  if (entry.kind === "missing") {
    const stock = entry.dangling ? null : stockText(path);
    return stock === null ? problem("missing", "no such file in the tree") : stockFile(reading, path, stock);
  }
  if (entry.kind === "directory") return problem("refused", "is a directory, which nginx refuses to read");
  if (entry.kind !== "file") return problem("unread", unreadReason(entry) ?? "");
  if (stack.includes(entry.path) || reading.nodes > MOST_NODES) {
    return problem("refused", 'is included by itself: nginx ends with "Too many open files"');
  }
  return open(reading, entry, via) ?? problem("unread", unreadReason(entry) ?? "");
}

function stockFile(reading: Reading, path: string, text: string): NginxText {
  const known = reading.cache.get(path);
  if (known !== undefined) return known;
  const parsed = parseNginx(sourceFile(path, `${reading.fs.display(path)} (as nginx ships it)`, text));
  reading.cache.set(path, parsed);
  return parsed;
}

/** Parses a file on its first use. `null` when it cannot be read. */
export function open(
  reading: Reading,
  entry: Extract<Entry, { kind: "file" }>,
  via: readonly Span[],
): NginxText | null {
  const known = reading.cache.get(entry.path);
  if (known !== undefined) return known;
  const answer = entry.read();
  if ("unreadable" in answer) return null;
  const text = parseNginx(sourceFile(entry.path, reading.fs.display(entry.path), answer.text));
  reading.cache.set(entry.path, text);
  reading.ways.set(text, via);
  return text;
}

/** The files that nothing read so far has included, without those that another of them includes. */
export function openRoots(reading: Reading, paths: readonly string[]): readonly NginxText[] {
  const texts = paths.flatMap((path) => {
    const entry = reading.fs.entry(path);
    const text = entry.kind !== "file" || reading.cache.has(entry.path) ? null : open(reading, entry, []);
    return text === null ? [] : [text];
  });
  const included = new Set(texts.flatMap((text) => includedBy(reading, text.directives)));
  return texts.filter((text) => !included.has(text.file.path));
}

function includedBy(reading: Reading, directives: readonly Directive[]): readonly string[] {
  return directives.flatMap(({ name, args, block }) => {
    if (block !== null) return includedBy(reading, block);
    const [pattern] = args;
    if (name.text !== "include" || pattern === undefined) return [];
    return resolve(reading, pattern.text).paths.map((path) => reading.fs.entry(path).path);
  });
}

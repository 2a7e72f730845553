import { type Entry, type HostFilesystem, unreadReason } from "../host/filesystem.js";
import { glob, isGlob } from "../host/glob.js";
import { directoryOf, isWithin, resolvePath } from "../host/path.js";
import { place, type SourceFile, type Span, sourceFile } from "../source/file.js";
import { parseNginx } from "./parse.js";
import { stockText } from "./stock.js";
import type { Directive, IncludeProblem, NginxInclude, NginxText, Node } from "./types.js";

/** What nginx would read from one main file, includes opened: one node per occurrence. */
export interface NginxTree {
  /** Its children are the main context. Has no name. */
  readonly root: Node;
  /** Every file that was read, once each, in the order of first use. */
  readonly texts: readonly NginxText[];
  /** The `include` chain that first led to each file. */
  readonly ways: ReadonlyMap<NginxText, readonly Span[]>;
  readonly includes: readonly NginxInclude[];
}

export interface TreeOptions {
  readonly fs: HostFilesystem;
  /**
   * The tree is a whole host, so that a directory it lacks is really not there. Otherwise whatever
   * an include without a match could bring is unknown.
   */
  readonly whole: boolean;
}

type MutableNode = { -readonly [Key in keyof Node]: Node[Key] } & { children: Node[] };

interface Reading extends TreeOptions {
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

const NAMELESS = { text: "", start: 0, end: 0, quote: null } as const;

/** Reads a main file and everything it includes. `null` when it is not a readable file. */
export function readTree(options: TreeOptions, main: string): NginxTree | null {
  const entry = options.fs.entry(main);
  if (entry.kind !== "file") return null;
  // As nginx does it: the directory of the name that was given, not of what a link points to.
  const reading = startReading(options, directoryOf(main));
  const text = open(reading, entry, []);
  if (text === null) return null;
  const root = blockNode(null, text.file, syntheticBlock("", text.file), []);
  root.partial = text.fault !== null;
  fill(reading, root, text.directives, text.file, [], [text.file.path]);
  return { root, texts: [...reading.cache.values()], ways: reading.ways, includes: reading.includes };
}

/**
 * Reads fragments that no main file in the tree includes, each inside `http { }`, or inside
 * `http { server { } }` when it holds locations. The blocks around them are partial: what the absent
 * files could set is unknown.
 */
export function readFragments(
  options: TreeOptions,
  paths: readonly string[],
  directory: string,
): NginxTree | null {
  const reading = startReading(options, directory);
  const roots = paths.flatMap((path) => {
    const entry = options.fs.entry(path);
    const text = entry.kind === "file" ? open(reading, entry, []) : null;
    return text === null ? [] : [text];
  });
  const [first] = roots;
  if (first === undefined) return null;
  const root = blockNode(null, first.file, syntheticBlock("", first.file), []);
  const http = blockNode(root, first.file, syntheticBlock("http", first.file), []);
  root.children.push(http);
  root.partial = true;
  http.partial = true;
  for (const text of roots) fragment(reading, http, text);
  return { root, texts: [...reading.cache.values()], ways: reading.ways, includes: reading.includes };
}

function fragment(reading: Reading, http: MutableNode, text: NginxText): void {
  let parent = http;
  if (text.directives.some((directive) => directive.name.text === "location" && directive.block !== null)) {
    parent = blockNode(http, text.file, syntheticBlock("server", text.file), []);
    parent.partial = true;
    http.children.push(parent);
  }
  fill(reading, parent, text.directives, text.file, [], [text.file.path]);
}

function startReading(options: TreeOptions, directory: string): Reading {
  return { ...options, directory, cache: new Map(), ways: new Map(), includes: [], nodes: 0 };
}

function syntheticBlock(name: string, file: SourceFile): Directive {
  return {
    name: { ...NAMELESS, text: name },
    args: [],
    start: 0,
    end: file.text.length,
    block: [],
    truncated: false,
  };
}

function blockNode(
  parent: Node | null,
  file: SourceFile,
  directive: Directive,
  via: readonly Span[],
): MutableNode {
  return {
    directive,
    file,
    name: directive.name.text,
    parent,
    children: [],
    via,
    partial: directive.truncated,
  };
}

function fill(
  reading: Reading,
  parent: MutableNode,
  directives: readonly Directive[],
  file: SourceFile,
  via: readonly Span[],
  stack: readonly string[],
): void {
  for (const directive of directives) {
    if (directive.name.text === "include" && directive.block === null && parent.name !== "split_clients") {
      include(reading, parent, directive, file, via, stack);
      continue;
    }
    const node = blockNode(parent, file, directive, via);
    reading.nodes += 1;
    parent.children.push(node);
    if (directive.block !== null) fill(reading, node, directive.block, file, via, stack);
  }
}

function include(
  reading: Reading,
  parent: MutableNode,
  directive: Directive,
  file: SourceFile,
  via: readonly Span[],
  stack: readonly string[],
): void {
  const word = directive.args[0];
  if (word === undefined || directive.args.length > 1) return;
  const at = place(file, word.start, word.end, via);
  const inner = [...via, at.span];
  const problems: IncludeProblem[] = [];
  const { paths, noMatch } = resolve(reading, word.text);
  let files = 0;
  for (const path of paths) {
    const text = load(reading, path, inner, stack, problems);
    if (text === null) continue;
    files += 1;
    if (text.fault !== null) parent.partial = true;
    fill(reading, parent, text.directives, text.file, inner, [...stack, text.file.path]);
  }
  const known =
    files > 0 || reading.whole || noMatch?.directory === true || /modules-enabled\//.test(word.text);
  if (problems.length > 0 || !known) parent.partial = true;
  reading.includes.push({
    pattern: word.text,
    place: at,
    files,
    noMatch: files === 0 ? noMatch : null,
    problems,
  });
}

interface Resolved {
  readonly paths: readonly string[];
  readonly noMatch: { readonly directory: boolean } | null;
}

function resolve(reading: Reading, pattern: string): Resolved {
  const candidates = [resolvePath(reading.directory, pattern), ...beside(reading.directory, pattern)];
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

function beside(directory: string, pattern: string): readonly string[] {
  if (DEPLOYED.some((prefix) => isWithin(prefix, directory))) return [];
  const prefix = DEPLOYED.find((path) => pattern.startsWith(`${path}/`));
  return prefix === undefined ? [] : [resolvePath(directory, pattern.slice(prefix.length + 1))];
}

function load(
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

function open(
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

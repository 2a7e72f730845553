import { directoryOf, joinPath, nameOf } from "../../host/path.js";
import { place, type SourceFile, type Span } from "../../source/file.js";
import { isTemplateName } from "../../source/template-names.js";
import { swallowedDirective } from "../syntax/swallowed.js";
import type { Branch, Directive, IncludeProblem, NginxInclude, NginxText, Node } from "../types.js";
import { copyOf, enabled, isLeft, leave, NOT_ENABLED, NOT_INCLUDED } from "./at-rest.js";
import { commentedOut } from "./commented-out.js";
import {
  isRound,
  load,
  open,
  openRoots,
  type Reading,
  resolve,
  startReading,
  type TreeOptions,
  unreadProblem,
} from "./files.js";

/** What nginx would read from one main file, includes opened: one node per occurrence. */
export interface NginxTree {
  /** Its children are the main context. Has no name. */
  readonly root: Node;
  /** Every file that was read, once each, in the order of first use. */
  readonly texts: readonly NginxText[];
  /** The `include` chain that first led to each file. */
  readonly ways: ReadonlyMap<NginxText, readonly Span[]>;
  readonly includes: readonly NginxInclude[];
  /** Files that nothing includes: those that count as if the main file did, and those that do not, with the reason. */
  readonly adopted: ReadonlySet<string>;
  readonly left: readonly LeftFile[];
}

export interface LeftFile {
  readonly path: string;
  /** The words of a report. */
  readonly reason: string;
}

type MutableNode = { -readonly [Key in keyof Node]: Node[Key] } & { children: Node[] };

const NAMELESS = { text: "", start: 0, end: 0, quote: null, placeholder: false } as const;

/**
 * Reads a main file and everything it includes. `null`: it is not a readable file. `siblings`: files
 * with servers that are next to it in a repository; those that it does not include are read as if
 * it did, in `http`, because that is where they are deployed.
 */
export function readTree(
  options: TreeOptions,
  main: string,
  siblings: readonly string[] = [],
): NginxTree | null {
  const entry = options.fs.entry(main);
  if (entry.kind !== "file") return null;
  // Like nginx: the directory of the name that was given, not of what a link points to.
  const reading = startReading(options, directoryOf(main));
  const text = open(reading, entry, []);
  if (text === null) return null;
  const root = syntheticBlock("", null, text);
  // After a fault in the main file, anything may follow.
  root.partial = text.fault !== null || isCut(text);
  fill(reading, root, text.directives, startOf(text));
  adopt(reading, root, siblings);
  const http = root.children.find((node) => node.name === "http") as MutableNode | undefined;
  adoptAside(reading, http, options.aside ?? []);
  return finished(reading, root);
}

/** No block is partial: what was not read is taken to change nothing. */
function suppose(node: Node): void {
  for (const left: Node[] = [node]; left.length > 0; ) {
    const one = left.pop() as MutableNode;
    // A directive without a block shares what it says of itself with all others.
    if (one.partial) one.partial = false;
    left.push(...one.children);
  }
}

function adopt(reading: Reading, root: MutableNode, siblings: readonly string[]): void {
  const http = root.children.find((node) => node.name === "http") as MutableNode | undefined;
  if (http === undefined) return;
  const off = commentedOut(reading.directory, reading.cache.values());
  for (const text of openRoots(reading, siblings)) {
    if (isLeft(reading, text)) continue;
    if (off.has(text.file.path)) {
      leave(reading, text.file.path, "its include is commented out");
      continue;
    }
    if (definesServers(text)) {
      if (text.template?.gap === true) http.partial = true;
      fill(reading, http, text.directives, startOf(text));
      // Often no file of the tree tells what a template is deployed as, and so what includes it.
    } else if (isTemplateName(text.file.path)) fragment(reading, http, text);
    else if (hasLocations(text)) {
      reading.adopted.add(text.file.path);
      fragment(reading, http, text);
    } else leave(reading, text.file.path, NOT_INCLUDED);
  }
}

/**
 * Files that are read where the include that would bring them finds nothing. What the directory of that include
 * has is what the host runs; the others are at rest there.
 */
function adoptAside(reading: Reading, http: MutableNode | undefined, paths: readonly string[]): void {
  const taken = new Set(
    [
      ...reading.includes.filter(({ files }) => files > 0).map(({ pattern }) => pattern),
      ...[...reading.cache.keys()].filter((path) => /\/[^/]*enabled\/[^/]*$/.test(path)),
    ].map((path) => nameOf(directoryOf(joinPath("/", path)))),
  );
  const read = enabled(reading);
  const texts = openRoots(reading, paths);
  for (const text of texts) {
    const { path } = text.file;
    const place = nameOf(directoryOf(path)).replace(/available$/, "enabled");
    if (read.has(copyOf(text.file))) reading.cache.delete(path);
    else if (taken.has(place) || http === undefined) leave(reading, path, NOT_ENABLED);
    else if (isLeft(reading, text)) continue;
    else if (definesServers(text)) {
      reading.adopted.add(path);
      fill(reading, http, text.directives, startOf(text));
    } else if (hasLocations(text)) {
      reading.adopted.add(path);
      fragment(reading, http, text);
    } else leave(reading, path, NOT_INCLUDED);
  }
}

/** Whether a part of the file outside of its blocks was not read. */
function isCut(text: NginxText): boolean {
  return mayGoOn(text) || text.template?.gap === true;
}

/**
 * Whether a fault hides something of the file's own level. If a site breaks off inside its server,
 * that server is lost, but not what the other sites inherit: nobody sets that after a server.
 */
function mayGoOn({ file, directives, fault }: NginxText): boolean {
  if (fault === null || directives.some(({ truncated, name }) => truncated && name.text === "server"))
    return false;
  const rest = file.text.slice(fault.span.end).replace(/#.*$/gm, "");
  return /[^\s};]/.test(rest);
}

function definesServers({ directives }: NginxText): boolean {
  return directives.some(({ name, block }) => block !== null && /^(?:server|upstream|map)$/.test(name.text));
}

function hasLocations({ directives }: NginxText): boolean {
  return directives.some(({ name, block }) => name.text === "location" && block !== null);
}

function finished(reading: Reading, root: Node): NginxTree {
  if (reading.supposed === true) suppose(root);
  return {
    root,
    texts: [...reading.cache.values()],
    ways: reading.ways,
    includes: reading.includes,
    adopted: reading.adopted,
    left: reading.left,
  };
}

/**
 * Reads fragments that no main file in the tree includes, each inside `http { }`, or inside
 * `http { server { } }` if it has locations. The blocks around them are partial, because it is
 * unknown what the absent files set.
 */
export function readFragments(
  options: TreeOptions,
  paths: readonly string[],
  directory: string,
): NginxTree | null {
  const reading = startReading(options, directory);
  const roots = openRoots(reading, paths).filter((text) => !isLeft(reading, text));
  const others = options.aside ?? [];
  const first = roots[0] ?? openRoots(reading, others)[0];
  if (first === undefined) return null;
  // It was opened to have a place for the blocks around the files.
  if (roots.length === 0) reading.cache.clear();
  const root = syntheticBlock("", null, first);
  const http = syntheticBlock("http", root, first);
  root.children.push(http);
  root.partial = true;
  http.partial = true;
  for (const text of roots) fragment(reading, http, text);
  adoptAside(reading, http, others);
  return finished(reading, root);
}

function fragment(reading: Reading, http: MutableNode, text: NginxText): void {
  let parent = http;
  if (hasLocations(text)) {
    parent = syntheticBlock("server", http, text);
    parent.partial = true;
    http.children.push(parent);
  }
  fill(reading, parent, text.directives, startOf(text));
}

/** A block that is written nowhere; `name` is empty for the main context. */
function syntheticBlock(name: string, parent: Node | null, text: NginxText): MutableNode {
  const directive: Directive = {
    name: { ...NAMELESS, text: name },
    args: [],
    start: 0,
    end: text.file.text.length,
    block: [],
    truncated: false,
    gap: false,
    branch: null,
  };
  return blockNode(parent, directive, startOf(text));
}

function blockNode(
  parent: Node | null,
  directive: Directive,
  { file, via, branch }: Pick<Where, "file" | "via" | "branch">,
): MutableNode {
  return {
    directive,
    file,
    name: directive.name.text,
    parent,
    children: [],
    via,
    partial: directive.truncated || directive.gap,
    branch: directive.branch ?? branch,
  };
}

const NO_CHILDREN: readonly Node[] = [];

/** An occurrence of a directive without a block. A file may have a million: what they share is there once. */
class SimpleNode implements Node {
  readonly directive: Directive;
  readonly parent: Node;
  private readonly where: Where;

  constructor(directive: Directive, parent: Node, where: Where) {
    this.directive = directive;
    this.parent = parent;
    this.where = where;
  }

  get file(): SourceFile {
    return this.where.file;
  }

  get name(): string {
    return this.directive.name.text;
  }

  get children(): readonly Node[] {
    return NO_CHILDREN;
  }

  get via(): readonly Span[] {
    return this.where.via;
  }

  get partial(): boolean {
    return this.directive.truncated || this.directive.gap;
  }

  get branch(): Branch | null {
    return this.directive.branch ?? this.where.branch;
  }
}

/** Where the walk through the files is. */
interface Where {
  readonly file: SourceFile;
  /** The `include` lines that led here, the outermost first. */
  readonly via: readonly Span[];
  /** The paths of the files that are open, this one last. */
  readonly stack: readonly string[];
  /** The branch of a template that the `include` is in; `null`: in none. */
  readonly branch: Branch | null;
}

function startOf({ file }: NginxText): Where {
  return { file, via: [], stack: [file.path], branch: null };
}

function fill(reading: Reading, parent: MutableNode, directives: readonly Directive[], where: Where): void {
  for (const directive of directives) {
    // A directive whose name comes from a template may be any directive.
    if (directive.name.placeholder) {
      parent.partial = true;
      continue;
    }
    // What was meant for this block is not in it, but among the arguments.
    if (swallowedDirective(where.file, directive) !== null) parent.partial = true;
    if (directive.name.text === "include" && directive.block === null && parent.name !== "split_clients") {
      include(reading, parent, directive, where);
      continue;
    }
    reading.account.used += 1;
    if (directive.block === null) {
      parent.children.push(new SimpleNode(directive, parent, where));
      continue;
    }
    const node = blockNode(parent, directive, where);
    parent.children.push(node);
    fill(reading, node, directive.block, { ...where, branch: null });
  }
}

function include(reading: Reading, parent: MutableNode, directive: Directive, where: Where): void {
  const word = directive.args[0];
  if (directive.args.some(({ placeholder }) => placeholder)) {
    unknownInclude(reading, parent, directive, where);
    return;
  }
  const { file, via, stack } = where;
  if (word === undefined || directive.args.length > 1) return;
  const at = place(file, word.start, word.end, via);
  const inner = [...via, at.span];
  const problems: IncludeProblem[] = [];
  const { paths, noMatch, unread } = resolve(reading, word.text, isTemplateName(file.path));
  problems.push(...unread.map((entry) => unreadProblem(reading, entry)));
  let files = 0;
  for (const path of paths) {
    reading.account.used += 1 + stack.length;
    if (isRound(reading, path, stack)) {
      parent.partial = true;
      files += 1;
      continue;
    }
    const text = load(reading, path, inner, stack, problems);
    if (text === null) continue;
    files += 1;
    if (isCut(text)) parent.partial = true;
    fill(reading, parent, text.directives, {
      file: text.file,
      via: inner,
      stack: [...stack, text.file.path],
      branch: directive.branch ?? where.branch,
    });
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

/** Only a rendered template shows which files it means. */
function unknownInclude(
  reading: Reading,
  parent: MutableNode,
  { args }: Directive,
  { file, via }: Where,
): void {
  const [first, last] = [args[0], args[args.length - 1]];
  if (first === undefined || last === undefined) return;
  const at = place(file, first.start, last.end, via);
  const pattern = file.text.slice(first.start, last.end);
  const reason = "which file it is will be known when the template is rendered";
  const problem: IncludeProblem = { path: pattern, kind: "template", reason, log: null, loop: [] };
  parent.partial = true;
  reading.includes.push({ pattern, place: at, files: 0, noMatch: null, problems: [problem] });
}

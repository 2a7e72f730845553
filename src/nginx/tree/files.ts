import {
  type Account,
  type Allowance,
  isSpent,
  openAccount,
  SITE_INCLUDES,
  WILDCARD_STEPS,
} from "../../host/allowance.js";
import { globDeployed } from "../../host/deployed.js";
import {
  type Entry,
  fileOf,
  type HostFilesystem,
  listedReason,
  unreadReason,
} from "../../host/filesystem.js";
import { isGlob, type Steps } from "../../host/glob.js";
import { directoryOf, isWithin, joinPath } from "../../host/path.js";
import { TOO_MANY_LINKS as TOO_MANY_LEVELS } from "../../host/system-error.js";
import { wordingOf } from "../../source/bare-words.js";
import { withCommas } from "../../source/digits.js";
import { type SourceFile, type Span, sourceFile } from "../../source/file.js";
import { isTemplateName } from "../../source/template-names.js";
import { timed } from "../../source/timings.js";
import { stockText } from "../facts/stock.js";
import { parseNginx } from "../syntax/parse.js";
import type { Directive, IncludeProblem, NginxInclude, NginxText } from "../types.js";

/** Finds the files that an include means, and opens each of them once. */

export interface TreeOptions {
  readonly fs: HostFilesystem;
  /**
   * The tree is a whole host, so a directory that it lacks really does not exist. Otherwise it is
   * unknown what an include without a match would bring.
   */
  readonly whole: boolean;
  /**
   * What was not read is taken to change nothing, so that no block is partial: for a question of a person, who
   * is told so. Absent: it is not.
   */
  readonly supposed?: boolean | undefined;
  /** Files that nothing is known to include; absent: none. */
  readonly aside?: readonly string[] | undefined;
  /** Files that the user named, as reports print them: these are nginx's whatever includes them. Absent: none. */
  readonly typed?: readonly string[] | undefined;
  /** How much the includes may bring; absent: the usual limit. */
  readonly allowance?: Allowance | undefined;
}

/** The state of reading one tree. */
export interface Reading extends TreeOptions {
  /** Directory of the main file: relative includes count from here, wherever they are. */
  readonly directory: string;
  readonly cache: Map<string, NginxText>;
  readonly ways: Map<NginxText, readonly Span[]>;
  readonly includes: NginxInclude[];
  /** Files that nothing includes, by path: those that count, and those that do not. */
  readonly adopted: Set<string>;
  readonly left: { readonly path: string; readonly reason: string }[];
  /** One unit is a node, or a file that an include names together with the files around it. */
  readonly account: Account;
  /** What a wildcard was found to mean. */
  readonly expanded: Map<string, Resolved>;
  /** How much the wildcards of all files may cost together. */
  readonly steps: Steps;
  /** Files that were found to lead back to themselves. */
  readonly circles: Set<string>;
}

/**
 * Where packages deploy nginx's configuration: if a main file that is elsewhere names such a path, the
 * file is next to it.
 */
const DEPLOYED = [
  "/etc/nginx",
  "/usr/local/etc/nginx",
  "/usr/local/nginx/conf",
  "/usr/local/openresty/nginx/conf",
];

export function startReading(options: TreeOptions, directory: string): Reading {
  return {
    ...options,
    directory,
    cache: new Map(),
    ways: new Map(),
    includes: [],
    adopted: new Set(),
    left: [],
    account: openAccount(options.allowance ?? SITE_INCLUDES),
    expanded: new Map(),
    steps: { left: WILDCARD_STEPS },
    circles: new Set(),
  };
}

export interface Resolved {
  readonly paths: readonly string[];
  readonly noMatch: { readonly directory: boolean } | null;
  /** Directories that a glob could not look into. */
  readonly unread: readonly Entry[];
}

/** `fromTemplate`: the include is in a file that is named as a template. */
export function resolve(reading: Reading, pattern: string, fromTemplate: boolean): Resolved {
  const key = `${fromTemplate} ${pattern}`;
  const known = reading.expanded.get(key) ?? resolveAnew(reading, pattern, fromTemplate);
  reading.expanded.set(key, known);
  return known;
}

function resolveAnew(reading: Reading, pattern: string, fromTemplate: boolean): Resolved {
  const candidates = [
    joinPath(reading.directory, pattern),
    ...beside(reading.directory, pattern),
    ...(reading.whole ? [] : above(reading.directory, pattern)),
  ];
  if (!isGlob(pattern)) {
    const present = candidates.find((path) => reading.fs.entry(path).kind !== "missing");
    return { paths: [present ?? candidates[0] ?? pattern], noMatch: null, unread: [] };
  }
  // `fastcgi_params*` is nginx's own file on the host, whatever else it matches.
  const shipped = pattern.replace(/[*?[].*$/s, "");
  const stock =
    !reading.whole && shipped !== "" && !shipped.endsWith("/") && stockText(`/${shipped}`) !== null;
  const unread: Entry[] = [];
  for (const candidate of candidates) {
    const paths = globDeployed(
      reading.fs,
      candidate,
      fromTemplate,
      (entry) => unread.push(entry),
      reading.steps,
    );
    if (paths.length > 0) return { paths, noMatch: null, unread };
  }
  const directory = candidates.some((path) => reading.fs.entry(directoryOf(path)).kind === "directory");
  return { paths: [], noMatch: { directory: directory && !stock }, unread };
}

/**
 * Fragments of a repository name each other relative to the directory of the future main file, which is
 * above theirs.
 */
function above(directory: string, pattern: string): readonly string[] {
  if (pattern.startsWith("/") || directory === "/") return [];
  const next = directoryOf(directory);
  return [joinPath(next, pattern), ...above(next, pattern)];
}

function beside(directory: string, pattern: string): readonly string[] {
  if (DEPLOYED.some((prefix) => isWithin(prefix, directory))) return [];
  const prefix = DEPLOYED.find((path) => pattern.startsWith(`${path}/`));
  return prefix === undefined ? [] : [joinPath(directory, pattern.slice(prefix.length + 1))];
}

/**
 * The file at a path that an include names; `null`: it cannot be read, and the problem is added to
 * `problems`.
 */
export function load(
  reading: Reading,
  path: string,
  via: readonly Span[],
  stack: readonly string[],
  problems: IncludeProblem[],
): NginxText | null {
  const entry = reading.fs.entry(path);
  const problem = (
    kind: IncludeProblem["kind"],
    reason: string,
    log: string | null,
    loop: readonly Span[] = [],
  ): null => {
    problems.push({ path: reading.fs.display(path), kind, reason, log, loop });
    return null;
  };
  if (isStockModule(entry)) return stockFile(reading, path, "");
  if (entry.kind === "missing") {
    const other = entry.dangling || reading.whole ? null : elsewhere(reading, path);
    if (other !== null) {
      reading.adopted.add(other.path);
      return open(reading, other, via) ?? problem("unread", unreadReason(other) ?? "", null);
    }
    const stock = entry.dangling || !isStockDirectory(reading, path) ? null : stockText(path);
    if (stock !== null) return stockFile(reading, path, stock);
    const log = reading.fs.entry(directoryOf(path)).kind === "file" ? NOT_A_DIRECTORY : NO_SUCH_FILE;
    return problem("missing", "no such file in the tree", log);
  }
  if (entry.kind === "directory")
    return problem("refused", "is a directory, which nginx refuses to read", IS_A_DIRECTORY);
  if (entry.kind !== "file") return notAFile(entry, problem);
  const from = stack.indexOf(entry.path);
  if (from !== -1) {
    for (const path of stack.slice(from)) reading.circles.add(path);
    const reason = 'is included by itself: nginx ends with "Too many open files"';
    return problem("refused", reason, TOO_MANY_FILES, via.slice(from));
  }
  if (isSpent(reading.account)) return problem("unread", tooMuch(reading), null);
  const link = reading.whole ? null : writtenLink(entry, path);
  if (link !== null) {
    const target = joinPath(directoryOf(path), link);
    if (isStockModule({ kind: "missing", path: target, dangling: true })) return stockFile(reading, path, "");
    const behind = reading.fs.entry(target);
    if (behind.kind === "file")
      return open(reading, behind, via) ?? problem("unread", unreadReason(behind) ?? "", null);
  }
  return open(reading, entry, via) ?? problem("unread", unreadReason(entry) ?? "", null);
}

/**
 * A link to what Debian's packages of modules bring, which is dead where they are not installed. It loads a
 * module and sets nothing.
 */
function isStockModule(entry: Entry): boolean {
  const target =
    entry.kind === "outside" ? entry.target : entry.kind === "missing" && entry.dangling ? entry.path : "";
  return /^(?:\.\.\/)*\/?usr\/share\/nginx\/modules(?:-available)?\/[^/]+\.conf$/.test(target);
}

/** Whether nginx's packages have a file in the directory of a path, so that a tree leaves it out. */
function isStockDirectory({ directory }: Reading, path: string): boolean {
  const places = [directory, ...DEPLOYED, "/etc/openresty", "/opt/nginx/conf", "/conf"];
  return (
    !path.startsWith("/") ||
    places.some((place) => isWithin(place, path)) ||
    !/^\/(?:etc|home|opt|srv|usr|var|root)\//.test(path)
  );
}

/**
 * The file of the tree that an include names by a path of another root: `/home/app/etc/nginx/x` is
 * `/etc/nginx/x` of a tree that has that. At least one directory is the same.
 */
function elsewhere({ fs, directory }: Reading, path: string): Extract<Entry, { kind: "file" }> | null {
  if (isWithin(directory, path)) return null;
  for (let slash = path.indexOf("/", 1); slash > 0; slash = path.indexOf("/", slash + 1)) {
    const end = path.slice(slash);
    if (end.indexOf("/", 1) === -1) return null;
    const entry = fs.entry(end);
    if (entry.kind === "file") return entry;
  }
  return null;
}

/**
 * Whether a file of a circle was met again inside that circle. nginx goes round in it until no more files
 * may be open, and the circle is already reported, so following it on every other way would add nothing.
 */
export function isRound({ circles, fs }: Reading, path: string, stack: readonly string[]): boolean {
  if (circles.size === 0) return false;
  const entry = fs.entry(path);
  return circles.has(entry.path) && !stack.includes(entry.path) && stack.some((one) => circles.has(one));
}

/** The longest path that a link holds. */
const LONGEST_LINK = 4096;

/**
 * Where a link leads that was checked out, or packed, as a file with the path in it, as on systems without links;
 * `null`: it is a file. Only where distributions have links.
 */
function writtenLink(entry: Extract<Entry, { kind: "file" }>, path: string): string | null {
  if (!/\/[^/]*-enabled\/[^/]*$/.test(path)) return null;
  const answer = entry.read();
  if ("unreadable" in answer || answer.text.length > LONGEST_LINK) return null;
  return /^(?:\.{0,2}\/)[^\s;{}#]+$/.test(answer.text) ? answer.text : null;
}

/** nginx has no such limit, and reads all of it. */
function tooMuch({ account }: Reading): string {
  const bytes = withCommas(account.bytes);
  return `was not read: the includes bring the same files again and again, far more than the ${bytes} bytes that are there`;
}

/**
 * A directory that a glob may match in and that this process could not look into, or something that
 * vanished from it.
 */
export function unreadProblem({ fs }: Reading, entry: Entry): IncludeProblem {
  const reason = listedReason(entry);
  const kind = entry.kind === "unreadable" && entry.made === true ? "template" : "unread";
  return { path: fs.display(entry.path), kind, reason, log: null, loop: [] };
}

function notAFile(
  entry: Entry,
  problem: (kind: IncludeProblem["kind"], reason: string, log: string | null) => null,
): null {
  const reason = unreadReason(entry) ?? "";
  // A link that leads back to itself does so for every process.
  if (entry.kind === "unreadable" && entry.made === true) return problem("template", reason, null);
  return reason === TOO_MANY_LEVELS
    ? problem("refused", reason, TOO_MANY_LINKS)
    : problem("unread", reason, null);
}

/** What nginx prints after `open() "…"`, or for a directory after `pread() "…"`. */
export const NO_SUCH_FILE = "failed (2: No such file or directory)";
export const NOT_A_DIRECTORY = "failed (20: Not a directory)";
export const IS_A_DIRECTORY = "failed (21: Is a directory)";
export const TOO_MANY_FILES = "failed (24: Too many open files)";
export const TOO_MANY_LINKS = "failed (40: Too many levels of symbolic links)";

const assumed = new WeakSet<SourceFile>();

/**
 * Whether a file is one that nginx's packages ship, of a tree that is no whole host and lacks it: versions and
 * distributions differ in what it says, and an installer may add to it.
 */
export function isAssumed(file: SourceFile): boolean {
  return assumed.has(file);
}

function stockFile(reading: Reading, path: string, text: string): NginxText {
  const known = reading.cache.get(path);
  if (known !== undefined) return known;
  const file = sourceFile(path, `${reading.fs.display(path)} (as nginx ships it)`, text, null);
  const parsed = timed("nginx: syntax", () => parseNginx(file));
  if (!reading.whole) assumed.add(file);
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
  const file = fileOf(reading.fs, entry, answer.text);
  const text = timed("nginx: syntax", () => parseNginx(file, wordingOf(entry, reading.whole)));
  reading.account.bytes += answer.text.length;
  reading.cache.set(entry.path, text);
  reading.ways.set(text, via);
  return text;
}

/** The files that nothing has included so far, without those that another of them includes. */
export function openRoots(reading: Reading, paths: readonly string[]): readonly NginxText[] {
  const texts = paths.flatMap((path) => {
    const entry = reading.fs.entry(path);
    const text = entry.kind !== "file" || reading.cache.has(entry.path) ? null : open(reading, entry, []);
    return text === null ? [] : [text];
  });
  const included = new Set(
    texts.flatMap((text) => includedBy(reading, text.directives, isTemplateName(text.file.path))),
  );
  return texts.filter((text) => !included.has(text.file.path));
}

function includedBy(
  reading: Reading,
  directives: readonly Directive[],
  template: boolean,
): readonly string[] {
  return directives.flatMap(({ name, args, block }) => {
    if (block !== null) return includedBy(reading, block, template);
    const [pattern] = args;
    if (name.text !== "include" || pattern === undefined || pattern.placeholder) return [];
    return resolve(reading, pattern.text, template).paths.map((path) => reading.fs.entry(path).path);
  });
}

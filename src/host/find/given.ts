import { lstatSync } from "node:fs";
import { diskFilesystem, displayName } from "../disk.js";
import { pathBytes } from "../door.js";
import { dumpFilesystem, isDump, layered, readDump } from "../dump.js";
import { BINARY, type FileEntry, type HostFilesystem, unreadReason } from "../filesystem.js";
import { memoryFilesystem, memoryTree, type TreeNodes } from "../memory.js";
import { overlaid } from "../overlaid.js";
import { directoryOf, isWithin, nameOf } from "../path.js";
import { type Pasts, revised } from "../revised.js";
import { type HostSpec, isEmptySpec, type TypedLink, type UnreadPath } from "../spec.js";
import { dumpSpec, enclosingRoot, type FoundHost, hostAt, hostsBelow, rootOfEtc } from "./discover.js";
import { lookAt, type Typed } from "./typed.js";

/** What a path on the command line means. */
export type Given =
  | { readonly kind: "missing" }
  /** Several names that are not UTF-8 look like it. */
  | { readonly kind: "ambiguous" }
  /** No nginx or PHP-FPM configuration there; `left`: what looks like it and is not read. */
  | { readonly kind: "nothing"; readonly left: readonly UnreadPath[] }
  | {
      readonly kind: "hosts";
      readonly hosts: readonly GivenHost[];
      /** The links on the way, which may lead anywhere. */
      readonly links: readonly TypedLink[];
    };

export interface GivenHost {
  readonly spec: HostSpec;
  readonly fs: HostFilesystem;
  /** Only findings that touch one of these are wanted, named as reports print them; `null`: all. */
  readonly touching: readonly string[] | null;
}

/** Where hosts were looked for: each place is searched once, however many paths lead to it. */
export interface Search {
  /** Directory that reported names are relative to; absolute. */
  readonly workingDirectory: string;
  /** The host with this root. */
  readonly at: (root: string) => FoundHost;
  /** Every host below a directory. */
  readonly below: (directory: string) => readonly FoundHost[];
  /** A host that fpmlint.json states. */
  readonly stated: (spec: HostSpec) => FoundHost;
  /** What is looked for as it was at an earlier time. */
  readonly pasts: Pasts;
}

/**
 * `texts`: what some files say instead, by the name that reports print. `pasts`: what is looked for as it
 * was at an earlier time.
 */
export function startSearch(
  workingDirectory: string,
  texts: ReadonlyMap<string, string> = NO_TEXTS,
  pasts: Pasts = NO_PASTS,
): Search {
  return searchOf(
    workingDirectory,
    (root) => revised(overlaid(diskFilesystem({ root, workingDirectory }), texts), root, pasts),
    pasts,
  );
}

function searchOf(
  workingDirectory: string,
  diskOf: (root: string) => HostFilesystem,
  pasts: Pasts = NO_PASTS,
): Search {
  return {
    workingDirectory,
    at: remembered((root) => {
      const fs = diskOf(root);
      return { spec: hostAt(root, ".", fs), fs };
    }),
    below: remembered((directory) => hostsBelow(directory, diskOf)),
    stated: remembered((spec) => ({ spec, fs: diskOf(spec.root) })),
    pasts,
  };
}

const NO_TEXTS: ReadonlyMap<string, string> = new Map();
const NO_PASTS: Pasts = new Map();

function remembered<K, V>(find: (key: K) => V): (key: K) => V {
  const known = new Map<K, V>();
  return (key) => {
    const value = known.get(key) ?? find(key);
    known.set(key, value);
    return value;
  };
}

/**
 * Finds the hosts that a path means. `stated`: hosts of fpmlint.json, which win where the path lies in
 * one or around it. `search`: that of the paths before it.
 */
export function hostsOf(
  path: string,
  workingDirectory: string,
  stated: readonly HostSpec[],
  search: Search = startSearch(workingDirectory),
): Given {
  // An empty word is an unset variable of a script, not the working directory.
  if (path === "") return { kind: "missing" };
  const typed = lookAt(path, workingDirectory);
  if (typed === null) return { kind: "ambiguous" };
  if (typed.entry.kind === "missing") return { kind: "missing" };
  const hosts = [...meant(typed, stated, search), ...unreadable(typed, workingDirectory)];
  const full = hosts.filter(({ spec }) => !isEmptySpec(spec));
  const left = hosts.flatMap(({ spec }) => spec.unread ?? []);
  return full.length === 0 ? { kind: "nothing", left } : { kind: "hosts", hosts: full, links: typed.links };
}

/**
 * The hosts of a tree made of texts. `stated`: hosts of fpmlint.json, which win. Their roots are below
 * `TREE`.
 */
export function treeHosts(files: TreeNodes, stated: readonly HostSpec[]): Given {
  const search = searchOf(TREE, memoryTree(files, TREE));
  const found = stated.length > 0 ? stated.map(search.stated) : search.below(TREE);
  const hosts = found.map(whole);
  const full = hosts.filter(({ spec }) => !isEmptySpec(spec));
  const left = hosts.flatMap(({ spec }) => spec.unread ?? []);
  return full.length === 0 ? { kind: "nothing", left } : { kind: "hosts", hosts: full, links: [] };
}

/** What a tree made of texts is called: below what is no directory, nothing of a machine can be there. */
export const TREE = "/dev/null/tree";

function meant(typed: Typed, stated: readonly HostSpec[], search: Search): readonly GivenHost[] {
  const { absolute, entry } = typed;
  const around = stated.filter(({ root }) => isWithin(root, absolute) && root !== absolute);
  if (around.length > 0)
    return around.map((spec) => touched(search.stated(spec), absolute, search.workingDirectory));
  const below = stated.filter(({ root }) => isWithin(absolute, root));
  if (below.length > 0) return below.map((spec) => whole(search.stated(spec)));
  if (entry.kind === "directory") return directoryHosts(absolute, search);
  return entry.kind === "file" ? fileHosts(absolute, entry, search) : [];
}

/** What the user typed and nobody can read, as a host of its own: it has to be said whatever else is read. */
function unreadable(typed: Typed, workingDirectory: string): readonly GivenHost[] {
  const { absolute, entry } = typed;
  const reason = entry.kind === "directory" ? null : unreadReason(entry);
  // A program or a picture is nothing to lint.
  if (reason === null || reason === BINARY) return [];
  const root = directoryOf(absolute);
  const unread = [{ file: displayName(workingDirectory, absolute), reason }];
  const spec: HostSpec = { name: ".", root, nginx: null, fragments: [], fpm: [], pools: [], unread };
  return [{ spec, fs: memoryFilesystem({}), touching: null }];
}

function directoryHosts(absolute: string, search: Search): readonly GivenHost[] {
  if (nameOf(absolute) === "etc") return [whole(search.at(rootOfEtc(absolute)))];
  const root = isCheckout(absolute) ? null : enclosingRoot(absolute);
  if (root !== null) return [touched(search.at(root), absolute, search.workingDirectory)];
  return search.below(absolute).map(whole);
}

function fileHosts(absolute: string, entry: FileEntry, search: Search): readonly GivenHost[] {
  const past = search.pasts.get(absolute);
  if (past === null) return [];
  const answer = past !== undefined && "text" in past ? past : entry.read();
  if ("text" in answer && isDump(answer.text)) return dumped(answer.text, absolute);
  const root = enclosingRoot(absolute);
  const hosts = root === null ? search.below(searchedFor(absolute)) : [search.at(root)];
  return hosts.map((host) => touched(host, absolute, search.workingDirectory));
}

/** The host that the output of `nginx -T` describes; PHP-FPM's half is not in it. `name`: where the text came from. */
export function dumpHosts(text: string, name: string): Given {
  const hosts = dumped(text, name);
  return hosts.length === 0 ? { kind: "nothing", left: [] } : { kind: "hosts", hosts, links: [] };
}

function dumped(text: string, name: string): readonly GivenHost[] {
  const dump = readDump(text);
  if (dump === null) return [];
  const empty: HostSpec = { name: ".", root: name, nginx: null, fragments: [], fpm: [], pools: [] };
  return [{ spec: dumpSpec(empty, dump), fs: dumpFilesystem(dump, null), touching: null }];
}

/** One host of which one path gave nginx's half as a dump and the other the rest. */
export function withDump(dumped: GivenHost, rest: GivenHost): GivenHost {
  return {
    spec: { ...rest.spec, nginx: dumped.spec.nginx, fragments: [], dumped: true },
    fs: layered(dumped.fs, rest.fs),
    touching: null,
  };
}

/** Where the host of a file without an `etc` around it is searched: its work tree, else the directory that a main file would be in. */
function searchedFor(file: string): string {
  const own = directoryOf(file);
  for (let at = own; at !== "/"; at = directoryOf(at)) if (isCheckout(at)) return at;
  return /^(?:sites-(?:available|enabled)|conf\.d|snippets|pool\.d|php-fpm\.d)$/.test(nameOf(own))
    ? directoryOf(own)
    : own;
}

function whole(host: FoundHost): GivenHost {
  return { ...host, touching: null };
}

/** The path itself, and where the links in it lead: `sites-enabled` means the sites that its links lead to. */
function touched({ spec, fs }: FoundHost, absolute: string, workingDirectory: string): GivenHost {
  // A path that the host shares with others, outside its root, is known by its own name only.
  const path = spec.root === "/" ? absolute : absolute.slice(spec.root.length) || "/";
  const entry = fs.entry(isWithin(spec.root, absolute) ? path : "/");
  const behind =
    entry.kind === "directory" ? entry.names.map((name) => fs.entry(`${entry.path}/${name}`).path) : [];
  const links = isWithin(spec.root, absolute) ? [entry.path, ...behind].map((one) => fs.display(one)) : [];
  return { spec, fs, touching: [...new Set([displayName(workingDirectory, absolute), ...links])] };
}

/** A directory that is a git work tree is searched like any repository, wherever it is. */
function isCheckout(directory: string): boolean {
  try {
    return lstatSync(pathBytes(`${directory}/.git`), { throwIfNoEntry: false }) !== undefined;
  } catch {
    return false;
  }
}

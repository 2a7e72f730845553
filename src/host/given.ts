import { lstatSync, realpathSync, statSync } from "node:fs";
import { resolve } from "node:path";
import { dumpSpec, enclosingRoot, type FoundHost, hostAt, hostsBelow, rootOfEtc } from "./discover.js";
import { diskFilesystem, displayName } from "./disk.js";
import { dumpFilesystem, isDump, layered, readDump } from "./dump.js";
import type { HostFilesystem } from "./filesystem.js";
import { directoryOf, isWithin, nameOf } from "./path.js";
import { type HostSpec, isEmptySpec } from "./spec.js";
import { codeOf } from "./system-error.js";

/** What a path on the command line stands for. */
export type Given =
  | { readonly kind: "missing" }
  | { readonly kind: "unreadable"; readonly reason: string }
  /** No nginx or PHP-FPM configuration there. */
  | { readonly kind: "nothing" }
  | { readonly kind: "hosts"; readonly hosts: readonly GivenHost[] };

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
}

export function startSearch(workingDirectory: string): Search {
  const onDisk = (spec: HostSpec): FoundHost => ({
    spec,
    fs: diskFilesystem({ root: spec.root, workingDirectory }),
  });
  return {
    workingDirectory,
    at: remembered((root) => onDisk(hostAt(root, ".", workingDirectory))),
    below: remembered((directory) => hostsBelow(directory, workingDirectory)),
    stated: remembered(onDisk),
  };
}

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
  const absolute = realRoot(resolve(workingDirectory, path));
  const kind = kindOf(absolute);
  if (kind !== "directory" && kind !== "file") return kind;
  const around = stated.filter(({ root }) => isWithin(root, absolute) && root !== absolute);
  if (around.length > 0)
    return found(around.map((spec) => touched(search.stated(spec), absolute, workingDirectory)));
  const below = stated.filter(({ root }) => isWithin(absolute, root));
  if (below.length > 0) return found(below.map((spec) => whole(search.stated(spec))));
  return kind === "file" ? fileHosts(absolute, search) : directoryHosts(absolute, search);
}

function directoryHosts(absolute: string, search: Search): Given {
  if (nameOf(absolute) === "etc") return found([whole(search.at(rootOfEtc(absolute)))]);
  const root = isCheckout(absolute) ? null : enclosingRoot(absolute);
  if (root !== null) return found([touched(search.at(root), absolute, search.workingDirectory)]);
  return found(search.below(absolute).map(whole));
}

function fileHosts(absolute: string, search: Search): Given {
  const text = textOf(absolute);
  if (text !== null && isDump(text)) return dumpHosts(text, absolute);
  const root = enclosingRoot(absolute);
  const hosts = root === null ? search.below(searchedFor(absolute)) : [search.at(root)];
  return found(hosts.map((host) => touched(host, absolute, search.workingDirectory)));
}

/** The host that the output of `nginx -T` describes; PHP-FPM's half is not in it. `name`: where the text came from. */
export function dumpHosts(text: string, name: string): Given {
  const dump = readDump(text);
  if (dump === null) return { kind: "nothing" };
  const empty: HostSpec = { name: ".", root: name, nginx: null, fragments: [], fpm: [], pools: [] };
  return found([{ spec: dumpSpec(empty, dump), fs: dumpFilesystem(dump, null), touching: null }]);
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

/** The path with the links before its `etc` followed (`current -> releases/42`); those behind belong to the host. */
function realRoot(path: string): string {
  const root = nameOf(path) === "etc" ? rootOfEtc(path) : enclosingRoot(path);
  const outer = root ?? path;
  try {
    return root === "/" ? path : realpathSync(outer) + (root === null ? "" : path.slice(root.length));
  } catch {
    return path;
  }
}

function textOf(path: string): string | null {
  const entry = diskFilesystem({ root: "/", workingDirectory: "/" }).entry(path);
  const answer = entry.kind === "file" ? entry.read() : null;
  return answer === null || "unreadable" in answer ? null : answer.text;
}

function found(hosts: readonly GivenHost[]): Given {
  const full = hosts.filter(({ spec }) => !isEmptySpec(spec));
  return full.length === 0 ? { kind: "nothing" } : { kind: "hosts", hosts: full };
}

function whole(host: FoundHost): GivenHost {
  return { ...host, touching: null };
}

/** The path itself, and where the links in it lead: `sites-enabled` means the sites behind its links. */
function touched({ spec, fs }: FoundHost, absolute: string, workingDirectory: string): GivenHost {
  // A path that the host shares with others, beside its root, is known by its own name only.
  const path = spec.root === "/" ? absolute : absolute.slice(spec.root.length) || "/";
  const entry = fs.entry(isWithin(spec.root, absolute) ? path : "/");
  const behind =
    entry.kind === "directory" ? entry.names.map((name) => fs.entry(`${entry.path}/${name}`).path) : [];
  const links = isWithin(spec.root, absolute) ? [entry.path, ...behind].map((one) => fs.display(one)) : [];
  return { spec, fs, touching: [...new Set([displayName(workingDirectory, absolute), ...links])] };
}

/** A directory that is a git work tree is searched like any repository, wherever it stands. */
function isCheckout(directory: string): boolean {
  try {
    lstatSync(`${directory}/.git`);
    return true;
  } catch {
    return false;
  }
}

function kindOf(path: string): "directory" | "file" | Exclude<Given, { readonly kind: "hosts" | "nothing" }> {
  try {
    const stat = statSync(path);
    return stat.isDirectory()
      ? "directory"
      : stat.isFile()
        ? "file"
        : { kind: "unreadable", reason: "is not a regular file" };
  } catch (error) {
    const code = codeOf(error);
    return code === "ENOENT" || code === "ENOTDIR"
      ? { kind: "missing" }
      : { kind: "unreadable", reason: "Permission denied" };
  }
}

import { lstatSync } from "node:fs";
import { relative, sep } from "node:path";
import { decodeBytes } from "../source/bytes.js";
import { timed } from "../source/timings.js";
import {
  checkListing,
  childrenIn,
  linkTarget,
  type OpenFile,
  openPieces,
  pathBytes,
  readRegular,
  readStart,
} from "./door.js";
import {
  BINARY,
  type Child,
  type Entry,
  type FileEntry,
  type HostFilesystem,
  type Outline,
} from "./filesystem.js";
import { byBytes, directoryOf, isWithin, joinPath, nameOf, normalizePath } from "./path.js";
import { codeOf, reasonOf, TOO_MANY_LINKS } from "./system-error.js";

/** A NUL this near to the start means a program or an archive, not a configuration. */
const BINARY_WITHIN = 8192;

/** Where the kernel parts words by NULs, and a daemon that names its process leaves more of them. */
const PARTED_BY_NULS = /^\/proc\/\d+\/cmdline$/;

export interface DiskOptions {
  /** Directory of this machine that is the host's `/`; absolute. */
  readonly root: string;
  /** Directory that reported names are relative to; absolute. */
  readonly workingDirectory: string;
}

/** A host on this machine's disk. Links are resolved here, component by component, so that none leaves the root. */
export function diskFilesystem(options: DiskOptions): HostFilesystem {
  const root = normalizePath(options.root);
  const cache = new Map<string, Entry>();
  const onDisk = (path: string): string => (root === "/" ? path : path === "/" ? root : root + path);
  const disk: Disk = { root, onDisk, glance: glances(onDisk), listed: null };
  return {
    entry(path) {
      const before = cache.get(path);
      if (before !== undefined) return before;
      const wanted = isWritten(path) ? path : joinPath("/", path);
      const known = cache.get(wanted);
      if (known !== undefined) return known;
      const around = cache.get(directoryOf(wanted));
      const entry = timed("disk: looking", () => look(disk, wanted, around));
      cache.set(wanted, entry);
      return entry;
    },
    outline(path) {
      const wanted = isWritten(path) ? path : joinPath("/", path);
      const known = cache.get(wanted);
      return known ?? timed("disk: looking", () => outlineOf(disk, wanted, cache.get(directoryOf(wanted))));
    },
    children(path) {
      try {
        return childrenIn(onDisk(path));
      } catch {
        return null;
      }
    },
    display: (path) => displayName(options.workingDirectory, onDisk(path)),
  };
}

interface Disk {
  readonly root: string;
  readonly onDisk: (path: string) => string;
  /** What is at a path of the host without a link before its last name. */
  readonly glance: (path: string) => Glance;
  /** What was in the directory that was listed last. */
  listed: { readonly directory: Entry; readonly children: readonly Child[] } | null;
}

/** What one look at a name tells. */
type Glance =
  | { readonly kind: "file" | "special" | "missing" }
  /** `open`: its mode lets everybody list it; `false`: that is not known. */
  | { readonly kind: "directory"; readonly open: boolean }
  | { readonly kind: "link"; readonly target: string }
  | { readonly kind: "refused"; readonly reason: string };

const MISSING: Glance = { kind: "missing" };
const PLAIN = { file: { kind: "file" }, directory: { kind: "directory", open: false } } as const;
const OPEN: Glance = { kind: "directory", open: true };
const FOR_ALL = 0o444;

/** Asks the kernel once about each directory, link and missing name, for most paths share the way to them. */
function glances(onDisk: (path: string) => string): (path: string) => Glance {
  const known = new Map<string, Glance>();
  return (path) => {
    const before = known.get(path);
    if (before !== undefined) return before;
    const seen = glance(onDisk(path));
    // A file has nothing below it: whoever asks for it again has the answer of `entry`.
    if (seen.kind !== "file") known.set(path, seen);
    return seen;
  };
}

function glance(path: string): Glance {
  try {
    const stat = lstatSync(pathBytes(path), { throwIfNoEntry: false });
    if (stat === undefined) return MISSING;
    if (stat.isSymbolicLink()) return { kind: "link", target: linkTarget(path) };
    if (stat.isDirectory()) return (stat.mode & FOR_ALL) === FOR_ALL ? OPEN : PLAIN.directory;
    return stat.isFile() ? PLAIN.file : { kind: "special" };
  } catch (error) {
    return isMissing(error) ? MISSING : { kind: "refused", reason: reasonOf(error, UNREAD) };
  }
}

/** Where the system gives no reason. */
const UNREAD = "could not be read";

/** Relative to the working directory with `/`, absolute outside it. */
export function displayName(workingDirectory: string, path: string): string {
  const below = workingDirectory.endsWith("/") ? workingDirectory : `${workingDirectory}/`;
  if (isWritten(path) && path !== workingDirectory)
    return path.startsWith(below) ? path.slice(below.length) : path;
  const name = relative(workingDirectory, path);
  if (name === "") return ".";
  if (name === ".." || name.startsWith(`..${sep}`)) return path;
  return name.split(sep).join("/");
}

/** Whether `joinPath` would leave it as it is. */
function isWritten(path: string): boolean {
  return path.startsWith("/") && !path.endsWith("/") && !path.includes("//") && !path.includes("/.");
}

/** Of a directory with more names it is not remembered what each is: each question would go through all of them. */
const FEW = 64;

/** `around`: what is at the directory of the path, where that is known. */
function look(disk: Disk, wanted: string, around: Entry | undefined): Entry {
  const found = lookAt(disk, wanted, around);
  if (found.kind !== "directory") return found;
  try {
    const children = childrenIn(disk.onDisk(found.path));
    const directory = { ...found, names: children.map(({ name }) => name).sort(byBytes) };
    disk.listed = children.length > FEW ? null : { directory, children };
    return directory;
  } catch (error) {
    return refused(found.path, error);
  }
}

/** The same, where a directory has only to be one that may be listed. */
function outlineOf(disk: Disk, wanted: string, around: Entry | undefined): Outline {
  if (around?.kind === "directory" && disk.listed?.directory === around) {
    const name = nameOf(wanted);
    if (disk.listed.children.some((child) => child.name === name && child.kind === "file"))
      return fileAt(disk, `${around.path === "/" ? "" : around.path}/${name}`);
  }
  const found = lookAt(disk, wanted, around);
  if (found.kind !== "directory" || disk.glance(found.path) === OPEN) return found;
  try {
    checkListing(disk.onDisk(found.path));
    return found;
  } catch (error) {
    return refused(found.path, error);
  }
}

function lookAt(disk: Disk, wanted: string, around: Entry | undefined): Outline {
  const walked = step(disk, wanted, around) ?? walk(disk, wanted);
  if (walked.kind !== "found") return walked;
  const { path, seen } = walked;
  switch (seen.kind) {
    case "directory":
      return { kind: "directory", path };
    case "file":
      return fileAt(disk, path);
    case "missing":
      return { kind: "missing", path, dangling: false };
    case "refused":
      return { kind: "unreadable", path, reason: seen.reason };
    default:
      return { kind: "special", path };
  }
}

function fileAt({ onDisk }: Disk, path: string): FileEntry {
  const at = onDisk(path);
  return {
    kind: "file",
    path,
    read: reader(at, PARTED_BY_NULS.test(path)),
    head: () => headText(at),
    open: () => piecesOf(at),
  };
}

function reader(
  file: string,
  nuls: boolean,
): () => { readonly text: string } | { readonly unreadable: string } {
  let answer: { readonly text: string } | { readonly unreadable: string } | null = null;
  return () => {
    answer ??= timed("disk: reading", () => readText(file, nuls));
    return answer;
  };
}

function readText(file: string, nuls: boolean): { readonly text: string } | { readonly unreadable: string } {
  const opened = readRegular(file);
  if (opened.kind === "refused") return { unreadable: opened.reason };
  const { bytes } = opened;
  if (!nuls && bytes.subarray(0, BINARY_WITHIN).includes(0)) return { unreadable: BINARY };
  return { text: decodeBytes(bytes) };
}

function piecesOf(file: string): OpenFile | { readonly unreadable: string } {
  const opened = openPieces(file, "named");
  return opened.kind === "open" ? opened : { unreadable: opened.reason };
}

/** Bytes that tell what a file is. */
const HEAD = 16 * 1024;

function headText(file: string): string {
  const opened = readStart(file, HEAD);
  return opened.kind === "refused" || opened.bytes.includes(0) ? "" : decodeBytes(opened.bytes);
}

type Walk =
  | { readonly kind: "found"; readonly path: string; readonly seen: Glance }
  | Exclude<Outline, { readonly kind: "directory" }>;

/** The last step of the walk, from a directory to which the way is known; `null`: it is a link, or not known. */
function step(disk: Disk, wanted: string, around: Entry | undefined): Walk | null {
  if (around?.kind !== "directory" || wanted.endsWith("/..")) return null;
  const path = `${around.path === "/" ? "" : around.path}/${nameOf(wanted)}`;
  const seen = disk.glance(path);
  return seen.kind === "link" ? null : found(path, seen);
}

function found(path: string, seen: Exclude<Glance, { kind: "link" }>, dangling = false): Walk {
  if (seen.kind === "missing") return { kind: "missing", path, dangling };
  if (seen.kind === "refused") return { kind: "unreadable", path, reason: seen.reason };
  return { kind: "found", path, seen };
}

/** Follows every link on the way; the path it finds has none left. */
function walk(disk: Disk, wanted: string): Walk {
  let rest = wanted.split("/").filter((part) => part !== "");
  let path = "";
  // A link on the way to a name that is not there does not make the name one: `lstat` finds nothing.
  let named = rest.length;
  let isLink = false;
  let last: Glance | null = null;
  for (let hops = 0; rest.length > 0; ) {
    const [part = "", ...more] = rest;
    if (rest.length === named) named -= 1;
    if (part === "..") {
      path = path.slice(0, Math.max(path.lastIndexOf("/"), 0));
      rest = more;
      last = null;
      continue;
    }
    const next = `${path}/${part}`;
    const seen = disk.glance(next);
    if (seen.kind !== "link") {
      const here = found(next, seen, isLink);
      if (here.kind !== "found") return here;
      path = next;
      rest = more;
      last = seen;
      continue;
    }
    hops += 1;
    isLink ||= named === 0;
    if (hops > 40) return { kind: "unreadable", path: wanted, reason: TOO_MANY_LINKS };
    const inside = insideRoot(disk, path, seen.target);
    if (inside === null) return { kind: "outside", path: wanted, target: seen.target };
    rest = [...inside.split("/").filter((name) => name !== ""), ...more];
    path = "";
    last = null;
  }
  const at = path === "" ? "/" : path;
  return { kind: "found", path: at, seen: last ?? disk.glance(at) };
}

/**
 * Where a link's target lies inside the root; `null` when it leaves it. An absolute target counts
 * from the host's root first, then, when nothing is there, from this machine's.
 */
function insideRoot({ root, onDisk }: Disk, directory: string, target: string): string | null {
  if (!target.startsWith("/"))
    return climbsOut(directory, target) ? null : normalizePath(`${directory}/${target}`);
  const path = normalizePath(target);
  // A directory of the root that lacks the target: the link is dead, as it would be on the host.
  if (root === "/" || exists(onDisk(path)) || exists(onDisk(directoryOf(path)))) return path;
  if (isWithin(root, path)) return path.slice(root.length) || "/";
  return null;
}

/** Whether `..` in a relative target would leave the root. */
function climbsOut(directory: string, target: string): boolean {
  let depth = directory.split("/").filter((part) => part !== "").length;
  for (const part of target.split("/")) {
    if (part === "..") depth -= 1;
    else if (part !== "" && part !== ".") depth += 1;
    if (depth < 0) return true;
  }
  return false;
}

function exists(path: string): boolean {
  try {
    return lstatSync(pathBytes(path), { throwIfNoEntry: false }) !== undefined;
  } catch (error) {
    // What may not be looked at may be there.
    return !isMissing(error);
  }
}

function isMissing(error: unknown): boolean {
  const code = codeOf(error);
  return code === "ENOENT" || code === "ENOTDIR";
}

function refused(path: string, error: unknown): Entry {
  return isMissing(error)
    ? { kind: "missing", path, dangling: false }
    : { kind: "unreadable", path, reason: reasonOf(error, UNREAD) };
}

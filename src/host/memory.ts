import { BINARY, type Entry, type HostFilesystem } from "./filesystem.js";
import { byBytes, directoryOf, nameOf, normalizePath } from "./path.js";
import { TOO_MANY_LINKS } from "./system-error.js";

/** What may be at a path of a memory host: a text, or one of the things that are not a readable file. */
export type MemoryNode =
  | string
  | { readonly link: string }
  /** Of which nothing else is known; what is below it is there as well. */
  | { readonly directory: true }
  | { readonly unreadable: string }
  | { readonly special: true };

/**
 * A host made of texts, for tests and for input that is not on a disk. Keys are absolute paths of
 * the host; directories exist where files below them do. A link's target counts from the host's root.
 */
export function memoryFilesystem(
  files: ReadonlyMap<string, MemoryNode> | Readonly<Record<string, MemoryNode>>,
): HostFilesystem {
  const rows: readonly (readonly [path: string, node: MemoryNode])[] = [
    ...(files instanceof Map ? files : Object.entries(files)),
  ];
  const nodes = new Map(rows.map(([path, node]) => [normalizePath(path), node]));
  const directories = new Map<string, Set<string>>([["/", new Set()]]);
  for (const [path, node] of nodes) {
    addParents(directories, path);
    if (typeof node === "object" && "directory" in node && !directories.has(path))
      directories.set(path, new Set());
  }
  return {
    entry: (path) => entryAt(nodes, directories, normalizePath(path), 0),
    display: (path) => path.replace(/^\//, ""),
  };
}

/** A NUL this near to the start means a program or an archive, as on a disk. */
const BINARY_WITHIN = 8192;

/** A tree made of texts, by paths such as `etc/nginx/nginx.conf`. They are listed, and none is looked up. */
export type TreeTexts = Readonly<Record<string, string>>;

/** The same, with what else is known to be in the tree. */
export type TreeNodes = Readonly<Record<string, MemoryNode>>;

/**
 * Every host of a tree made of texts, as a disk would have it. Answers what opens the host whose root is a directory
 * of it; `top` is what the whole tree is called. Names that reports print count from there.
 */
export function memoryTree(files: TreeNodes, top: string): (root: string) => HostFilesystem {
  const rows = Object.entries(files).map(([path, node]): [string, MemoryNode] => [
    normalizePath(`/${path}`),
    typeof node === "string" && node.slice(0, BINARY_WITHIN).includes("\0") ? { unreadable: BINARY } : node,
  ]);
  const whole = memoryFilesystem(new Map(rows));
  return (root) => {
    const at = root.slice(top.length);
    return {
      entry(path) {
        const entry = whole.entry(at + normalizePath(path));
        return { ...entry, path: entry.path.slice(at.length) || "/" };
      },
      display: (path) => whole.display(at + path) || ".",
    };
  };
}

function addParents(directories: Map<string, Set<string>>, path: string): void {
  for (let at = path; at !== "/"; at = directoryOf(at)) {
    const parent = directoryOf(at);
    const names = directories.get(parent) ?? new Set();
    names.add(nameOf(at));
    directories.set(parent, names);
  }
}

type Nodes = ReadonlyMap<string, MemoryNode>;

function entryAt(
  nodes: Nodes,
  directories: ReadonlyMap<string, ReadonlySet<string>>,
  path: string,
  hops: number,
  isLink = false,
): Entry {
  if (hops > 40) return { kind: "unreadable", path, reason: TOO_MANY_LINKS };
  const linked = followParents(nodes, directories, path);
  if (linked !== path) {
    const node = nodes.get(path);
    const own = typeof node === "object" && "link" in node;
    // A link on the way does not make a name that is not there a link.
    const final = own && followParents(nodes, directories, directoryOf(path)) === directoryOf(path);
    return entryAt(nodes, directories, linked, hops + 1, isLink || final);
  }
  const names = directories.get(path);
  if (names !== undefined) return { kind: "directory", path, names: [...names].sort(byBytes) };
  const node = nodes.get(path);
  if (node === undefined) return { kind: "missing", path, dangling: isLink };
  if (typeof node === "string") return { kind: "file", path, read: () => ({ text: node }) };
  if ("directory" in node) return { kind: "directory", path, names: [] };
  if ("unreadable" in node) return { kind: "unreadable", path, reason: node.unreadable };
  return { kind: "special", path };
}

/** Replaces the first component that is a link by its target. */
function followParents(
  nodes: Nodes,
  directories: ReadonlyMap<string, ReadonlySet<string>>,
  path: string,
): string {
  for (let end = path.indexOf("/", 1); ; end = path.indexOf("/", end + 1)) {
    const head = end === -1 ? path : path.slice(0, end);
    const node = nodes.get(head);
    if (node !== undefined && typeof node !== "string" && "link" in node) {
      const target = node.link.startsWith("/") ? node.link : `${directoryOf(head)}/${node.link}`;
      return normalizePath(target + path.slice(head.length));
    }
    // Nothing is below what is not there.
    if (end === -1 || !directories.has(head)) break;
  }
  return path;
}

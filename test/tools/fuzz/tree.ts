import * as fs from "node:fs";
import { encodeText } from "../../../src/source/bytes.js";

/** What is at one path of a tree. Modes are those of chmod. */
export type TreeNode =
  | { readonly kind: "file"; readonly bytes: Buffer; readonly mode?: number }
  | { readonly kind: "link"; readonly target: string }
  | { readonly kind: "directory"; readonly mode?: number }
  | { readonly kind: "fifo" };

/** Paths without a slash in front. A byte that is not UTF-8 is a lone surrogate, as in src/source/bytes.ts. */
export type Tree = ReadonlyMap<string, TreeNode>;

export function file(text: string | Buffer): TreeNode {
  return { kind: "file", bytes: typeof text === "string" ? encodeText(text) : text };
}

/** The paths of a tree that are files, in their order. */
export function filesIn(tree: Tree): readonly string[] {
  return [...tree].flatMap(([path, node]) => (node.kind === "file" ? [path] : []));
}

/** Reads a directory; anything but files and links is left out. */
export function readTree(directory: string): Map<string, TreeNode> {
  const tree = new Map<string, TreeNode>();
  const visit = (below: string): void => {
    const entries = fs.readdirSync(`${directory}/${below}`, { withFileTypes: true });
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const path = below === "" ? entry.name : `${below}/${entry.name}`;
      const full = `${directory}/${path}`;
      if (entry.isDirectory()) visit(path);
      else if (entry.isFile()) tree.set(path, { kind: "file", bytes: fs.readFileSync(full) });
      else if (entry.isSymbolicLink()) tree.set(path, { kind: "link", target: fs.readlinkSync(full) });
    }
  };
  visit("");
  return tree;
}

/** Makes the tree in a new directory. What cannot be there (a name too long, a file below a file) is left out. */
export function writeTree(directory: string, tree: Tree, makeFifo: (path: Buffer) => void): void {
  fs.mkdirSync(directory, { recursive: true });
  fs.chmodSync(directory, 0o755);
  // Links after everything else and the deepest first, so that nothing is ever written through one.
  const late = ([path, node]: readonly [string, TreeNode]) =>
    node.kind === "link" ? 1 + 1 / path.split("/").length : 0;
  for (const [path, node] of [...tree].sort((a, b) => late(a) - late(b))) {
    if (path.split("/").includes("..")) throw new Error(`${path} leaves the tree`);
    try {
      writeNode(full(directory, path), node, makeFifo);
    } catch (error) {
      if (!(error instanceof Error && "code" in error)) throw error;
    }
  }
  // Last, because a mode may shut what is below; the deepest first.
  for (const [path, node] of [...tree].sort(([a], [b]) => b.length - a.length)) {
    if ((node.kind !== "file" && node.kind !== "directory") || node.mode === undefined) continue;
    if (isReal(full(directory, path))) fs.chmodSync(full(directory, path), node.mode);
  }
}

function writeNode(at: Buffer, node: TreeNode, makeFifo: (path: Buffer) => void): void {
  const parent = at.subarray(0, at.lastIndexOf("/"));
  fs.mkdirSync(parent, { recursive: true });
  switch (node.kind) {
    case "directory":
      fs.mkdirSync(at, { recursive: true });
      break;
    case "file":
      fs.writeFileSync(at, node.bytes, { flag: "wx" });
      break;
    case "link":
      fs.symlinkSync(encodeText(node.target), at);
      break;
    case "fifo":
      makeFifo(at);
  }
}

/** Whether a file or directory is there and not a link: chmod must not follow one. */
function isReal(at: Buffer): boolean {
  try {
    const stat = fs.lstatSync(at);
    return stat.isFile() || stat.isDirectory();
  } catch {
    // Also below a file, where nothing could be written.
    return false;
  }
}

function full(directory: string, path: string): Buffer {
  return encodeText(`${directory}/${path}`);
}

/** Removes a directory with names of any bytes and directories of any mode. */
export function removeTree(at: Buffer): void {
  const stat = fs.lstatSync(at, { throwIfNoEntry: false });
  if (stat === undefined) return;
  if (!stat.isDirectory()) {
    fs.unlinkSync(at);
    return;
  }
  fs.chmodSync(at, 0o755);
  for (const name of fs.readdirSync(at, { encoding: "buffer" }))
    removeTree(Buffer.concat([at, Buffer.from("/"), name]));
  fs.rmdirSync(at);
}

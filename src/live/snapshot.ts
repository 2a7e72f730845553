import type { FileStatus } from "../host/live.js";
import { type MemoryNode, memoryFilesystem, type TreeNodes } from "../host/memory.js";
import { directoryOf, withParents } from "../host/path.js";
import type { NameFacts } from "./facts.js";
import type { Machine } from "./machine.js";

/** What the script of `fpmlint doctor --snapshot` collected on another machine. */

export interface Snapshot {
  /** The files of both daemons with what is known of other paths, such as `etc/nginx/nginx.conf`. */
  readonly tree: TreeNodes;
  readonly machine: Machine;
  /** What programs printed, by the words with which they were called. */
  readonly outputs: ReadonlyMap<string, string>;
  readonly names: readonly NameFacts[];
  /** Whether the script came to its end. */
  readonly whole: boolean;
}

/** Also one that an editor or a mail gave the ends of lines of Windows. */
export function isSnapshot(text: string): boolean {
  return /^\ufeff?fpmlint-snapshot 1\r?\n/.test(text);
}

/** Reads what the script wrote; lines that mean nothing are passed over. */
export function readSnapshot(text: string): Snapshot {
  const lines = text.split(/^.*\r\n/.test(text) ? "\r\n" : "\n");
  const files = new Map<string, string>();
  const outputs = new Map<string, string>();
  const later = new Map<string, string>();
  const links = new Map<string, string>();
  const states = new Map<string, FileStatus>();
  const rooms = new Map<string, ReturnType<Machine["space"]>>();
  const names: NameFacts[] = [];
  const marks = { acl: new Set<string>(), gone: new Set<string>(), empty: new Set<string>() };
  let [now, whole, descriptors, shown] = [0, false, "", false];
  for (let at = 1; at < lines.length; at += 1) {
    const line = lines[at] ?? "";
    const [kind = "", rest = ""] = parted(line, " ");
    if (kind === "file" || kind === "output" || kind === "later") {
      const body: string[] = [];
      while (lines[at + 1]?.startsWith("|") === true) {
        at += 1;
        body.push(lines[at]?.slice(1) ?? "");
      }
      const texts = { file: files, output: outputs, later }[kind];
      if (kind === "output" || isPath(rest)) texts.set(rest, body.map((one) => `${one}\n`).join(""));
    }
    const [first, path] = parted(rest, "\t");
    if (kind === "now") now = /^\d{1,11}$/.test(rest) ? Number(rest) : 0;
    if (kind === "end") whole = true;
    if (kind === "line") {
      const [file, one] = parted(rest, ":");
      if (isPath(file)) files.set(file, `${files.get(file) ?? ""}${one}\n`);
    }
    if (kind === "fds" && isPath(rest)) descriptors = rest;
    if (kind === "fd" && isPath(`${descriptors}/${first}`)) links.set(`${descriptors}/${first}`, path);
    if (kind === "lists") shown = true;
    if (kind === "acl" || kind === "gone" || kind === "empty") marks[kind].add(rest);
    // /proc/self is kept as a directory: each program of the script was another process there.
    if (kind === "link" && path !== "" && isPath(first) && first !== "/proc/self") links.set(first, path);
    if (kind === "stat") {
      const status = statusIn(first);
      if (status !== null && isPath(path)) states.set(path, status);
    }
    if (kind === "room" && isPath(path)) rooms.set(path, roomIn(first));
    if (kind === "name") names.push(nameIn(rest));
  }
  for (const [path, status] of states)
    states.set(path, { ...status, acl: shown ? marks.acl.has(path) : null });
  for (const [path, text] of files) {
    const name = /^\/proc\/\d+\/status$/.test(path) ? /^Name:\s*(.*)$/m.exec(text)?.[1] : undefined;
    if (name !== undefined) files.set(path.replace(/status$/, "comm"), `${name}\n`);
  }
  const nodes = nodesOf(files, links, states);
  const fs = memoryFilesystem(nodes);
  return {
    tree: treeOf(nodes, files),
    machine: {
      source: "snapshot",
      now,
      fs,
      later: later.size === 0 ? null : memoryFilesystem(later),
      looked: (path) => withParents(path).some((one) => marks.gone.has(one)),
      status: (path) => states.get(path) ?? null,
      view: (through) => (through === null ? fs : null),
      space: (path) => rooms.get(path) ?? null,
      isEmpty: (path) => (marks.empty.has(path) ? true : null),
      opens: () => null,
    },
    outputs,
    names,
    whole,
  };
}

/** The longest path that the kernel takes, and more directories in each other than anybody has. */
const LONGEST_PATH = 4096;
const DEEPEST = 100;

function isPath(text: string): boolean {
  return (
    text.startsWith("/") && text.length <= LONGEST_PATH && text.split("/", DEEPEST + 1).length <= DEEPEST
  );
}

function parted(text: string, mark: string): readonly [string, string] {
  const at = text.indexOf(mark);
  return at === -1 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
}

/** `php.internal 10.0.0.2 10.0.0.3`. */
function nameIn(text: string): NameFacts {
  const [name = "", ...addresses] = text.split(" ").filter((word) => word !== "");
  return { name, problem: addresses.length === 0 ? "ENOTFOUND" : null, addresses };
}

/** `81a4 0 0 1700000000`: mode in hex, owner, group, time. */
function statusIn(text: string): FileStatus | null {
  const [mode = "", user = "", group = "", changed = ""] = text.split(" ");
  if (!/^[0-9a-f]+$/.test(mode) || ![user, group].every((one) => /^\d+$/.test(one))) return null;
  if (!/^\d{1,11}$/.test(changed)) return null;
  const bits = Number.parseInt(mode, 16);
  return {
    kind: KINDS.get(bits >> 12) ?? "other",
    mode: bits & 0o7777,
    user: Number(user),
    group: Number(group),
    changed: Number(changed),
    acl: null,
  };
}

/** What the highest bits of a mode mean. */
const KINDS: ReadonlyMap<number, FileStatus["kind"]> = new Map([
  [0o04, "directory"],
  [0o10, "file"],
  [0o12, "link"],
  [0o14, "socket"],
]);

/** `800 1000 4096 90 100`: free blocks, all blocks, their size, free files, all files. */
function roomIn(text: string): ReturnType<Machine["space"]> {
  const numbers = text.split(" ").map(Number);
  const [free = 0, blocks = 0, size = 0, freeFiles = 0, files = 0] = numbers;
  if (numbers.length !== 5 || numbers.some((one) => !Number.isFinite(one))) return null;
  const counted = files > 0;
  return {
    free: free * size,
    size: blocks * size,
    freeFiles: counted ? freeFiles : null,
    files: counted ? files : null,
  };
}

/** A file that is there. */
const NOT_COLLECTED: MemoryNode = { unreadable: "it is not in the snapshot" };

/** What the linter reads: everything but what the kernel tells of itself. */
function treeOf(nodes: ReadonlyMap<string, MemoryNode>, files: ReadonlyMap<string, string>): TreeNodes {
  return Object.fromEntries(
    [...nodes]
      .filter(([path]) => !/^\/(?:proc|sys)\//.test(path))
      .map(([path, node]) => [path.slice(1), node === "" && !files.has(path) ? NOT_COLLECTED : node]),
  );
}

function nodesOf(
  files: ReadonlyMap<string, string>,
  links: ReadonlyMap<string, string>,
  states: ReadonlyMap<string, FileStatus>,
): ReadonlyMap<string, MemoryNode> {
  const nodes = new Map<string, MemoryNode>(files);
  for (const [path, { kind }] of states) {
    if (nodes.has(path)) continue;
    // Its text is not known, and no check asks for it.
    if (kind === "file") nodes.set(path, "");
    if (kind === "socket" || kind === "other") nodes.set(path, { special: true });
    if (kind === "directory") nodes.set(path, { directory: true });
  }
  // A file that was read through a link is there under its own name, too.
  for (const [path, target] of links) {
    const text = files.get(path);
    const real = target.startsWith("/") ? target : `${directoryOf(path)}/${target}`;
    if (text !== undefined && states.get(path)?.kind === "link" && !files.has(real)) nodes.set(real, text);
    nodes.set(path, { link: target });
  }
  return nodes;
}

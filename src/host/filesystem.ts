import { type SourceFile, sourceFile } from "../source/file.js";
import type { OpenFile } from "./door.js";

/**
 * The only door to the outside.
 *
 * Paths are absolute and belong to the host that is linted: `/etc/nginx/nginx.conf` means that
 * file below the host's root, whatever directory that root is on this machine. Symlinks are
 * followed inside the root only; an absolute link target also counts from the root, so a copied
 * tree reads like the live one.
 */
export interface HostFilesystem {
  /** The same, where templates also have the names they are deployed with; absent where they do not count. */
  readonly deployed?: HostFilesystem;
  /** Answers what is at `path`. Never throws; the same path always gets the same answer. */
  entry(path: string): Entry;
  /**
   * What is in a directory that is reached without a link, in no order; `null`: it cannot be listed. Absent: `entry`
   * tells. One question for a directory, where `entry` asks about each name.
   */
  children?(path: string): readonly Child[] | null;
  /**
   * What is at `path` by the same rules, without the names in a directory. Absent: `entry` costs no more. For questions
   * about very many directories, which need not be listed for it.
   */
  outline?(path: string): Outline;
  /** The name that reports print for a real path of this host. */
  display(path: string): string;
}

export interface Child {
  readonly name: string;
  /** `other`: a link, or anything that `entry` has to look at. */
  readonly kind: "file" | "directory" | "other";
}

export type Entry = FileEntry | DirectoryEntry | MissingEntry | UnreadableEntry | SpecialEntry | OutsideEntry;

/** What is at a path, where nobody asks for the names in a directory. */
export type Outline =
  | Exclude<Entry, DirectoryEntry>
  | (Partial<DirectoryEntry> & Pick<DirectoryEntry, "kind" | "path">);

export interface FileEntry {
  readonly kind: "file";
  /** The path with every symlink followed. */
  readonly path: string;
  /** The text, read on first use; a message when it could not be read after all. */
  read(): { readonly text: string } | { readonly unreadable: string };
  /** The beginning of the text, enough to tell what it is; empty where it cannot be read. Absent: `read` costs no more. */
  head?(): string;
  /** The file to be read in pieces, however large it is. Absent: it is not on a disk. */
  open?(): OpenFile | { readonly unreadable: string };
  /**
   * The text of the file of the tree that it is a part of, with the same offsets; `null`: it is in none, as what an
   * image has. Absent: it is a file by itself.
   */
  readonly whole?: string | null;
  /**
   * Whether something in the tree fills words of it in before a daemon reads it. `path`: under which it is read.
   * Absent: nothing does.
   */
  filledIn?(path: string): boolean;
}

/** The file of an entry, whose text was read. */
export function fileOf(fs: HostFilesystem, { path, whole }: FileEntry, text: string): SourceFile {
  return sourceFile(path, fs.display(path), text, whole);
}

/** The beginning of a file's text. */
export function headOf(entry: FileEntry): string {
  if (entry.head !== undefined) return entry.head();
  const answer = entry.read();
  return "text" in answer ? answer.text : "";
}

export interface DirectoryEntry {
  readonly kind: "directory";
  readonly path: string;
  /** Names in it, sorted bytewise as `glob(3)` does in the C locale. */
  readonly names: readonly string[];
}

/** Nothing there; also a symlink whose target, inside the root, does not exist (`dangling`). */
export interface MissingEntry {
  readonly kind: "missing";
  readonly path: string;
  readonly dangling: boolean;
}

/** Something is there but this process may not or cannot read it. */
export interface UnreadableEntry {
  readonly kind: "unreadable";
  readonly path: string;
  /** `Permission denied`, `Too many levels of symbolic links` … */
  readonly reason: string;
  /** The tree cannot hold it: it is made when a container is built or started. Absent: `false`. */
  readonly made?: true;
}

/** A FIFO, socket or device: never opened. */
export interface SpecialEntry {
  readonly kind: "special";
  readonly path: string;
}

/** A symlink that leaves the root: reported, never followed. */
export interface OutsideEntry {
  readonly kind: "outside";
  readonly path: string;
  /** The link's target as it is written. */
  readonly target: string;
}

/** What a report says about a link that was not followed. */
export function outsideRoot(target: string): string {
  return `is a link to ${target}, outside the host's root`;
}

/** Why a program or an archive has no text. */
export const BINARY = "is a binary file";

/** Why a path gave no text; `null` when it did. */
export function unreadReason(entry: Entry): string | null {
  switch (entry.kind) {
    case "file": {
      const answer = entry.read();
      return "unreadable" in answer ? answer.unreadable : null;
    }
    case "outside":
      return outsideRoot(entry.target);
    case "unreadable":
      return entry.reason;
    case "missing":
      return "no such file in the tree";
    case "directory":
      return "is a directory";
    case "special":
      return "is not a regular file";
  }
}

/** The same for what a directory listed: what is not there any more was there a moment ago. */
export function listedReason(entry: Entry): string {
  const vanished = entry.kind === "missing" && !entry.dangling;
  return vanished ? "disappeared while the directory was being read" : (unreadReason(entry) ?? "");
}

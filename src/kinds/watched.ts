import type { Entry, FileEntry, HostFilesystem } from "../host/filesystem.js";
import { directoryOf } from "../host/path.js";

/** A filesystem without some files, which remembers what it was asked. */
export interface Watched {
  readonly fs: HostFilesystem;
  /** Every path that was asked about. */
  readonly asked: ReadonlyMap<string, Asked>;
}

/** What was looked at, apart from what is there. */
export interface Asked {
  /** The names in a directory. */
  listed: boolean;
  /** The text of a file. */
  read: boolean;
}

/**
 * `hidden`: real paths of files; `listings`: real paths of the directories that may have their names, or those of
 * links to them.
 */
export function watched(
  fs: HostFilesystem,
  hidden: ReadonlySet<string>,
  listings: ReadonlySet<string>,
): Watched {
  const asked = new Map<string, Asked>();
  const answers = new Map<string, Entry>();
  const isHidden = (entry: Entry): boolean => entry.kind === "file" && hidden.has(entry.path);
  const namesOf = (path: string, names: readonly string[]): readonly string[] =>
    listings.has(path)
      ? names.filter((name) => !isHidden(fs.entry(`${path === "/" ? "" : path}/${name}`)))
      : names;
  const answer = (path: string, note: Asked): Entry => {
    const entry = fs.entry(path);
    if (isHidden(entry)) return { kind: "missing", path, dangling: false };
    if (entry.kind === "file") return noted(entry, note);
    if (entry.kind !== "directory") return entry;
    const { path: real, names } = entry;
    const shown = namesOf(real, names);
    return {
      kind: "directory",
      path: real,
      get names() {
        note.listed = true;
        return shown;
      },
    };
  };
  const entry = (path: string): Entry => {
    const before = answers.get(path);
    if (before !== undefined) return before;
    const note = { listed: false, read: false };
    const found = answer(path, note);
    asked.set(path, note);
    answers.set(path, found);
    return found;
  };
  return { fs: { entry, display: (path) => fs.display(path) }, asked };
}

function noted(entry: FileEntry, note: Asked): FileEntry {
  const { head, open } = entry;
  const noting = <T>(read: () => T): (() => T) => {
    return () => {
      note.read = true;
      return read();
    };
  };
  return {
    ...entry,
    read: noting(() => entry.read()),
    ...(head === undefined ? {} : { head: noting(() => head()) }),
    ...(open === undefined ? {} : { open: noting(() => open()) }),
  };
}

/** The directories of these files, and those that an include looks through. */
export function listingsOf(
  fs: HostFilesystem,
  files: Iterable<string>,
  directories: Iterable<string>,
): ReadonlySet<string> {
  const found = new Set([...files].map(directoryOf));
  for (const path of directories) {
    const entry = fs.entry(path);
    if (entry.kind === "directory") found.add(entry.path);
  }
  return found;
}

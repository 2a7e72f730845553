import type { HostFilesystem } from "../host/filesystem.js";
import { glob } from "../host/glob.js";
import { byBytes, nameOf } from "../host/path.js";
import { type Place, place, sourceFile } from "../source/file.js";

/** Files of `key = value` lines that neither daemon reads: systemd's units and sysctl's. */

export interface Assignment {
  /** The `[Section]` above it; empty where there is none. */
  readonly section: string;
  readonly key: string;
  readonly value: string;
  /** The value's characters. */
  readonly place: Place;
}

/** The lines of a file in order; none when it is not there or cannot be read. Lines that end in `\` go on. */
export function assignmentsOf(fs: HostFilesystem, path: string): readonly Assignment[] {
  const entry = fs.entry(path);
  const answer = entry.kind === "file" ? entry.read() : null;
  if (entry.kind !== "file" || answer === null || !("text" in answer)) return [];
  const file = sourceFile(entry.path, fs.display(entry.path), answer.text);
  const found: Assignment[] = [];
  let section = "";
  // A comment, a section, or an assignment with the lines it goes on in.
  const line = /^[ \t]*(?:[#;].*|\[([^\]\n]*)\].*|([^=\n]*?)[ \t]*=[ \t]*((?:\\\n|[^\n])*?)[ \t\r]*)$/gm;
  for (const match of answer.text.matchAll(line)) {
    const [whole, header, key, value = ""] = match;
    if (header !== undefined) section = header;
    if (key === undefined || key === "") continue;
    const start = match.index + whole.indexOf("=") + 1;
    const from = start + (answer.text.slice(start).match(/^[ \t]*/)?.[0].length ?? 0);
    found.push({
      section,
      key: key.trim(),
      value: value.replace(/\\\n/g, " ").trim(),
      place: place(file, from, from + value.length),
    });
  }
  return found;
}

/**
 * `*.conf` of several directories as systemd and sysctl read them: by name, whatever the
 * directory, and of two with one name only that of the first directory.
 */
export function dropIns(fs: HostFilesystem, directories: readonly string[]): readonly string[] {
  const byName = new Map<string, string>();
  for (const directory of directories)
    for (const path of glob(fs, `${directory}/*.conf`))
      if (!byName.has(nameOf(path))) byName.set(nameOf(path), path);
  return [...byName.keys()].sort(byBytes).flatMap((name) => byName.get(name) ?? []);
}

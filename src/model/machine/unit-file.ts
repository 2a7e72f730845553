import { fileOf, type HostFilesystem } from "../../host/filesystem.js";
import { glob } from "../../host/glob.js";
import { byBytes, nameOf } from "../../host/path.js";
import { type Place, place } from "../../source/file.js";

/** Files of `key = value` lines that neither daemon reads: systemd's units and sysctl's. */

/** One line of such a file. */
export interface Assignment {
  /** The `[Section]` above it; empty: there is none. */
  readonly section: string;
  readonly key: string;
  readonly value: string;
  /** The value's characters. */
  readonly place: Place;
}

/** The lines of a file in order; none if it does not exist or cannot be read. A line that ends in `\` continues on the next. */
export function assignmentsOf(fs: HostFilesystem, path: string): readonly Assignment[] {
  const entry = fs.entry(path);
  const answer = entry.kind === "file" ? entry.read() : null;
  if (entry.kind !== "file" || answer === null || !("text" in answer)) return [];
  const file = fileOf(fs, entry, answer.text);
  const found: Assignment[] = [];
  let section = "";
  for (let at = 0; at < file.text.length; ) {
    const [start, end] = [at, endOfLine(file.text, at)];
    at = end + 1;
    const line = file.text.slice(start, end);
    const trimmed = line.trim();
    const equals = line.indexOf("=");
    if (trimmed === "" || /^[#;]/.test(trimmed)) continue;
    if (trimmed.startsWith("[")) section = trimmed.slice(1).split("]")[0] ?? "";
    else if (equals > 0) {
      const value = line.slice(equals + 1);
      const from = start + equals + 1 + (value.length - value.trimStart().length);
      found.push({
        section,
        key: line.slice(0, equals).trim(),
        value: value.replace(/\\\n/g, " ").trim(),
        place: place(file, from, from + value.trim().length),
      });
    }
  }
  return found;
}

/** The offset at which the line ends, including the lines that continue it. */
function endOfLine(text: string, from: number): number {
  for (let at = text.indexOf("\n", from); at !== -1; at = text.indexOf("\n", at + 1))
    if (text[at - 1] !== "\\" || /^\s*[#;]/.test(text.slice(from, from + 80))) return at;
  return text.length;
}

/**
 * The `*.conf` files of several directories in the order in which systemd and sysctl read them: by name,
 * whatever the directory. Where two have the same name, only that of the first directory counts.
 */
export function dropIns(fs: HostFilesystem, directories: readonly string[]): readonly string[] {
  const byName = new Map<string, string>();
  for (const directory of directories)
    for (const path of glob(fs, `${directory}/*.conf`))
      if (!byName.has(nameOf(path))) byName.set(nameOf(path), path);
  return [...byName.keys()].sort(byBytes).flatMap((name) => byName.get(name) ?? []);
}

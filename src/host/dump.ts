import type { Entry, HostFilesystem } from "./filesystem.js";
import { memoryFilesystem } from "./memory.js";
import { byBytes, normalizePath } from "./path.js";

/** What `nginx -T` printed: the files it read, in the order in which it read them. */
export interface NginxDump {
  /** The main file: the first one printed. */
  readonly main: string;
  /** Text by absolute path, as nginx names it (links are not resolved). */
  readonly files: ReadonlyMap<string, string>;
}

const MARK = /^# configuration file (\/.*?):\r?$/;

/** Whether a text is the output of `nginx -T`, with or without the lines that go to standard error. */
export function isDump(text: string): boolean {
  for (const line of text.slice(0, 4096).split("\n")) {
    if (MARK.test(line)) return true;
    if (line !== "" && !line.startsWith("nginx: ") && !/^\d{4}\/\d\d\/\d\d .*\[\w+\]/.test(line))
      return false;
  }
  return false;
}

/** Takes the output of `nginx -T` apart at its marks; `null` when it has none. */
export function readDump(text: string): NginxDump | null {
  const files = new Map<string, string>();
  let path: string | null = null;
  let lines: string[] = [];
  const close = () => {
    // nginx ends each file with a line end of its own.
    if (path !== null && !files.has(path)) files.set(path, lines.join("\n").replace(/\n$/, ""));
    lines = [];
  };
  for (const line of text.split("\n")) {
    const mark = MARK.exec(line);
    if (mark === null) {
      lines.push(line);
      continue;
    }
    close();
    path = normalizePath(mark[1] ?? "/");
  }
  close();
  const [main] = files.keys();
  return main === undefined ? null : { main, files };
}

/**
 * A host in which nginx's files are those of the dump, and everything else is `beside` (PHP-FPM's
 * files of the same tree; `null`: there is nothing else). Reports name the files as nginx does.
 */
export function dumpFilesystem(dump: NginxDump, beside: HostFilesystem | null): HostFilesystem {
  const memory = memoryFilesystem(dump.files);
  const own: HostFilesystem = { entry: memory.entry, display: (path) => path };
  return beside === null ? own : layered(own, beside);
}

/** All of `upper`, and of `lower` what `upper` does not hold. */
export function layered(upper: HostFilesystem, lower: HostFilesystem): HostFilesystem {
  return {
    entry(path) {
      const own = upper.entry(path);
      if (own.kind === "missing") return lower.entry(path);
      return own.kind === "directory" ? merged(own, lower.entry(path)) : own;
    },
    display: (path) => (upper.entry(path).kind === "file" ? upper : lower).display(path),
  };
}

/** A directory that both have holds what either has. */
function merged(own: Extract<Entry, { kind: "directory" }>, other: Entry): Entry {
  if (other.kind !== "directory") return own;
  return { ...own, names: [...new Set([...own.names, ...other.names])].sort(byBytes) };
}

import { linkTarget } from "./door.js";
import { BINARY, type Entry, type HostFilesystem } from "./filesystem.js";
import { byBytes, directoryOf, isWithin, joinPath, nameOf, normalizePath } from "./path.js";
import { TOO_MANY_LINKS } from "./system-error.js";

/** What was at a path at an earlier time; `null`: nothing. */
export type Past = { readonly text: string } | { readonly link: string } | null;

/** By absolute path of this machine, for each path that was something else. */
export type Pasts = ReadonlyMap<string, Past>;

/** Links that one path may lead through. */
const MOST_HOPS = 40;

/** The host as it was. `root`: its root on this machine. */
export function revised(fs: HostFilesystem, root: string, pasts: Pasts): HostFilesystem {
  const own = new Map<string, Past>();
  for (const [path, past] of pasts) if (isWithin(root, path)) own.set(below(root, path), past);
  if (own.size === 0) return fs;
  return new Revised(fs, own, root);
}

function below(root: string, path: string): string {
  return root === "/" ? path : path.slice(root.length) || "/";
}

class Revised implements HostFilesystem {
  readonly #fs: HostFilesystem;
  readonly #root: string;
  readonly #pasts: ReadonlyMap<string, Past>;
  /** Directories that something was different in, with the names that they had and have no longer. */
  readonly #directories = new Map<string, Set<string>>();
  readonly #seen = new Map<string, Entry>();

  constructor(fs: HostFilesystem, pasts: ReadonlyMap<string, Past>, root: string) {
    this.#fs = fs;
    this.#root = root;
    this.#pasts = pasts;
    for (const [path, past] of pasts) this.#note(path, past !== null);
  }

  #note(path: string, there: boolean): void {
    for (let at = path; at !== "/"; at = directoryOf(at)) {
      const names = this.#directories.get(directoryOf(at)) ?? new Set();
      if (there) names.add(nameOf(at));
      this.#directories.set(directoryOf(at), names);
    }
  }

  entry(path: string): Entry {
    // What comes before ".." is no link in any path that a daemon's package makes.
    return this.#entry(path.includes("/..") ? normalizePath(path) : joinPath("/", path), 0);
  }

  children(path: string) {
    if (!this.#directories.has(path)) return this.#fs.children?.(path) ?? null;
    const entry = this.entry(path);
    return entry.kind === "directory" ? entry.names.map((name) => ({ name, kind: "other" }) as const) : null;
  }

  display(path: string): string {
    return this.#fs.display(path);
  }

  #entry(path: string, hops: number): Entry {
    const before = this.#seen.get(path);
    if (before !== undefined) return before;
    const entry: Entry =
      hops > MOST_HOPS ? { kind: "unreadable", path, reason: TOO_MANY_LINKS } : this.#look(path, hops);
    this.#seen.set(path, entry);
    return entry;
  }

  #look(path: string, hops: number): Entry {
    if (path === "/") return this.#directory(path);
    const directory = directoryOf(path);
    const around = this.#entry(directory, hops);
    if (around.kind === "missing" || around.kind === "file")
      return { kind: "missing", path, dangling: false };
    if (around.kind === "outside") return { ...around, path };
    if (around.kind !== "directory") return this.#fs.entry(path);
    if (around.path !== directory) return this.#entry(joinPath(around.path, nameOf(path)), hops + 1);
    const past = this.#pasts.get(path);
    if (past !== undefined) return this.#past(path, past, hops);
    return this.#directories.has(path) ? this.#directory(path) : this.#now(path, hops);
  }

  #past(path: string, past: Past, hops: number): Entry {
    // A directory may have been made where a file was, and the other way round.
    if (past === null) return this.#wasDirectory(path) ? this.#directory(path) : missing(path, false);
    if ("text" in past) return file(path, past.text);
    return this.#link(path, past.link, hops);
  }

  /** As a link is read on the disk (disk.ts). */
  #link(path: string, link: string, hops: number): Entry {
    const target = link.startsWith("/") ? this.#absolute(link, hops) : insideRoot(directoryOf(path), link);
    if (target === null) return { kind: "outside", path, target: link };
    const entry = this.#entry(target, hops + 1);
    return entry.kind === "missing" ? missing(entry.path, true) : entry;
  }

  /** The target of an absolute link; `null`: outside of the root. */
  #absolute(link: string, hops: number): string | null {
    const target = normalizePath(link);
    const isThere = (one: string): boolean => this.#entry(one, hops + 1).kind !== "missing";
    if (this.#root === "/" || isThere(target) || isThere(directoryOf(target))) return target;
    return isWithin(this.#root, target) ? below(this.#root, target) : null;
  }

  #wasDirectory(path: string): boolean {
    return (this.#directories.get(path)?.size ?? 0) > 0;
  }

  /** A directory that something was different in. */
  #directory(path: string): Entry {
    const now = this.#fs.entry(path);
    if (now.kind !== "directory" && now.kind !== "missing" && now.kind !== "file") return now;
    const listed = now.kind === "directory" && now.path === path ? now.names : [];
    const names = [...new Set([...listed, ...(this.#directories.get(path) ?? [])])].filter((name) =>
      this.#was(joinPath(path, name)),
    );
    // git knows no empty directories: one whose names are all new is new.
    if (names.length === 0 && path !== "/") return missing(path, false);
    return { kind: "directory", path, names: names.sort(byBytes) };
  }

  /** Whether there was something at a path that is listed now or was. */
  #was(path: string): boolean {
    const past = this.#pasts.get(path);
    if (past !== undefined) return past !== null || this.#wasDirectory(path);
    return !this.#directories.has(path) || this.#directory(path).kind !== "missing";
  }

  /** What is the same as now, up to what a link leads to. */
  #now(path: string, hops: number): Entry {
    const link = linkAt(this.#root === "/" ? path : this.#root + path);
    if (link !== null) return this.#link(path, link, hops);
    const now = this.#fs.entry(path);
    return now.kind === "missing" ? missing(path, false) : now;
  }
}

/** What a link says; `null`: there is none. */
function linkAt(path: string): string | null {
  try {
    return linkTarget(path);
  } catch {
    return null;
  }
}

function missing(path: string, dangling: boolean): Entry {
  return { kind: "missing", path, dangling };
}

function file(path: string, text: string): Entry {
  const answer = text.includes("\0") ? { unreadable: BINARY } : { text };
  return { kind: "file", path, read: () => answer };
}

/** The path of a relative link's target; `null`: it climbs out of the root. */
function insideRoot(directory: string, link: string): string | null {
  let depth = directory.split("/").filter((part) => part !== "").length;
  for (const part of link.split("/")) {
    if (part === "" || part === ".") continue;
    depth += part === ".." ? -1 : 1;
    if (depth < 0) return null;
  }
  return normalizePath(`${directory}/${link}`);
}

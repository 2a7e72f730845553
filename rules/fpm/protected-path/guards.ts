import type { HostFilesystem } from "../../../src/host/filesystem.js";
import { directoryOf, isWithin, normalizePath } from "../../../src/host/path.js";
import {
  type FpmUnit,
  lastOf,
  madeBelow,
  SERVICE_DIRECTORIES,
  wordsOf,
} from "../../../src/model/machine/fpm-unit.js";
import { isOn } from "../../../src/model/machine/systemd.js";
import type { Assignment } from "../../../src/model/machine/unit-file.js";

/** What a unit of systemd keeps its service from seeing or from writing to. */

/** What a line of the unit keeps the service from writing to. */
export interface Guard {
  readonly line: Assignment;
  readonly directories: readonly string[];
  readonly except: readonly string[];
  /** `hidden`: the service does not see what is there, and ReadWritePaths does not help. */
  readonly how: "read-only" | "hidden";
}

/** What the unit protects; nothing where it mounts directories of its own, which nobody can follow from here. */
export function guardsOf(unit: FpmUnit): readonly Guard[] {
  const mounts = ["RootDirectory", "RootImage", "MountImages", "ExtensionImages", "ExtensionDirectories"];
  if (mounts.some((key) => lastOf(unit, key) !== null)) return [];
  const system = lastOf(unit, "ProtectSystem");
  const home = lastOf(unit, "ProtectHome");
  const found: Guard[] = [];
  if (home !== null) {
    const directories = ["/home", "/root", "/run/user"];
    if (isOn(home) || home.value === "tmpfs")
      found.push({ line: home, directories, except: [], how: "hidden" });
    if (home.value === "read-only") found.push({ line: home, directories, except: [], how: "read-only" });
  }
  found.push(...listed(unit));
  if (system === null) return found;
  const guard = { line: system, except: [], how: "read-only" } as const;
  if (system.value === "strict") {
    const tmp = lastOf(unit, "PrivateTmp");
    // Values that later versions have also give the service a directory of its own.
    const own = tmp === null || /^(?:0|no|n|false|f|off)$/i.test(tmp.value) ? [] : ["/tmp", "/var/tmp"];
    found.push({ ...guard, directories: ["/"], except: ["/dev", "/proc", "/sys", ...own] });
  } else if (isOn(system)) found.push({ ...guard, directories: SYSTEM });
  else if (system.value === "full") found.push({ ...guard, directories: [...SYSTEM, "/etc"] });
  return found;
}

/** What lists of paths protect: those that nothing may write to, those that nobody sees. */
function listed(unit: FpmUnit): readonly Guard[] {
  return LISTS.flatMap(([keys, how]) => {
    const line = unit.lines.findLast((one) => keys.includes(one.key) && one.value !== "");
    const directories = (wordsOf(unit, keys) ?? [])
      .map((word) => mountPoint(word.replace(/^[-+]+/, "")))
      .filter((word) => word.startsWith("/"))
      .map(normalizePath);
    return line === undefined || directories.length === 0 ? [] : [{ line, directories, except: [], how }];
  });
}

const LISTS: readonly (readonly [readonly string[], Guard["how"]])[] = [
  [["ReadOnlyPaths", "ReadOnlyDirectories"], "read-only"],
  [["InaccessiblePaths", "InaccessibleDirectories"], "hidden"],
  [["TemporaryFileSystem"], "hidden"],
];

const SYSTEM = ["/usr", "/boot", "/efi"];

export function covers({ directories, except }: Guard, path: string): boolean {
  return directories.some((one) => isWithin(one, path)) && !except.some((one) => isWithin(one, path));
}

/** What the service may write to, whatever is protected; `null`: unknown. */
export function writableIn(unit: FpmUnit, fs: HostFilesystem): readonly string[] | null {
  const words = wordsOf(unit, ["ReadWritePaths", "ReadWriteDirectories"]);
  const mounted = wordsOf(unit, ["BindPaths", "BindReadOnlyPaths", "TemporaryFileSystem"]);
  const made = SERVICE_DIRECTORIES.map(([key, base]) => madeBelow(unit, key, base));
  if (words === null || mounted === null || made.includes(null)) return null;
  const paths = [...words, ...mounted.map(mountPoint)]
    .map((word) => word.replace(/^[-+]+/, ""))
    .filter((word) => word.startsWith("/"))
    .map(normalizePath);
  const real = paths.map((path) => realPath(fs, path)?.path ?? path);
  return [...paths, ...real, ...made.flatMap((one) => one ?? [])];
}

/** The directories that are mounted for the service from elsewhere; `null`: unknown. */
export function mountedIn(unit: FpmUnit, fs: HostFilesystem): readonly string[] | null {
  const words = wordsOf(unit, ["BindPaths", "BindReadOnlyPaths"]);
  const paths = words?.map((word) => normalizePath(mountPoint(word.replace(/^[-+]+/, ""))));
  return paths?.flatMap((path) => [path, realPath(fs, path)?.path ?? path]) ?? null;
}

/** Of `source:target:options` the target, of `target:options` likewise. */
function mountPoint(word: string): string {
  const [first = "", second = ""] = word.split(":");
  return second.startsWith("/") ? second : first;
}

/** Directories that hold something of everybody: that the tree has them tells nothing of an application below. */
const SHARED: readonly string[] = [
  ...["/usr", "/usr/lib", "/usr/share", "/usr/local", "/usr/local/lib", "/usr/local/share"],
  ...["/boot", "/home", "/run", "/var", "/var/lib", "/var/www", "/opt", "/srv"],
];

/**
 * The path with the links of the tree followed; `null`: they lead out of the tree. It is certain where the tree
 * holds a directory of the application above it: what was not copied may be a link.
 */
export function realPath(
  fs: HostFilesystem,
  path: string,
): { readonly path: string; readonly certain: boolean } | null {
  let rest = "";
  for (let at = path; at !== "/"; at = directoryOf(at)) {
    const entry = fs.entry(at);
    if (entry.kind === "directory" || entry.kind === "file" || entry.kind === "special")
      return {
        path: `${entry.path === "/" ? "" : entry.path}${rest}`,
        certain: rest === "" || !SHARED.includes(at),
      };
    if (entry.kind === "outside" || entry.kind === "unreadable") return null;
    if (entry.kind === "missing" && entry.dangling)
      return { path: normalizePath(`${entry.path}${rest}`), certain: false };
    rest = at.slice(at.lastIndexOf("/")) + rest;
  }
  return { path, certain: false };
}

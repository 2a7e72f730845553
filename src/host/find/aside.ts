import type { HostFilesystem } from "../filesystem.js";
import { isForSites, isNearTop, mayBeConfiguration, sampledName } from "../names.js";
import { nameOf } from "../path.js";
import type { AsideFile, UnreadPath } from "../spec.js";
import type { Kind } from "./sniff.js";
import { oddKindOf } from "./survey.js";

/** Files of either half that nothing is known to include, and what is left out of a tree on purpose. */
export interface Aside {
  readonly files: readonly AsideFile[];
  /** Main files of nginx under unusual names, for a tree without another one. */
  readonly mains: readonly string[];
  /** Scripts whose texts are not read. */
  readonly scripts: readonly UnreadPath[];
}

/** What reports say of a shell script that has configuration in it. */
export const IN_SCRIPT = "configuration inside a shell script is not read";

/**
 * `paths`: the files to look at; `kinds`: of those whose names are usual, what they are. `all`: those count as well,
 * because only some of them are known to be read. `shared`: hosts elsewhere in the tree may include pieces from here.
 * `within`: the name of the searched directory.
 */
export function asideAmong(
  fs: HostFilesystem,
  paths: readonly string[],
  kinds: ReadonlyMap<string, Kind>,
  { all = false, shared = false, within = "" } = {},
): Aside {
  const files: AsideFile[] = [];
  const mains: string[] = [];
  const scripts: UnreadPath[] = [];
  const there = new Set(paths);
  const directory = toldBy(within, paths);
  for (const path of paths) {
    const known = kinds.get(path) ?? "other";
    const kind = known === "other" && !mayBeConfiguration(path) ? oddKindOf(fs, path, directory) : known;
    if (kind === "script") scripts.push({ file: fs.display(path), reason: IN_SCRIPT, expected: true });
    // Usual names of usual kinds are files of a host, and pieces count where another file includes them.
    const isPiece = kind === "fpm-settings" || kind === "nginx-snippet";
    const unsaid = kind === "nginx-snippet" && (shared || SHIPPED.test(path));
    const half = (kind === known && !isPiece && !all) || unsaid ? null : halfOf(kind);
    if (half === null || (kind === "nginx-main" && kind === known && !all)) continue;
    const plain = sampledName(path);
    const reason = plain !== null && there.has(plain) ? "a sample, and the file itself is there" : null;
    if (kind === "nginx-main" && reason === null) mains.push(path);
    else files.push({ path, half, reason });
  }
  return { files, mains, scripts };
}

/** With more files that only the directory's name tells about, it is a tree of something else. */
const MOST_TOLD = 300;

/** The name of the searched directory, where it says what few files near to its top are; else none. */
function toldBy(within: string, paths: readonly string[]): string {
  if (!isForSites(within)) return "";
  const told = paths.filter((path) => isNearTop(path) && !nameOf(path).includes("."));
  return told.length > MOST_TOLD ? "" : within;
}

/** Pieces that packages bring, whether anybody includes them or not. */
const SHIPPED = /\/nginx\/(?:snippets\/(?:fastcgi-php|snakeoil)\.conf|fastcgi\.conf|\w+_params)$/;

/** A main file of nginx where another one is nginx's. */
export function otherMain(path: string): AsideFile {
  return { path, half: "nginx", reason: "another main file of nginx is read" };
}

function halfOf(kind: Kind | "script"): AsideFile["half"] | null {
  switch (kind) {
    case "nginx-main":
    case "nginx-fragment":
    case "nginx-snippet":
      return "nginx";
    case "fpm-main":
    case "fpm-pool":
    case "fpm-settings":
      return "fpm";
    default:
      return null;
  }
}

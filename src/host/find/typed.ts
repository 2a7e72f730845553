import { lstatSync } from "node:fs";
import { resolve } from "node:path";
import { encodeText } from "../../source/bytes.js";
import { diskFilesystem, displayName } from "../disk.js";
import { namesIn, pathBytes, realPath } from "../door.js";
import type { Entry } from "../filesystem.js";
import { directoryOf, isWithin, nameOf, normalizePath } from "../path.js";
import type { TypedLink } from "../spec.js";
import { enclosingRoot, rootOfEtc } from "./discover.js";

/** A path as the user typed it, and what is there. */

export interface Typed {
  /** Absolute; the links before its `etc` are followed (`current -> releases/42`), those after it belong to the host. */
  readonly absolute: string;
  /** The root of the host that the path implies by an `etc`, links followed; `null`: none. */
  readonly root: string | null;
  /** What is there, with the links inside that root. */
  readonly entry: Entry;
  readonly links: readonly TypedLink[];
}

/** `null`: the word may mean any of several names. */
export function lookAt(path: string, workingDirectory: string): Typed | null {
  const spelt = spelling(resolve(workingDirectory, path));
  if (spelt === null) return null;
  const implied = nameOf(spelt) === "etc" ? rootOfEtc(spelt) : enclosingRoot(spelt);
  const outer = implied ?? spelt;
  let real = outer;
  try {
    real = outer === "/" ? "/" : realPath(outer);
  } catch {
    // What is not there, or may not be looked at, is said by the entry.
  }
  const root = implied === null ? null : real;
  const below = implied === null ? "/" : spelt.slice(implied === "/" ? 0 : implied.length) || "/";
  const absolute = implied === null ? real : normalizePath(`${real}/${below}`);
  const fs = diskFilesystem({ root: root ?? "/", workingDirectory });
  return {
    absolute,
    root,
    entry: fs.entry(root === null ? absolute : below),
    links: linksIn(outer, workingDirectory),
  };
}

/** The components of a path that are links; those of the working directory are not the user's words. */
function linksIn(path: string, workingDirectory: string): readonly TypedLink[] {
  const found: TypedLink[] = [];
  for (let at = path; at !== "/"; at = directoryOf(at)) {
    if (isWithin(at, workingDirectory)) continue;
    try {
      if (!lstatSync(pathBytes(at)).isSymbolicLink()) continue;
      const target = displayName(workingDirectory, realPath(at));
      found.unshift({ path: displayName(workingDirectory, at), target });
    } catch {
      // A link that leads nowhere leads to nothing that is read.
    }
  }
  return found;
}

/** What Node makes of the bytes of an argument that are not UTF-8. */
const LOST = "\ufffd";

/**
 * The path with the bytes that Node lost: the names in the directories that read as it was given. `null`
 * when several do; the path itself when none does.
 */
function spelling(path: string): string | null {
  if (!path.includes(LOST)) return path;
  let found = "";
  for (const part of path.split("/").slice(1)) {
    const names = part.includes(LOST) ? alike(found || "/", part) : [part];
    if (names.length > 1) return null;
    found += `/${names[0] ?? part}`;
  }
  return found;
}

function alike(directory: string, part: string): readonly string[] {
  try {
    const names = namesIn(directory);
    return names.includes(part) ? [part] : names.filter((name) => encodeText(name).toString() === part);
  } catch {
    return [];
  }
}

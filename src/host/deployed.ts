import { perKey } from "../source/memo.js";
import { deployedName } from "../source/template-names.js";
import type { Entry, HostFilesystem } from "./filesystem.js";
import { glob, type Steps } from "./glob.js";
import { directoryOf, nameOf } from "./path.js";

/** Templates under the names they are deployed with. */

/** A filesystem in which `www.conf` is there when only `www.conf.j2` is. Not for a whole host: its daemons read no templates. */
export function withDeployed(fs: HostFilesystem): HostFilesystem {
  const entry = (path: string): Entry => {
    const own = fs.entry(path);
    return own.kind === "missing" && !own.dangling ? (template(fs, path) ?? own) : own;
  };
  const display = (path: string): string => fs.display(path);
  const deployed = { entry: (path: string) => withNames(entry(path)), display };
  return { entry, display, deployed };
}

/** Those names in the place of the templates' own, for a glob to match each file once. */
function withNames(entry: Entry): Entry {
  if (entry.kind !== "directory") return entry;
  return { ...entry, names: namesIn(entry.names).deployed };
}

/** What is in a directory, by the names that templates are deployed with. */
interface Names {
  readonly deployed: readonly string[];
  /** The template's own name by that name; of several the first. */
  readonly templates: ReadonlyMap<string, string>;
}

/** A directory of thousands of files is asked for each of them. */
const namesIn = perKey((names: readonly string[]): Names => {
  const templates = new Map<string, string>();
  const deployed = names.map((name) => {
    const wanted = deployedName(name);
    if (wanted !== name && !templates.has(wanted)) templates.set(wanted, name);
    return wanted;
  });
  return { deployed: [...new Set(deployed)], templates };
});

function template(fs: HostFilesystem, path: string): Entry | null {
  const directory = fs.entry(directoryOf(path));
  if (directory.kind !== "directory") return null;
  const name = namesIn(directory.names).templates.get(nameOf(path));
  if (name === undefined) return null;
  const entry = fs.entry(`${directory.path === "/" ? "" : directory.path}/${name}`);
  // Also one that cannot be read: that it is there has to be said.
  return entry.kind === "missing" || entry.kind === "directory" ? null : entry;
}

/**
 * What a glob of an include matches: files as they are named, and where it matches none of these, or
 * is itself in a template, templates by the names they are deployed with.
 */
export function globDeployed(
  fs: HostFilesystem,
  pattern: string,
  fromTemplate: boolean,
  unread: (entry: Entry) => void = () => {},
  steps?: Steps,
): readonly string[] {
  const plain = glob(fs, pattern, unread, steps);
  if (fs.deployed === undefined || (plain.length > 0 && !fromTemplate)) return plain;
  return glob(fs.deployed, pattern, unread, steps);
}

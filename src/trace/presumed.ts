import { withoutSlashes } from "../host/path.js";
import type { Host } from "../model/host.js";
import type { Files } from "../model/request/resolve/types.js";
import { pathsOf, rootLines } from "../model/request/root.js";
import { nameOf } from "./names.js";

/**
 * What is taken for granted of the files that a tree does not hold: that a `root`, an `alias`, and the
 * directories around them are directories. Without that, half of what a request may meet is a docroot that
 * is not there.
 */

export interface Presuming {
  readonly files: Files;
  /** The directories that were asked for and taken to be there, so far. */
  readonly presumed: ReadonlySet<string>;
}

/** The same files, with directories where the configuration names some and nobody knows better. */
export function presuming(host: Host, files: Files): Presuming {
  const directories = documentRoots(host);
  const presumed = new Set<string>();
  return {
    presumed,
    files: {
      ...files,
      kind: (path) => {
        const kind = files.kind(path);
        const key = withoutSlashes(path);
        if (kind !== "unknown" || !directories.has(key)) return kind;
        presumed.add(key);
        return "directory";
      },
    },
  };
}

/** Every `root` and `alias` that the files tell, and the directories that they are in. */
function documentRoots(host: Host): ReadonlySet<string> {
  // Where nginx looks without a `root`, counted from its prefix.
  const found = new Set<string>(["html"]);
  for (const node of host.nginx === null ? [] : rootLines(host.nginx.root)) {
    for (const path of pathsOf(node)) {
      // An alias may also name a file.
      if (node.name !== "root" && !path.endsWith("/") && nameOf(path).extension !== "") continue;
      let at = withoutSlashes(path);
      for (; at !== "" && !found.has(at); at = at.slice(0, Math.max(at.lastIndexOf("/"), 0))) found.add(at);
    }
  }
  return found;
}

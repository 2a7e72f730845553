import { resolve } from "node:path";
import { realPath } from "../door.js";
import { directoryOf, isWithin } from "../path.js";
import { lookAt } from "./typed.js";

/**
 * Where the hosts of an `fpmlint.json` may be. That file may come with a stranger's change, so that it
 * must not lead out of its own directory; what the user typed may be read anyway.
 */
export interface Reach {
  /** The real directory of the file. */
  readonly directory: string;
  /** Real directories and files that the command line names or implies. */
  readonly typed: readonly string[];
}

/** `typed`: the paths of the command line. */
export function reachOf(directory: string, typed: readonly string[], workingDirectory: string): Reach {
  const real = realPlace(directory);
  return {
    directory: real,
    typed: typed.flatMap((path) => {
      const looked = path === "" || path === "-" ? null : lookAt(path, workingDirectory);
      if (looked === null) return [];
      const places = [looked.absolute, ...(looked.root === null ? [] : [looked.root])];
      // A link of the file's own directory was not made by the person who typed its name.
      const own = [directory, real].some((one) => isWithin(one, resolve(workingDirectory, path)));
      return own ? places.filter((place) => isWithin(real, place)) : places;
    }),
  };
}

/** Whether a root may be read. `root`: as `realPlace` gives it. */
export function reaches({ directory, typed }: Reach, root: string): boolean {
  return isWithin(directory, root) || typed.some((place) => isWithin(place, root));
}

/** The path without any link, as far as there is something. */
export function realPlace(path: string): string {
  for (let at = path; ; at = directoryOf(at)) {
    try {
      const real = realPath(at);
      const rest = path.slice(at === "/" ? 0 : at.length);
      return real === "/" ? rest || "/" : real + rest;
    } catch {
      if (at === "/") return path;
    }
  }
}
